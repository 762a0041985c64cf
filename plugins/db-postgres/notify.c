/* News between servers: NOTIFY in the writer's transaction, LISTEN on a thread with a session of its own. That session
 * is opened anew when it breaks; what was said meanwhile is lost, so all listeners are then told "anything may have
 * changed": a NULL payload. */
#include "postgres.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CHANNELS = 16, CHANNEL_SIZE = 64, FIRST_PAUSE_MS = 100, LONGEST_PAUSE_MS = 2000 };

struct channel {
    char name[CHANNEL_SIZE];
    void (*callback)(void *ctx, const char *payload, size_t length);
    void *ctx;
};

struct listener {
    struct memora_db *db;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards channels; never held while a callback runs */
    struct channel channels[MAX_CHANNELS];
    int count;
    int wake[2]; /* pipe: a byte says that there is a new channel, its end that it is time to stop */
};

int postgres_notify(struct memora_conn *conn, const char *channel, const char *payload, struct memora_error *error)
{
    const char *const params[] = {channel, payload};
    return postgres_run_params(conn, "SELECT pg_notify($1, $2)", 2, params, NULL, 0, error);
}

static int channel_count(struct listener *listener)
{
    pthread_mutex_lock(&listener->mutex);
    int count = listener->count;
    pthread_mutex_unlock(&listener->mutex);
    return count;
}

/* Channels are only ever added, and never change. */
static bool listen_to(PGconn *pq, const struct channel *channel)
{
    char *name = PQescapeIdentifier(pq, channel->name, strlen(channel->name));
    char sql[2 * CHANNEL_SIZE + 16];
    if (!name)
        return false;
    snprintf(sql, sizeof sql, "LISTEN %s", name);
    PQfreemem(name);
    PGresult *result = PQexec(pq, sql);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return done;
}

static void deliver(struct listener *listener, PGconn *pq)
{
    PGnotify *news;
    int count = channel_count(listener);
    while ((news = PQnotifies(pq))) {
        for (int i = 0; i < count; i++) {
            const struct channel *channel = &listener->channels[i];
            if (strcmp(channel->name, news->relname) == 0)
                channel->callback(channel->ctx, news->extra, strlen(news->extra));
        }
        PQfreemem(news);
    }
}

/* False when it is time to stop. */
static bool wait_for(struct listener *listener, int socket, int timeout_ms)
{
    struct pollfd files[] = {{.fd = listener->wake[0], .events = POLLIN}, {.fd = socket, .events = POLLIN}};
    char byte;
    if (poll(files, socket >= 0 ? 2 : 1, timeout_ms) <= 0 || !files[0].revents)
        return true;
    return read(listener->wake[0], &byte, 1) == 1;
}

static void tell_first(struct listener *listener, int count)
{
    for (int i = 0; i < count; i++)
        listener->channels[i].callback(listener->channels[i].ctx, NULL, 0);
}

/* Until the session breaks (true) or it is time to stop (false). missed: of the first so many channels something may
 * have been missed, which is told only when nothing more can be. */
static bool serve(struct listener *listener, PGconn *pq, int missed, bool *listened)
{
    int listening = 0;
    for (;;) {
        for (; listening < channel_count(listener); listening++)
            if (!listen_to(pq, &listener->channels[listening]))
                return true;
        *listened = true;
        tell_first(listener, missed);
        missed = 0;
        deliver(listener, pq);
        if (!wait_for(listener, PQsocket(pq), -1))
            return false;
        if (!PQconsumeInput(pq) || PQstatus(pq) == CONNECTION_BAD)
            return true;
    }
}

static void *run(void *argument)
{
    struct listener *listener = argument;
    const struct memora_host *host = postgres_host();
    int pause_ms = FIRST_PAUSE_MS;
    bool going_on = true;
    int missed = 0;
    while (going_on) {
        struct memora_error error = {0};
        PGconn *pq = NULL;
        bool listened = false;
        if (postgres_open_session(listener->db, &pq, &error) == MEMORA_OK) {
            PQsetnonblocking(pq, 0);
            going_on = serve(listener, pq, missed, &listened);
            if (!listened) {
                const char *message = PQerrorMessage(pq);
                memora_fail(&error, MEMORA_E_IO, "%.*s", (int)strcspn(message, "\n"), message);
            }
            PQfinish(pq);
        }
        missed = channel_count(listener);
        if (listened) {
            pause_ms = FIRST_PAUSE_MS;
        } else if (going_on) {
            memora_log(host, pause_ms == FIRST_PAUSE_MS ? MEMORA_LOG_WARN : MEMORA_LOG_DEBUG,
                       "news of other servers are not heard: %s", error.message);
            going_on = wait_for(listener, -1, pause_ms);
            pause_ms = pause_ms < LONGEST_PAUSE_MS ? pause_ms * 2 : LONGEST_PAUSE_MS;
        }
    }
    return NULL;
}

static void listener_free(struct listener *listener)
{
    close(listener->wake[0]);
    pthread_mutex_destroy(&listener->mutex);
    free(listener);
}

static struct listener *listener_start(struct memora_db *db)
{
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        return NULL;
    listener->db = db;
    if (pipe2(listener->wake, O_CLOEXEC) != 0) {
        free(listener);
        return NULL;
    }
    pthread_mutex_init(&listener->mutex, NULL);
    if (pthread_create(&listener->thread, NULL, run, listener) == 0)
        return listener;
    close(listener->wake[1]);
    listener_free(listener);
    return NULL;
}

int postgres_listen(struct memora_db *db, const char *channel, void (*callback)(void *, const char *, size_t),
                    void *ctx, struct memora_error *error)
{
    int code = MEMORA_OK;
    if (strlen(channel) >= CHANNEL_SIZE)
        return memora_fail(error, MEMORA_E_ARG, "the channel's name is too long");
    pthread_mutex_lock(&db->mutex);
    if (!db->listener)
        db->listener = listener_start(db);
    struct listener *listener = db->listener;
    pthread_mutex_unlock(&db->mutex);
    if (!listener)
        return memora_fail(error, MEMORA_E_NOMEM, "cannot start the thread that listens");
    pthread_mutex_lock(&listener->mutex);
    if (listener->count < MAX_CHANNELS) {
        struct channel *added = &listener->channels[listener->count++];
        snprintf(added->name, sizeof added->name, "%s", channel);
        added->callback = callback;
        added->ctx = ctx;
    } else {
        code = memora_fail(error, MEMORA_E_ARG, "more than %d channels", MAX_CHANNELS);
    }
    pthread_mutex_unlock(&listener->mutex);
    if (code == MEMORA_OK && write(listener->wake[1], "", 1) != 1)
        code = memora_fail(error, MEMORA_E_IO, "the thread that listens cannot be woken");
    return code;
}

void postgres_listener_stop(struct memora_db *db)
{
    struct listener *listener = db->listener;
    if (!listener)
        return;
    close(listener->wake[1]);
    pthread_join(listener->thread, NULL);
    listener_free(listener);
    db->listener = NULL;
}
