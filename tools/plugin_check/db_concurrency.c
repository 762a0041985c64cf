/* Several connections at a time: nothing is lost, and everything that waits can be stopped. */
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "db_session.h"

enum { WRITERS = 4, ROUNDS = 100, ROUNDS_QUICK = 25, INTERRUPT_AFTER_MS = 200, INTERRUPT_WITHIN_MS = 10000 };
#define TABLE "memora_check_writers"

extern char **environ;

struct writer {
    struct session session;
    int number, rounds, result;
    struct memora_error error;
};

static void *increment(void *ctx)
{
    struct writer *writer = ctx;
    for (int i = 0; i < writer->rounds && writer->result == MEMORA_OK; i++) {
        struct memora_value values[1] = {value_int(writer->number)};
        writer->result = session_write(&writer->session, "UPDATE " TABLE " SET n = n + 1 WHERE k = 'shared'", NULL, 0,
                                       &writer->error);
        if (writer->result == MEMORA_OK)
            writer->result =
                session_write(&writer->session, "INSERT INTO " TABLE " (n) VALUES (?)", values, 1, &writer->error);
    }
    return NULL;
}

static void check_writers(struct session *session)
{
    struct check *check = session->check;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    struct memora_error error = {0};
    int rounds = check->quick ? ROUNDS_QUICK : ROUNDS, started = 0;
    session_write(session, "INSERT INTO " TABLE " (k, n) VALUES ('shared', 0)", NULL, 0, &error);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.number = i, .rounds = rounds};
        writers[i].result = session_share(session, &writers[i].session, &writers[i].error);
        if (pthread_create(&threads[i], NULL, increment, &writers[i]) != 0)
            check_bail_out(check, "no thread");
        started++;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        check_code(check, writers[i].result, MEMORA_OK, &writers[i].error,
                   "a writer among several gets through, after MEMORA_E_RETRY at most");
        session_close(&writers[i].session);
    }
    int64_t sum = session_number(session, "SELECT n FROM " TABLE " WHERE k = 'shared'", NULL, 0, &error);
    int64_t rows = session_number(session, "SELECT COUNT(*) FROM " TABLE, NULL, 0, &error);
    check_that(check, sum == (int64_t)WRITERS * rounds, "no acknowledged update is lost", "%lld of %d", (long long)sum,
               WRITERS * rounds);
    check_that(check, rows == (int64_t)WRITERS * rounds + 1, "no acknowledged row is lost or doubled", "%lld of %d",
               (long long)rows, WRITERS * rounds + 1);
}

struct interruption {
    const struct memora_db_ops *ops;
    struct memora_conn *conn;
    atomic_bool done;
    _Atomic int64_t at_ns;
};

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Again and again: an interrupt that comes just before the statement starts has no effect. */
static void *interrupt(void *ctx)
{
    struct interruption *it = ctx;
    const struct timespec pause = {.tv_nsec = (long)INTERRUPT_AFTER_MS * CHECK_NS_PER_MS};
    nanosleep(&pause, NULL);
    atomic_store(&it->at_ns, now_ns());
    while (!atomic_load(&it->done)) {
        it->ops->interrupt(it->conn);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void check_interrupt(struct session *session)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    struct interruption it = {.ops = session->ops, .conn = session->conn};
    pthread_t thread;
    const char *sql = session->dialect->family == MEMORA_FAMILY_MYSQL ? "SELECT SLEEP(60)"
                      : session->dialect->family == MEMORA_FAMILY_POSTGRES
                          ? "SELECT COUNT(*) FROM pg_sleep(60)"
                          : "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
                            "SELECT x + 1 FROM c) SELECT MAX(x) FROM c";
    session->ops->interrupt(session->conn);
    int64_t one = session_number(session, "SELECT COUNT(*) FROM " TABLE, NULL, 0, &error);
    check_that(check, one >= 0, "interrupt() has no effect if nothing runs", "%s", error.message);
    if (pthread_create(&thread, NULL, interrupt, &it) != 0)
        check_bail_out(check, "no thread");
    int result = session_run(session, sql, NULL, 0, &error);
    int64_t took_ms = (now_ns() - atomic_load(&it.at_ns)) / CHECK_NS_PER_MS;
    atomic_store(&it.done, true);
    pthread_join(thread, NULL);
    check_code(check, result, MEMORA_E_CANCELLED, &error, "interrupt() ends a long statement");
    check_that(check, took_ms < INTERRUPT_WITHIN_MS, "interrupt() works at once", "%lld ms", (long long)took_ms);
    session->ops->rollback(session->conn, NULL);
    one = session_number(session, "SELECT COUNT(*) FROM " TABLE, NULL, 0, &error);
    check_that(check, one >= 0, "the connection goes on after interrupt()", "%s", error.message);
}

/* Ourselves once more, with the same plugin and keys; gives the exit code, -1 if that did not work. */
static int run_second_process(struct check *check)
{
    char *arguments[CHECK_SETTINGS_MAX + 4], *program = arena_strdup(check->arena, check->program);
    size_t count = 0;
    arguments[count++] = program;
    arguments[count++] = arena_strdup(check->arena, "--try-lock");
    arguments[count++] = arena_strdup(check->arena, check->path);
    for (size_t i = 0; i < check->setting_count; i++)
        arguments[count++] = arena_printf(check->arena, "%s=%s", check->settings[i].key, check->settings[i].value);
    arguments[count] = NULL;
    pid_t child;
    int status;
    fflush(check->out);
    if (posix_spawn(&child, program, NULL, NULL, arguments, environ) != 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int check_try_lock(struct check *check)
{
    enum { WAIT_MS = 300, REFUSED = 0, GRANTED = 1, ODD = 2 };
    const struct memora_db_ops *ops = &check->plugin->ops.db;
    struct memora_error error = {0};
    struct memora_db *db = NULL;
    struct memora_conn *conn = NULL;
    int result = ops->open(check->config, &db, &error);
    if (result != MEMORA_OK) /* as good as refused: one server per database */
        return result == MEMORA_E_IO ? REFUSED : ODD;
    result = ops->connect(db, &conn, &error);
    if (result == MEMORA_OK) {
        result = ops->migrate_lock(conn, (int64_t)WAIT_MS * CHECK_NS_PER_MS, &error);
        if (result == MEMORA_OK)
            ops->migrate_unlock(conn);
        ops->disconnect(conn);
    }
    ops->close(db);
    return result == MEMORA_E_RETRY ? REFUSED : result == MEMORA_OK ? GRANTED : ODD;
}

static void check_lock(struct session *session)
{
    enum { WAIT_MS = 2000 };
    struct check *check = session->check;
    struct memora_error error = {0};
    if (check->setting_count == 0) {
        check_skip(check, "migrate_lock() keeps a second process out", "needs the keys of a database (dsn=...)");
        return;
    }
    int result = session->ops->migrate_lock(session->conn, (int64_t)WAIT_MS * CHECK_NS_PER_MS, &error);
    check_code(check, result, MEMORA_OK, &error, "migrate_lock()");
    int code = run_second_process(check);
    check_that(check, code == 0, "migrate_lock() keeps a second process out", "%s",
               code == 1 ? "it got the lock, too" : "it failed otherwise than by MEMORA_E_RETRY");
    struct memora_value out;
    int found = session_row(session, "SELECT COUNT(*) FROM " TABLE, NULL, 0, &out, 1, &error);
    check_code(check, found, MEMORA_ROW, &error, "the holder of the lock can work");
    session->ops->migrate_unlock(session->conn);
    result = session->ops->migrate_lock(session->conn, (int64_t)WAIT_MS * CHECK_NS_PER_MS, &error);
    check_code(check, result, MEMORA_OK, &error, "migrate_lock() again after migrate_unlock()");
    session->ops->migrate_unlock(session->conn);
}

void check_db_concurrency(struct check *check)
{
    struct session session;
    if (!session_open(check, &session))
        return;
    if (session_table(&session, TABLE, "id:ID, k:KEY UNIQUE, n:INT")) {
        check_writers(&session);
        check_interrupt(&session);
        check_lock(&session);
    }
    session_drop(&session, TABLE);
    session_close(&session);
}
