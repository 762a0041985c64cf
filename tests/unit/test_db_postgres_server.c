/* PostgreSQL as a server: restarts under load, locks, interrupts, several servers at a time, news. */
#include "postgres_fixture.h"

#include <pthread.h>

#include "patience.h"

static const int64_t second = 1000000000;
static const struct db_options short_options = {
    .read_connections = 8, .statement_cache = 16, .statement_timeout_ns = 1000 * 1000000LL};

static int setup_short(void **state)
{
    return setup_postgres_with(state, &short_options);
}

static enum status_code read_int(struct db *db, const char *sql, int64_t *value, struct status *status)
{
    struct db_conn *conn;
    struct db_rows *rows;
    struct status problem = {0};
    enum status_code code = db_read_begin(db, &conn, status);
    if (code)
        return code;
    code = db_query(conn, sql, NULL, 0, &rows, status);
    if (code == STATUS_OK) {
        *value = db_next(rows, &problem) ? db_column_int(rows, 0) : -1;
        code = problem.code;
        db_rows_close(rows);
    }
    db_read_end(conn);
    return code;
}

static void long_statements_are_interrupted(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    int64_t value, before = clock_mono_ns();
    assert_int_equal(read_int(f->db, "SELECT pg_sleep(100)", &value, &status), STATUS_DEADLINE_EXCEEDED);
    assert_true(clock_mono_ns() - before < PATIENCE_NS);
    for (int i = 0; i < 20; i++) /* a cancel that came late would hit one of these */
        assert_int_equal(query_int(f->db, "SELECT 1"), 1);
    assert_int_equal(write_status(f, "SELECT pg_sleep(100)", NULL, 0, &status), STATUS_DEADLINE_EXCEEDED);
    assert_int_equal(query_int(f->db, "SELECT 2"), 2);
}

struct holder {
    struct db *db;
    _Atomic bool locked, let_go;
};

static enum status_code lock_until_let_go(struct db_conn *conn, void *ctx, struct status *status)
{
    struct holder *holder = ctx;
    enum status_code code = db_exec(conn, "LOCK TABLE t", NULL, 0, NULL, status);
    holder->locked = code == STATUS_OK;
    while (!holder->let_go)
        usleep(1000);
    return code;
}

static void *hold_lock(void *argument)
{
    struct holder *holder = argument;
    struct status status = {0};
    db_write(holder->db, lock_until_let_go, holder, &status);
    return NULL;
}

static void others_do_not_wait_for_a_lock(void **state)
{
    struct fixture *f = *state;
    struct holder holder = {.db = f->db};
    pthread_t thread;
    execute(f->db, "CREATE TABLE t (v INTEGER)");
    execute(f->db, "CREATE TABLE other (v INTEGER)");
    assert_int_equal(pthread_create(&thread, NULL, hold_lock, &holder), 0);
    AWAIT(holder.locked);
    execute(f->db, "INSERT INTO other VALUES (1)");
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM other"), 1);
    holder.let_go = true;
    pthread_join(thread, NULL);
}

/* ---- a server that comes and goes ---- */

enum { WRITERS = 6, MOST = 20000 };

struct load {
    struct fixture *f;
    _Atomic bool stop;
    _Atomic int next, refused, slow, wrong;
    _Atomic bool acknowledged[MOST];
};

static void *write_always(void *argument)
{
    struct load *load = argument;
    while (!load->stop) {
        int number = load->next++;
        if (number >= MOST)
            break;
        struct memora_value value = db_int(number);
        struct status status = {0};
        int64_t before = clock_mono_ns();
        enum status_code code = write_status(load->f, "INSERT INTO t (v) VALUES (?)", &value, 1, &status);
        if (code == STATUS_OK)
            load->acknowledged[number] = true;
        else
            load->refused++;
        load->wrong += code != STATUS_OK && code != STATUS_UNAVAILABLE && code != STATUS_UNKNOWN;
        load->slow += clock_mono_ns() - before > PATIENCE_NS;
        usleep(code ? 20000 : 500);
    }
    return NULL;
}

static int count_missing(struct load *load)
{
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    bool *stored = calloc(MOST, sizeof *stored);
    int missing = 0;
    assert_int_equal(db_read_begin(load->f->db, &conn, &status), STATUS_OK);
    assert_int_equal(db_query(conn, "SELECT v FROM t", NULL, 0, &rows, &status), STATUS_OK);
    while (db_next(rows, &status))
        stored[db_column_int(rows, 0)] = true;
    db_rows_close(rows);
    db_read_end(conn);
    for (int i = 0; i < MOST; i++)
        missing += load->acknowledged[i] && !stored[i];
    free(stored);
    return missing;
}

static int count_acknowledged(const struct load *load)
{
    int count = 0;
    for (int i = 0; i < MOST; i++)
        count += load->acknowledged[i];
    return count;
}

static void survives(void **state, const char *how)
{
    struct load *load = calloc(1, sizeof *load);
    pthread_t threads[WRITERS];
    load->f = *state;
    execute(load->f->db, "CREATE TABLE t (v INTEGER PRIMARY KEY)");
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_always, load), 0);
    AWAIT(count_acknowledged(load) > 50);
    assert_int_equal(postgres_script(how, ""), 0);
    AWAIT(load->refused > 0);
    int before = count_acknowledged(load);
    int64_t value;
    struct status status = {0};
    assert_int_equal(read_int(load->f->db, "SELECT 1", &value, &status), STATUS_UNAVAILABLE);
    assert_int_equal(postgres_script("start", ""), 0);
    AWAIT(count_acknowledged(load) >= before + 50); /* by itself */
    load->stop = true;
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(load->slow, 0);
    assert_int_equal(load->wrong, 0);
    assert_int_equal(count_missing(load), 0);
    free(load);
}

static void a_restart_loses_nothing(void **state)
{
    survives(state, "stop");
}

static void a_crash_loses_nothing(void **state)
{
    survives(state, "kill");
}

/* Connections that died while nobody looked: nobody notices. */
static void idle_connections_are_replaced(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(query_int(f->db, "SELECT 1"), 1);
    assert_int_equal(postgres_script("stop", ""), 0);
    assert_int_equal(postgres_script("start", ""), 0);
    execute(f->db, "CREATE TABLE t (v INTEGER)");
    assert_int_equal(query_int(f->db, "SELECT 2"), 2);
    sleep(2);
    assert_int_equal(query_int(f->db, "SELECT 3"), 3);
}

/* ---- the pool ---- */

static const struct db_options lean_options = {.read_connections = 5,
                                               .statement_cache = 8,
                                               .statement_timeout_ns = 2000 * 1000000LL,
                                               .idle_connections = 2,
                                               .idle_timeout_ns = 300 * 1000000LL};

static int setup_lean(void **state)
{
    return setup_postgres_with(state, &lean_options);
}

static const char sessions[] = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = 'notes'";

/* As many as are needed, as few as were asked for. */
static void the_pool_grows_and_shrinks(void **state)
{
    enum { ALL = 5 };
    struct fixture *f = *state;
    struct db_conn *conns[ALL], *one_more;
    struct db_rows *rows;
    struct status status = {0};
    AWAIT(query_int(f->db, sessions) == 2);
    for (int i = 0; i < ALL; i++)
        assert_int_equal(db_read_begin(f->db, &conns[i], &status), STATUS_OK);
    assert_int_equal(db_read_begin(f->db, &one_more, &status), STATUS_UNAVAILABLE);
    assert_int_equal(db_query(conns[0], sessions, NULL, 0, &rows, &status), STATUS_OK);
    assert_true(db_next(rows, &status));
    assert_int_equal(db_column_int(rows, 0), ALL);
    db_rows_close(rows);
    for (int i = 0; i < ALL; i++)
        db_read_end(conns[i]);
    AWAIT(query_int(f->db, sessions) == 2);
    usleep(500000);
    assert_int_equal(query_int(f->db, sessions), 2);
}

/* ---- several servers on one database ---- */

static const struct memora_config *notes_config;

static void *migrate(void *argument)
{
    struct status *status = argument;
    struct db *db = NULL;
    if (db_open(&postgres_plugin()->ops.db, notes_config, &default_options, &db, status) == STATUS_OK)
        db_migrate(db, status);
    db_close(db);
    return NULL;
}

static void two_servers_migrate_once(void **state)
{
    struct fixture *f = *state;
    struct status status[3] = {0};
    pthread_t threads[3];
    notes_config = postgres_config(dsn_of("notes"), &status[0]);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, migrate, &status[i]), 0);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        if (status[i].code)
            fail_msg("%s", status[i].message);
    }
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public'"),
                     14);
    assert_int_equal(query_int(f->db, "SELECT COUNT(*) FROM pg_indexes WHERE indexname LIKE 'idx_memora%'"), 12);
    assert_true(db_size_bytes(f->db) > 1000000);
}

static void the_migration_lock_excludes(void **state)
{
    struct fixture *f = *state;
    const struct memora_db_ops *ops = &postgres_plugin()->ops.db;
    struct memora_error error = {0};
    struct memora_conn *first, *other;
    assert_int_equal(ops->connect(f->db->instance, &first, &error), MEMORA_OK);
    assert_int_equal(ops->connect(f->db->instance, &other, &error), MEMORA_OK);
    assert_int_equal(ops->migrate_lock(first, 0, &error), MEMORA_OK);
    assert_int_equal(ops->migrate_lock(other, second / 5, &error), MEMORA_E_RETRY);
    ops->migrate_unlock(first);
    assert_int_equal(ops->migrate_lock(other, PATIENCE_NS, &error), MEMORA_OK);
    ops->disconnect(other);
    assert_int_equal(ops->migrate_lock(first, PATIENCE_NS, &error), MEMORA_OK);
    ops->disconnect(first);
}

struct heard {
    pthread_mutex_t mutex;
    int count, gaps, undone;
    char last[64];
};

static void hear(void *ctx, const char *payload, size_t length)
{
    struct heard *heard = ctx;
    pthread_mutex_lock(&heard->mutex);
    heard->count += payload != NULL;
    heard->gaps += payload == NULL;
    heard->undone += payload && length == strlen("undone") && memcmp(payload, "undone", length) == 0;
    snprintf(heard->last, sizeof heard->last, "%.*s", (int)length, payload ? payload : "");
    pthread_mutex_unlock(&heard->mutex);
}

static int heard_count(struct heard *heard)
{
    pthread_mutex_lock(&heard->mutex);
    int count = heard->count;
    pthread_mutex_unlock(&heard->mutex);
    return count;
}

static bool heard_last(struct heard *heard, const char *text)
{
    pthread_mutex_lock(&heard->mutex);
    bool is = strcmp(heard->last, text) == 0;
    pthread_mutex_unlock(&heard->mutex);
    return is;
}

static bool heard_gap(struct heard *heard)
{
    pthread_mutex_lock(&heard->mutex);
    bool some = heard->gaps > 0;
    pthread_mutex_unlock(&heard->mutex);
    return some;
}

static void news_travel(void **state)
{
    struct fixture *f = *state;
    const struct memora_db_ops *ops = &postgres_plugin()->ops.db;
    struct memora_error error = {0};
    struct heard heard = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    struct memora_conn *conn;
    assert_int_equal(ops->connect(f->db->instance, &conn, &error), MEMORA_OK);
    assert_int_equal(ops->listen(f->db->instance, "memora \"x\"", hear, &heard, &error), MEMORA_OK);
    for (int i = 0; i < 1200 && !heard_count(&heard); i++) { /* listening begins at some time */
        assert_int_equal(ops->notify(conn, "memora \"x\"", "first", &error), MEMORA_OK);
        usleep(50000);
    }
    assert_int_equal(ops->begin(conn, MEMORA_TX_WRITE, &error), MEMORA_OK);
    assert_int_equal(ops->notify(conn, "memora \"x\"", "undone", &error), MEMORA_OK);
    assert_int_equal(ops->rollback(conn, &error), MEMORA_OK);
    assert_int_equal(ops->begin(conn, MEMORA_TX_WRITE, &error), MEMORA_OK);
    assert_int_equal(ops->notify(conn, "memora \"x\"", "kept", &error), MEMORA_OK);
    assert_int_equal(ops->commit(conn, &error), MEMORA_OK);
    AWAIT(heard_last(&heard, "kept"));
    assert_int_equal(heard.undone, 0);
    ops->disconnect(conn);
    assert_int_equal(postgres_script("stop", ""), 0);
    assert_int_equal(postgres_script("start", ""), 0);
    AWAIT(heard_gap(&heard)); /* something may have been missed */
    db_close(f->db);
    f->db = NULL;
    pthread_mutex_destroy(&heard.mutex);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_postgres, teardown_postgres)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(long_statements_are_interrupted, setup_short, teardown_postgres),
        cmocka_unit_test_setup_teardown(others_do_not_wait_for_a_lock, setup_short, teardown_postgres),
        TEST(a_restart_loses_nothing),
        TEST(a_crash_loses_nothing),
        TEST(idle_connections_are_replaced),
        cmocka_unit_test_setup_teardown(the_pool_grows_and_shrinks, setup_lean, teardown_postgres),
        TEST(two_servers_migrate_once),
        TEST(the_migration_lock_excludes),
        TEST(news_travel),
    };
    return cmocka_run_group_tests(tests, start_postgres, remove_postgres);
}
