/* Several statements in one go (libpq 14 or later): all are sent, then a synchronisation point, at which the server
 * sends what it has. After one that fails the server passes over the others up to that point. */
#include "postgres.h"

#ifdef LIBPQ_HAS_PIPELINING

static bool send_all(struct memora_conn *conn, struct memora_stmt *const *statements, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!postgres_send(statements[i]))
            return false;
    return PQpipelineSync(conn->pq);
}

/* The result of one of them, and the end of its results. */
static int take_result(struct memora_stmt *stmt, struct memora_error *error)
{
    struct memora_conn *conn = stmt->conn;
    PGresult *result = postgres_command_next(conn), *more;
    int code = MEMORA_OK;
    if (!result || postgres_is_error(result)) {
        code = postgres_error(conn, result, error);
        PQclear(result);
    } else {
        postgres_keep_result(stmt, result);
    }
    while (!conn->dead && (more = postgres_command_next(conn)))
        PQclear(more);
    return code;
}

/* The synchronisation point, to which no NULL belongs. */
static void take_end(struct memora_conn *conn)
{
    PGresult *end = postgres_command_next(conn);
    if (PQresultStatus(end) != PGRES_PIPELINE_SYNC)
        conn->dead = true;
    PQclear(end);
}

static int run_all(struct memora_conn *conn, struct memora_stmt *const *statements, uint32_t count,
                   struct memora_error *error)
{
    if (!send_all(conn, statements, count)) {
        int code = postgres_error(conn, NULL, error);
        conn->dead = true; /* some may have been sent */
        return code;
    }
    int code = MEMORA_OK;
    for (uint32_t i = 0; i < count && !conn->dead; i++) {
        int result = take_result(statements[i], code == MEMORA_OK ? error : NULL);
        code = code == MEMORA_OK ? result : code;
    }
    if (!conn->dead)
        take_end(conn);
    if (conn->gave_up)
        return memora_fail(error, MEMORA_E_CANCELLED, "interrupted; PostgreSQL did not answer any more");
    if (code == MEMORA_OK && conn->dead)
        return memora_fail(error, MEMORA_E_CONN, "the connection to PostgreSQL is out of step");
    return code;
}

int postgres_execute_all(struct memora_stmt *const *statements, uint32_t count, struct memora_error *error)
{
    if (count == 0)
        return MEMORA_OK;
    struct memora_conn *conn = statements[0]->conn;
    int code = postgres_command_begin(conn, error);
    if (code != MEMORA_OK)
        return code;
    if (PQenterPipelineMode(conn->pq))
        code = run_all(conn, statements, count, error);
    else
        code = postgres_error(conn, NULL, error);
    if (!conn->dead && !PQexitPipelineMode(conn->pq))
        conn->dead = true;
    postgres_command_end(conn);
    return code;
}

#endif
