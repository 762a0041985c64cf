/* Writing: transactions, group commit, and that what was acknowledged is there after the process was killed. */
#include "db_fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "patience.h"

static int setup_table(void **state)
{
    setup(state);
    struct fixture *f = *state;
    execute(f->db, "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, k TEXT UNIQUE)");
    return 0;
}

/* Inserts keys; then says what it was told to say. Those that hold the writer do so until they are let go. */
struct closure {
    const char *keys[3];
    enum status_code end_with;
    bool ignore_errors, holds;
    int runs;
    atomic_bool begun, let_go;
};

static enum status_code insert_keys(struct db_conn *conn, void *ctx, struct status *status)
{
    struct closure *closure = ctx;
    closure->runs++;
    atomic_store(&closure->begun, true);
    while (closure->holds && !atomic_load(&closure->let_go))
        usleep(1000);
    for (int i = 0; i < 3 && closure->keys[i]; i++) {
        struct memora_value key = db_text(closure->keys[i]);
        enum status_code code = db_exec(conn, "INSERT INTO t (k) VALUES (?)", &key, 1, NULL, status);
        if (code && !closure->ignore_errors)
            return code;
    }
    return closure->end_with ? status_set(status, closure->end_with, "own error") : STATUS_OK;
}

static void failing_closure_is_undone(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct closure fails = {.keys = {"a", "b"}, .end_with = STATUS_NOT_FOUND};
    assert_int_equal(db_write(f->db, insert_keys, &fails, &status), STATUS_NOT_FOUND);
    assert_string_equal(status.message, "own error");
    assert_int_equal(fails.runs, 1);
    struct closure duplicate = {.keys = {"c", "d", "c"}};
    assert_int_equal(db_write(f->db, insert_keys, &duplicate, &status), STATUS_ALREADY_EXISTS);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 0);
    struct closure good = {.keys = {"a", "b"}};
    assert_int_equal(db_write(f->db, insert_keys, &good, &status), STATUS_OK);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 2);
}

/* PostgreSQL gives up the transaction at the first error; so do we everywhere, whatever the closure makes of it. */
static void failed_statement_fails_the_closure(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    struct closure stubborn = {.keys = {"a", "a", "b"}, .ignore_errors = true};
    assert_int_equal(db_write(f->db, insert_keys, &stubborn, &status), STATUS_ALREADY_EXISTS);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 0);
}

static enum status_code write_inside(struct db_conn *conn, void *ctx, struct status *status)
{
    (void)ctx;
    struct closure closure = {.keys = {"x"}};
    return db_write(conn->db, insert_keys, &closure, status);
}

static enum status_code leave_open(struct db_conn *conn, void *ctx, struct status *status)
{
    struct db_rows *rows;
    (void)ctx;
    db_exec(conn, "INSERT INTO t (k) VALUES ('open')", NULL, 0, NULL, status);
    return db_query(conn, "SELECT 1 UNION SELECT 2", NULL, 0, &rows, status);
}

static void misuse_is_refused(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    assert_int_equal(db_write(f->db, write_inside, NULL, &status), STATUS_INTERNAL);
    assert_int_equal(db_write(f->db, leave_open, NULL, &status), STATUS_INTERNAL);
    assert_non_null(strstr(status.message, "left open"));
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 0);
    execute(f->db, "INSERT INTO t (k) VALUES ('goes on')");
}

/* A thread with one closure. */
struct task {
    pthread_t thread;
    struct db *db;
    struct closure closure;
    enum status_code code;
    struct status status;
};

static void *run_task(void *argument)
{
    struct task *task = argument;
    task->code = db_write(task->db, insert_keys, &task->closure, &task->status);
    return NULL;
}

static unsigned queued(struct db *db)
{
    pthread_mutex_lock(&db->writer.mutex);
    unsigned count = db->writer.queued;
    pthread_mutex_unlock(&db->writer.mutex);
    return count;
}

static void start_holding(struct task *holder)
{
    holder->closure.holds = true;
    pthread_create(&holder->thread, NULL, run_task, holder);
    AWAIT(atomic_load(&holder->closure.begun));
}

/* Not before its time is above that of a batch, so that its commit is its own. */
static void let_go(struct task *holder)
{
    usleep(100 * 1000);
    atomic_store(&holder->closure.let_go, true);
}

/* While one closure holds the writer the others queue; they then share commits, and the bad ones among them undo
 * themselves alone. */
static void waiting_closures_share_a_commit(void **state)
{
    enum { TASKS = 12 };
    struct fixture *f = *state;
    struct task holder = {.db = f->db, .closure = {.keys = {"first"}}};
    struct task tasks[TASKS] = {0};
    char keys[TASKS][16];
    uint64_t before = atomic_load(&f->db->writer.commits);
    start_holding(&holder);
    for (int i = 0; i < TASKS; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        tasks[i].db = f->db;
        tasks[i].closure.keys[0] = keys[i];
        if (i % 4 == 1)
            tasks[i].closure.keys[1] = keys[i]; /* violates the unique key */
        if (i % 4 == 2)
            tasks[i].closure.end_with = STATUS_PERMISSION_DENIED;
        pthread_create(&tasks[i].thread, NULL, run_task, &tasks[i]);
    }
    AWAIT(queued(f->db) == TASKS);
    let_go(&holder);
    pthread_join(holder.thread, NULL);
    for (int i = 0; i < TASKS; i++) {
        pthread_join(tasks[i].thread, NULL);
        enum status_code expected = i % 4 == 1   ? STATUS_ALREADY_EXISTS
                                    : i % 4 == 2 ? STATUS_PERMISSION_DENIED
                                                 : STATUS_OK;
        assert_int_equal(tasks[i].code, expected);
        assert_int_equal(tasks[i].closure.runs, 1);
    }
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 1 + TASKS / 2);
    /* One and the holder's own where no pause of the machine cuts the batch in two. */
    uint64_t commits = atomic_load(&f->db->writer.commits) - before;
    assert_true(commits >= 2 && commits < 1 + TASKS / 2);
}

static enum status_code count_to_a_billion(struct db_conn *conn, void *ctx, struct status *status)
{
    (void)ctx;
    return db_exec(conn,
                   "INSERT INTO t (k) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < "
                   "1000000000) SELECT MAX(x) FROM c",
                   NULL, 0, NULL, status);
}

static void *run_slow(void *argument)
{
    struct task *task = argument;
    task->code = db_write(task->db, count_to_a_billion, NULL, &task->status);
    return NULL;
}

/* An interrupted INSERT makes SQLite roll back the whole transaction: the others of the batch are run again. */
static void innocent_closures_survive_a_lost_transaction(void **state)
{
    enum { ATTEMPTS = 10 };
    struct fixture *f = *state;
    struct db_options options = default_options;
    options.statement_timeout_ns = 2000 * 1000000LL;
    db_close(f->db);
    open_with(f, &options);
    int runs = 0;
    for (int i = 0; i < ATTEMPTS && runs < 2; i++) { /* a pause of the machine may have put them into two batches */
        struct task holder = {.db = f->db, .closure = {.keys = {"first"}}};
        struct task good = {.db = f->db, .closure = {.keys = {"good"}}};
        struct task slow = {.db = f->db};
        execute(f->db, "DELETE FROM t");
        start_holding(&holder);
        pthread_create(&good.thread, NULL, run_task, &good);
        AWAIT(queued(f->db) == 1);
        pthread_create(&slow.thread, NULL, run_slow, &slow);
        AWAIT(queued(f->db) == 2);
        let_go(&holder);
        pthread_join(holder.thread, NULL);
        pthread_join(good.thread, NULL);
        pthread_join(slow.thread, NULL);
        assert_int_equal(slow.code, STATUS_DEADLINE_EXCEEDED);
        assert_int_equal(good.code, STATUS_OK);
        assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t WHERE k IN ('first', 'good')"), 2);
        assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 2);
        runs = good.closure.runs;
    }
    assert_int_equal(runs, 2);
}

static enum status_code limit_pages(struct db_conn *conn, void *ctx, struct status *status)
{
    return db_exec(conn, ctx ? "PRAGMA max_page_count = 1000000" : "PRAGMA max_page_count = 1", NULL, 0, NULL, status);
}

static enum status_code insert_much(struct db_conn *conn, void *ctx, struct status *status)
{
    (void)ctx;
    return db_exec(conn, "INSERT INTO t (k) VALUES (zeroblob(10000000))", NULL, 0, NULL, status);
}

static void *run_much(void *argument)
{
    struct task *task = argument;
    task->code = db_write(task->db, insert_much, NULL, &task->status);
    return NULL;
}

/* A full disk as SQLite knows it: it rolls the whole transaction back. */
static void full_disk_fails_only_what_does_not_fit(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    assert_int_equal(db_write(f->db, limit_pages, NULL, &status), STATUS_OK);
    struct task holder = {.db = f->db, .closure = {.keys = {"first"}}};
    struct task good = {.db = f->db, .closure = {.keys = {"good"}}};
    struct task much = {.db = f->db};
    start_holding(&holder);
    pthread_create(&good.thread, NULL, run_task, &good);
    AWAIT(queued(f->db) == 1);
    pthread_create(&much.thread, NULL, run_much, &much);
    AWAIT(queued(f->db) == 2);
    let_go(&holder);
    pthread_join(holder.thread, NULL);
    pthread_join(good.thread, NULL);
    pthread_join(much.thread, NULL);
    assert_int_equal(holder.code, STATUS_OK);
    assert_int_equal(good.code, STATUS_OK);
    assert_int_equal(much.code, STATUS_RESOURCE_EXHAUSTED);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 2);
    assert_int_equal(db_write(f->db, limit_pages, f, &status), STATUS_OK);
    assert_int_equal(db_write(f->db, insert_much, NULL, &status), STATUS_OK);
}

enum { WRITERS = 8, WRITES = 500 };
struct hammer {
    pthread_t thread;
    struct db *db;
    int number, done;
};

static void *hammer(void *argument)
{
    struct hammer *h = argument;
    for (int i = 0; i < WRITES; i++) {
        char key[32];
        struct status status = {0};
        snprintf(key, sizeof key, "%d-%d", h->number, i);
        struct closure closure = {.keys = {key}};
        h->done += db_write(h->db, insert_keys, &closure, &status) == STATUS_OK;
        if (i % 8 == 0)
            query_int(h->db, "SELECT COUNT(*) FROM t");
    }
    return NULL;
}

static void concurrent_writers_lose_nothing(void **state)
{
    struct fixture *f = *state;
    struct hammer hammers[WRITERS] = {0};
    uint64_t before = atomic_load(&f->db->writer.commits);
    for (int i = 0; i < WRITERS; i++) {
        hammers[i] = (struct hammer){.db = f->db, .number = i};
        pthread_create(&hammers[i].thread, NULL, hammer, &hammers[i]);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(hammers[i].thread, NULL);
        assert_int_equal(hammers[i].done, WRITES);
    }
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), WRITERS * WRITES);
    assert_true(atomic_load(&f->db->writer.commits) - before < WRITERS * WRITES);
}

/* What waits when the database is closed is still written. */
static void closing_finishes_what_waits(void **state)
{
    struct fixture *f = *state;
    struct task holder = {.db = f->db, .closure = {.keys = {"a"}}};
    struct task waiting = {.db = f->db, .closure = {.keys = {"b"}}};
    start_holding(&holder);
    pthread_create(&waiting.thread, NULL, run_task, &waiting);
    AWAIT(queued(f->db) == 1);
    let_go(&holder);
    writer_stop(f->db);
    pthread_join(holder.thread, NULL);
    pthread_join(waiting.thread, NULL);
    assert_int_equal(holder.code, STATUS_OK);
    assert_int_equal(waiting.code, STATUS_OK);
    db_close(f->db);
    open_with(f, &default_options);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM t"), 2);
}

/* ---- kill -9 ---- */

enum { KILLS = 20, CHILD_THREADS = 4 };

struct child_writer {
    struct db *db;
    int round, number, pipe;
};

static void *write_until_killed(void *argument)
{
    struct child_writer *w = argument;
    for (int i = 0;; i++) {
        char key[32], line[40];
        struct status status = {0};
        snprintf(key, sizeof key, "%d-%d-%d", w->round, w->number, i);
        struct closure closure = {.keys = {key}};
        if (db_write(w->db, insert_keys, &closure, &status))
            _exit(3);
        int length = snprintf(line, sizeof line, "%s\n", key);
        if (write(w->pipe, line, (size_t)length) != length)
            _exit(4);
    }
    return NULL;
}

static _Noreturn void child(const char *path, int round, int out)
{
    struct db *db;
    struct status status = {0};
    pthread_t threads[CHILD_THREADS];
    static struct child_writer writers[CHILD_THREADS];
    if (open_database(path, &default_options, &db, &status))
        _exit(2);
    for (int i = 0; i < CHILD_THREADS; i++) {
        writers[i] = (struct child_writer){db, round, i, out};
        pthread_create(&threads[i], NULL, write_until_killed, &writers[i]);
    }
    pthread_join(threads[0], NULL);
    _exit(0);
}

/* Kills the child in the midst of its writing; gives all that it acknowledged. */
static char *run_and_kill(struct fixture *f, int round, struct arena *arena)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        child(f->path, round, ends[1]);
    }
    close(ends[1]);
    struct buf text = buf_in(arena);
    char chunk[4096];
    int64_t kill_at = 0;
    for (ssize_t n = 1; n > 0;) {
        struct pollfd ready = {.fd = ends[0], .events = POLLIN};
        poll(&ready, 1, 1);
        if (ready.revents) {
            n = read(ends[0], chunk, sizeof chunk);
            if (n > 0)
                buf_add(&text, chunk, (size_t)n);
        }
        if (text.len && !kill_at)
            kill_at = clock_mono_ns() + (round * 3 % 40 + 5) * 1000000LL;
        if (kill_at && clock_mono_ns() >= kill_at)
            kill(pid, SIGKILL);
    }
    close(ends[0]);
    int how;
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    return arena_strdup(arena, buf_str(&text));
}

static void acknowledged_writes_survive_kill(void **state)
{
    struct fixture *f = *state;
    int64_t acknowledged = 0;
    db_close(f->db);
    f->db = NULL;
    for (int round = 0; round < KILLS; round++) {
        struct arena *arena = arena_create();
        char *keys = run_and_kill(f, round, arena), *rest;
        open_with(f, &default_options);
        struct db_conn *conn;
        struct status status = {0};
        assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
        for (char *key = strtok_r(keys, "\n", &rest); key; key = strtok_r(NULL, "\n", &rest)) {
            struct memora_value param = db_text(key);
            struct db_rows *rows;
            assert_int_equal(db_query(conn, "SELECT 1 FROM t WHERE k = ?", &param, 1, &rows, &status), STATUS_OK);
            if (!db_next(rows, &status))
                fail_msg("%s was acknowledged and is gone", key);
            db_rows_close(rows);
            acknowledged++;
        }
        db_read_end(conn);
        assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
                         0);
        db_close(f->db);
        f->db = NULL;
        arena_destroy(arena);
    }
    assert_true(acknowledged >= KILLS);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_table, teardown)
    const struct CMUnitTest tests[] = {
        TEST(failing_closure_is_undone),
        TEST(failed_statement_fails_the_closure),
        TEST(misuse_is_refused),
        TEST(waiting_closures_share_a_commit),
        TEST(innocent_closures_survive_a_lost_transaction),
        TEST(full_disk_fails_only_what_does_not_fit),
        TEST(concurrent_writers_lose_nothing),
        TEST(closing_finishes_what_waits),
        TEST(acknowledged_writes_survive_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
