/* What the store does, with the outcome that it must have on every database. */
#include <string.h>

#include "db_store.h"
#include "store/memo.h"
#include "store/relation.h"
#include "store/user.h"

enum { ALICE = 1, BOB = 2, CAROL = 3, NOW = 1795489931 /* 2026-11-24T03:12:11Z */ };

#define HOSTILE "'; DROP TABLE memo; -- \" \\ % _ ` $1 ? {fold:x}"
#define FOUR_BYTES "\xF0\x9F\x9A\x80\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB"

/* ---- users ---- */

static void create_user(struct transcript *t, const char *username, bool only_as_first)
{
    const struct store_user_new fresh = {.username = username,
                                         .email = "",
                                         .nickname = "",
                                         .password_hash = "hash of " HOSTILE,
                                         .avatar_url = "",
                                         .role = only_as_first ? STORE_ROLE_ADMIN : STORE_ROLE_USER,
                                         .only_as_first = only_as_first};
    struct store_user user = {0};
    struct status status = {0};
    enum status_code code = store_user_create(t->store, t->arena, &fresh, &user, &status);
    transcript_code(t, username, code);
    if (code == STATUS_OK)
        buf_printf(&t->text, "  %d %s %s\n", user.id, user.username, store_role_name(user.role));
}

static void list_users(struct transcript *t, const struct store_user_find *find)
{
    struct db_conn *conn = NULL;
    struct status status = {0};
    struct store_user *users = NULL;
    size_t count = 0;
    enum status_code code = store_read_begin(t->store, &conn, &status);
    if (code == STATUS_OK)
        code = store_user_list(t->store, conn, t->arena, find, &users, &count, &status);
    store_read_end(conn);
    transcript_code(t, "list", code);
    for (size_t i = 0; i < count; i++)
        buf_printf(&t->text, "  %s %s %s\n", users[i].username, store_role_name(users[i].role), users[i].nickname);
}

static void run_users(struct transcript *t)
{
    const struct store_user_change change = {.columns = STORE_USER_SET_NICKNAME | STORE_USER_SET_DESCRIPTION,
                                             .nickname = FOUR_BYTES,
                                             .description = HOSTILE};
    struct store_user user = {0};
    struct status status = {0};
    char *hash = NULL;
    create_user(t, "alice", true);
    create_user(t, "mallory", true);
    create_user(t, "bob", false);
    create_user(t, "carol", false);
    create_user(t, "bob", false); /* last: some databases give the id away */
    transcript_code(t, "update", store_user_update(t->store, t->arena, BOB, &change, &user, &status));
    transcript_code(t, "by name", store_user_get_by_username(t->store, NULL, t->arena, "bob", &user, &status));
    buf_printf(&t->text, "  %s|%s\n", user.nickname, user.description);
    transcript_code(t, "nobody", store_user_get_by_username(t->store, NULL, t->arena, HOSTILE, &user, &status));
    transcript_code(t, "hash", store_user_password_hash(t->store, t->arena, ALICE, &hash, &status));
    buf_printf(&t->text, "  %s\n", hash ? hash : "none");
    list_users(t, &(struct store_user_find){.only_admins = true});
    list_users(t, &(struct store_user_find){.username = "bob"});
    list_users(t, &(struct store_user_find){.username = "' OR 1 = 1 --"});
}

static const char users_expected[] = "alice: ok\n  1 alice ADMIN\nmallory: FailedPrecondition\nbob: ok\n  2 bob USER\n"
                                     "carol: ok\n  3 carol USER\nbob: AlreadyExists\nupdate: ok\nby name: ok\n"
                                     "  " FOUR_BYTES "|" HOSTILE "\nnobody: NotFound\nhash: ok\n  hash of " HOSTILE
                                     "\nlist: ok\n  alice ADMIN \nlist: ok\n  bob USER " FOUR_BYTES "\nlist: ok\n";

/* ---- memos ---- */

struct memo_row {
    const char *uid, *content;
    int32_t creator;
    enum store_visibility visibility;
    bool pinned;
    int64_t created, updated;
};

static const struct memo_row memo_rows[] = {
    {"m1", "Hello World #book", ALICE, STORE_PUBLIC, false, NOW - 500, NOW - 5},
    {"m2", "see [it](https://a.example) `x` #work/plan", ALICE, STORE_PRIVATE, true, NOW - 400, NOW - 400},
    {"m3", FOUR_BYTES " " HOSTILE, BOB, STORE_PUBLIC, false, NOW - 300, NOW - 300},
    {"m4", "- [ ] open\n- [x] done #todo", BOB, STORE_PROTECTED, false, NOW - 300, NOW - 300},
    {"m5", "100% sure_thing #work", CAROL, STORE_PRIVATE, true, NOW - 300, NOW - 1},
    {"m6", "", CAROL, STORE_PUBLIC, false, NOW - 100, NOW - 100},
    {"c1", "a comment", BOB, STORE_PUBLIC, false, NOW - 50, NOW - 50},
};
enum { MEMO_COUNT = sizeof memo_rows / sizeof memo_rows[0] };

static enum status_code insert_memos(struct db_conn *conn, void *ctx, struct status *status)
{
    struct transcript *t = ctx;
    for (size_t i = 0; i < MEMO_COUNT; i++) {
        const struct memo_row *row = &memo_rows[i];
        size_t length = strlen(row->content);
        struct store_memo memo = {.uid = row->uid,
                                  .creator_id = row->creator,
                                  .content = row->content,
                                  .content_length = length,
                                  .visibility = row->visibility,
                                  .pinned = row->pinned,
                                  .created_ts = row->created,
                                  .updated_ts = row->updated,
                                  .payload = store_memo_payload_build(t->arena, row->content, length, NULL)};
        enum status_code code = store_memo_insert(conn, t->arena, &memo, status);
        if (code)
            return code;
    }
    return store_relation_add(conn, MEMO_COUNT, 1, STORE_RELATION_COMMENT, status);
}

static void list_memos(struct transcript *t, const char *what, struct store_memo_find find)
{
    struct db_conn *conn = NULL;
    struct status status = {0};
    struct store_memo *memos = NULL;
    size_t count = 0;
    enum status_code code = store_read_begin(t->store, &conn, &status);
    if (code == STATUS_OK)
        code = store_memo_list(conn, t->arena, &find, &memos, &count, &status);
    store_read_end(conn);
    buf_printf(&t->text, "%s:", what);
    if (code)
        buf_printf(&t->text, " %s", status_code_camel(code));
    for (size_t i = 0; i < count; i++)
        buf_printf(&t->text, " %s", memos[i].uid);
    buf_add_char(&t->text, '\n');
}

static void run_memos(struct transcript *t)
{
    const struct store_viewer all = {.kind = STORE_VIEWER_ALL}, bob = {.kind = STORE_VIEWER_USER, .user_id = BOB};
    const struct store_viewer anyone = {.kind = STORE_VIEWER_ANYONE_PUBLIC};
    struct status status = {0};
    struct store_memo memo = {0};
    struct db_conn *conn = NULL;
    transcript_code(t, "insert", store_write(t->store, insert_memos, t, &status));
    transcript_code(t, "again", store_write(t->store, insert_memos, t, &status));
    list_memos(t, "all", (struct store_memo_find){.viewer = all});
    list_memos(t, "with comments", (struct store_memo_find){.viewer = all, .include_comments = true});
    list_memos(t, "for bob", (struct store_memo_find){.viewer = bob});
    list_memos(t, "for anyone", (struct store_memo_find){.viewer = anyone});
    list_memos(t, "pinned first", (struct store_memo_find){.viewer = all, .pinned_first = true});
    list_memos(t, "by change", (struct store_memo_find){.viewer = all, .by_update_time = true});
    list_memos(t, "ascending", (struct store_memo_find){.viewer = all, .ascending = true});
    list_memos(t, "of carol", (struct store_memo_find){.viewer = all, .creator_id = CAROL});
    list_memos(t, "archived", (struct store_memo_find){.viewer = all, .row_status = STORE_ARCHIVED});
    for (uint64_t offset = 0; offset < MEMO_COUNT; offset += 2)
        list_memos(t, "page", (struct store_memo_find){.viewer = all, .limit = 2, .offset = offset});
    enum status_code code = store_read_begin(t->store, &conn, &status);
    if (code == STATUS_OK)
        code = store_memo_get(conn, t->arena, "m3", &memo, &status);
    transcript_code(t, "get", code);
    buf_printf(&t->text, "  %.*s %lld\n", (int)memo.content_length, memo.content ? memo.content : "",
               (long long)memo.created_ts);
    transcript_code(t, "nothing", store_memo_get(conn, t->arena, "M3' OR '1'='1", &memo, &status));
    store_read_end(conn);
}

static const char memos_expected[] =
    "insert: ok\nagain: AlreadyExists\nall: m6 m5 m4 m3 m2 m1\nwith comments: c1 m6 m5 m4 m3 m2 m1\n"
    "for bob: m6 m4 m3 m1\nfor anyone: m6 m3 m1\npinned first: m5 m2 m6 m4 m3 m1\nby change: m5 m1 m6 m4 m3 m2\n"
    "ascending: m1 m2 m5 m4 m3 m6\nof carol: m6 m5\narchived:\npage: m6 m5\npage: m4 m3\npage: m2 m1\npage:\n"
    "get: ok\n  " FOUR_BYTES " " HOSTILE " 1795489631\nnothing: NotFound\n";

/* ---- filters ---- */

static void run_filters(struct transcript *t)
{
    static const char *const filters[] = {
        "content.contains(\"HELLO\")",
        "content.contains(\"100%\")",
        "content.contains(\"E_T\")",
        "content.contains(\"'; DROP\")",
        "content.contains(\"\\\\\")",
        "content.startsWith(\"- [\")",
        "content.endsWith(\"#WORK\")",
        "content.matches(\"^[A-Z][a-z]+ World\")",
        "tag in [\"work\"]",
        "\"work\" in tags",
        "tags.exists(t, t.startsWith(\"wor\"))",
        "size(tags) == 0",
        "pinned && visibility == \"PRIVATE\"",
        "has_link || has_task_list",
        "has_incomplete_tasks && !has_code",
        "creator == \"users/bob\"",
        "creator_id in [1, 3] && created_ts > timestamp(1795489500)",
        "created_ts < now - duration(\"350s\")",
        "created_ts.getFullYear() == 2026 && created_ts.getMinutes() == 3",
        "visibility in [\"PUBLIC\", \"PROTECTED\"] && !pinned",
    };
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        struct filter_sql filter;
        struct status status = {0};
        const struct store_memo_find find = {.viewer = {.kind = STORE_VIEWER_ALL}, .filter = &filter};
        if (filter_compile(t->arena, FILTER_MEMO, filters[i], NOW, db_dialect(t->db), &filter, &status))
            transcript_code(t, filters[i], status.code);
        else
            list_memos(t, filters[i], find);
    }
}

static const char filters_expected[] = "content.contains(\"HELLO\"): m1\n"
                                       "content.contains(\"100%\"): m5\n"
                                       "content.contains(\"E_T\"): m5\n"
                                       "content.contains(\"'; DROP\"): m3\n"
                                       "content.contains(\"\\\\\"): m3\n"
                                       "content.startsWith(\"- [\"): m4\n"
                                       "content.endsWith(\"#WORK\"): m5\n"
                                       "content.matches(\"^[A-Z][a-z]+ World\"): m1\n"
                                       "tag in [\"work\"]: m5 m2\n"
                                       "\"work\" in tags: m5\n"
                                       "tags.exists(t, t.startsWith(\"wor\")): m5 m2\n"
                                       "size(tags) == 0: m6 m3\n"
                                       "pinned && visibility == \"PRIVATE\": m5 m2\n"
                                       "has_link || has_task_list: m4 m2\n"
                                       "has_incomplete_tasks && !has_code: m4\n"
                                       "creator == \"users/bob\": m4 m3\n"
                                       "creator_id in [1, 3] && created_ts > timestamp(1795489500): m6 m5 m2\n"
                                       "created_ts < now - duration(\"350s\"): m2 m1\n"
                                       "created_ts.getFullYear() == 2026 && created_ts.getMinutes() == 3: m1\n"
                                       "visibility in [\"PUBLIC\", \"PROTECTED\"] && !pinned: m6 m4 m3 m1\n";

const struct golden golden_notes[] = {
    {"the store: users", run_users, users_expected},
    {"the store: memos, their order and pages", run_memos, memos_expected},
    {"the store: filters", run_filters, filters_expected},
    {0},
};
