/* One command at a time: sending, waiting, cancelling.
 *
 * An interrupt from another thread only sets a flag. The waiting thread sees it at its next tick and has the server
 * told by a thread of its own, because libpq's cancelling blocks for as long as the network likes. Should neither the
 * answer nor that thread come back in time, the connection is given up. */
#include "postgres.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { IDLE = 0, RUNNING = 1, INTERRUPTED = 2 };
enum { TICK_MS = 50 };
static const int64_t cancel_wait_ns = 700 * 1000 * 1000;

/* Owned by the waiting thread and the one that cancels; the last one frees it. */
struct cancel {
    PGcancel *request;
    pthread_t thread;
    _Atomic int owners;
};

static void cancel_release(struct cancel *cancel)
{
    if (atomic_fetch_sub(&cancel->owners, 1) > 1)
        return;
    PQfreeCancel(cancel->request);
    free(cancel);
}

static void *cancel_run(void *argument)
{
    struct cancel *cancel = argument;
    char problem[256];
    PQcancel(cancel->request, problem, sizeof problem);
    cancel_release(cancel);
    return NULL;
}

static struct cancel *cancel_start(struct memora_conn *conn)
{
    struct cancel *cancel = calloc(1, sizeof *cancel);
    if (!cancel)
        return NULL;
    cancel->request = PQgetCancel(conn->pq);
    atomic_init(&cancel->owners, 2);
    if (cancel->request && pthread_create(&cancel->thread, NULL, cancel_run, cancel) == 0)
        return cancel;
    PQfreeCancel(cancel->request);
    free(cancel);
    return NULL;
}

/* Until the request has been delivered it could hit the next command. False if that takes too long. */
static bool cancel_finish(struct cancel *cancel, int64_t wait_ns)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t nanoseconds = until.tv_nsec + (wait_ns > 0 ? wait_ns : 0);
    until.tv_sec += nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    bool finished = pthread_timedjoin_np(cancel->thread, NULL, &until) == 0;
    if (!finished)
        pthread_detach(cancel->thread);
    cancel_release(cancel);
    return finished;
}

void postgres_interrupt(struct memora_conn *conn)
{
    int running = RUNNING;
    atomic_compare_exchange_strong(&conn->state, &running, INTERRUPTED);
}

int postgres_command_begin(struct memora_conn *conn, struct memora_error *error)
{
    postgres_stream_store(conn);
    if (conn->dead || PQstatus(conn->pq) == CONNECTION_BAD) {
        conn->dead = true;
        return memora_fail(error, MEMORA_E_CONN, "the connection to PostgreSQL is gone");
    }
    conn->gave_up = false;
    conn->give_up_ns = 0;
    atomic_store(&conn->state, RUNNING);
    return MEMORA_OK;
}

void postgres_command_end(struct memora_conn *conn)
{
    atomic_store(&conn->state, IDLE);
    if (conn->cancel && !cancel_finish(conn->cancel, conn->give_up_ns - postgres_host()->mono_ns()))
        conn->dead = true;
    conn->cancel = NULL;
}

/* False when the command is given up. */
static bool wait_for_socket(struct memora_conn *conn, bool writing)
{
    struct pollfd socket = {.fd = PQsocket(conn->pq), .events = (short)(POLLIN | (writing ? POLLOUT : 0))};
    if (poll(&socket, 1, TICK_MS) > 0)
        return true;
    int64_t now = postgres_host()->mono_ns();
    if (conn->give_up_ns == 0 && atomic_load(&conn->state) == INTERRUPTED) {
        conn->give_up_ns = now + cancel_wait_ns;
        conn->cancel = cancel_start(conn);
    }
    conn->gave_up = conn->give_up_ns && now > conn->give_up_ns;
    return !conn->gave_up;
}

/* The next result of the running command, NULL at its end or when it is given up. */
PGresult *postgres_command_next(struct memora_conn *conn)
{
    for (;;) {
        int unsent = PQflush(conn->pq);
        if (unsent <= 0 && !PQisBusy(conn->pq))
            break;
        if (!wait_for_socket(conn, unsent > 0)) {
            conn->dead = true;
            return NULL;
        }
        if (!PQconsumeInput(conn->pq))
            break;
    }
    return PQgetResult(conn->pq);
}

bool postgres_is_error(const PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_EMPTY_QUERY:
        return false;
    default:
        return true;
    }
}

PGresult *postgres_command_finish(struct memora_conn *conn, int sent, int *code, struct memora_error *error)
{
    PGresult *kept = NULL, *result;
    *code = sent ? MEMORA_OK : postgres_error(conn, NULL, error);
    while (sent && (result = postgres_command_next(conn))) {
        if (*code == MEMORA_OK && postgres_is_error(result))
            *code = postgres_error(conn, result, error);
        PQclear(kept);
        kept = result;
    }
    if (conn->gave_up)
        *code = memora_fail(error, MEMORA_E_CANCELLED, "interrupted; PostgreSQL did not answer any more");
    else if (*code == MEMORA_OK && !kept)
        *code = postgres_error(conn, NULL, error);
    postgres_command_end(conn);
    if (*code == MEMORA_OK)
        return kept;
    PQclear(kept);
    return NULL;
}

int postgres_run(struct memora_conn *conn, const char *sql, struct memora_error *error)
{
    int code = postgres_command_begin(conn, error);
    if (code == MEMORA_OK)
        PQclear(postgres_command_finish(conn, PQsendQuery(conn->pq, sql), &code, error));
    return code;
}

int postgres_run_params(struct memora_conn *conn, const char *sql, int count, const char *const *params, char *value,
                        size_t size, struct memora_error *error)
{
    int code = postgres_command_begin(conn, error);
    if (code != MEMORA_OK)
        return code;
    int sent = PQsendQueryParams(conn->pq, sql, count, NULL, params, NULL, NULL, 0);
    PGresult *result = postgres_command_finish(conn, sent, &code, error);
    if (value)
        snprintf(value, size, "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return code;
}
