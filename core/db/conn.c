/* One connection of the plugin, with its statements. */
#include "db/internal.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

static const int64_t first_pause_ns = 50 * 1000 * 1000, longest_pause_ns = 2LL * 1000 * 1000 * 1000;
static const char unreachable[] = "the database cannot be reached";

static const struct {
    int result;
    enum status_code code;
    const char *text; /* for people; the plugin's own message follows */
} meanings[] = {
    {MEMORA_E_UNIQUE, STATUS_ALREADY_EXISTS, "already exists"},
    {MEMORA_E_CONSTRAINT, STATUS_INTERNAL, "the database refused the data"},
    {MEMORA_E_NOMEM, STATUS_RESOURCE_EXHAUSTED, "the database is out of memory"},
    {MEMORA_E_RETRY, STATUS_UNAVAILABLE, "the database is busy"},
    {MEMORA_E_CONN, STATUS_UNAVAILABLE, "the connection to the database was lost"},
    {MEMORA_E_SYNTAX, STATUS_INTERNAL, "the database did not understand a statement"},
    {MEMORA_E_AUTH, STATUS_INTERNAL, "the database refused the credentials"},
    {MEMORA_E_IO, STATUS_INTERNAL, "the database cannot be read or written"},
    {MEMORA_E_FULL, STATUS_RESOURCE_EXHAUSTED, "the database has no space left"},
    {MEMORA_E_RANGE, STATUS_INVALID_ARGUMENT, "a value does not fit into the database"},
    {MEMORA_E_CANCELLED, STATUS_DEADLINE_EXCEEDED, "the database took too long"},
    {MEMORA_E_CONFIG, STATUS_INVALID_ARGUMENT, "database configuration"},
};

enum status_code status_from_plugin(int result, const struct memora_error *error, struct status *status)
{
    const char *text = "database error", *colon = *error->message ? ": " : "";
    enum status_code code = STATUS_INTERNAL;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].result == result) {
            text = meanings[i].text;
            code = meanings[i].code;
        }
    return status_set(status, code, "%s%s%s", text, colon, error->message);
}

enum status_code conn_fail(struct db_conn *conn, int result, const struct memora_error *error, struct status *status)
{
    struct status told;
    status_from_plugin(result, error, &told);
    if (result == MEMORA_E_CONN)
        conn->lost = true;
    if (conn->writing && !conn->failed) {
        conn->failed = result;
        conn->failure = told;
    }
    return status_set(status, told.code, "%s", told.message);
}

/* The watchdog reads conn->handle, hence the lock. */
static struct memora_conn *exchange_handle(struct db_conn *conn, struct memora_conn *handle)
{
    pthread_mutex_lock(&conn->db->all_mutex);
    struct memora_conn *old = conn->handle;
    conn->handle = handle;
    pthread_mutex_unlock(&conn->db->all_mutex);
    return old;
}

/* While the database cannot be reached, one thread at a time tries, at growing intervals; the others are told at once
 * instead of each waiting for its own failure. */
static bool may_connect(struct db *db)
{
    int64_t now = clock_mono_ns();
    pthread_mutex_lock(&db->all_mutex);
    bool may = now >= db->connect_after_ns;
    if (may && db->connect_failures) {
        int64_t pause = first_pause_ns << (db->connect_failures < 8 ? db->connect_failures : 8);
        db->connect_after_ns = now + (pause < longest_pause_ns ? pause : longest_pause_ns);
    }
    pthread_mutex_unlock(&db->all_mutex);
    return may;
}

static void note_attempt(struct db *db, bool reached, const char *why)
{
    pthread_mutex_lock(&db->all_mutex);
    unsigned before = db->connect_failures;
    db->connect_failures = reached ? 0 : before + 1;
    if (reached)
        db->connect_after_ns = 0;
    else if (!before)
        db->connect_after_ns = clock_mono_ns() + first_pause_ns;
    pthread_mutex_unlock(&db->all_mutex);
    if (reached && before)
        log_info("the database can be reached again");
    else if (!reached && !before)
        log_warn("the database cannot be reached: %s", why);
}

/* While it is opened the operator reads why; later anybody does who asks for something: then names of hosts, files and
 * users are for the log. */
static enum status_code connect_failed(struct db *db, int result, const struct memora_error *error,
                                       struct status *status)
{
    static const struct memora_error untold = {.message = ""};
    bool told = !atomic_load_explicit(&db->opened, memory_order_relaxed);
    if (result == MEMORA_E_CONN)
        return status_set(status, STATUS_UNAVAILABLE, "%s", told ? error->message : unreachable);
    if (!told)
        log_error("a connection to the database could not be made: %s", error->message);
    return status_from_plugin(result, told ? error : &untold, status);
}

static enum status_code connect_handle(struct db_conn *conn, struct status *status)
{
    struct memora_error error = {0};
    struct memora_conn *handle = NULL;
    if (!may_connect(conn->db))
        return status_set(status, STATUS_UNAVAILABLE, "%s", unreachable);
    int result = conn->db->ops->connect(conn->db->instance, &handle, &error);
    if (result == MEMORA_OK || result == MEMORA_E_CONN)
        note_attempt(conn->db, result == MEMORA_OK, error.message);
    if (result != MEMORA_OK)
        return connect_failed(conn->db, result, &error, status);
    exchange_handle(conn, handle);
    conn->lost = false;
    return STATUS_OK;
}

static void disconnect_handle(struct db_conn *conn)
{
    stmt_cache_clear(conn);
    conn->open_rows = 0;
    conn->snapshot = false;
    struct memora_conn *handle = exchange_handle(conn, NULL);
    conn->lost = true;
    if (handle)
        conn->db->ops->disconnect(handle);
}

enum status_code conn_open(struct db *db, struct db_conn **out, struct status *status)
{
    struct db_conn *conn = memory_zalloc(sizeof *conn);
    conn->db = db;
    enum status_code code = connect_handle(conn, status);
    if (code) {
        free(conn);
        return code;
    }
    stmt_cache_init(&conn->cache, db->options.statement_cache);
    pthread_mutex_lock(&db->all_mutex);
    conn->next = db->all;
    db->all = conn;
    pthread_mutex_unlock(&db->all_mutex);
    *out = conn;
    return STATUS_OK;
}

void conn_close(struct db_conn *conn)
{
    if (!conn)
        return;
    struct db *db = conn->db;
    disconnect_handle(conn);
    pthread_mutex_lock(&db->all_mutex);
    struct db_conn **at = &db->all;
    while (*at != conn)
        at = &(*at)->next;
    *at = conn->next;
    pthread_mutex_unlock(&db->all_mutex);
    free(conn->cache.buckets);
    free(conn);
}

enum status_code conn_reopen(struct db_conn *conn, struct status *status)
{
    disconnect_handle(conn);
    return connect_handle(conn, status);
}

bool db_in_process(const struct db_conn *conn)
{
    return conn->db->dialect->features & MEMORA_SQL_SINGLE_WRITER;
}
