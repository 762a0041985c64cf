/* WHERE is SOCKET:DATABASE; user memora, password bench. */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "floor_sql.h"

enum { COLUMNS = 16, COLUMN_SIZE = 8192 };

struct floor_conn {
    MYSQL *mysql;
    MYSQL_STMT *statements[FLOOR_STATEMENTS];
    MYSQL_BIND binds[COLUMNS];
    unsigned long lengths[COLUMNS];
    char values[COLUMNS][COLUMN_SIZE];
};

const char floor_time[] = "UNIX_TIMESTAMP(%s)", floor_no_comment[] = "parent.uid IS NULL";

struct floor_conn *floor_connect(const char *where)
{
    struct floor_conn *conn = calloc(1, sizeof *conn);
    char socket[256];
    const char *colon = strchr(where, ':');
    if (!conn || !colon)
        floor_fail("connect", "SOCKET:DATABASE is wanted");
    snprintf(socket, sizeof socket, "%.*s", (int)(colon - where), where);
    conn->mysql = mysql_init(NULL);
    if (!mysql_real_connect(conn->mysql, NULL, "memora", "bench", colon + 1, 0, socket, 0))
        floor_fail("connect", mysql_error(conn->mysql));
    for (unsigned i = 0; i < COLUMNS; i++)
        conn->binds[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING,
                                      .buffer = conn->values[i],
                                      .buffer_length = COLUMN_SIZE,
                                      .length = &conn->lengths[i]};
    return conn;
}

void floor_prepare(struct floor_conn *conn, unsigned slot, const char *sql)
{
    conn->statements[slot] = mysql_stmt_init(conn->mysql);
    if (mysql_stmt_prepare(conn->statements[slot], sql, strlen(sql)))
        floor_fail("prepare", mysql_stmt_error(conn->statements[slot]));
    if (mysql_stmt_field_count(conn->statements[slot]) > COLUMNS)
        floor_fail("prepare", "too many columns");
}

size_t floor_run(struct floor_conn *conn, unsigned slot, const struct floor_param *params, unsigned count,
                 struct floor_row *rows)
{
    MYSQL_STMT *statement = conn->statements[slot];
    MYSQL_BIND bound[FLOOR_PARAMS] = {0};
    int numbers[FLOOR_PARAMS];
    for (unsigned i = 0; i < count; i++) {
        numbers[i] = params[i].number;
        bound[i].buffer_type = params[i].text ? MYSQL_TYPE_STRING : MYSQL_TYPE_LONG;
        bound[i].buffer = params[i].text ? (void *)(size_t)params[i].text : &numbers[i];
        bound[i].buffer_length = params[i].text ? strlen(params[i].text) : sizeof numbers[i];
    }
    if (mysql_stmt_param_count(statement) != count || mysql_stmt_bind_param(statement, bound) ||
        mysql_stmt_execute(statement) || mysql_stmt_bind_result(statement, conn->binds) ||
        mysql_stmt_store_result(statement))
        floor_fail("run", mysql_stmt_error(statement));
    size_t found = 0;
    for (int code; (code = mysql_stmt_fetch(statement)) != MYSQL_NO_DATA;) {
        if (code)
            floor_fail("fetch", code == MYSQL_DATA_TRUNCATED ? "a value is too long" : mysql_stmt_error(statement));
        if (rows && found < FLOOR_ROWS) {
            rows[found].id = atoi(conn->values[0]);
            snprintf(rows[found].uid, sizeof rows[found].uid, "%.*s", (int)conn->lengths[1], conn->values[1]);
        }
        found++;
    }
    mysql_stmt_free_result(statement);
    return found < FLOOR_ROWS ? found : FLOOR_ROWS;
}

void floor_disconnect(struct floor_conn *conn)
{
    for (unsigned i = 0; i < FLOOR_STATEMENTS; i++)
        mysql_stmt_close(conn->statements[i]);
    mysql_close(conn->mysql);
    free(conn);
}
