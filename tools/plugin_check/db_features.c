/* Whatever the dialect claims works; and the optional members, where the plugin has them. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "db_session.h"

#define TABLE "memora_check_features"
#define CHANNEL "memora_check"

static void check_statement(struct session *session, uint64_t feature, const char *sql, const char *name)
{
    struct memora_error error = {0};
    if (!(session->dialect->features & feature)) {
        check_skip(session->check, name, "not claimed");
        return;
    }
    int result = session_write(session, sql, NULL, 0, &error);
    check_code(session->check, result, MEMORA_OK, &error, name);
}

static void check_ddl(struct session *session)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    struct memora_value name = value_text("memora_check_undone");
    if (!(session->dialect->features & MEMORA_SQL_DDL_IN_TX)) {
        check_skip(check, "DDL_IN_TX", "not claimed");
        return;
    }
    int result = session->ops->begin(session->conn, MEMORA_TX_WRITE, &error);
    if (result == MEMORA_OK)
        result = session_script(session, "CREATE TABLE memora_check_undone (id INTEGER)", &error);
    if (result == MEMORA_OK)
        result = session->ops->rollback(session->conn, &error);
    check_code(check, result, MEMORA_OK, &error, "DDL_IN_TX: a table in a transaction");
    int64_t count = session_number(session, "{count_tables:?}", &name, 1, &error);
    check_that(check, count == 0, "DDL_IN_TX: rolled back, the table is gone", "%lld: %s", (long long)count,
               error.message);
}

struct received {
    atomic_int count, before;
    atomic_bool wrong;
};

static void receive(void *ctx, const char *payload, size_t length)
{
    struct received *received = ctx;
    if (length == 5 && memcmp(payload, "ready", 5) == 0) {
        atomic_fetch_add(&received->before, 1);
        return;
    }
    if (length != 5 || memcmp(payload, "hello", 5) != 0)
        atomic_store(&received->wrong, true);
    atomic_fetch_add(&received->count, 1);
}

enum { WAIT_STEPS = 1200, STEP_MS = 50 };

static void pause_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = (long)STEP_MS * CHECK_NS_PER_MS}, NULL);
}

/* Listening begins soon after listen() returned. */
static void await_listener(struct session *session, struct received *received)
{
    struct memora_error error = {0};
    for (int i = 0; i < WAIT_STEPS && atomic_load(&received->before) == 0; i++) {
        if (session->ops->begin(session->conn, MEMORA_TX_WRITE, &error) == MEMORA_OK &&
            session->ops->notify(session->conn, CHANNEL, "ready", &error) == MEMORA_OK)
            session->ops->commit(session->conn, &error);
        session->ops->rollback(session->conn, NULL);
        pause_a_little();
    }
}

static void check_notify(struct session *session)
{
    struct check *check = session->check;
    const struct memora_db_ops *theirs = check->plugin->table->ops;
    static struct received received; /* the driver calls back until close() */
    struct memora_error error = {0};
    if (!MEMORA_HAS(theirs, listen)) {
        check_skip(check, "notify() reaches listen()", "the plugin has neither");
        return;
    }
    int result = session->ops->listen(session->db, CHANNEL, receive, &received, &error);
    check_code(check, result, MEMORA_OK, &error, "listen()");
    await_listener(session, &received);
    if (session->ops->begin(session->conn, MEMORA_TX_WRITE, &error) == MEMORA_OK)
        session->ops->notify(session->conn, CHANNEL, "undone", &error);
    session->ops->rollback(session->conn, NULL);
    result = session->ops->begin(session->conn, MEMORA_TX_WRITE, &error);
    if (result == MEMORA_OK)
        result = session->ops->notify(session->conn, CHANNEL, "hello", &error);
    if (result == MEMORA_OK)
        result = session->ops->commit(session->conn, &error);
    check_code(check, result, MEMORA_OK, &error, "notify()");
    for (int i = 0; i < WAIT_STEPS && atomic_load(&received.count) == 0; i++)
        pause_a_little();
    check_that(check, atomic_load(&received.count) == 1 && !atomic_load(&received.wrong),
               "notify() reaches listen() once it is committed, and only then", "%d calls, %s payload",
               atomic_load(&received.count), atomic_load(&received.wrong) ? "another" : "the right");
}

struct copied {
    uint64_t bytes;
    uint64_t give_up_at;
};

static int take_copy(void *ctx, const void *bytes, size_t n)
{
    struct copied *copied = ctx;
    (void)bytes;
    copied->bytes += n;
    return copied->give_up_at && copied->bytes >= copied->give_up_at ? -1 : 0;
}

static void check_backup(struct session *session)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    const struct memora_db_ops *theirs = check->plugin->table->ops;
    int64_t size = session->ops->size_bytes(session->db);
    check_that(check, size >= -1, "size_bytes() is a size, or -1", "%lld", (long long)size);
    if (!MEMORA_HAS(theirs, backup)) {
        check_skip(check, "backup()", "the plugin has none");
        return;
    }
    struct copied whole = {0}, part = {.give_up_at = 1};
    int result = session->ops->backup(session->db, take_copy, &whole, &error);
    check_code(check, result, MEMORA_OK, &error, "backup()");
    check_that(check, whole.bytes > 0, "backup() gives bytes", "none");
    result = session->ops->backup(session->db, take_copy, &part, &error);
    check_code(check, result, MEMORA_E_CANCELLED, &error, "backup() whose receiver gives up");
}

enum { TOGETHER = 3 };

static int prepare_three(struct session *session, const char *const sql[TOGETHER], const struct memora_value *value,
                         struct memora_stmt *statements[TOGETHER], struct memora_error *error)
{
    int result = MEMORA_OK;
    for (int i = 0; i < TOGETHER && result == MEMORA_OK; i++)
        result = session_prepare(session, sql[i], value, 1, &statements[i], error);
    return result;
}

static void finalize_three(struct session *session, struct memora_stmt *statements[TOGETHER])
{
    for (int i = 0; i < TOGETHER; i++)
        if (statements[i])
            session->ops->finalize(statements[i]);
}

/* How many rows a statement gives, and the sum of their first columns. */
static int add_up(struct session *session, struct memora_stmt *statement, int64_t *sum, struct memora_error *error)
{
    int rows = 0;
    *sum = 0;
    while (session->ops->step(statement, error) == MEMORA_ROW) {
        struct memora_value value;
        session->ops->row(statement, &value, 1);
        *sum += value.u.i;
        rows++;
    }
    return rows;
}

/* TABLE has 1, 2 and 3 in n. */
static void check_together(struct session *session)
{
    static const char *const good[TOGETHER] = {"SELECT n FROM " TABLE " WHERE n <= ? ORDER BY n",
                                               "SELECT n FROM " TABLE " WHERE n > ?",
                                               "SELECT n + 10 FROM " TABLE " WHERE n = ?"};
    static const char *const bad[TOGETHER] = {"SELECT n FROM " TABLE " WHERE n <= ?",
                                              "INSERT INTO " TABLE " (k, n) VALUES ('one', ?)",
                                              "SELECT n FROM " TABLE " WHERE n >= ?"};
    struct check *check = session->check;
    struct memora_error error = {0};
    struct memora_stmt *statements[TOGETHER] = {NULL}, *failing[TOGETHER] = {NULL};
    const struct memora_value two = value_int(2);
    int64_t sums[TOGETHER] = {0};
    int rows[TOGETHER] = {0}, result = prepare_three(session, good, &two, statements, &error);
    if (result == MEMORA_OK)
        result = session->ops->execute_all(statements, TOGETHER, &error);
    check_code(check, result, MEMORA_OK, &error, "execute_all()");
    for (int i = 0; i < TOGETHER && result == MEMORA_OK; i++)
        rows[i] = add_up(session, statements[i], &sums[i], &error);
    check_that(check, rows[0] == 2 && rows[1] == 1 && rows[2] == 1 && sums[0] == 3 && sums[1] == 3 && sums[2] == 12,
               "execute_all(): each statement gives its own rows", "%d, %d and %d rows", rows[0], rows[1], rows[2]);
    finalize_three(session, statements);

    result = session->ops->begin(session->conn, MEMORA_TX_WRITE, &error);
    if (result == MEMORA_OK)
        result = prepare_three(session, bad, &two, failing, &error);
    if (result == MEMORA_OK)
        result = session->ops->execute_all(failing, TOGETHER, &error);
    check_code(check, result, MEMORA_E_UNIQUE, &error, "execute_all() with one that fails");
    finalize_three(session, failing);
    session->ops->rollback(session->conn, NULL);
    int64_t count = session_number(session, "SELECT COUNT(*) FROM " TABLE, NULL, 0, &error);
    check_that(check, count == 3, "execute_all(): the connection works after one that failed", "%lld rows: %s",
               (long long)count, error.message);
}

static void check_execute_all(struct session *session)
{
    static const char *const fill[] = {"DELETE FROM " TABLE,
                                       "INSERT INTO " TABLE " (k, n) VALUES ('one', 1), ('two', 2), ('three', 3)"};
    struct memora_error error = {0};
    int result = MEMORA_OK;
    if (!MEMORA_HAS(session->ops, execute_all)) {
        check_skip(session->check, "execute_all()", "the plugin has none");
        return;
    }
    for (size_t i = 0; i < sizeof fill / sizeof fill[0] && result == MEMORA_OK; i++)
        result = session_write(session, fill[i], NULL, 0, &error);
    check_code(session->check, result, MEMORA_OK, &error, "rows for execute_all()");
    check_together(session);
}

void check_db_features(struct check *check)
{
    struct session session;
    if (!session_open(check, &session))
        return;
    if (session_table(&session, TABLE, "id:ID, k:KEY UNIQUE, n:INT")) {
        check_statement(&session, MEMORA_SQL_RETURNING, "INSERT INTO " TABLE " (k, n) VALUES ('a', 1) RETURNING id",
                        "RETURNING");
        check_statement(&session, MEMORA_SQL_ON_CONFLICT,
                        "INSERT INTO " TABLE " (k, n) VALUES ('a', 2) ON CONFLICT (k) DO UPDATE SET n = excluded.n",
                        "ON_CONFLICT");
        check_statement(&session, MEMORA_SQL_ON_DUPLICATE,
                        "INSERT INTO " TABLE " (k, n) VALUES ('a', 2) ON DUPLICATE KEY UPDATE n = VALUES(n)",
                        "ON_DUPLICATE");
        check_statement(&session, MEMORA_SQL_SKIP_LOCKED, "SELECT id FROM " TABLE " FOR UPDATE SKIP LOCKED",
                        "SKIP_LOCKED");
        check_statement(&session, MEMORA_SQL_CTE, "WITH x AS (SELECT id FROM " TABLE ") SELECT COUNT(*) FROM x", "CTE");
        check_ddl(&session);
        check_notify(&session);
        check_backup(&session);
        check_execute_all(&session);
    }
    session_drop(&session, TABLE);
    session_close(&session);
}
