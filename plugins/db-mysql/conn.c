/* Connections and transactions. */
#include "driver.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int driver_read_row(MYSQL *mysql, const char *sql, char *out, size_t size, unsigned count, struct memora_error *error)
{
    if (mysql_real_query(mysql, sql, strlen(sql)))
        return driver_error(error, mysql);
    MYSQL_RES *result = mysql_store_result(mysql);
    if (!result)
        return driver_error(error, mysql);
    MYSQL_ROW row = mysql_fetch_row(result);
    unsigned columns = row ? mysql_num_fields(result) : 0;
    for (unsigned i = 0; i < count; i++)
        snprintf(out + i * size, size, "%s", i < columns && row[i] ? row[i] : "");
    mysql_free_result(result);
    return MEMORA_OK;
}

/* So that a machine that is gone is noticed: unanswered data, and silence while an answer is waited for. */
static void watch_peer(int fd)
{
    enum { IDLE_S = 10, PAUSE_S = 5, PROBES = 3, UNANSWERED_MS = 10000 };
    static const struct {
        int level, name, value;
    } options[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                   {IPPROTO_TCP, TCP_KEEPIDLE, IDLE_S},
                   {IPPROTO_TCP, TCP_KEEPINTVL, PAUSE_S},
                   {IPPROTO_TCP, TCP_KEEPCNT, PROBES},
                   {IPPROTO_TCP, TCP_USER_TIMEOUT, UNANSWERED_MS}};
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &size) != 0 || peer.ss_family == AF_UNIX)
        return;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

int driver_connect(struct memora_db *db, struct memora_conn **out, struct memora_error *error)
{
    struct memora_conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    conn->db = db;
    conn->socket = -1;
    pthread_mutex_init(&conn->mutex, NULL);
    int result = driver_session_open(db, 0, &conn->mysql, error);
    if (result == MEMORA_OK) {
        conn->socket = dup(mysql_get_socket(conn->mysql));
        watch_peer(conn->socket);
        result = driver_session_set_up(conn, error);
    }
    if (result != MEMORA_OK) {
        driver_disconnect(conn);
        return result;
    }
    *out = conn;
    return MEMORA_OK;
}

void driver_disconnect(struct memora_conn *conn)
{
    while (conn->statements)
        driver_finalize(conn->statements);
    if (conn->mysql)
        mysql_close(conn->mysql); /* the server rolls back */
    if (conn->socket >= 0)
        close(conn->socket);
    pthread_mutex_destroy(&conn->mutex);
    free(conn);
}

/* The steps of transactions are done or not; only a server that does not answer any more ends them. */
static int run(struct memora_conn *conn, const char *sql, struct memora_error *error)
{
    pthread_mutex_lock(&conn->mutex);
    conn->running = conn->whole = true;
    conn->interrupted = false;
    pthread_mutex_unlock(&conn->mutex);
    int result = mysql_real_query(conn->mysql, sql, strlen(sql)) ? driver_error(error, conn->mysql) : MEMORA_OK;
    pthread_mutex_lock(&conn->mutex);
    if (conn->interrupted)
        result = memora_fail(error, MEMORA_E_CONN, "the server did not answer in time");
    conn->running = conn->interrupted = conn->whole = false;
    pthread_mutex_unlock(&conn->mutex);
    return result;
}

int driver_recycle(struct memora_conn *conn, struct memora_error *error)
{
    for (struct memora_stmt *stmt = conn->statements; stmt; stmt = stmt->next)
        driver_reset(stmt);
    return driver_rollback(conn, error);
}

int driver_begin(struct memora_conn *conn, uint32_t mode, struct memora_error *error)
{
    int result = MEMORA_OK;
    /* Reading shall take no locks, as it would under the session's isolation. */
    if (mode != MEMORA_TX_WRITE)
        result = run(conn, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", error);
    if (result == MEMORA_OK)
        result =
            run(conn,
                mode == MEMORA_TX_WRITE ? "START TRANSACTION" : "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
                error);
    conn->in_transaction = result == MEMORA_OK;
    return result;
}

int driver_commit(struct memora_conn *conn, struct memora_error *error)
{
    int result = run(conn, "COMMIT", error);
    if (result == MEMORA_OK)
        conn->in_transaction = false;
    return result;
}

int driver_rollback(struct memora_conn *conn, struct memora_error *error)
{
    if (!conn->in_transaction)
        return MEMORA_OK;
    int result = run(conn, "ROLLBACK", error);
    if (result == MEMORA_OK)
        conn->in_transaction = false;
    return result;
}

/* The answers to all statements of a script, to the first error. */
static int read_answers(MYSQL *mysql, struct memora_error *error)
{
    for (;;) {
        MYSQL_RES *rows = mysql_store_result(mysql);
        if (rows)
            mysql_free_result(rows);
        else if (mysql_errno(mysql))
            return driver_error(error, mysql);
        int more = mysql_next_result(mysql);
        if (more > 0)
            return driver_error(error, mysql);
        if (more < 0)
            return MEMORA_OK;
    }
}

/* Several statements at once are allowed for scripts alone. They may run for long (ALTER TABLE of a large table), so
 * that they get a session's patience of their own. */
int driver_script(struct memora_conn *conn, const char *sql, size_t length, struct memora_error *error)
{
    driver_enter(conn);
    int result = MEMORA_OK;
    if (mysql_set_server_option(conn->mysql, MYSQL_OPTION_MULTI_STATEMENTS_ON))
        result = driver_error(error, conn->mysql);
    if (result == MEMORA_OK && mysql_real_query(conn->mysql, sql, length))
        result = driver_error(error, conn->mysql);
    if (result == MEMORA_OK)
        result = read_answers(conn->mysql, error);
    if (mysql_set_server_option(conn->mysql, MYSQL_OPTION_MULTI_STATEMENTS_OFF) && result == MEMORA_OK)
        result = driver_error(error, conn->mysql);
    return driver_leave(conn, result, error);
}

/* Locks have one name space per server and at most 64 characters. */
#define LOCK_NAME "CONCAT('memora-migrate-', MD5(DATABASE()))"

int driver_migrate_lock(struct memora_conn *conn, int64_t timeout_ns, struct memora_error *error)
{
    const struct memora_host *host = driver_host();
    int64_t until = host->mono_ns() + timeout_ns;
    /* In slices of a second: a stop need not wait for longer, nor does the network's time limit strike. */
    do {
        char got[16];
        int result = driver_read_row(conn->mysql, "SELECT GET_LOCK(" LOCK_NAME ", 1)", got, sizeof got, 1, error);
        if (result != MEMORA_OK)
            return result;
        if (strcmp(got, "1") == 0)
            return MEMORA_OK;
    } while (host->mono_ns() < until && !host->stopping());
    return memora_fail(error, MEMORA_E_RETRY, "another server is upgrading the database");
}

void driver_migrate_unlock(struct memora_conn *conn)
{
    char released[16];
    driver_read_row(conn->mysql, "SELECT RELEASE_LOCK(" LOCK_NAME ")", released, sizeof released, 1, NULL);
}

int64_t driver_size_bytes(struct memora_db *db)
{
    char size[32] = "";
    struct memora_error error = {0};
    MYSQL *mysql = NULL;
    if (driver_session_open(db, db->dsn.connect_timeout_s, &mysql, &error) != MEMORA_OK)
        return -1;
    int result = driver_read_row(mysql,
                                 "SELECT CAST(SUM(data_length + index_length) AS UNSIGNED) FROM "
                                 "information_schema.tables WHERE table_schema = DATABASE()",
                                 size, sizeof size, 1, &error);
    mysql_close(mysql);
    return result == MEMORA_OK && *size ? strtoll(size, NULL, 10) : -1;
}
