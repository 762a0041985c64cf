/* Prepared statements. Results are taken from the server at once, so that several statements of a connection can give
 * rows in turn. */
#include "driver.h"

#include <stdlib.h>

static void link_to_conn(struct memora_stmt *stmt)
{
    stmt->next = stmt->conn->statements;
    if (stmt->next)
        stmt->next->prior = stmt;
    stmt->conn->statements = stmt;
}

static void unlink_from_conn(struct memora_stmt *stmt)
{
    *(stmt->prior ? &stmt->prior->next : &stmt->conn->statements) = stmt->next;
    if (stmt->next)
        stmt->next->prior = stmt->prior;
}

static int prepare(struct memora_stmt *stmt, const char *sql, size_t length, struct memora_error *error)
{
    if (mysql_stmt_prepare(stmt->mysql, sql, length))
        return driver_stmt_error(error, stmt->mysql);
    stmt->params = (uint32_t)mysql_stmt_param_count(stmt->mysql);
    stmt->in = calloc(stmt->params ? stmt->params : 1, sizeof *stmt->in);
    return stmt->in ? MEMORA_OK : memora_fail(error, MEMORA_E_NOMEM, "out of memory");
}

int driver_prepare(struct memora_conn *conn, const char *sql, size_t length, struct memora_stmt **out,
                   struct memora_error *error)
{
    struct memora_stmt *stmt = calloc(1, sizeof *stmt);
    if (!stmt)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    stmt->conn = conn;
    link_to_conn(stmt);
    stmt->mysql = mysql_stmt_init(conn->mysql);
    if (!stmt->mysql) {
        driver_finalize(stmt);
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    }
    driver_enter(conn);
    int result = driver_leave(conn, prepare(stmt, sql, length, error), error);
    if (result != MEMORA_OK) {
        driver_finalize(stmt);
        return result;
    }
    *out = stmt;
    return MEMORA_OK;
}

static int execute(struct memora_stmt *stmt, struct memora_error *error)
{
    if (mysql_stmt_execute(stmt->mysql))
        return driver_stmt_error(error, stmt->mysql);
    stmt->columns = (uint32_t)mysql_stmt_field_count(stmt->mysql);
    if (stmt->columns) {
        int result = driver_bind_columns(stmt, error);
        if (result != MEMORA_OK)
            return result;
        if (mysql_stmt_store_result(stmt->mysql)) {
            int failed = driver_stmt_error(error, stmt->mysql);
            /* The error has ended the result, of which the library keeps waiting for the rest (seen with 3.3): the next
             * run, or free_result, would read until the network's time limit. */
            stmt->mysql->state = MYSQL_STMT_FETCH_DONE;
            return failed;
        }
    }
    my_ulonglong affected = mysql_stmt_affected_rows(stmt->mysql);
    stmt->affected = affected == (my_ulonglong)-1 ? 0 : (int64_t)affected;
    stmt->id = (int64_t)mysql_stmt_insert_id(stmt->mysql);
    return MEMORA_OK;
}

/* A row that does not fit is fetched again with more room. (mysql_stmt_fetch_column would do for the columns that were
 * cut, but the library of MariaDB 10.11.18 gives them a length of 0 there.) */
static int fetch(struct memora_stmt *stmt, struct memora_error *error)
{
    MYSQL_ROW_OFFSET row = mysql_stmt_row_tell(stmt->mysql);
    int fetched = mysql_stmt_fetch(stmt->mysql);
    if (fetched == MYSQL_DATA_TRUNCATED) {
        int result = driver_grow_columns(stmt, error);
        if (result != MEMORA_OK)
            return result;
        mysql_stmt_row_seek(stmt->mysql, row);
        fetched = mysql_stmt_fetch(stmt->mysql);
    }
    switch (fetched) {
    case 0:
        return MEMORA_ROW;
    case MYSQL_NO_DATA:
        return MEMORA_OK;
    case MYSQL_DATA_TRUNCATED: /* of a number */
        return MEMORA_ROW;
    default:
        return driver_stmt_error(error, stmt->mysql);
    }
}

int driver_step(struct memora_stmt *stmt, struct memora_error *error)
{
    if (!stmt->executed) {
        driver_enter(stmt->conn);
        int result = driver_leave(stmt->conn, execute(stmt, error), error);
        if (result != MEMORA_OK)
            return result;
        stmt->executed = true;
    }
    return stmt->columns ? fetch(stmt, error) : MEMORA_OK;
}

int64_t driver_affected(struct memora_stmt *stmt)
{
    return stmt->affected;
}

int64_t driver_last_id(struct memora_stmt *stmt)
{
    return stmt->id;
}

void driver_reset(struct memora_stmt *stmt)
{
    if (stmt->columns)
        mysql_stmt_free_result(stmt->mysql);
    driver_shrink_columns(stmt);
    stmt->executed = false;
    stmt->affected = stmt->id = 0;
}

void driver_finalize(struct memora_stmt *stmt)
{
    unlink_from_conn(stmt);
    if (stmt->mysql)
        mysql_stmt_close(stmt->mysql);
    driver_free_columns(stmt);
    free(stmt->in);
    free(stmt);
}
