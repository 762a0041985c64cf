/* On PostgreSQL, too, a page of memos reads a page's rows: also of tables that were filled just now, of which the
 * server has no statistics yet. What the statements touched is counted by the server. */
#include "postgres_fixture.h"

#include "store/memo.h"

/* One memo in 21 is public and of the one creator. */
enum { LIMIT = 20, MOST_ROWS = 25 * LIMIT };

static int start_without_autovacuum(void **state)
{
    (void)state;
    snprintf(postgres_dir, sizeof postgres_dir, "/tmp/memora-pg-XXXXXX");
    return mkdtemp(postgres_dir) ? postgres_script("start", "-c autovacuum=off") : -1;
}

static int setup_filled(void **state)
{
    struct status status = {0};
    setup_postgres(state);
    struct fixture *f = *state;
    assert_int_equal(db_migrate(f->db, &status), STATUS_OK);
    execute(f->db, "INSERT INTO memo (uid, creator_id, created_ts, updated_ts, content, visibility, pinned) "
                   "SELECT 'm' || x, 1 + x % 7, 1000 + x / 2, 90000 - x, repeat('word ', 60), "
                   "CASE x % 3 WHEN 0 THEN 'PUBLIC' WHEN 1 THEN 'PRIVATE' ELSE 'PROTECTED' END, x % 100 = 0 "
                   "FROM generate_series(1, 10000) AS x");
    /* They lie in the middle of each order. */
    execute(f->db, "INSERT INTO memo_relation SELECT id, 1, 'COMMENT' FROM memo WHERE id BETWEEN 4000 AND 7000");
    return 0;
}

/* Of this session, since it last told the others. */
static int64_t rows_read(struct db_conn *conn)
{
    struct db_rows *rows;
    struct status status = {0};
    if (db_query(conn,
                 "SELECT COALESCE(SUM(seq_tup_read + idx_tup_fetch), -1) FROM pg_stat_xact_user_tables "
                 "WHERE relname IN ('memo', 'memo_relation')",
                 NULL, 0, &rows, &status))
        fail_msg("%s", status.message);
    assert_true(db_next(rows, &status));
    int64_t count = db_column_int(rows, 0);
    db_rows_close(rows);
    assert_true(count >= 0);
    return count;
}

/* Often enough for the server to go over from plans for the values to one for all values. */
static void assert_page_is_short(struct fixture *f, const struct store_memo_find *find)
{
    enum { RUNS = 8 };
    struct arena *arena = arena_create();
    struct status status = {0};
    struct store_memo *memos;
    struct db_conn *conn;
    size_t count;
    for (int run = 0; run < RUNS; run++) {
        assert_int_equal(db_snapshot_begin(f->db, &conn, &status), STATUS_OK);
        int64_t before = rows_read(conn);
        if (store_memo_list(conn, arena, find, &memos, &count, &status))
            fail_msg("%s", status.message);
        assert_int_equal(count, LIMIT);
        assert_in_range(rows_read(conn) - before, LIMIT, MOST_ROWS);
        db_read_end(conn);
    }
    arena_destroy(arena);
}

static void fresh_pages_walk_an_index(void **state)
{
    static const enum store_viewer_kind kinds[] = {STORE_VIEWER_ANYONE_PUBLIC, STORE_VIEWER_USER, STORE_VIEWER_OWN,
                                                   STORE_VIEWER_OTHERS_SHARED}; /* all whom a page is shown to */
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
        for (unsigned bits = 0; bits < 4; bits++) {
            struct store_memo_find find = {.viewer = {kinds[kind], 2}, .limit = LIMIT};
            find.pinned_first = bits & 1;
            find.creator_id = bits & 2 ? 2 : 0;
            assert_page_is_short(*state, &find);
        }
}

static void so_do_pages_by_time_of_change(void **state)
{
    struct store_memo_find find = {.viewer = {STORE_VIEWER_USER, 2}, .limit = LIMIT, .by_update_time = true};
    assert_page_is_short(*state, &find);
}

static void and_with_statistics(void **state)
{
    struct fixture *f = *state;
    execute(f->db, "ANALYZE memo, memo_relation");
    fresh_pages_walk_an_index(state);
    so_do_pages_by_time_of_change(state);
}

/* Comments too few for the server to look at them by itself: it may take them for many. */
static void and_with_statistics_of_the_memos_alone(void **state)
{
    struct fixture *f = *state;
    execute(f->db, "DELETE FROM memo_relation WHERE memo_id NOT BETWEEN 4000 AND 4039");
    execute(f->db, "ANALYZE memo");
    fresh_pages_walk_an_index(state);
    so_do_pages_by_time_of_change(state);
}

/* A small table is not read from end to end either. */
static void a_memo_is_found_through_indexes(void **state)
{
    enum { RUNS = 3, MOST = 25 }; /* a scan reads 200 at least */
    struct fixture *f = *state;
    struct arena *arena = arena_create();
    struct status status = {0};
    struct store_memo memo;
    struct db_conn *conn;
    execute(f->db, "TRUNCATE memo_relation");
    execute(f->db, "INSERT INTO memo_relation SELECT id, 1, 'COMMENT' FROM memo WHERE id BETWEEN 4001 AND 4200");
    execute(f->db, "ANALYZE memo, memo_relation");
    for (int run = 0; run < RUNS; run++) {
        assert_int_equal(db_snapshot_begin(f->db, &conn, &status), STATUS_OK);
        int64_t before = rows_read(conn);
        if (store_memo_get_to_show(conn, arena, "m4100", &memo, &status))
            fail_msg("%s", status.message);
        assert_in_range(rows_read(conn) - before, 1, MOST);
        assert_string_equal(memo.parent_uid, "m1");
        db_read_end(conn);
    }
    arena_destroy(arena);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_filled, teardown_postgres)
    const struct CMUnitTest tests[] = {
        TEST(fresh_pages_walk_an_index),
        TEST(so_do_pages_by_time_of_change),
        TEST(and_with_statistics),
        TEST(and_with_statistics_of_the_memos_alone),
        TEST(a_memo_is_found_through_indexes),
    };
    return cmocka_run_group_tests(tests, start_without_autovacuum, remove_postgres);
}
