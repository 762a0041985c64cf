/* Transactions, seen from one and from two connections; and pages of ordered rows. */
#include "db_session.h"

#define TABLE "memora_check_tx"
#define INSERT "INSERT INTO " TABLE " (k, n) VALUES (?, ?)"
#define COUNT "SELECT COUNT(*) FROM " TABLE " WHERE k = ?"

static int64_t count_of(struct session *session, const char *key)
{
    struct memora_value value = value_text(key);
    struct memora_error error = {0};
    return session_number(session, COUNT, &value, 1, &error);
}

static int insert(struct session *session, const char *key, struct memora_error *error)
{
    struct memora_value values[2] = {value_text(key), value_int(1)};
    return session_run(session, INSERT, values, 2, error);
}

static int begin(struct session *session, uint32_t mode, struct memora_error *error)
{
    return session->ops->begin(session->conn, mode, error);
}

static void check_rollback(struct session *session)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    int result = begin(session, MEMORA_TX_WRITE, &error);
    if (result == MEMORA_OK)
        result = insert(session, "rolled back", &error);
    check_code(check, result, MEMORA_OK, &error, "a write in a transaction");
    check_that(check, count_of(session, "rolled back") == 1, "a transaction reads its own writes",
               "the row is missing");
    check_code(check, session->ops->rollback(session->conn, &error), MEMORA_OK, &error, "rollback()");
    check_that(check, count_of(session, "rolled back") == 0, "what was rolled back is gone", "the row is there");
    check_code(check, session->ops->rollback(session->conn, &error), MEMORA_OK, &error,
               "rollback() with nothing open does nothing");
}

static void check_commit(struct session *session, struct session *other)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    int result = begin(session, MEMORA_TX_WRITE, &error);
    if (result == MEMORA_OK)
        result = insert(session, "committed", &error);
    check_code(check, result, MEMORA_OK, &error, "a second transaction");
    check_that(check, count_of(other, "committed") == 0, "nobody sees what is not committed",
               "another connection sees the row");
    result = session->ops->commit(session->conn, &error);
    check_code(check, result, MEMORA_OK, &error, "commit()");
    check_that(check, count_of(other, "committed") == 1, "another connection sees what is committed",
               "the row is missing");
}

static void check_recycle(struct session *session, struct session *other)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    struct memora_stmt *stmt = NULL;
    struct memora_value key = value_text("committed"), out = {0};
    int prepared = session_prepare(session, COUNT, &key, 1, &stmt, &error);
    if (begin(session, MEMORA_TX_WRITE, &error) == MEMORA_OK)
        insert(session, "recycled", &error);
    check_code(check, session->ops->recycle(session->conn, &error), MEMORA_OK, &error, "recycle()");
    check_that(check, count_of(session, "recycled") == 0 && count_of(other, "recycled") == 0,
               "recycle() rolls back what is open", "the row is there");
    if (!check_code(check, prepared, MEMORA_OK, &error, "a statement from before recycle()"))
        return;
    session->ops->reset(stmt);
    bool right = session->ops->bind(stmt, &key, 1, &error) == MEMORA_OK &&
                 session->ops->step(stmt, &error) == MEMORA_ROW && session->ops->row(stmt, &out, 1) == 1;
    check_that(check, right && out.u.i == 1, "recycle() keeps prepared statements", "%s", error.message);
    session->ops->finalize(stmt);
}

/* An end without a word is no commit, and leaves no lock behind. */
static void check_disconnect(struct session *session)
{
    struct check *check = session->check;
    struct session leaving;
    struct memora_error error = {0};
    struct memora_stmt *stmt = NULL;
    struct memora_value key = value_text("left");
    int result = session_share(session, &leaving, &error);
    if (result == MEMORA_OK)
        result = begin(&leaving, MEMORA_TX_WRITE, &error);
    if (result == MEMORA_OK)
        result = insert(&leaving, "left", &error);
    if (result == MEMORA_OK) /* left for disconnect() to finalize */
        session_prepare(&leaving, COUNT, &key, 1, &stmt, &error);
    check_code(check, result, MEMORA_OK, &error, "a transaction on a connection of its own");
    session_close(&leaving);
    check_that(check, count_of(session, "left") == 0, "disconnect() rolls back what is open", "the row is there");
    struct memora_value values[2] = {value_text("after"), value_int(1)};
    result = session_write(session, INSERT, values, 2, &error);
    check_code(check, result, MEMORA_OK, &error, "disconnect() leaves no lock behind");
}

static void check_read_mode(struct session *session, struct session *other)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    int result = begin(session, MEMORA_TX_READ, &error);
    if (!check_code(check, result, MEMORA_OK, &error, "a read transaction"))
        return;
    count_of(session, "snapshot");
    struct memora_value values[2] = {value_text("snapshot"), value_int(1)};
    result = session_write(other, INSERT, values, 2, &error);
    check_code(check, result, MEMORA_OK, &error, "a reader does not hold up a writer");
    check_code(check, session->ops->commit(session->conn, &error), MEMORA_OK, &error, "a read transaction ends");
    check_that(check, count_of(session, "snapshot") == 1, "after a read transaction the new row is seen",
               "the row is missing");
}

/* After a statement has failed, rollback() makes the connection good again. */
static void check_failed(struct session *session)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    int result = begin(session, MEMORA_TX_WRITE, &error);
    if (result == MEMORA_OK)
        insert(session, "before a failure", &error);
    result = session_run(session, "SELECT * FROM memora_check_nowhere", NULL, 0, &error);
    check_that(check, result < 0, "a statement that must fail", "%s", check_code_name(result));
    check_code(check, session->ops->rollback(session->conn, &error), MEMORA_OK, &error,
               "rollback() after a statement failed");
    check_that(check, count_of(session, "before a failure") == 0 && count_of(session, "committed") == 1,
               "the connection works after a failed transaction", "rows are missing, or were not rolled back");
}

static void check_paging(struct session *session)
{
    enum { ROWS = 250, PAGE = 17, SAME = 5 };
    struct check *check = session->check;
    struct memora_error error = {0};
    bool seen[ROWS] = {false}, right = true;
    int result = begin(session, MEMORA_TX_WRITE, &error);
    for (int i = 0; i < ROWS && result == MEMORA_OK; i++) {
        struct memora_value values[2] = {value_text("page"), value_int(i / SAME)};
        result = session_run(session, INSERT, values, 2, &error);
    }
    if (result == MEMORA_OK)
        result = session->ops->commit(session->conn, &error);
    check_code(check, result, MEMORA_OK, &error, "rows for pages");
    int64_t first = session_number(session, "SELECT MIN(id) FROM " TABLE " WHERE k = 'page'", NULL, 0, &error);
    int64_t last_n = INT64_MAX, rows = 0;
    for (int64_t offset = 0; offset < ROWS + PAGE && right; offset += PAGE) {
        struct memora_value values[2] = {value_int(PAGE), value_int(offset)}, out[2];
        struct memora_stmt *stmt = NULL;
        arena_reset(session->arena);
        result = session_prepare(
            session, "SELECT id, n FROM " TABLE " WHERE k = 'page' ORDER BY n DESC, id ASC LIMIT ? OFFSET ?", values, 2,
            &stmt, &error);
        if (result != MEMORA_OK)
            break;
        while (right && (result = session->ops->step(stmt, &error)) == MEMORA_ROW) {
            right = session->ops->row(stmt, out, 2) == 2 && out[1].u.i <= last_n && out[0].u.i >= first;
            last_n = right ? out[1].u.i : last_n;
            if (right && out[0].u.i - first < ROWS)
                seen[out[0].u.i - first] = true;
            rows++;
        }
        session->ops->finalize(stmt);
    }
    bool all = true;
    for (int i = 0; i < ROWS; i++)
        all &= seen[i];
    check_that(check, right && all && rows == ROWS, "pages of an ordered list have every row once, in order",
               "%lld rows of %d: %s", (long long)rows, ROWS, error.message);
}

void check_db_tx(struct check *check)
{
    struct session session, other;
    struct memora_error error = {0};
    if (!session_open(check, &session))
        return;
    int result = session_share(&session, &other, &error);
    if (check_code(check, result, MEMORA_OK, &error, "a second connection") &&
        session_table(&session, TABLE, "id:ID, k:KEY, n:INT")) {
        check_rollback(&session);
        check_commit(&session, &other);
        check_recycle(&session, &other);
        check_disconnect(&session);
        check_read_mode(&session, &other);
        check_failed(&session);
        check_paging(&session);
    }
    session_close(&other);
    session_drop(&session, TABLE);
    session_close(&session);
}
