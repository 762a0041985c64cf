/* MemoService over real plugins: what the wire suite cannot see (statements, rows left behind, notifications). */
#include "api_fixture.h"

#include "memos/api/v1/memo_service.pb-c.h"

#define REQUEST(f, Type, type, json)                                                                                   \
    ((const Memos__Api__V1__##Type *)fixture_request((f), &memos__api__v1__##type##__descriptor, (json)))

static Memos__Api__V1__Memo *create(struct api_fixture *f, const char *as, const char *json)
{
    Memos__Api__V1__Memo *memo = NULL;
    struct api_call *call = fixture_call(f, as);
    if (api_memo_service_create_memo(call, REQUEST(f, CreateMemoRequest, create_memo_request, json), &memo, &f->status))
        fail_msg("%s: %s", json, f->status.message);
    return memo;
}

static Memos__Api__V1__Memo *comment(struct api_fixture *f, const char *as, const char *json)
{
    Memos__Api__V1__Memo *memo = NULL;
    struct api_call *call = fixture_call(f, as);
    if (api_memo_service_create_memo_comment(
            call, REQUEST(f, CreateMemoCommentRequest, create_memo_comment_request, json), &memo, &f->status))
        fail_msg("%s: %s", json, f->status.message);
    return memo;
}

static Memos__Api__V1__Memo *update(struct api_fixture *f, const char *as, const char *json)
{
    Memos__Api__V1__Memo *memo = NULL;
    struct api_call *call = fixture_call(f, as);
    if (api_memo_service_update_memo(call, REQUEST(f, UpdateMemoRequest, update_memo_request, json), &memo, &f->status))
        fail_msg("%s: %s", json, f->status.message);
    return memo;
}

static enum status_code get_code(struct api_fixture *f, const char *as, const char *name)
{
    Memos__Api__V1__Memo *memo = NULL;
    const char *json = arena_printf(f->arena, "{\"name\":\"%s\"}", name);
    struct api_call *call = fixture_call(f, as);
    return api_memo_service_get_memo(call, REQUEST(f, GetMemoRequest, get_memo_request, json), &memo, &f->status);
}

static void delete_memo(struct api_fixture *f, const char *as, const char *name)
{
    Google__Protobuf__Empty *empty = NULL;
    const char *json = arena_printf(f->arena, "{\"name\":\"%s\"}", name);
    struct api_call *call = fixture_call(f, as);
    assert_int_equal(api_memo_service_delete_memo(call, REQUEST(f, DeleteMemoRequest, delete_memo_request, json),
                                                  &empty, &f->status),
                     STATUS_OK);
}

static unsigned statements_of_list(struct api_fixture *f, const char *json, size_t expected_memos)
{
    Memos__Api__V1__ListMemosResponse *answer = NULL;
    struct api_call *call = fixture_call(f, "root");
    db_statement_count_reset();
    if (api_memo_service_list_memos(call, REQUEST(f, ListMemosRequest, list_memos_request, json), &answer, &f->status))
        fail_msg("%s", f->status.message);
    unsigned statements = db_statement_count_reset();
    assert_int_equal(answer->n_memos, expected_memos);
    return statements;
}

static void lists_run_a_constant_number_of_statements(void **state)
{
    struct api_fixture *f = *state;
    fixture_user(f, "root", STORE_ROLE_ADMIN);
    fixture_user(f, "other", STORE_ROLE_USER);
    for (int i = 0; i < 60; i++) {
        create(f, i % 2 ? "root" : "other",
               arena_printf(f->arena, "{\"memo\":{\"content\":\"m%d\",\"visibility\":\"PUBLIC\"},\"memoId\":\"m%d\"}",
                            i, i));
        comment(f, "other", arena_printf(f->arena, "{\"name\":\"memos/m%d\",\"comment\":{\"content\":\"c\"}}", i));
    }
    statements_of_list(f, "{\"pageSize\":5}", 5); /* fills the caches of users and settings */
    unsigned few = statements_of_list(f, "{\"pageSize\":2}", 2);
    unsigned many = statements_of_list(f, "{\"pageSize\":60}", 60);
    assert_int_equal(few, many);
    assert_in_range(many, 3, 6);
}

static void a_failed_part_leaves_no_memo(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__Memo *memo = NULL;
    struct api_call *call = fixture_call(f, "alice");
    const char *json =
        "{\"memo\":{\"content\":\"x\",\"attachments\":[{\"name\":\"attachments/none\"}]},\"memoId\":\"half\"}";
    assert_int_equal(
        api_memo_service_create_memo(call, REQUEST(f, CreateMemoRequest, create_memo_request, json), &memo, &f->status),
        STATUS_NOT_FOUND);
    assert_string_equal(f->status.message,
                        "failed to set memo attachments: rpc error: code = NotFound desc = attachment "
                        "not found: none");
    assert_int_equal(get_code(f, "alice", "memos/half"), STATUS_NOT_FOUND);

    json = "{\"memo\":{\"content\":\"x\",\"relations\":[{\"relatedMemo\":{\"name\":\"x\"}}]},\"memoId\":\"half\"}";
    call = fixture_call(f, "alice");
    assert_int_equal(
        api_memo_service_create_memo(call, REQUEST(f, CreateMemoRequest, create_memo_request, json), &memo, &f->status),
        STATUS_INVALID_ARGUMENT);
    assert_string_equal(f->status.message, "failed to set memo relations: rpc error: code = InvalidArgument desc = "
                                           "invalid related memo name: invalid request \"x\"");
    assert_int_equal(get_code(f, "alice", "memos/half"), STATUS_NOT_FOUND);

    /* The same for an update: content stays as it was, attachments stay. */
    json =
        "{\"memo\":{\"name\":\"memos/att-memo\",\"content\":\"new\",\"attachments\":[{\"name\":\"attachments/none\"}]},"
        "\"updateMask\":\"content,attachments\"}";
    char *before = fixture_query(f, "SELECT content FROM memo WHERE uid = 'att-memo'");
    call = fixture_call(f, "alice");
    assert_int_equal(
        api_memo_service_update_memo(call, REQUEST(f, UpdateMemoRequest, update_memo_request, json), &memo, &f->status),
        STATUS_NOT_FOUND);
    assert_string_equal(fixture_query(f, "SELECT content FROM memo WHERE uid = 'att-memo'"), before);
}

static void deleting_takes_one_level_and_everything_attached(void **state)
{
    struct api_fixture *f = *state;
    create(f, "alice", "{\"memo\":{\"content\":\"d1\",\"visibility\":\"PUBLIC\"},\"memoId\":\"d1\"}");
    comment(f, "bob", "{\"name\":\"memos/d1\",\"comment\":{\"content\":\"d2\"},\"commentId\":\"d2\"}");
    comment(f, "bob", "{\"name\":\"memos/d2\",\"comment\":{\"content\":\"d3\"},\"commentId\":\"d3\"}");
    fixture_sql(f, "INSERT INTO reaction (creator_id, content_id, reaction_type) VALUES (2, 'memos/d1', 'x'), "
                   "(2, 'memos/d2', 'x')");
    fixture_sql(
        f, "INSERT INTO memo_share (uid, memo_id, creator_id) SELECT 'share-d1', id, 1 FROM memo WHERE uid = 'd1'");
    fixture_sql(f, "UPDATE attachment SET memo_id = (SELECT id FROM memo WHERE uid = 'd2') WHERE uid = 'att-db-bob'");
    delete_memo(f, "alice", "memos/d1");
    assert_int_equal(get_code(f, "bob", "memos/d2"), STATUS_NOT_FOUND);
    assert_int_equal(get_code(f, "bob", "memos/d3"), STATUS_OK);
    assert_string_equal(fixture_query(f, "SELECT count(*) FROM reaction WHERE content_id IN ('memos/d1', 'memos/d2')"),
                        "0");
    assert_string_equal(fixture_query(f, "SELECT count(*) FROM memo_share WHERE uid = 'share-d1'"), "0");
    assert_string_equal(fixture_query(f, "SELECT count(*) FROM attachment WHERE uid = 'att-db-bob'"), "0");
    assert_string_equal(fixture_query(f,
                                      "SELECT count(*) FROM memo_relation WHERE memo_id NOT IN (SELECT id FROM memo) "
                                      "OR related_memo_id NOT IN (SELECT id FROM memo)"),
                        "0");
}

static long inbox_of(struct api_fixture *f, int receiver)
{
    return strtol(
        fixture_query(f, arena_printf(f->arena, "SELECT count(*) FROM inbox WHERE receiver_id = %d", receiver)), NULL,
        10);
}

/* Users: alice 1, bob 2, carol 3 (archived). */
static void mentions_tell_those_who_may_see(void **state)
{
    struct api_fixture *f = *state;
    long bob = inbox_of(f, 2), carol = inbox_of(f, 3), alice = inbox_of(f, 1);
    create(
        f, "alice",
        "{\"memo\":{\"content\":\"hi @BOB @carol @alice @nobody\",\"visibility\":\"PROTECTED\"},\"memoId\":\"me1\"}");
    assert_int_equal(inbox_of(f, 2), bob + 1);
    assert_int_equal(inbox_of(f, 3), carol);
    assert_int_equal(inbox_of(f, 1), alice);
    create(f, "alice", "{\"memo\":{\"content\":\"secret @bob\"}}");
    assert_int_equal(inbox_of(f, 2), bob + 1);
    /* An edit tells only those who are new to it. */
    update(f, "alice", "{\"memo\":{\"name\":\"memos/me1\",\"content\":\"still @bob\"},\"updateMask\":\"content\"}");
    assert_int_equal(inbox_of(f, 2), bob + 1);
    update(f, "alice", "{\"memo\":{\"name\":\"memos/me1\",\"content\":\"nobody\"},\"updateMask\":\"content\"}");
    update(f, "alice", "{\"memo\":{\"name\":\"memos/me1\",\"content\":\"again @bob\"},\"updateMask\":\"content\"}");
    assert_int_equal(inbox_of(f, 2), bob + 2);
    /* A comment that mentions the memo's owner gives one notice, that of the comment. */
    comment(f, "bob", "{\"name\":\"memos/me1\",\"comment\":{\"content\":\"yes @alice\"},\"commentId\":\"mc1\"}");
    assert_int_equal(inbox_of(f, 1), alice + 1);
    assert_non_null(strstr(fixture_query(f, "SELECT message FROM inbox ORDER BY id DESC LIMIT 1"), "MEMO_COMMENT"));
    /* One's own comment tells nobody. */
    comment(f, "alice", "{\"name\":\"memos/me1\",\"comment\":{\"content\":\"own\"}}");
    assert_int_equal(inbox_of(f, 1), alice + 1);
}

static void comments_are_as_visible_as_their_memo(void **state)
{
    struct api_fixture *f = *state;
    create(f, "alice", "{\"memo\":{\"content\":\"p\",\"visibility\":\"PROTECTED\"},\"memoId\":\"vp\"}");
    Memos__Api__V1__Memo *c = comment(
        f, "bob",
        "{\"name\":\"memos/vp\",\"comment\":{\"content\":\"c\",\"visibility\":\"PUBLIC\"},\"commentId\":\"vc\"}");
    assert_int_equal(c->visibility, MEMOS__API__V1__VISIBILITY__PROTECTED);
    assert_int_equal(c->optional_parent_case, 0);
    assert_int_equal(c->n_relations, 1);
    c = update(f, "bob", "{\"memo\":{\"name\":\"memos/vc\",\"visibility\":\"PUBLIC\"},\"updateMask\":\"visibility\"}");
    assert_int_equal(c->visibility, MEMOS__API__V1__VISIBILITY__PROTECTED);
    assert_string_equal(c->parent, "memos/vp");
    /* The memo turns private: its comment's author cannot read the comment any more. */
    update(f, "alice", "{\"memo\":{\"name\":\"memos/vp\",\"visibility\":\"PRIVATE\"},\"updateMask\":\"visibility\"}");
    assert_int_equal(get_code(f, "bob", "memos/vc"), STATUS_PERMISSION_DENIED);
    assert_int_equal(get_code(f, "alice", "memos/vc"), STATUS_OK);
}

static void masks_change_what_they_name(void **state)
{
    struct api_fixture *f = *state;
    create(f, "alice",
           "{\"memo\":{\"content\":\"one "
           "#a\",\"location\":{\"placeholder\":\"here\",\"latitude\":91}},\"memoId\":\"mk\"}");
    Memos__Api__V1__Memo *memo =
        update(f, "alice",
               "{\"memo\":{\"name\":\"memos/mk\",\"content\":\"two #b\",\"pinned\":true},\"updateMask\":\"content\"}");
    assert_string_equal(memo->content, "two #b");
    assert_string_equal(memo->tags[0], "b");
    assert_false(memo->pinned);
    assert_string_equal(memo->location->placeholder, "here");
    memo =
        update(f, "alice", "{\"memo\":{\"name\":\"memos/mk\",\"location\":{}},\"updateMask\":\"location,foo,tags\"}");
    assert_int_equal(memo->optional_location_case, MEMOS__API__V1__MEMO__OPTIONAL_LOCATION_LOCATION);
    assert_string_equal(memo->location->placeholder, "");
    assert_string_equal(memo->tags[0], "b");
    memo = update(f, "alice", "{\"memo\":{\"name\":\"memos/mk\"},\"updateMask\":\"location,createTime\"}");
    assert_int_equal(memo->optional_location_case, 0);
    assert_int_equal(memo->create_time->seconds, 0);
    memo = update(f, "alice",
                  "{\"memo\":{\"name\":\"memos/mk\",\"state\":\"ARCHIVED\",\"updateTime\":\"2001-02-03T04:05:06.7Z\"},"
                  "\"updateMask\":\"state,updateTime\"}");
    assert_int_equal(memo->state, MEMOS__API__V1__STATE__ARCHIVED);
    assert_int_equal(memo->update_time->seconds, 981173106);
    assert_int_equal(memo->update_time->nanos, 0);
}

static void live_photos_stay_together_or_go(void **state)
{
    struct api_fixture *f = *state;
    fixture_sql(f,
                "UPDATE attachment SET memo_id = NULL WHERE uid IN ('att-live-still', 'att-live-video', 'att-db-red')");
    create(f, "alice",
           "{\"memo\":{\"content\":\"live\",\"attachments\":[{\"name\":\"attachments/att-live-still\"},"
           "{\"name\":\"attachments/att-db-red\"},{\"name\":\"attachments/att-live-video\"}]},\"memoId\":\"lv\"}");
    Memos__Api__V1__Memo *memo = update(f, "alice", "{\"memo\":{\"name\":\"memos/lv\"},\"updateMask\":\"foo\"}");
    assert_int_equal(memo->n_attachments, 3);
    assert_string_equal(memo->attachments[0]->name, "attachments/att-live-still");
    assert_string_equal(memo->attachments[1]->name, "attachments/att-live-video");
    assert_string_equal(memo->attachments[2]->name, "attachments/att-db-red");
    memo = update(f, "alice",
                  "{\"memo\":{\"name\":\"memos/lv\",\"attachments\":[{\"name\":\"attachments/att-live-still\"},"
                  "{\"name\":\"attachments/att-db-red\"}]},\"updateMask\":\"attachments\"}");
    assert_int_equal(memo->n_attachments, 1);
    assert_string_equal(memo->attachments[0]->name, "attachments/att-db-red");
    assert_string_equal(fixture_query(f, "SELECT count(*) FROM attachment WHERE uid LIKE 'att-live%'"), "0");
}

static void the_content_limit_counts_bytes(void **state)
{
    struct api_fixture *f = *state;
    struct buf json = buf_in(f->arena);
    fixture_user(f, "root", STORE_ROLE_ADMIN);
    for (int over = 0; over < 2; over++) {
        Memos__Api__V1__Memo *memo = NULL;
        json.len = 0;
        buf_add_str(&json, "{\"memo\":{\"content\":\"");
        for (int i = 0; i < 8192 + over; i++)
            buf_add_char(&json, 'x');
        buf_add_str(&json, "\"}}");
        struct api_call *call = fixture_call(f, "root");
        enum status_code code = api_memo_service_create_memo(
            call, REQUEST(f, CreateMemoRequest, create_memo_request, buf_str(&json)), &memo, &f->status);
        assert_int_equal(code, over ? STATUS_INVALID_ARGUMENT : STATUS_OK);
    }
    assert_string_equal(f->status.message, "content too long (max 8192 characters)");
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, fixture_close)

/* A request may not keep all other writers waiting. */
static void bounds_the_relations_of_one_request(void **state)
{
    struct api_fixture *f = *state;
    enum { TOO_MANY = 1025 };
    const Memos__Api__V1__Memo *memo = create(f, "alice", "{\"memo\":{\"content\":\"x\"}}");
    Memos__Api__V1__MemoRelation__Memo target = MEMOS__API__V1__MEMO_RELATION__MEMO__INIT;
    Memos__Api__V1__MemoRelation relation = MEMOS__API__V1__MEMO_RELATION__INIT, *relations[TOO_MANY];
    Memos__Api__V1__SetMemoRelationsRequest request = MEMOS__API__V1__SET_MEMO_RELATIONS_REQUEST__INIT;
    Google__Protobuf__Empty *empty = NULL;
    target.name = memo->name;
    relation.related_memo = &target;
    for (size_t i = 0; i < TOO_MANY; i++)
        relations[i] = &relation;
    request.name = memo->name;
    request.relations = relations;
    request.n_relations = TOO_MANY;
    struct api_call *call = fixture_call(f, "alice");
    assert_int_equal(api_memo_service_set_memo_relations(call, &request, &empty, &f->status), STATUS_INVALID_ARGUMENT);
    assert_string_equal(f->status.message, "too many relations (max 1024)");
    request.n_relations = TOO_MANY - 1;
    assert_int_equal(api_memo_service_set_memo_relations(call, &request, &empty, &f->status), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists_run_a_constant_number_of_statements, fixture_empty),
        TEST(a_failed_part_leaves_no_memo, fixture_recorded),
        TEST(deleting_takes_one_level_and_everything_attached, fixture_recorded),
        TEST(mentions_tell_those_who_may_see, fixture_recorded),
        TEST(comments_are_as_visible_as_their_memo, fixture_recorded),
        TEST(masks_change_what_they_name, fixture_recorded),
        TEST(live_photos_stay_together_or_go, fixture_recorded),
        TEST(the_content_limit_counts_bytes, fixture_empty),
        TEST(bounds_the_relations_of_one_request, fixture_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
