/* The indexes fit the statements of store/: no list reads a whole table or sorts. SQLite counts both for every prepared
 * statement (virtual table sqlite_stmt). */
#include "db_fixture.h"

#include "store/attachment.h"
#include "store/memo.h"
#include "store/reaction.h"
#include "store/relation.h"

enum { MEMOS = 3000, LIMIT = 20 };

static int setup_filled(void **state)
{
    static const char *const fill[] = {
        "INSERT INTO memo (uid, creator_id, created_ts, updated_ts, content, visibility, row_status, pinned) "
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000) "
        "SELECT 'm' || x, 1 + x % 7, 1000 + x / 2, 9000 - x, 'c' || x, CASE x % 3 WHEN 0 THEN 'PUBLIC' WHEN 1 THEN "
        "'PRIVATE' ELSE 'PROTECTED' END, CASE x % 50 WHEN 0 THEN 'ARCHIVED' ELSE 'NORMAL' END, x % 100 = 0 FROM c",
        "INSERT INTO memo_relation SELECT id, 1, 'COMMENT' FROM memo WHERE id % 10 = 7",
        "INSERT INTO reaction (creator_id, content_id, reaction_type) SELECT 1, 'memos/' || uid, 'x' FROM memo",
        "INSERT INTO attachment (uid, creator_id, updated_ts, memo_id) SELECT 'a' || uid, creator_id, updated_ts, id "
        "FROM "
        "memo"};
    struct status status = {0};
    setup(state);
    struct fixture *f = *state;
    assert_int_equal(db_migrate(f->db, &status), STATUS_OK);
    for (size_t i = 0; i < sizeof fill / sizeof fill[0]; i++)
        execute(f->db, fill[i]);
    return 0;
}

/* Steps of full scans and sorts of all statements that the connection has prepared on these tables. */
static void assert_no_scan(struct db_conn *conn, bool may_sort)
{
    struct db_rows *rows;
    struct status status = {0};
    struct arena *arena = arena_create();
    if (db_query(conn,
                 "SELECT nscan, nsort, `sql` FROM sqlite_stmt WHERE `sql` LIKE '%FROM memo%' OR `sql` LIKE "
                 "'%FROM attachment%' OR `sql` LIKE '%FROM reaction%'",
                 NULL, 0, &rows, &status))
        fail_msg("%s", status.message);
    unsigned seen = 0;
    while (db_next(rows, &status)) {
        if (strstr(db_column_text(rows, 2, arena), "sqlite_stmt"))
            continue;
        seen++;
        if (db_column_int(rows, 0) > 0 || (db_column_int(rows, 1) > 0 && !may_sort))
            fail_msg("%lld rows scanned, %lld sorts: %s", (long long)db_column_int(rows, 0),
                     (long long)db_column_int(rows, 1), db_column_text(rows, 2, arena));
    }
    db_rows_close(rows);
    assert_true(seen > 0);
    arena_destroy(arena);
}

static size_t list(struct fixture *f, const struct store_memo_find *find, bool may_sort)
{
    struct db_conn *conn;
    struct status status = {0};
    struct arena *arena = arena_create();
    struct store_memo *memos;
    size_t count;
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    stmt_cache_clear(conn); /* the counts of earlier statements with them */
    if (store_memo_list(conn, arena, find, &memos, &count, &status))
        fail_msg("%s", status.message);
    for (size_t i = 1; i < count && !find->pinned_first && !find->parent_id; i++) {
        int64_t a = find->by_update_time ? memos[i - 1].updated_ts : memos[i - 1].created_ts;
        int64_t b = find->by_update_time ? memos[i].updated_ts : memos[i].created_ts;
        assert_true(find->ascending ? a <= b : a >= b);
        assert_true(a != b || memos[i - 1].id > memos[i].id);
    }
    assert_no_scan(conn, may_sort);
    db_read_end(conn);
    arena_destroy(arena);
    return count;
}

static void memo_lists_walk_an_index(void **state)
{
    static const enum store_viewer_kind kinds[] = {STORE_VIEWER_ANYONE_PUBLIC, STORE_VIEWER_USER, STORE_VIEWER_OWN,
                                                   STORE_VIEWER_OTHERS_SHARED, STORE_VIEWER_ALL};
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        for (unsigned bits = 0; bits < 16; bits++) {
            struct store_memo_find find = {.viewer = {kinds[kind], 2}, .limit = LIMIT};
            find.creator_id = bits & 1 ? 2 : 0;
            find.pinned_first = bits & 2;
            find.by_update_time = bits & 4;
            find.row_status = bits & 8 ? STORE_ARCHIVED : STORE_NORMAL;
            /* Nobody lists the changes of one person with the pinned ones first often enough for an index. */
            bool odd = find.by_update_time && (find.pinned_first || find.creator_id || kinds[kind] == STORE_VIEWER_OWN);
            assert_true(list(*state, &find, odd) > 0);
        }
    }
}

static void oldest_first_sorts_equal_times_only(void **state)
{
    struct store_memo_find find = {.viewer = {STORE_VIEWER_USER, 2}, .limit = LIMIT, .ascending = true};
    assert_int_equal(list(*state, &find, true), LIMIT);
}

static void comments_are_found_by_their_parent(void **state)
{
    struct store_memo_find find = {.viewer = {STORE_VIEWER_ALL, 0}, .parent_id = 1, .include_comments = true};
    assert_true(list(*state, &find, true) > MEMOS / 20);
}

static void what_hangs_on_memos_is_found_by_index(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conn;
    struct status status = {0};
    struct arena *arena = arena_create();
    const int32_t ids[] = {5, 6, 7};
    const char *const uids[] = {"m5", "m6", "m7"};
    struct store_memo memo, *memos;
    struct store_attachment *attachments;
    struct store_reaction *reactions;
    size_t count;
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    stmt_cache_clear(conn);
    assert_int_equal(store_memo_get(conn, arena, "m9", &memo, &status), STATUS_OK);
    assert_int_equal(store_memo_get_many(conn, arena, ids, 3, &memos, &count, &status), STATUS_OK);
    assert_int_equal(store_attachment_list_for_memos(conn, arena, ids, 3, &attachments, &count, &status), STATUS_OK);
    assert_int_equal(count, 3);
    assert_int_equal(store_reaction_list(conn, arena, uids, 3, &reactions, &count, &status), STATUS_OK);
    assert_int_equal(count, 3);
    assert_no_scan(conn, true);
    const struct store_attachment_find find = {.creator_id = 2, .limit = LIMIT};
    assert_int_equal(store_attachment_list(conn, arena, &find, &attachments, &count, &status), STATUS_OK);
    assert_int_equal(count, LIMIT);
    db_read_end(conn);
    arena_destroy(arena);
}

/* Ids that lie close together are asked for as a range; what hangs on the memos between them is not theirs. */
static void gaps_in_a_range_stay_empty(void **state)
{
    struct fixture *f = *state;
    struct db_conn *conn;
    struct status status = {0};
    struct arena *arena = arena_create();
    const int32_t near[] = {8, 5, 7}, far[] = {8, 5, 2007};
    const struct store_viewer all = {STORE_VIEWER_ALL, 0};
    struct store_attachment *attachments;
    struct store_relation *relations;
    size_t count;
    execute(f->db, "INSERT INTO memo_relation VALUES (6, 7, 'REFERENCE'), (5, 6, 'REFERENCE'), (6, 4, 'REFERENCE')");
    assert_int_equal(db_read_begin(f->db, &conn, &status), STATUS_OK);
    assert_int_equal(store_attachment_list_for_memos(conn, arena, near, 3, &attachments, &count, &status), STATUS_OK);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        assert_true(store_ids_have(near, 3, attachments[i].memo_id));
    assert_int_equal(store_relation_list(conn, arena, near, 3, &all, false, &relations, &count, &status), STATUS_OK);
    assert_int_equal(count, 3); /* 7 to 1 (a comment), 5 to 6; and 6 to 7 from the other side */
    assert_int_equal(relations[0].memo_id, 7);
    assert_int_equal(relations[1].memo_id, 5);
    assert_true(relations[2].incoming && relations[2].memo_id == 6 && relations[2].related_memo_id == 7);
    assert_int_equal(store_attachment_list_for_memos(conn, arena, far, 3, &attachments, &count, &status), STATUS_OK);
    assert_int_equal(count, 3);
    db_read_end(conn);
    arena_destroy(arena);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_filled, teardown)
    const struct CMUnitTest tests[] = {
        TEST(memo_lists_walk_an_index),           TEST(oldest_first_sorts_equal_times_only),
        TEST(comments_are_found_by_their_parent), TEST(what_hangs_on_memos_is_found_by_index),
        TEST(gaps_in_a_range_stay_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
