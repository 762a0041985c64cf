/* Statements: prepared once and kept, bound and read in whole rows. */
#include "sqlite.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

int sqlite_prepare(struct memora_conn *conn, const char *sql, size_t length, struct memora_stmt **out,
                   struct memora_error *error)
{
    if (length > INT_MAX)
        return memora_fail(error, MEMORA_E_ARG, "the statement is too long");
    sqlite3_stmt *sqlite = NULL;
    const char *tail = sql;
    int code = sqlite3_prepare_v3(conn->sqlite, sql, (int)length, SQLITE_PREPARE_PERSISTENT, &sqlite, &tail);
    if (code != SQLITE_OK)
        return sqlite_error(error, code, conn->sqlite);
    if (!sqlite)
        return memora_fail(error, MEMORA_E_SYNTAX, "the statement is empty");
    while (tail < sql + length && strchr(" \t\r\n;", *tail))
        tail++;
    struct memora_stmt *stmt = tail < sql + length ? NULL : malloc(sizeof *stmt);
    if (!stmt) {
        sqlite3_finalize(sqlite);
        return tail < sql + length ? memora_fail(error, MEMORA_E_ARG, "more than one statement")
                                   : memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    }
    *stmt = (struct memora_stmt){.conn = conn,
                                 .next = conn->statements,
                                 .sqlite = sqlite,
                                 .params = sqlite3_bind_parameter_count(sqlite),
                                 .columns = sqlite3_column_count(sqlite)};
    if (stmt->next)
        stmt->next->prior = stmt;
    conn->statements = stmt;
    *out = stmt;
    return MEMORA_OK;
}

static int bind_one(sqlite3_stmt *sqlite, int index, const struct memora_value *value)
{
    /* A NULL pointer would bind NULL; an empty text is not NULL. */
    const char *bytes = value->u.p;
    switch (value->type) {
    case MEMORA_NULL:
        return sqlite3_bind_null(sqlite, index);
    case MEMORA_INT:
    case MEMORA_BOOL:
        return sqlite3_bind_int64(sqlite, index, value->u.i);
    case MEMORA_DOUBLE:
        return sqlite3_bind_double(sqlite, index, value->u.d);
    case MEMORA_TEXT:
        return sqlite3_bind_text64(sqlite, index, value->len ? bytes : "", value->len, SQLITE_STATIC, SQLITE_UTF8);
    case MEMORA_BLOB:
        return sqlite3_bind_blob64(sqlite, index, value->len ? bytes : "", value->len, SQLITE_STATIC);
    default:
        return SQLITE_MISUSE;
    }
}

int sqlite_bind(struct memora_stmt *stmt, const struct memora_value *values, uint32_t n, struct memora_error *error)
{
    if (n != (uint32_t)stmt->params)
        return memora_fail(error, MEMORA_E_ARG, "the statement has %d parameters, %u values were given", stmt->params,
                           n);
    for (uint32_t i = 0; i < n; i++) {
        int code = bind_one(stmt->sqlite, (int)i + 1, &values[i]);
        if (code != SQLITE_OK)
            return sqlite_error(error, code, stmt->conn->sqlite);
    }
    return MEMORA_OK;
}

int sqlite_step(struct memora_stmt *stmt, struct memora_error *error)
{
    int code = sqlite3_step(stmt->sqlite);
    if (code == SQLITE_ROW)
        return MEMORA_ROW;
    if (code == SQLITE_DONE)
        return MEMORA_OK;
    return sqlite_error(error, code, stmt->conn->sqlite);
}

/* False when a text could not be had for lack of memory; it must not turn into an empty one. */
static bool read_one(sqlite3_stmt *sqlite, int index, struct memora_value *value)
{
    value->reserved = 0;
    value->len = 0;
    switch (sqlite3_column_type(sqlite, index)) {
    case SQLITE_INTEGER:
        value->type = MEMORA_INT;
        value->u.i = sqlite3_column_int64(sqlite, index);
        break;
    case SQLITE_FLOAT:
        value->type = MEMORA_DOUBLE;
        value->u.d = sqlite3_column_double(sqlite, index);
        break;
    case SQLITE_TEXT:
        value->type = MEMORA_TEXT;
        value->u.p = sqlite3_column_text(sqlite, index);
        value->len = (uint64_t)sqlite3_column_bytes(sqlite, index);
        return value->u.p != NULL;
    case SQLITE_BLOB:
        value->type = MEMORA_BLOB;
        value->u.p = sqlite3_column_blob(sqlite, index);
        value->len = (uint64_t)sqlite3_column_bytes(sqlite, index);
        break;
    default:
        value->type = MEMORA_NULL;
        value->u.i = 0;
    }
    return true;
}

int sqlite_row(struct memora_stmt *stmt, struct memora_value *out, uint32_t n)
{
    for (int i = 0; i < stmt->columns && (uint32_t)i < n; i++)
        if (!read_one(stmt->sqlite, i, &out[i]))
            return MEMORA_E_NOMEM;
    return stmt->columns;
}

int64_t sqlite_affected(struct memora_stmt *stmt)
{
    return sqlite3_changes64(stmt->conn->sqlite);
}

int64_t sqlite_last_id(struct memora_stmt *stmt)
{
    return sqlite3_last_insert_rowid(stmt->conn->sqlite);
}

void sqlite_reset(struct memora_stmt *stmt)
{
    sqlite3_reset(stmt->sqlite);
}

void sqlite_finalize(struct memora_stmt *stmt)
{
    *(stmt->prior ? &stmt->prior->next : &stmt->conn->statements) = stmt->next;
    if (stmt->next)
        stmt->next->prior = stmt->prior;
    sqlite3_finalize(stmt->sqlite);
    free(stmt);
}
