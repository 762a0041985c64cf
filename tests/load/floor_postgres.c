#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "floor_sql.h"

struct floor_conn {
    PGconn *pq;
    int params[FLOOR_STATEMENTS];
};

const char floor_time[] = "%s";
const char floor_no_comment[] = "NOT EXISTS (SELECT 1 FROM memo_relation AS comment WHERE comment.memo_id = memo.id "
                                "AND COALESCE(comment.type = 'COMMENT', FALSE))";

struct floor_conn *floor_connect(const char *where)
{
    struct floor_conn *conn = calloc(1, sizeof *conn);
    if (!conn || PQstatus(conn->pq = PQconnectdb(where)) != CONNECTION_OK)
        floor_fail("connect", conn ? PQerrorMessage(conn->pq) : "out of memory");
    return conn;
}

void floor_prepare(struct floor_conn *conn, unsigned slot, const char *sql)
{
    char text[8192], name[16];
    size_t used = 0;
    int params = 0;
    for (; *sql; sql++) {
        if (*sql == '?')
            used += (size_t)snprintf(text + used, sizeof text - used, "$%d", ++params);
        else
            text[used++] = *sql;
    }
    text[used] = '\0';
    snprintf(name, sizeof name, "s%u", slot);
    conn->params[slot] = params;
    PGresult *result = PQprepare(conn->pq, name, text, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        floor_fail("prepare", PQerrorMessage(conn->pq));
    PQclear(result);
}

static size_t read_rows(const PGresult *result, struct floor_row *rows)
{
    int count = PQntuples(result), columns = PQnfields(result);
    size_t bytes = 0;
    for (int i = 0; i < count; i++)
        for (int c = 0; c < columns; c++)
            bytes += (size_t)PQgetlength(result, i, c);
    if (count > FLOOR_ROWS)
        count = FLOOR_ROWS;
    for (int i = 0; rows && i < count; i++) {
        rows[i].id = atoi(PQgetvalue(result, i, 0));
        snprintf(rows[i].uid, sizeof rows[i].uid, "%s", PQgetvalue(result, i, 1));
    }
    return bytes ? (size_t)count : 0;
}

size_t floor_run(struct floor_conn *conn, unsigned slot, const struct floor_param *params, unsigned count,
                 struct floor_row *rows)
{
    char numbers[FLOOR_PARAMS][16], name[16];
    const char *values[FLOOR_PARAMS];
    if (conn->params[slot] != (int)count)
        floor_fail("run", "wrong number of parameters");
    for (unsigned i = 0; i < count; i++) {
        values[i] = params[i].text ? params[i].text : numbers[i];
        if (!params[i].text)
            snprintf(numbers[i], sizeof numbers[i], "%d", params[i].number);
    }
    snprintf(name, sizeof name, "s%u", slot);
    PGresult *result = PQexecPrepared(conn->pq, name, (int)count, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        floor_fail("run", PQerrorMessage(conn->pq));
    size_t found = read_rows(result, rows);
    PQclear(result);
    return found;
}

void floor_disconnect(struct floor_conn *conn)
{
    PQfinish(conn->pq);
    free(conn);
}
