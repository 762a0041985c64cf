/* What PostgreSQL and libpq call an error, in terms of what the core should do. Only the first line of a message is
 * shown: the further ones (DETAIL, CONTEXT) hold values of rows and parameters. */
#include "postgres.h"

#include <stdlib.h>
#include <string.h>

#include "sqlstate.h"

enum { LINE_MAX_BYTES = 400 };

/* libpq's texts end in a newline; only the first line counts. */
static int first_line(const char *text)
{
    size_t length = strcspn(text, "\n");
    return (int)(length < LINE_MAX_BYTES ? length : LINE_MAX_BYTES);
}

/* A changed table makes prepared statements useless; a new connection has none. */
static bool is_stale_plan(const PGresult *result)
{
    const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    return function && strcmp(function, "RevalidateCachedQuery") == 0;
}

int postgres_error(struct memora_conn *conn, const PGresult *result, struct memora_error *error)
{
    const char *sqlstate = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    int code = sqlstate ? sqlstate_result(sqlstate) : MEMORA_E_INTERNAL;
    if (!message || !*message)
        message = PQerrorMessage(conn->pq);
    if (sqlstate && is_stale_plan(result))
        code = MEMORA_E_CONN;
    if (PQstatus(conn->pq) == CONNECTION_BAD && code != MEMORA_E_CANCELLED)
        code = MEMORA_E_CONN;
    if (code == MEMORA_E_CONN)
        conn->dead = true;
    if (error && sqlstate)
        snprintf(error->sqlstate, sizeof error->sqlstate, "%.5s", sqlstate);
    /* "invalid input syntax for type json: ..." and the like quote the value. */
    if (sqlstate && strncmp(sqlstate, "22", 2) == 0)
        return memora_fail(error, code, "a value does not fit (SQLSTATE %.5s)", sqlstate);
    return memora_fail(error, code, "%.*s", first_line(message), message);
}

/* libpq gives no code for a connection that was refused. */
int postgres_connect_error(PGconn *pq, struct memora_error *error)
{
    static const struct {
        const char *text;
        int code;
    } known[] = {
        {"authentication failed", MEMORA_E_AUTH},
        {"no pg_hba.conf entry", MEMORA_E_AUTH},
        {"no password supplied", MEMORA_E_AUTH},
        {"role \"", MEMORA_E_AUTH},
        {"permission denied for database", MEMORA_E_AUTH},
        {"certificate", MEMORA_E_CONFIG},
        {"does not support SSL", MEMORA_E_CONFIG},
        {"sslmode", MEMORA_E_CONFIG},
        {"database \"", MEMORA_E_CONFIG},
    };
    const char *message = pq ? PQerrorMessage(pq) : "out of memory";
    int code = pq ? MEMORA_E_CONN : MEMORA_E_NOMEM;
    for (size_t i = 0; i < sizeof known / sizeof known[0] && code == MEMORA_E_CONN; i++)
        if (strstr(message, known[i].text))
            code = known[i].code;
    if (pq && PQconnectionNeedsPassword(pq))
        code = MEMORA_E_AUTH;
    return memora_fail(error, code, "cannot connect to PostgreSQL: %.*s", first_line(message), message);
}
