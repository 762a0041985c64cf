/* Ending what another thread waits for: KILL QUERY through a session of its own. Where the server cannot be reached any
 * more, the socket is shut down under the waiting call; the connection is lost then. */
#include "driver.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { KILL_TIMEOUT_S = 1 };
static const int64_t unreachable_ns = 5LL * 1000000000;

void driver_enter(struct memora_conn *conn)
{
    pthread_mutex_lock(&conn->mutex);
    conn->running = true;
    conn->interrupted = false;
    pthread_mutex_unlock(&conn->mutex);
}

int driver_leave(struct memora_conn *conn, int result, struct memora_error *error)
{
    static const char nothing[] = "DO 0";
    pthread_mutex_lock(&conn->mutex);
    bool interrupted = conn->interrupted;
    conn->running = false;
    conn->interrupted = false;
    pthread_mutex_unlock(&conn->mutex);
    /* The kill may have come when the call had just ended; then it waits for the next statement, which be this one. */
    if (interrupted && result != MEMORA_E_CANCELLED && result != MEMORA_E_CONN)
        (void)mysql_real_query(conn->mysql, nothing, sizeof nothing - 1);
    /* Or the server has cut something short and gives that out as the result (SLEEP, BENCHMARK). */
    if (interrupted && result == MEMORA_OK)
        return memora_fail(error, MEMORA_E_CANCELLED, "the statement was interrupted");
    return result;
}

static bool kill_query(struct memora_conn *conn)
{
    struct memora_db *db = conn->db;
    char name[sizeof conn->server_name], sql[64];
    MYSQL *mysql = NULL;
    if (driver_session_open(db, KILL_TIMEOUT_S, &mysql, NULL) != MEMORA_OK)
        return false;
    /* Behind a load balancer this may be another server, where the number is somebody else's. */
    bool same = driver_read_row(mysql, "SELECT @@hostname", name, sizeof name, 1, NULL) == MEMORA_OK &&
                strcmp(name, conn->server_name) == 0;
    snprintf(sql, sizeof sql, "KILL QUERY %lu", conn->server_thread);
    bool killed = same && mysql_real_query(mysql, sql, strlen(sql)) == 0;
    mysql_close(mysql);
    return killed;
}

void driver_interrupt(struct memora_conn *conn)
{
    struct memora_db *db = conn->db;
    pthread_mutex_lock(&conn->mutex);
    if (conn->running && !conn->interrupted) {
        conn->interrupted = true;
        int64_t now = driver_host()->mono_ns();
        if (conn->whole || now < atomic_load(&db->unreachable_until) || !kill_query(conn)) {
            /* Many may be waiting for the same dead server; they need not each find out. */
            if (!conn->whole && now >= atomic_load(&db->unreachable_until))
                atomic_store(&db->unreachable_until, now + unreachable_ns);
            shutdown(conn->socket, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&conn->mutex);
}
