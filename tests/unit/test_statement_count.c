/* Lists run the same few statements however long they are, on every database: what crosses the border to the plugin is
 * counted there, so that transactions, prepares and the care of connections count as well. */
#include "api_fixture.h"

#include "memos/api/v1/memo_service.pb-c.h"
#include "memos/api/v1/user_service.pb-c.h"

#define REQUEST(f, Type, type, json)                                                                                   \
    ((const Memos__Api__V1__##Type *)fixture_request((f), &memos__api__v1__##type##__descriptor, (json)))

enum { MEMOS = 40, PAGE = 20, MOST_OF_LIST = 6, MOST_OF_GET = 5 };

static const struct memora_db_ops *real; /* of the backend under test */
static bool over_a_wire;                 /* there BEGIN and COMMIT are round trips */
static unsigned calls;

static int counted_bind(struct memora_stmt *statement, const struct memora_value *values, uint32_t count,
                        struct memora_error *error)
{
    calls++;
    return real->bind(statement, values, count, error);
}

static int counted_prepare(struct memora_conn *conn, const char *sql, size_t length, struct memora_stmt **out,
                           struct memora_error *error)
{
    calls++;
    return real->prepare(conn, sql, length, out, error);
}

static int counted_begin(struct memora_conn *conn, uint32_t mode, struct memora_error *error)
{
    calls += over_a_wire;
    return real->begin(conn, mode, error);
}

static int counted_commit(struct memora_conn *conn, struct memora_error *error)
{
    calls += over_a_wire;
    return real->commit(conn, error);
}

static int counted_rollback(struct memora_conn *conn, struct memora_error *error)
{
    calls += over_a_wire;
    return real->rollback(conn, error);
}

static int counted_script(struct memora_conn *conn, const char *sql, size_t length, struct memora_error *error)
{
    calls++;
    return real->script(conn, sql, length, error);
}

static void open_through_counter(struct api_fixture *f, const char *plugin_name, const char *dsn)
{
    static struct memora_db_ops counting;
    const struct config_entry entries[] = {{.key = "dsn", .value = dsn, .file = "test", .line = 1}};
    const struct config_section section = {.name = "database", .entries = entries, .count = 1};
    const struct db_options options = {
        .read_connections = 4, .statement_cache = 64, .statement_timeout_ns = 10 * INT64_C(1000000000)};
    const struct memora_config *checked = NULL;
    const struct plugin *plugin = fixture_plugin(MEMORA_KIND_DB, plugin_name);
    real = &plugin->ops.db;
    counting = *real;
    counting.bind = counted_bind;
    counting.prepare = counted_prepare;
    counting.begin = counted_begin;
    counting.commit = counted_commit;
    counting.rollback = counted_rollback;
    counting.script = counted_script;
    if (plugin_configure(plugin, &section, &f->config, &checked, &f->status) ||
        db_open(&counting, checked, &options, &f->db, &f->status) || db_migrate(f->db, &f->status))
        fail_msg("%s", f->status.message);
    over_a_wire = !(db_dialect(f->db)->features & MEMORA_SQL_SINGLE_WRITER);
    f->store = store_create(f->db);
    if (blob_open(fixture_plugin(MEMORA_KIND_STORAGE, "fs"), &f->config, &f->blob, &f->status) ||
        auth_create(f->store, false, &f->auth, &f->status))
        fail_msg("%s", f->status.message);
    f->services = (struct api_services){.store = f->store, .blob = f->blob, .auth = f->auth, .config = &f->config};
}

/* Memos by two people, each with an attachment, a reaction, a comment, and a relation to the next. */
static void fill(struct api_fixture *f)
{
    Memos__Api__V1__Memo *memo = NULL;
    fixture_user(f, "root", STORE_ROLE_ADMIN);
    fixture_user(f, "other", STORE_ROLE_USER);
    for (int i = 1; i <= MEMOS; i++) {
        struct api_call *call = fixture_call(f, i % 2 ? "root" : "other");
        const char *json = arena_printf(
            f->arena, "{\"memo\":{\"content\":\"m%d\",\"visibility\":\"PUBLIC\"},\"memoId\":\"m%d\"}", i, i);
        if (api_memo_service_create_memo(call, REQUEST(f, CreateMemoRequest, create_memo_request, json), &memo,
                                         &f->status))
            fail_msg("%s", f->status.message);
    }
    for (int i = 1; i <= MEMOS; i++) {
        struct api_call *call = fixture_call(f, "other");
        const char *json = arena_printf(
            f->arena, "{\"name\":\"memos/m%d\",\"comment\":{\"content\":\"c\",\"visibility\":\"PUBLIC\"}}", i);
        if (api_memo_service_create_memo_comment(
                call, REQUEST(f, CreateMemoCommentRequest, create_memo_comment_request, json), &memo, &f->status))
            fail_msg("%s", f->status.message);
    }
    fixture_sql(f, "INSERT INTO attachment (uid, creator_id, filename, memo_id, reference, payload) "
                   "SELECT memo.uid, memo.creator_id, 'a.txt', memo.id, '', '{}' FROM memo");
    for (int i = 1; i <= MEMOS; i++)
        fixture_sql(f, arena_printf(f->arena,
                                    "INSERT INTO reaction (creator_id, content_id, reaction_type) VALUES (1, "
                                    "'memos/m%d', 'x')",
                                    i));
    fixture_sql(f, "INSERT INTO memo_relation (memo_id, related_memo_id, type) SELECT memo.id, memo.id + 1, "
                   "'REFERENCE' FROM memo WHERE memo.id < 40");
}

static void assert_complete(Memos__Api__V1__Memo *const *memos, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(memos[i]->n_attachments, 1);
        assert_int_equal(memos[i]->n_reactions, 1);
        assert_true(memos[i]->n_relations > 0);
    }
}

static unsigned calls_of_list(struct api_fixture *f, const char *as, int page)
{
    Memos__Api__V1__ListMemosResponse *answer = NULL;
    struct api_call *call = fixture_call(f, as);
    const char *json = arena_printf(f->arena, "{\"pageSize\":%d}", page);
    const Memos__Api__V1__ListMemosRequest *request = REQUEST(f, ListMemosRequest, list_memos_request, json);
    calls = 0;
    if (api_memo_service_list_memos(call, request, &answer, &f->status))
        fail_msg("%s", f->status.message);
    unsigned used = calls;
    assert_int_equal(answer->n_memos, page);
    assert_complete(answer->memos, answer->n_memos);
    return used;
}

static unsigned calls_of_get(struct api_fixture *f, const char *as)
{
    Memos__Api__V1__Memo *memo = NULL;
    struct api_call *call = fixture_call(f, as);
    const Memos__Api__V1__GetMemoRequest *request =
        REQUEST(f, GetMemoRequest, get_memo_request, "{\"name\":\"memos/m7\"}");
    calls = 0;
    if (api_memo_service_get_memo(call, request, &memo, &f->status))
        fail_msg("%s", f->status.message);
    unsigned used = calls;
    assert_complete(&memo, 1);
    return used;
}

static unsigned calls_of_comments(struct api_fixture *f)
{
    Memos__Api__V1__ListMemoCommentsResponse *answer = NULL;
    struct api_call *call = fixture_call(f, "root");
    const Memos__Api__V1__ListMemoCommentsRequest *request =
        REQUEST(f, ListMemoCommentsRequest, list_memo_comments_request, "{\"name\":\"memos/m7\"}");
    calls = 0;
    if (api_memo_service_list_memo_comments(call, request, &answer, &f->status))
        fail_msg("%s", f->status.message);
    unsigned used = calls;
    assert_int_equal(answer->n_memos, 1);
    assert_string_equal(answer->memos[0]->parent, "memos/m7");
    return used;
}

static Memos__Api__V1__Memo *get(struct api_fixture *f, const char *uid, unsigned *used)
{
    Memos__Api__V1__Memo *memo = NULL;
    struct api_call *call = fixture_call(f, "root");
    const char *json = arena_printf(f->arena, "{\"name\":\"memos/%s\"}", uid);
    const Memos__Api__V1__GetMemoRequest *request = REQUEST(f, GetMemoRequest, get_memo_request, json);
    calls = 0;
    if (api_memo_service_get_memo(call, request, &memo, &f->status))
        fail_msg("%s: %s", uid, f->status.message);
    *used = calls;
    return memo;
}

/* What a memo is without is not asked for, and what it has is shown whatever else it is without. */
static void check_memos_with_few_parts(struct api_fixture *f)
{
    enum { BARE = 2 }; /* the memo, and its creator, since no cache hears of changes here */
    static const char *const uids[] = {"bare", "attached", "reacted", "away", "here"};
    unsigned used;
    for (size_t i = 0; i < sizeof uids / sizeof uids[0]; i++) {
        Memos__Api__V1__Memo *memo;
        const char *json = arena_printf(
            f->arena, "{\"memo\":{\"content\":\"x\",\"visibility\":\"PUBLIC\"},\"memoId\":\"%s\"}", uids[i]);
        if (api_memo_service_create_memo(fixture_call(f, "root"),
                                         REQUEST(f, CreateMemoRequest, create_memo_request, json), &memo, &f->status))
            fail_msg("%s", f->status.message);
    }
    fixture_sql(f,
                "INSERT INTO attachment (uid, creator_id, filename, memo_id, reference, payload) "
                "SELECT memo.uid, memo.creator_id, 'a.txt', memo.id, '', '{}' FROM memo WHERE memo.uid = 'attached'");
    fixture_sql(f, "INSERT INTO reaction (creator_id, content_id, reaction_type) VALUES (1, 'memos/reacted', 'x')");
    fixture_sql(f, "INSERT INTO memo_relation (memo_id, related_memo_id, type) SELECT a.id, b.id, 'REFERENCE' "
                   "FROM memo AS a JOIN memo AS b ON a.uid = 'away' AND b.uid = 'here'");
    get(f, "m7", &used); /* prepares */
    for (size_t i = 0; i < sizeof uids / sizeof uids[0]; i++) {
        const Memos__Api__V1__Memo *memo = get(f, uids[i], &used);
        assert_int_equal(used, i == 0 ? BARE : BARE + 1);
        assert_int_equal(memo->n_attachments, i == 1);
        assert_int_equal(memo->n_reactions, i == 2);
        assert_int_equal(memo->n_relations, i == 3 || i == 4);
    }
}

static unsigned calls_of_create(struct api_fixture *f)
{
    Memos__Api__V1__Memo *memo = NULL;
    struct api_call *call = fixture_call(f, "other");
    const Memos__Api__V1__CreateMemoRequest *request =
        REQUEST(f, CreateMemoRequest, create_memo_request, "{\"memo\":{\"content\":\"x\"}}");
    calls = 0;
    if (api_memo_service_create_memo(call, request, &memo, &f->status))
        fail_msg("%s", f->status.message);
    return calls;
}

/* Who has no webhooks pays nothing for them; who has some, one statement for all of them. */
static void check_what_webhooks_cost(struct api_fixture *f)
{
    enum { CREATE = 4 }; /* the row; its attachments, reactions and relations, to be shown */
    Memos__Api__V1__UserWebhook *hook;
    struct store_user other;
    /* As whoever has signed in is. */
    assert_works(
        f, store_user_get(f->store, NULL, f->arena, fixture_call(f, "other")->caller.user_id, &other, &f->status));
    calls_of_create(f); /* prepares */
    assert_in_range(calls_of_create(f), 1, CREATE);
    for (int i = 1; i <= 2; i++) {
        const Memos__Api__V1__CreateUserWebhookRequest *request =
            REQUEST(f, CreateUserWebhookRequest, create_user_webhook_request,
                    "{\"parent\":\"users/other\",\"webhook\":{\"url\":\"http://127.0.0.1/\"}}");
        if (api_user_service_create_user_webhook(fixture_call(f, "other"), request, &hook, &f->status))
            fail_msg("%s", f->status.message);
        calls_of_create(f); /* prepares */
        assert_in_range(calls_of_create(f), 2, CREATE + 1);
    }
}

static void check(const char *plugin_name, const char *dsn)
{
    struct api_fixture *f = fixture_new();
    open_through_counter(f, plugin_name, dsn ? dsn : f->path);
    fill(f);
    static const char *const callers[] = {"root", "other", NULL};
    for (size_t i = 0; i < sizeof callers / sizeof callers[0]; i++) {
        calls_of_list(f, callers[i], PAGE); /* prepares */
        calls_of_list(f, callers[i], 2);
        calls_of_get(f, callers[i]);
        unsigned list = calls_of_list(f, callers[i], PAGE), get = calls_of_get(f, callers[i]);
        assert_in_range(list, 1, MOST_OF_LIST);
        assert_in_range(get, 1, MOST_OF_GET);
        assert_int_equal(calls_of_list(f, callers[i], 2), list);
    }
    calls_of_comments(f);
    assert_in_range(calls_of_comments(f), 1, MOST_OF_LIST + 1); /* the parent's row comes first */
    check_memos_with_few_parts(f);
    if (!over_a_wire) /* elsewhere no cache hears of changes here */
        check_what_webhooks_cost(f);
    fixture_close_services(f);
    fixture_remove_directory(f->dir);
    arena_destroy(f->arena);
    free(f);
}

static int script(const char *name, const char *action, const char *dir, const char *rest)
{
    char command[FIXTURE_COMMAND];
    snprintf(command, sizeof command, "'%s/tests/lib/%s' %s '%s' >&2 %s", MEMORA_TEST_SOURCE_DIR, name, action, dir,
             rest);
    return system(command);
}

static void sqlite_counts(void **state)
{
    (void)state;
    check("sqlite", NULL);
}

static void postgres_counts(void **state)
{
    char dir[] = "/tmp/memora-count-XXXXXX", dsn[FIXTURE_COMMAND];
    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(script("postgres.sh", "start", dir, ""), 0);
    assert_int_equal(script("postgres.sh", "sql", dir, "<<'END'\nCREATE DATABASE notes;\nEND\n"), 0);
    snprintf(dsn, sizeof dsn, "host=%s user=memora dbname=notes", dir);
    check("postgres", dsn);
    assert_int_equal(script("postgres.sh", "remove", dir, ""), 0);
}

static void mysql_counts(void **state)
{
    char dir[] = "/tmp/memora-count-XXXXXX", dsn[FIXTURE_COMMAND];
    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(script("mariadb.sh", "start", dir, ""), 0);
    assert_int_equal(script("mariadb.sh", "sql", dir,
                            "<<'END'\nCREATE DATABASE notes CHARACTER SET utf8mb4; CREATE USER memora@localhost "
                            "IDENTIFIED BY 'secret'; GRANT ALL ON notes.* TO memora@localhost;\nEND\n"),
                     0);
    snprintf(dsn, sizeof dsn, "memora:secret@unix(%s/sock)/notes", dir);
    check("mysql", dsn);
    assert_int_equal(script("mariadb.sh", "remove", dir, ""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sqlite_counts),
        cmocka_unit_test(postgres_counts),
        cmocka_unit_test(mysql_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
