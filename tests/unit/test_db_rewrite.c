/* From the text of store/ to the text of a dialect. */
#include "db_fixture.h"

static const char *const fragments[] = {
    "time_read",   "to_unix({0})",  "time_write",  "from_unix({0})", "plain", "{0}",  "swap",
    "f({1}, {0})", "twice",         "({0} = {0})", "none",           "NOW()", "drop", "g({0})",
    "literal",     "'{x}' '{0}' {", "four",        "{0}{1}{2}{3}",   NULL};

static const struct memora_dialect question = {
    .struct_size = sizeof question, .max_params = 6, .quote = '"', .schema_dir = "x", .fragments = fragments};
static const struct memora_dialect dollar = {.struct_size = sizeof dollar,
                                             .features = MEMORA_SQL_DOLLAR_PARAMS,
                                             .max_params = 6,
                                             .quote = '`',
                                             .schema_dir = "x",
                                             .fragments = fragments};

static void assert_rewritten(const struct memora_dialect *dialect, const char *sql, const char *expected,
                             const char *order)
{
    struct arena *arena = arena_create();
    struct rewritten out;
    struct status status = {0};
    if (rewrite_sql(dialect, sql, strlen(sql), arena, &out, &status))
        fail_msg("%s: %s", sql, status.message);
    assert_string_equal(out.sql, expected);
    assert_int_equal(out.length, strlen(expected));
    if (order) {
        assert_non_null(out.order);
        assert_int_equal(out.bind_count, strlen(order));
        for (uint32_t i = 0; i < out.bind_count; i++)
            assert_int_equal(out.order[i], order[i] - '0');
    } else {
        assert_null(out.order);
        assert_int_equal(out.bind_count, out.param_count);
    }
    arena_destroy(arena);
}

static void assert_refused(const char *sql, const char *expected)
{
    struct arena *arena = arena_create();
    struct rewritten out;
    struct status status = {0};
    assert_int_equal(rewrite_sql(&question, sql, strlen(sql), arena, &out, &status), STATUS_INTERNAL);
    if (!strstr(status.message, expected))
        fail_msg("expected \"%s\" in: %s", expected, status.message);
    arena_destroy(arena);
}

static void plain_text_stays(void **state)
{
    (void)state;
    assert_rewritten(&question, "", "", NULL);
    assert_rewritten(&question, "SELECT 1", "SELECT 1", NULL);
    assert_rewritten(&question, "SELECT \"é\" \xF0\x9F\x90\xBB", "SELECT \"é\" \xF0\x9F\x90\xBB", NULL);
}

static void identifiers_are_quoted(void **state)
{
    (void)state;
    assert_rewritten(&question, "SELECT `user`.id", "SELECT \"user\".id", NULL);
    assert_rewritten(&dollar, "SELECT `user`.id", "SELECT `user`.id", NULL);
}

static void literals_are_left_alone(void **state)
{
    (void)state;
    assert_rewritten(&question, "SELECT '?`{none}' , 'it''s {', ?", "SELECT '?`{none}' , 'it''s {', ?", NULL);
    assert_rewritten(&dollar, "SELECT '?' , '{}', ?", "SELECT '?' , '{}', $1", NULL);
    assert_rewritten(&question, "SELECT 'open", "SELECT 'open", NULL);
}

static void marks_are_numbered(void **state)
{
    (void)state;
    assert_rewritten(&dollar, "a = ? AND b = ?", "a = $1 AND b = $2", NULL);
    assert_rewritten(&question, "a = ? AND b = ?", "a = ? AND b = ?", NULL);
}

static void fragments_are_filled(void **state)
{
    (void)state;
    assert_rewritten(&question, "{none} {time_read:memo.created_ts}", "NOW() to_unix(memo.created_ts)", NULL);
    assert_rewritten(&question, "({time_write:?}, ?)", "(from_unix(?), ?)", NULL);
    assert_rewritten(&question, "{plain:{plain:{time_read:`a`}}}", "to_unix(\"a\")", NULL);
    assert_rewritten(&question, "{plain:'}|{'}", "'}|{'", NULL);
    assert_rewritten(&question, "{plain:}", "", NULL);
    assert_rewritten(&question, "{literal:a}", "'{x}' 'a' {", NULL);
    assert_rewritten(&question, "{four:a||{none}|d}", "aNOW()d", NULL);
}

/* A fragment may move, repeat or drop its arguments; each mark keeps its value. */
static void values_follow_their_marks(void **state)
{
    (void)state;
    assert_rewritten(&question, "? {swap:?|?} ?", "? f(?, ?) ?", "0213");
    assert_rewritten(&dollar, "? {swap:?|?} ?", "$1 f($3, $2) $4", NULL);
    assert_rewritten(&question, "{twice:?} ?", "(? = ?) ?", "001");
    assert_rewritten(&dollar, "{twice:?} ?", "($1 = $1) $2", NULL);
    assert_rewritten(&question, "{drop:?|?} ?", "g(?) ?", "02");
    assert_rewritten(&question, "{swap:{swap:?|?}|?}", "f(?, f(?, ?))", "210");
}

static void faults_are_named(void **state)
{
    (void)state;
    assert_refused("{nothing:a}", "no SQL fragment \"nothing\"");
    assert_refused("{swap:a}", "lacks argument 1");
    assert_refused("SELECT {plain:a", "not closed");
    assert_refused("{plain:'a}", "not closed");
    assert_refused("{four:1|2|3|4|5|6|7}", "too many arguments");
    assert_refused("a \x01 b", "control character");
    assert_refused("?, ?, ?, ?, ?, ?, ?", "7 parameters, the database takes 6");
    assert_refused("{plain:{plain:{plain:{plain:{plain:{plain:{plain:{plain:{plain:a}}}}}}}}}", "too deeply");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),        cmocka_unit_test(identifiers_are_quoted),
        cmocka_unit_test(literals_are_left_alone), cmocka_unit_test(marks_are_numbered),
        cmocka_unit_test(fragments_are_filled),    cmocka_unit_test(values_follow_their_marks),
        cmocka_unit_test(faults_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
