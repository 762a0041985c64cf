/* The worked examples of contract memos.md 4.7, run by SQLite through the plugin. */
#include "filter_fixture.h"

struct example {
    const char *filter, *selects;
};

#define ALL "f1 f2 f3 f4 f5 f6"

static void insert_memo(struct db *db, const char *uid, const char *content, const char *visibility, bool pinned,
                        int64_t created, int64_t updated, const char *payload)
{
    const struct memora_value params[] = {db_text(uid),    db_text(content), db_text(visibility), db_bool(pinned),
                                          db_int(created), db_int(updated),  db_text(payload)};
    struct one_statement one = {
        .sql = "INSERT INTO memo (uid, creator_id, content, visibility, pinned, created_ts, updated_ts, payload) "
               "VALUES (?, 3, ?, ?, ?, ?, ?, ?)",
        .params = params,
        .count = sizeof params / sizeof params[0]};
    struct status status = {0};
    if (db_write(db, run_statement, &one, &status))
        fail_msg("%s", status.message);
}

static int setup_memos(void **state)
{
    setup(state);
    struct fixture *f = *state;
    struct status status = {0};
    if (db_migrate(f->db, &status))
        fail_msg("%s", status.message);
    execute(f->db, "INSERT INTO `user` (id, username, password_hash) VALUES (1, 'alice', ''), (3, 'carol', '')");
    const int64_t recent = NOW - 60;
    insert_memo(f->db, "f1", "Hello World #book", "PUBLIC", false, 1705314030, 1706745600,
                "{\"property\":{}, \"tags\":[\"book\"]}");
    insert_memo(f->db, "f2", "hello there #book/fiction #Work", "PROTECTED", false, 1719791999, NOW,
                "{\"property\":{}, \"tags\":[\"book/fiction\", \"Work\"]}");
    insert_memo(f->db, "f3", "# Ünïcode ÉCOLE #bookish\n- [ ] todo", "PRIVATE", false, 1740787200, NOW,
                "{\"property\":{\"hasTaskList\":true, \"hasIncompleteTasks\":true}, \"tags\":[\"bookish\"]}");
    insert_memo(f->db, "f4", "100% sure_thing [l](u) `c` #work", "PUBLIC", true, recent, recent,
                "{\"property\":{\"hasLink\":true, \"hasCode\":true}, \"tags\":[\"work\"]}");
    insert_memo(f->db, "f5", "no tags here", "PUBLIC", false, recent, recent, "{\"property\":{}}");
    insert_memo(f->db, "f6", "- [x] done #a #b", "PRIVATE", false, recent, recent,
                "{\"property\":{\"hasTaskList\":true}, \"tags\":[\"a\", \"b\"]}");
    return 0;
}

static const char *memos_of(struct arena *arena, struct db *db, const char *text)
{
    struct filter_sql filter = compiled(arena, db, FILTER_MEMO, text);
    return selected(arena, db, "SELECT memo.uid FROM memo JOIN `user` ON `user`.id = memo.creator_id WHERE 1 = 1",
                    &filter, "ORDER BY memo.uid");
}

static void check(struct fixture *f, const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_create();
        print_message("%s\n", examples[i].filter);
        assert_string_equal(memos_of(arena, f->db, examples[i].filter), examples[i].selects);
        arena_destroy(arena);
    }
}
#define CHECK(examples) check(*state, examples, sizeof examples / sizeof examples[0])

static void text(void **state)
{
    static const struct example examples[] = {
        {"", ALL},
        {"content.contains(\"HELLO\")", "f1 f2"},
        {"content.contains(\"école\")", "f3"},
        {"content.contains(\"100%\")", "f4"},
        {"content.contains(\"_\")", "f4"},
        {"content.contains(\"\\\\\")", ""},
        {"content.contains(\"\")", ALL},
        {"content.startsWith(\"hello\")", "f1 f2"},
        {"content.endsWith(\"BOOK\")", "f1"},
        {"content.matches(\"^Hello\")", "f1"},
        {"content.matches(\"(?i)^hello\")", "f1 f2"},
        {"matches(content, \"^Hello\")", "f1"},
        {"content == \"no tags here\"", "f5"},
        {"content != \"no tags here\"", "f1 f2 f3 f4 f6"},
        {"content in [\"no tags here\"]", "f5"},
        {"content == \"\"\"no tags here\"\"\"", "f5"},
        {"content == \"no tags here\" // c", "f5"},
        {"content < \"b\"", "f1 f3 f4 f6"},
        {"\"a\" < content", "f2 f5"},
        {"content >= 'hello there' && content <= \"no\"", "f2"},
        {"size(content) > 20", "f2 f3 f4"},
        {"12 == size(content)", "f5"},
        {"content.contains(\"'; DROP TABLE memo; --\")", ""},
    };
    CHECK(examples);
}

static void tags(void **state)
{
    static const struct example examples[] = {
        {"size(tags) == 2", "f2 f6"},
        {"size(tag) == 1", "f1 f3 f4"},
        {"size(tags) == 0", "f5"},
        {"tag in [\"book\"]", "f1 f2"},
        {"tag in [\"work\"]", "f2 f4"},
        {"tag in [\"a\",\"zzz\"]", "f6"},
        {"tag in [\"BOOK\"]", "f1 f2"},
        {"!(tag in [\"book\"])", "f3 f4 f6"},
        {"\"book\" in tags", "f1"},
        {"\"boo\" in tags", ""},
        {"\"BOOK\" in tags", "f1"},
        {"!(\"book\" in tags)", "f2 f3 f4 f6"},
        {"tags.exists(t, t == \"book\")", "f1"},
        {"tags.exists(t, \"book\" == t)", "f1"},
        {"tags.exists(t, t.startsWith(\"book\"))", "f1 f2 f3"},
        {"tags.exists(t, t.endsWith(\"fiction\"))", "f2"},
        {"tags.exists(t, t.contains(\"oo\"))", "f1 f2 f3"},
        {"tags.exists(x, x == \"%\")", "f1 f2 f3 f4 f6"},
        {"tags.exists(t, t.contains(\"\\\",\\\"\"))", "f2 f6"},
        {"tags.all(t, t.startsWith(\"book\"))", "f1 f3"},
        {"tags.all(content, content == \"work\")", "f4"},
        {"tags.exists_one(t, t.startsWith(\"b\"))", "f1 f2 f3 f6"},
        {"!tags.exists(t, t == \"book\")", "f2 f3 f4 f5 f6"},
        {"!tags.all(t, t == \"book\")", "f2 f3 f4 f5 f6"},
        {"sets.contains(tags, [\"a\",\"b\"])", "f6"},
        {"sets.equivalent(tags, [\"b\",\"a\"])", "f6"},
        {"sets.equivalent(tags, [\"b\",\"a\",\"b\"])", "f6"},
        {"sets.equivalent(tags, [\"a\"])", ""},
        {"sets.intersects(tags, [\"a\",\"book\"])", "f1 f6"},
        {"sets.equivalent(tags, [])", "f5"},
        {"sets.contains(tags, [])", ALL},
        {"sets.intersects(tags, [])", ""},
        {"tag in []", ""},
    };
    CHECK(examples);
}

static void columns(void **state)
{
    static const struct example examples[] = {
        {"visibility in [\"PRIVATE\",\"PROTECTED\"]", "f2 f3 f6"},
        {"visibility == \"public\"", ""},
        {"\"PUBLIC\" == visibility", "f1 f4 f5"},
        {"size(visibility) == 6", "f1 f4 f5"},
        {"pinned", "f4"},
        {"!pinned", "f1 f2 f3 f5 f6"},
        {"pinned == false", "f1 f2 f3 f5 f6"},
        {"true != pinned", "f1 f2 f3 f5 f6"},
        {"has_link", "f4"},
        {"has_link == false", "f1 f2 f3 f5 f6"},
        {"has_link != false", "f4"},
        {"has_code == true", "f4"},
        {"has_task_list", "f3 f6"},
        {"!has_task_list", "f1 f2 f4 f5"},
        {"has_task_list == true", "f3 f6"},
        {"has_task_list == false", ""},
        {"has_task_list != true", ""},
        {"has_incomplete_tasks == false", "f1 f2 f4 f5 f6"},
        {"creator == \"users/carol\"", ALL},
        {"creator == \"carol\"", ""},
        {"creator != \"carol\"", ALL},
        {"creator != \"users/carol\"", ""},
        {"creator in [\"users/bob\", \"x\", \"users/carol\"]", ALL},
        {"creator in [\"x\"]", ""},
        {"size(creator) == 11", ALL},
        {"creator_id == 1+2", ALL},
        {"creator_id in [3,4]", ALL},
        {"creator_id != 3", ""},
        {"visibility in []", ""},
        {"creator_id in []", ""},
    };
    CHECK(examples);
}

static void times(void **state)
{
    static const struct example examples[] = {
        {"created_ts < timestamp(\"2024-07-01T00:00:00Z\")", "f1 f2"},
        {"timestamp(\"2024-07-01T00:00:00Z\") > created_ts", "f1 f2"},
        {"timestamp(\"2024-07-01T02:00:00+02:00\") > created_ts", "f1 f2"},
        {"created_ts >= timestamp(1719791999)", "f2 f3 f4 f5 f6"},
        {"created_ts > now - duration(\"24h\")", "f4 f5 f6"},
        {"created_ts > timestamp(\"2024-01-15T10:20:30.5Z\")", "f2 f3 f4 f5 f6"},
        {"created_ts == timestamp(\"2024-01-15T10:20:30Z\")", "f1"},
        {"updated_ts == now", "f2 f3"},
        {"created_ts.getFullYear() == 2024", "f1 f2"},
        {"created_ts.getMonth() == 0", "f1"},
        {"created_ts.getDate() == 15", "f1"},
        {"created_ts.getDayOfMonth() == 14", "f1"},
        {"created_ts.getDayOfWeek() == 1", "f1"},
        {"created_ts.getDayOfYear() == 14", "f1"},
        {"created_ts.getHours() == 23", "f2"},
        {"created_ts.getMinutes() == 20", "f1"},
        {"created_ts.getSeconds() >= 30 && created_ts.getSeconds() < 31", "f1"},
        {"now.getFullYear() == created_ts.getFullYear()", "f4 f5 f6"},
        {"now.getFullYear() == 2026 && now.getMonth() == 10 && now.getDate() == 24 && now.getDayOfWeek() == 2", ALL},
        {"now.getHours() == 3 && now.getMinutes() == 12 && now.getSeconds() == 11 && now.getDayOfYear() == 327", ALL},
        {"created_ts > now - duration(\"1m1.5s\")", "f4 f5 f6"},
        {"created_ts > now - duration(\"59s\")", ""},
        {"timestamp(\"1969-12-31T23:59:59Z\").getFullYear() == 1969", ALL},
    };
    CHECK(examples);
}

static void logic(void **state)
{
    static const struct example examples[] = {
        {"true", ALL},
        {"false", ""},
        {"false || pinned", "f4"},
        {"true || pinned", ALL},
        {"false && pinned", ""},
        {"true && pinned", "f4"},
        {"!(true && !false)", ""},
        {"1 < 2", ALL},
        {"\"a\" == \"a\" && pinned", "f4"},
        {"1u < 2u && 1.5 > 1.0 && true != false && null == null && b\"a\" < b\"b\"", ALL},
        {"-7 / 2 == -3 && 7 % -2 == 1 && -(3) * 2 == -6", ALL},
        {"!!pinned", "f4"},
        {"pinned || content.startsWith(\"no\") && visibility == \"PUBLIC\"", "f4 f5"},
        {"(pinned || has_task_list) && !has_incomplete_tasks", "f4 f6"},
        {"!(pinned || has_task_list)", "f1 f2 f5"},
    };
    CHECK(examples);
}

/* More memos of 4.7: folding that changes the length, and tags with marks in them. */
static void odd_tags(void **state)
{
    struct fixture *f = *state;
    insert_memo(f->db, "g1", "straße #ünï", "PUBLIC", false, NOW, NOW, "{\"property\":{},\"tags\":[\"ünï\"]}");
    insert_memo(f->db, "g2", "#a&b #x<y #日本/語", "PUBLIC", false, NOW, NOW,
                "{\"property\":{},\"tags\":[\"a&b\",\"x<y\",\"日本/語\"]}");
    static const struct example examples[] = {
        {"content.contains(\"STRASSE\")", "g1"},
        {"\"ÜNÏ\" in tags", ""},
        {"tags.exists_one(t, t.contains(\"ÜNÏ\"))", "g1"},
        {"\"x<y\" in tags", "g2"},
        {"tag in [\"日本\"]", "g2"},
        {"tag in [\"日\"]", ""},
        {"tag in [\"A&B\"]", "g2"},
    };
    CHECK(examples);
    execute(f->db, "DELETE FROM memo WHERE uid IN ('g1', 'g2')");
}

static void attachments(void **state)
{
    struct fixture *f = *state;
    execute(f->db, "INSERT INTO attachment (uid, creator_id, created_ts, updated_ts, filename, type, memo_id) VALUES "
                   "('a1', 3, 1705314030, 0, 'a.txt', 'text/plain', 1), "
                   "('a2', 3, 1795489000, 0, 'a.tar.gz', 'application/gzip', NULL), "
                   "('a3', 3, 1795489000, 0, 'Ä.png', 'image/png', 2)");
    static const struct example examples[] = {
        {"filename.contains(\"A.T\")", "a1 a2"},
        {"filename == \"a.txt\"", "a1"},
        {"filename.startsWith(\"ä\")", "a3"},
        {"filename.matches(\"\\\\.gz$\")", "a2"},
        {"size(filename) == 5", "a1 a3"},
        {"mime_type.startsWith(\"image/\")", "a3"},
        {"mime_type in [\"image/png\", \"text/plain\"]", "a1 a3"},
        {"memo_id == null", "a2"},
        {"memo_id != null", "a1 a3"},
        {"null == memo_id", "a2"},
        {"memo_id == 2", "a3"},
        {"memo_id in [1, 2]", "a1 a3"},
        {"create_time.getFullYear() == now.getFullYear()", "a2 a3"},
        {"create_time < timestamp(\"2024-07-01T00:00:00Z\")", "a1"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct arena *arena = arena_create();
        struct filter_sql filter = compiled(arena, f->db, FILTER_ATTACHMENT, examples[i].filter);
        print_message("%s\n", examples[i].filter);
        assert_string_equal(selected(arena, f->db, "SELECT attachment.uid FROM attachment WHERE 1 = 1", &filter,
                                     "ORDER BY attachment.uid"),
                            examples[i].selects);
        arena_destroy(arena);
    }
}

/* As many values as are allowed, and a long chain, still run. */
static void large(void **state)
{
    struct fixture *f = *state;
    struct arena *arena = arena_create();
    struct buf list = buf_in(arena), chain = buf_in(arena);
    for (int i = 0; i < 500; i++)
        buf_printf(&list, "%s%d", i ? "," : "creator_id in [", i);
    buf_add_str(&list, "]");
    assert_string_equal(memos_of(arena, f->db, buf_str(&list)), ALL);
    for (int i = 0; i < 160; i++)
        buf_printf(&chain, "%spinned == true", i ? " || " : "");
    assert_string_equal(memos_of(arena, f->db, buf_str(&chain)), "f4");
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text),  cmocka_unit_test(tags),     cmocka_unit_test(columns),     cmocka_unit_test(times),
        cmocka_unit_test(logic), cmocka_unit_test(odd_tags), cmocka_unit_test(attachments), cmocka_unit_test(large),
    };
    return cmocka_run_group_tests(tests, setup_memos, teardown);
}
