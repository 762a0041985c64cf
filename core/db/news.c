#include "db/news.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/internal.h"

enum { QUEUE_MAX = 256 * 1024, HEAD_MAX = UID_UUID_LENGTH + 24 };
static const char channel[] = "memora_change";
static const int64_t beat_ns = DB_NEWS_BOUND_NS / 4;
static const int64_t complain_after_ns = 5 * DB_NEWS_BOUND_NS;

static bool is_shared(const struct db *db)
{
    return !(db->dialect->features & MEMORA_SQL_SINGLE_WRITER);
}

void news_init(struct db *db)
{
    struct news *news = &db->news;
    uid_uuid(news->origin);
    pthread_mutex_init(&news->mutex, NULL);
    pthread_mutex_init(&news->hearing, NULL);
    cond_init_monotonic(&news->wake);
    atomic_init(&news->current_until_ns, INT64_MAX);
}

void news_free(struct db *db)
{
    struct news *news = &db->news;
    news_log_free(&news->log);
    free(news->queue);
    pthread_cond_destroy(&news->wake);
    pthread_mutex_destroy(&news->hearing);
    pthread_mutex_destroy(&news->mutex);
}

void news_hear(struct news *news, const char *text, size_t length)
{
    pthread_mutex_lock(&news->hearing);
    if (news->fn)
        news->fn(news->ctx, text, length);
    pthread_mutex_unlock(&news->hearing);
}

void news_current_since(struct news *news, int64_t boot_ns)
{
    atomic_store(&news->current_until_ns, boot_ns + DB_NEWS_BOUND_NS);
}

/* A message is "<origin> <when>\n" and the lines. when: the sender's clock_boot_ns(), of use to itself alone; 0
 * in a message that is part of somebody's transaction. */
static void heard(void *ctx, const char *payload, size_t length)
{
    struct news *news = ctx;
    const char *text = payload ? memchr(payload, '\n', length) : NULL;
    if (!text || length < UID_UUID_LENGTH + 1) {
        news_hear(news, NULL, 0);
        return;
    }
    text++;
    if (strncmp(payload, news->origin, UID_UUID_LENGTH) != 0) {
        if (text < payload + length)
            news_hear(news, text, length - (size_t)(text - payload));
        return;
    }
    int64_t when = strtoll(payload + UID_UUID_LENGTH, NULL, 10);
    if (when > 0)
        news_current_since(news, when);
}

/* In a write transaction. */
static enum status_code notify(struct db_conn *conn, int64_t when_ns, const char *text, struct status *status)
{
    struct memora_error error = {0};
    const struct news *news = &conn->db->news;
    char payload[HEAD_MAX + DB_NEWS_TEXT_MAX + 1];
    snprintf(payload, sizeof payload, "%s %" PRId64 "\n%s", news->origin, when_ns, text);
    watchdog_arm(conn, clock_mono_ns());
    int result = conn->db->ops->notify(conn->handle, channel, payload, &error);
    watchdog_disarm(conn);
    return result == MEMORA_OK ? STATUS_OK : conn_fail(conn, result, &error, status);
}

enum status_code db_tell(struct db_conn *conn, const char *text, struct status *status)
{
    const struct db *db = conn->db;
    if (!is_shared(db))
        return STATUS_OK;
    if (strlen(text) > DB_NEWS_TEXT_MAX)
        return status_set(status, STATUS_INTERNAL, "news of more than %d bytes", DB_NEWS_TEXT_MAX);
    return db->ops->notify ? notify(conn, 0, text, status) : news_log_add(conn, text, status);
}

void db_tell_soon(struct db *db, const char *line)
{
    struct news *news = &db->news;
    size_t length = strlen(line);
    pthread_mutex_lock(&news->mutex);
    if (news->running && length <= DB_NEWS_TEXT_MAX && news->queued + length < QUEUE_MAX) {
        if (!news->queue)
            news->queue = memory_alloc(QUEUE_MAX);
        memcpy(news->queue + news->queued, line, length);
        if (news->queued == 0)
            pthread_cond_signal(&news->wake);
        news->queued += length;
    }
    pthread_mutex_unlock(&news->mutex);
}

bool db_news_current(struct db *db)
{
    struct news *news = &db->news;
    int64_t until = atomic_load_explicit(&news->current_until_ns, memory_order_acquire);
    if (until == INT64_MAX)
        return true;
    if (!atomic_load_explicit(&news->asked, memory_order_relaxed))
        atomic_store_explicit(&news->asked, true, memory_order_relaxed);
    return clock_boot_ns() < until;
}

/* The oldest lines of the queue that fit into one message; gives their length. */
static size_t peek(struct news *news, char text[DB_NEWS_TEXT_MAX + 1])
{
    pthread_mutex_lock(&news->mutex);
    size_t length = news->queued < DB_NEWS_TEXT_MAX ? news->queued : DB_NEWS_TEXT_MAX;
    if (length)
        memcpy(text, news->queue, length);
    pthread_mutex_unlock(&news->mutex);
    while (length && text[length - 1] != '\n')
        length--;
    text[length] = '\0';
    return length;
}

static void drop(struct news *news, size_t length)
{
    pthread_mutex_lock(&news->mutex);
    news->queued -= length;
    if (news->queued)
        memmove(news->queue, news->queue + length, news->queued);
    pthread_mutex_unlock(&news->mutex);
}

struct message {
    int64_t when_ns;
    const char *text;
};

static enum status_code send_in_write(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct message *message = ctx;
    return conn->db->ops->notify ? notify(conn, message->when_ns, message->text, status)
                                 : news_log_add(conn, message->text, status);
}

static enum status_code send(struct news *news, const struct message *message, struct status *status)
{
    struct db_conn *conn = news->conn;
    if (tx_begin(conn, status) != MEMORA_OK)
        return STATUS_UNAVAILABLE;
    enum status_code code = tx_call(conn, send_in_write, (void *)message, status);
    if (code) {
        tx_rollback(conn);
        return code;
    }
    return tx_commit(conn, status) == MEMORA_OK ? STATUS_OK : STATUS_UNAVAILABLE;
}

/* Sends what waits, and finds out whether this server is current. */
static enum status_code beat(struct news *news, struct status *status)
{
    char text[DB_NEWS_TEXT_MAX + 1];
    size_t length = peek(news, text);
    const struct message message = {.when_ns = clock_boot_ns(), .text = text};
    bool listens = news->db->ops->notify != NULL;
    enum status_code code = STATUS_OK;
    if (!news->conn)
        code = conn_open(news->db, &news->conn, status);
    else if (news->conn->lost)
        code = conn_reopen(news->conn, status);
    news->beating = listens && atomic_exchange(&news->asked, false);
    if (!code && (length || news->beating))
        code = send(news, &message, status);
    if (!code && length)
        drop(news, length);
    if (!code && !listens)
        code = news_log_read(news, status);
    return code;
}

static void complain(struct news *news, enum status_code code, const struct status *status)
{
    int64_t now = clock_boot_ns(), until = atomic_load(&news->current_until_ns);
    bool current = code == STATUS_OK && (now < until || !news->beating);
    if (current) {
        news->current_ns = now;
        if (news->complained)
            log_info("news of other servers are heard again");
        news->complained = false;
    } else if (!news->complained && now - news->current_ns > complain_after_ns) {
        log_warn("news of other servers are not heard, so nothing is answered from memory: %s",
                 code ? status->message : "they do not come back from the database");
        news->complained = true;
    }
}

/* False when it is time to stop. */
static bool wait_for_beat(struct news *news, bool failed)
{
    int64_t until = clock_mono_ns() + beat_ns;
    pthread_mutex_lock(&news->mutex);
    while (!news->stop && (failed || !news->queued) && cond_wait_until(&news->wake, &news->mutex, until))
        ;
    bool go_on = !news->stop || (news->queued && !failed);
    pthread_mutex_unlock(&news->mutex);
    return go_on;
}

static void *run(void *argument)
{
    struct news *news = argument;
    bool failed = false;
    do {
        struct status status = {0};
        enum status_code code = beat(news, &status);
        failed = code != STATUS_OK;
        complain(news, code, &status);
    } while (wait_for_beat(news, failed));
    conn_close(news->conn);
    news->conn = NULL;
    return NULL;
}

enum status_code db_news_start(struct db *db, db_news_fn fn, void *ctx, struct status *status)
{
    struct news *news = &db->news;
    struct memora_error error = {0};
    if (!is_shared(db))
        return STATUS_OK;
    news->db = db;
    news->fn = fn;
    news->ctx = ctx;
    news->current_ns = clock_boot_ns();
    atomic_store(&news->current_until_ns, 0);
    atomic_store(&news->asked, true);
    int result = db->ops->listen ? db->ops->listen(db->instance, channel, heard, news, &error) : MEMORA_OK;
    if (result != MEMORA_OK)
        return status_from_plugin(result, &error, status);
    news->running = pthread_create(&news->thread, NULL, run, news) == 0;
    return news->running ? STATUS_OK
                         : status_set(status, STATUS_RESOURCE_EXHAUSTED, "cannot start the thread that sends news");
}

void db_news_stop(struct db *db)
{
    struct news *news = &db->news;
    if (news->running) {
        pthread_mutex_lock(&news->mutex);
        news->stop = true;
        pthread_cond_signal(&news->wake);
        pthread_mutex_unlock(&news->mutex);
        pthread_join(news->thread, NULL);
        pthread_mutex_lock(&news->mutex);
        news->running = false;
        pthread_mutex_unlock(&news->mutex);
    }
    pthread_mutex_lock(&news->hearing);
    news->fn = NULL;
    pthread_mutex_unlock(&news->hearing);
}
