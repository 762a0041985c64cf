/* Connections and transactions. */
#include "postgres.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The advisory lock that keeps other servers out of migrating; such locks belong to one database. "memora" in ASCII. */
#define MIGRATION_LOCK "120265297129057"
static const int64_t lock_pause_ns = 100 * 1000 * 1000;

int postgres_connect(struct memora_db *db, struct memora_conn **out, struct memora_error *error)
{
    struct memora_conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    conn->db = db;
    int code = postgres_open_session(db, &conn->pq, error);
    if (code != MEMORA_OK) {
        free(conn);
        return code;
    }
    *out = conn;
    return MEMORA_OK;
}

/* The server rolls back what is open when the session ends. */
void postgres_disconnect(struct memora_conn *conn)
{
    conn->dead = true;
    if (conn->stream)
        postgres_reset(conn->stream);
    while (conn->statements)
        postgres_finalize(conn->statements);
    PQfinish(conn->pq);
    free(conn);
}

/* Costs no round trip unless something is open. A server that has closed the connection meanwhile is found out. */
int postgres_recycle(struct memora_conn *conn, struct memora_error *error)
{
    postgres_stream_store(conn);
    if (!conn->dead && !PQconsumeInput(conn->pq))
        conn->dead = true;
    if (conn->dead || PQstatus(conn->pq) == CONNECTION_BAD)
        return memora_fail(error, MEMORA_E_CONN, "the connection to PostgreSQL was closed");
    if (conn->migrating)
        postgres_migrate_unlock(conn);
    return postgres_rollback(conn, error);
}

/* What the core reads in a transaction that writes decides about what it writes, and nobody may change it in between:
 * two first users must not both become administrators. Serializable says so for every statement; what collides comes
 * back as MEMORA_E_RETRY. */
int postgres_begin(struct memora_conn *conn, uint32_t mode, struct memora_error *error)
{
    return postgres_run(conn,
                        mode == MEMORA_TX_WRITE ? "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE"
                                                : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                        error);
}

/* COMMIT of a transaction in which a statement has failed succeeds, but rolls back. */
int postgres_commit(struct memora_conn *conn, struct memora_error *error)
{
    int code = postgres_command_begin(conn, error);
    if (code != MEMORA_OK)
        return code;
    PGresult *result = postgres_command_finish(conn, PQsendQuery(conn->pq, "COMMIT"), &code, error);
    if (code == MEMORA_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        code = memora_fail(error, MEMORA_E_INTERNAL, "the transaction was rolled back: a statement in it has failed");
    PQclear(result);
    /* Interrupted on the way and never answered: nobody knows. */
    return code == MEMORA_E_CANCELLED && conn->dead ? MEMORA_E_CONN : code;
}

int postgres_rollback(struct memora_conn *conn, struct memora_error *error)
{
    postgres_stream_store(conn);
    if (!conn->dead && PQtransactionStatus(conn->pq) == PQTRANS_IDLE)
        return MEMORA_OK;
    return postgres_run(conn, "ROLLBACK", error);
}

int postgres_script(struct memora_conn *conn, const char *sql, size_t length, struct memora_error *error)
{
    char *text = strndup(sql, length);
    if (!text)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    int code = postgres_run(conn, text, error);
    free(text);
    return code;
}

int postgres_migrate_lock(struct memora_conn *conn, int64_t timeout_ns, struct memora_error *error)
{
    const struct memora_host *host = postgres_host();
    const struct timespec pause = {.tv_nsec = lock_pause_ns};
    int64_t until = host->mono_ns() + timeout_ns;
    for (;;) {
        char taken[8];
        int code = postgres_run_params(conn, "SELECT pg_try_advisory_lock(" MIGRATION_LOCK ")", 0, NULL, taken,
                                       sizeof taken, error);
        if (code != MEMORA_OK)
            return code;
        conn->migrating = taken[0] == 't';
        if (conn->migrating)
            return MEMORA_OK;
        if (host->mono_ns() >= until || host->stopping())
            return memora_fail(error, MEMORA_E_RETRY, "another server is migrating this database");
        nanosleep(&pause, NULL);
    }
}

void postgres_migrate_unlock(struct memora_conn *conn)
{
    conn->migrating = false;
    /* A connection that fails here is dead, and with it the lock. */
    postgres_run(conn, "SELECT pg_advisory_unlock(" MIGRATION_LOCK ")", NULL);
}

int64_t postgres_size_bytes(struct memora_db *db)
{
    struct memora_conn *conn = NULL;
    char size[32] = "-1";
    if (postgres_connect(db, &conn, NULL) != MEMORA_OK)
        return -1;
    int code =
        postgres_run_params(conn, "SELECT pg_database_size(current_database())", 0, NULL, size, sizeof size, NULL);
    postgres_disconnect(conn);
    return code == MEMORA_OK ? strtoll(size, NULL, 10) : -1;
}
