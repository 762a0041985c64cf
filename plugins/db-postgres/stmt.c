/* Statements: prepared on the server and kept, bound and read in whole rows.
 *
 * A result is taken in as a whole, which is quickest for the short lists that a server mostly asks for. A statement
 * whose last result was long is read row by row, so that its size does not become memory of ours. */
#include "postgres.h"

#include <stdlib.h>
#include <string.h>

enum { LARGE_ROWS = 512, NAME_SIZE = 24 };

static const char *name_text(unsigned number, char out[NAME_SIZE])
{
    snprintf(out, NAME_SIZE, "memora_%u", number);
    return out;
}

/* Finalized statements are given up on the server a batch at a time, and not in a transaction that has failed, where
 * nothing is taken any more. */
static int discard(struct memora_conn *conn, unsigned at_least, struct memora_error *error)
{
    char sql[MAX_DISCARDED * (NAME_SIZE + sizeof "DEALLOCATE ;")] = "", name[NAME_SIZE];
    size_t length = 0;
    if (conn->discarded_count < at_least || PQtransactionStatus(conn->pq) == PQTRANS_INERROR)
        return MEMORA_OK;
    for (unsigned i = 0; i < conn->discarded_count; i++)
        length +=
            (size_t)snprintf(sql + length, sizeof sql - length, "DEALLOCATE %s;", name_text(conn->discarded[i], name));
    conn->discarded_count = 0;
    return postgres_run(conn, sql, error);
}

/* Parses and describes; types that are not 0 are wishes. */
static int prepare_on_server(struct memora_stmt *stmt, const Oid *types, int type_count, PGresult **description,
                             struct memora_error *error)
{
    struct memora_conn *conn = stmt->conn;
    char name[NAME_SIZE];
    int code = postgres_command_begin(conn, error);
    if (code != MEMORA_OK)
        return code;
    unsigned number = ++conn->last_name;
    name_text(number, name);
    PGresult *result =
        postgres_command_finish(conn, PQsendPrepare(conn->pq, name, stmt->sql, type_count, types), &code, error);
    PQclear(result);
    if (code != MEMORA_OK)
        return code;
    stmt->name = number;
    code = postgres_command_begin(conn, error);
    if (code == MEMORA_OK)
        *description = postgres_command_finish(conn, PQsendDescribePrepared(conn->pq, name), &code, error);
    return code;
}

static int read_description(struct memora_stmt *stmt, const PGresult *description, struct memora_error *error)
{
    if (!postgres_parameters_init(&stmt->params, PQnparams(description)))
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    for (int i = 0; i < stmt->params.count; i++)
        stmt->params.types[i] = PQparamtype(description, i);
    stmt->columns = PQnfields(description);
    stmt->binary = true;
    for (int i = 0; i < stmt->columns; i++)
        stmt->binary &= postgres_has_binary_form(PQftype(description, i));
    return MEMORA_OK;
}

static struct memora_stmt *stmt_create(struct memora_conn *conn, const char *sql, size_t length)
{
    struct memora_stmt *stmt = calloc(1, sizeof *stmt);
    char *copy = strndup(sql, length);
    if (!stmt || !copy) {
        free(stmt);
        free(copy);
        return NULL;
    }
    stmt->conn = conn;
    stmt->sql = copy;
    stmt->next = conn->statements;
    if (stmt->next)
        stmt->next->prior = stmt;
    conn->statements = stmt;
    return stmt;
}

int postgres_prepare(struct memora_conn *conn, const char *sql, size_t length, struct memora_stmt **out,
                     struct memora_error *error)
{
    enum { DISCARD_BATCH = 16 };
    size_t blank = 0;
    while (blank < length && strchr(" \t\r\n;", sql[blank]))
        blank++;
    if (blank == length)
        return memora_fail(error, MEMORA_E_SYNTAX, "the statement is empty");
    int code = discard(conn, DISCARD_BATCH, error);
    struct memora_stmt *stmt = code == MEMORA_OK ? stmt_create(conn, sql, length) : NULL;
    if (!stmt)
        return code != MEMORA_OK ? code : memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    PGresult *description = NULL;
    code = prepare_on_server(stmt, NULL, 0, &description, error);
    if (code == MEMORA_OK)
        code = read_description(stmt, description, error);
    PQclear(description);
    if (code != MEMORA_OK) {
        postgres_finalize(stmt);
        return code;
    }
    *out = stmt;
    return MEMORA_OK;
}

static void discard_name(struct memora_stmt *stmt)
{
    struct memora_conn *conn = stmt->conn;
    if (stmt->name && conn->discarded_count < MAX_DISCARDED)
        conn->discarded[conn->discarded_count++] = stmt->name;
    stmt->name = 0;
}

/* The server takes a parameter for the type of what it is compared with. A number that does not fit there is still a
 * number: prepared anew with a wide type it compares as it should. */
static int widen(struct memora_stmt *stmt, int index, struct memora_error *error)
{
    PGresult *description = NULL;
    discard_name(stmt);
    stmt->params.types[index] = postgres_wide_integer();
    int code = prepare_on_server(stmt, stmt->params.types, stmt->params.count, &description, error);
    PQclear(description);
    return code;
}

static int bind_one(struct memora_stmt *stmt, int index, const struct memora_value *value, struct memora_error *error)
{
    int code = postgres_encode(&stmt->params, index, value);
    if (code == MEMORA_E_RANGE && value->type == MEMORA_INT) {
        code = widen(stmt, index, error);
        return code == MEMORA_OK ? postgres_encode(&stmt->params, index, value) : code;
    }
    return code == MEMORA_OK ? code : memora_fail(error, code, "parameter %d cannot be stored", index + 1);
}

int postgres_bind(struct memora_stmt *stmt, const struct memora_value *values, uint32_t n, struct memora_error *error)
{
    int code = MEMORA_OK;
    if (n != (uint32_t)stmt->params.count)
        return memora_fail(error, MEMORA_E_ARG, "the statement has %d parameters, %u values were given",
                           stmt->params.count, n);
    for (uint32_t i = 0; i < n && code == MEMORA_OK; i++)
        code = bind_one(stmt, (int)i, &values[i], error);
    return code;
}

bool postgres_send(struct memora_stmt *stmt)
{
    const struct parameters *params = &stmt->params;
    char name[NAME_SIZE];
    stmt->executed = true;
    stmt->row = -1;
    return PQsendQueryPrepared(stmt->conn->pq, name_text(stmt->name, name), params->count, params->values,
                               params->lengths, params->formats, stmt->binary);
}

void postgres_keep_result(struct memora_stmt *stmt, PGresult *result)
{
    stmt->result = result;
    stmt->large = PQntuples(result) > LARGE_ROWS;
    stmt->affected = strtoll(PQcmdTuples(result), NULL, 10);
}

static int execute(struct memora_stmt *stmt, struct memora_error *error)
{
    struct memora_conn *conn = stmt->conn;
    int code = postgres_command_begin(conn, error);
    if (code != MEMORA_OK)
        return code;
    bool sent = postgres_send(stmt);
    if (sent && stmt->large && PQsetSingleRowMode(conn->pq)) {
        conn->stream = stmt;
        stmt->large = false;
        return MEMORA_OK;
    }
    PGresult *result = postgres_command_finish(conn, sent, &code, error);
    if (code == MEMORA_OK)
        postgres_keep_result(stmt, result);
    return code;
}

/* The next row from the network. MEMORA_ROW, or MEMORA_OK at the end, or an error; then the command is over. */
static int stream_next(struct memora_stmt *stmt, PGresult **out, struct memora_error *error)
{
    struct memora_conn *conn = stmt->conn;
    PGresult *result = postgres_command_next(conn);
    if (result && PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
        *out = result;
        return MEMORA_ROW;
    }
    int code = MEMORA_OK;
    conn->stream = NULL;
    if (!result && conn->gave_up)
        code = memora_fail(error, MEMORA_E_CANCELLED, "interrupted; PostgreSQL did not answer any more");
    else if (!result || postgres_is_error(result))
        code = postgres_error(conn, result, error);
    PQclear(result);
    while (!conn->dead && (result = postgres_command_next(conn)))
        PQclear(result);
    postgres_command_end(conn);
    return code;
}

static bool store_one(struct memora_stmt *stmt, PGresult *row)
{
    if (stmt->waiting_count == stmt->waiting_capacity) {
        size_t capacity = stmt->waiting_capacity ? stmt->waiting_capacity * 2 : LARGE_ROWS;
        PGresult **grown = realloc(stmt->waiting, capacity * sizeof *grown);
        if (!grown)
            return false;
        stmt->waiting = grown;
        stmt->waiting_capacity = capacity;
    }
    stmt->waiting[stmt->waiting_count++] = row;
    return true;
}

void postgres_stream_store(struct memora_conn *conn)
{
    struct memora_stmt *stmt = conn->stream;
    PGresult *row;
    if (!stmt)
        return;
    while ((stmt->waiting_code = stream_next(stmt, &row, &stmt->waiting_error)) == MEMORA_ROW)
        if (!store_one(stmt, row)) {
            PQclear(row);
            conn->stream = NULL;
            conn->dead = true;
            postgres_command_end(conn);
            stmt->waiting_code = memora_fail(&stmt->waiting_error, MEMORA_E_NOMEM, "out of memory");
            return;
        }
}

static int step_single(struct memora_stmt *stmt, struct memora_error *error)
{
    PGresult *row = NULL;
    int code;
    if (stmt->conn->stream == stmt) {
        code = stream_next(stmt, &row, error);
        stmt->waiting_code = code == MEMORA_ROW ? MEMORA_OK : code;
    } else if (stmt->waiting_next < stmt->waiting_count) {
        row = stmt->waiting[stmt->waiting_next++];
        code = MEMORA_ROW;
    } else {
        code = stmt->waiting_code;
        if (code != MEMORA_OK && error)
            *error = stmt->waiting_error;
    }
    if (code == MEMORA_ROW) {
        PQclear(stmt->result);
        stmt->result = row;
        stmt->row = 0;
        stmt->affected++;
        stmt->large = stmt->affected > LARGE_ROWS;
    }
    return code;
}

int postgres_step(struct memora_stmt *stmt, struct memora_error *error)
{
    if (!stmt->executed) {
        int code = execute(stmt, error);
        if (code != MEMORA_OK)
            return code;
    }
    bool single = stmt->conn->stream == stmt || stmt->waiting_count || !stmt->result ||
                  PQresultStatus(stmt->result) == PGRES_SINGLE_TUPLE;
    if (single)
        return step_single(stmt, error);
    if (stmt->row < PQntuples(stmt->result))
        stmt->row++;
    return stmt->row < PQntuples(stmt->result) ? MEMORA_ROW : MEMORA_OK;
}

int postgres_row(struct memora_stmt *stmt, struct memora_value *out, uint32_t n)
{
    for (int i = 0; i < stmt->columns && (uint32_t)i < n; i++)
        postgres_decode(stmt->result, stmt->row, i, stmt->binary, &out[i]);
    return stmt->columns;
}

int64_t postgres_affected(struct memora_stmt *stmt)
{
    return stmt->affected;
}

/* RETURNING tells it. */
int64_t postgres_last_id(struct memora_stmt *stmt)
{
    (void)stmt;
    return 0;
}

void postgres_reset(struct memora_stmt *stmt)
{
    PGresult *row;
    while (stmt->conn->stream == stmt && stream_next(stmt, &row, NULL) == MEMORA_ROW)
        PQclear(row);
    while (stmt->waiting_next < stmt->waiting_count)
        PQclear(stmt->waiting[stmt->waiting_next++]);
    stmt->waiting_count = stmt->waiting_next = 0;
    PQclear(stmt->result);
    stmt->result = NULL;
    stmt->executed = false;
    stmt->affected = 0;
    stmt->waiting_code = MEMORA_OK;
}

void postgres_finalize(struct memora_stmt *stmt)
{
    postgres_reset(stmt);
    discard_name(stmt);
    *(stmt->prior ? &stmt->prior->next : &stmt->conn->statements) = stmt->next;
    if (stmt->next)
        stmt->next->prior = stmt->prior;
    postgres_parameters_free(&stmt->params);
    free(stmt->waiting);
    free(stmt->sql);
    free(stmt);
}
