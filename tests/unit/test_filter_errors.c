/* What is refused, and in which words (contract memos.md 4.1, 4.5, 4.6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "filter/filter.h"

struct refusal {
    const char *filter, *message;
};

static void refused(enum filter_schema schema, const char *filter, const char *prefix, const char *message)
{
    struct arena *arena = arena_create();
    struct filter_sql sql;
    struct status status = {0};
    print_message("%s\n", filter);
    assert_int_equal(filter_compile(arena, schema, filter, 1795489931, NULL, &sql, &status), STATUS_INVALID_ARGUMENT);
    assert_int_equal(status.code, STATUS_INVALID_ARGUMENT);
    assert_string_equal(status.message, arena_printf(arena, "%s%s", prefix, message));
    assert_string_equal(sql.condition, "");
    arena_destroy(arena);
}

static void check(const char *prefix, const struct refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        refused(FILTER_MEMO, cases[i].filter, prefix, cases[i].message);
}
#define CHECK(prefix, cases) check(prefix, cases, sizeof cases / sizeof cases[0])

#define TRANSLATION "failed to compile filter: "
#define CHECKING "failed to compile filter: failed to compile filter: ERROR: <input>:"

static void translation(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"  \n", "filter expression is empty"},
        {"\"x\"", "filter must evaluate to a boolean value"},
        {"1", "filter must evaluate to a boolean value"},
        {"[true]", "filter must evaluate to a boolean value"},
        {"null", "filter must evaluate to a boolean value"},
        {"content", "identifier \"content\" is not boolean"},
        {"now", "identifier \"now\" is not boolean"},
        {"visibility.contains(\"P\")", "identifier \"visibility\" does not support text matching"},
        {"tag.contains(\"x\")", "identifier \"tag\" does not support text matching"},
        {"creator.startsWith(\"u\")", "identifier \"creator\" does not support text matching"},
        {"visibility.matches(\"P\")", "identifier \"visibility\" does not support matches()"},
        {"content.contains(\"a\" + \"b\")", "text match only supports literal arguments: expression is not a literal"},
        {"content.matches(content)", "matches() only supports literal arguments: expression is not a literal"},
        {"pinned > true", "operator > not allowed for field \"pinned\""},
        {"true < pinned", "operator > not allowed for field \"pinned\""},
        {"visibility > \"A\"", "operator > not allowed for field \"visibility\""},
        {"creator_id >= 1", "operator >= not allowed for field \"creator_id\""},
        {"has_link < true", "operator < not allowed for field \"has_link\""},
        {"tag == \"a\"", "field \"tag\" does not support comparison"},
        {"tags == [\"a\"]", "unsupported value expression"},
        {"content + \"x\" == \"y\"", "unsupported value expression"},
        {"int(created_ts) > 1", "unsupported value expression"},
        {"created_ts + duration(\"1h\") > now", "unsupported value expression"},
        {"tags[0] == \"x\"", "unsupported value expression"},
        {"created_ts.getMilliseconds() == 1", "unsupported value expression"},
        {"(pinned ? 1 : 2) == 1", "unsupported value expression"},
        {"content == content", "expression must be a literal"},
        {"content in tags", "expression must be a literal"},
        {"has_link == has_code", "expression must be a literal"},
        {"content in [content]", "expression must be a literal"},
        {"created_ts == updated_ts", "expression must be a literal"},
        {"pinned in [true]", "field \"pinned\" does not support IN()"},
        {"created_ts in [timestamp(\"2024-01-01T00:00:00Z\")]",
         "field \"created_ts\" does not support IN() comparisons"},
        {"\"x\" in [\"x\"]", "invalid use of in operator"},
        {"created_ts.getFullYear() in [2024]", "invalid use of in operator"},
        {"tags.size() == 2", "size() expects one argument"},
        {"content.size() > 1", "size() expects one argument"},
        {"size(\"abc\") == 3", "size() argument must be a field"},
        {"created_ts.getMonth(\"UTC\") == 1", "getMonth() with a timezone argument is not supported"},
        {"now.getMonth(\"UTC\") == 1", "getMonth() with a timezone argument is not supported"},
        {"tags.exists(t, t != \"x\")", "unsupported predicate function \"_!=_\" in comprehension (supported: ==, "
                                       "startsWith, endsWith, contains)"},
        {"tags.all(t, t == \"x\" || t == \"y\")", "unsupported predicate function \"_||_\" in comprehension "
                                                  "(supported: ==, startsWith, endsWith, contains)"},
        {"tags.exists(t, t.matches(\"x\"))", "unsupported predicate function \"matches\" in comprehension "
                                             "(supported: ==, startsWith, endsWith, contains)"},
        {"[\"a\"].exists(t, t == \"a\")", "comprehension range must be a field identifier"},
        {"sets.contains([\"a\"], tags)", "set operations require a list field as the first argument: expression is "
                                         "not an identifier"},
        {"pinned ? true : false", "unsupported call expression \"_?_:_\""},
        {"created_ts > timestamp(\"2024-01-15\")",
         "invalid timestamp literal: cannot parse \"2024-01-15\" as RFC 3339"},
        {"created_ts > now - duration(\"1d\")", "invalid duration literal: invalid duration \"1d\""},
        {"creator_id == 7 % 0", "modulo by zero"},
        {"7 % 0 == 1", "modulo by zero"},
        {"1 / (1 - 1) == creator_id", "division by zero"},
        {"creator_id == 9223372036854775807 + 1", "integer overflow"},
        {"creator_id == -9223372036854775808 / -1", "integer overflow"},
    };
    CHECK(TRANSLATION, cases);
    refused(FILTER_ATTACHMENT, "memo_id == \"x\"", TRANSLATION,
            "field \"memo_id\" expects integer value: cannot convert string to int64");
    refused(FILTER_ATTACHMENT, "memo_id in [\"x\"]", TRANSLATION,
            "field \"memo_id\" expects integer value: cannot convert string to int64");
    refused(FILTER_ATTACHMENT, "memo_id > 1", TRANSLATION, "operator > not allowed for field \"memo_id\"");
}

static void types(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"foo == \"x\"", "1:1: undeclared reference to 'foo' (in container '')\n | foo == \"x\"\n | ^"},
        {"content == 1",
         "1:9: found no matching overload for '_==_' applied to '(string, int)'\n | content == 1\n | ........^"},
        {"created_ts > 1780000000", "1:12: found no matching overload for '_>_' applied to '(timestamp, int)'\n"
                                    " | created_ts > 1780000000\n | ...........^"},
        {"creator_id == \"1\"", "1:12: found no matching overload for '_==_' applied to '(int, string)'\n"
                                " | creator_id == \"1\"\n | ...........^"},
        {"creator_id == 3u", "1:12: found no matching overload for '_==_' applied to '(int, uint)'\n"
                             " | creator_id == 3u\n | ...........^"},
        {"content == null", "1:9: found no matching overload for '_==_' applied to '(string, null)'\n"
                            " | content == null\n | ........^"},
        {"1 == 1.0", "1:3: found no matching overload for '_==_' applied to '(int, double)'\n | 1 == 1.0\n | ..^"},
        {"content.contains(1)", "1:17: found no matching overload for 'contains' applied to 'string.(int)'\n"
                                " | content.contains(1)\n | ................^"},
        {"content in [1]", "1:9: found no matching overload for '@in' applied to '(string, list(int))'\n"
                           " | content in [1]\n | ........^"},
        {"size()", "1:5: found no matching overload for 'size' applied to '()'\n | size()\n | ....^"},
        {"pinned && 1", "1:11: expected type 'bool' but found 'int'\n | pinned && 1\n | ..........^"},
        {"!content", "1:1: found no matching overload for '!_' applied to '(string)'\n | !content\n | ^"},
        {"tags.exists(t, t)", "1:16: expected type 'bool' but found 'string'\n | tags.exists(t, t)\n"
                              " | ...............^"},
        {"tags.exists(1, true)", "1:13: argument must be a simple name\n | tags.exists(1, true)\n | ............^"},
        {"tag.exists(t, t == \"a\")",
         "1:1: expression of type 'string' cannot be range of a comprehension (must be list, map, or dynamic)\n"
         " | tag.exists(t, t == \"a\")\n | ^"},
        {"content.matches(\"(\")", "1:17: invalid matches argument\n | content.matches(\"(\")\n | ................^"},
        {"created_ts < now() - duration(\"1h\")",
         "1:17: undeclared reference to 'now' (in container '')\n | created_ts < now() - duration(\"1h\")\n"
         " | ................^"},
        {"content.x", "1:8: type 'string' does not support field selection\n | content.x\n | .......^"},
        /* Every fault is told, in the order of the text, with its line; wide characters move the mark. */
        {"created_ts > 1 && foo == 1",
         "1:12: found no matching overload for '_>_' applied to '(timestamp, int)'\n | created_ts > 1 && foo == 1\n"
         " | ...........^\nERROR: <input>:1:19: undeclared reference to 'foo' (in container '')\n"
         " | created_ts > 1 && foo == 1\n | ..................^"},
        {"content == \"a\" &&\n\tfoo == 1", "2:2: undeclared reference to 'foo' (in container '')\n |  foo == 1\n"
                                            " | .^"},
        {"content == '日本' && foo == 1", "1:20: undeclared reference to 'foo' (in container '')\n"
                                          " | content == '日本' && foo == 1\n | ............．．.....^"},
    };
    CHECK(CHECKING, cases);
    refused(FILTER_ATTACHMENT, "memo == \"memos/x\"", CHECKING,
            "1:1: undeclared reference to 'memo' (in container '')\n | memo == \"memos/x\"\n | ^");
    refused(FILTER_ATTACHMENT, "content == \"x\"", CHECKING,
            "1:1: undeclared reference to 'content' (in container '')\n | content == \"x\"\n | ^");
}

#define WANTED "'-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

static void syntax(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"content ==", "1:11: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', " WANTED
                       "\n | content ==\n | ..........^"},
        {"content.contains(", "1:18: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', ')', '.', " WANTED
                              "\n | content.contains(\n | .................^"},
        {"(pinned", "1:8: Syntax error: missing ')' at '<EOF>'\n | (pinned\n | .......^"},
        {"pinned)", "1:7: Syntax error: extraneous input ')' expecting <EOF>\n | pinned)\n | ......^"},
        {"pinned has_link",
         "1:8: Syntax error: extraneous input 'has_link' expecting <EOF>\n | pinned has_link\n | .......^"},
        {"content $ 1", "1:9: Syntax error: token recognition error at: '$'\n | content $ 1\n | ........^"},
        {"content == \"a", "1:12: Syntax error: token recognition error at: '\"a'\n | content == \"a\n | ...........^"},
        {"content == \"\\q\"",
         "1:12: Syntax error: token recognition error at: '\"\\q\"'\n | content == \"\\q\"\n | ...........^"},
        {"if == 1", "1:1: reserved identifier: if\n | if == 1\n | ^"},
        {"99999999999999999999 == 1", "1:1: invalid int literal\n | 99999999999999999999 == 1\n | ^"},
        {"9223372036854775808 == 1", "1:1: invalid int literal\n | 9223372036854775808 == 1\n | ^"},
        {"pinned ? true", "1:14: Syntax error: mismatched input '<EOF>' expecting ':'\n | pinned ? true\n"
                          " | .............^"},
    };
    CHECK(CHECKING, cases);
}

static const char *nested(struct arena *arena, const char *open, const char *middle, const char *close, int count)
{
    struct buf out = buf_in(arena);
    for (int i = 0; i < count; i++)
        buf_add_str(&out, open);
    buf_add_str(&out, middle);
    for (int i = 0; i < count; i++)
        buf_add_str(&out, close);
    return buf_str(&out);
}

static void limits(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct filter_sql sql;
    const struct {
        const char *text, *part;
    } cases[] = {
        {nested(arena, " ", "pinned", " ", 5000), "longer than 8192 bytes"},
        {nested(arena, "(", "pinned", ")", 100), "nests deeper than 64 levels"},
        {nested(arena, "(", "", "", 4000), "nests deeper than 64 levels"},
        {nested(arena, "! (", "pinned", ")", 100), "nests deeper than 64 levels"},
        {nested(arena, "1 + ", "1 == 2", "", 100), "nests deeper than 64 levels"},
        {nested(arena, "has_link && ", "pinned", "", 600), NULL},
        {nested(arena, "pinned && ", "pinned", "", 700), "more than 500 values"},
        {nested(arena, "1,", "1", "", 1200), "Syntax error"},
        {arena_printf(arena, "creator_id in [%s1]", nested(arena, "1,", "", "", 1200)), "more than 1000 nodes"},
        {arena_printf(arena, "creator_id in [%s1]", nested(arena, "1,", "", "", 600)), "more than 500 values"},
        {arena_printf(arena, "tag in [%s'a']", nested(arena, "'a',", "", "", 300)), "more than 500 values"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct status status = {0};
        enum status_code code = filter_compile(arena, FILTER_MEMO, cases[i].text, 0, NULL, &sql, &status);
        assert_int_equal(code, cases[i].part ? STATUS_INVALID_ARGUMENT : STATUS_OK);
        if (cases[i].part && !strstr(status.message, cases[i].part))
            fail_msg("%s: %s", cases[i].part, status.message);
    }
    arena_destroy(arena);
}

/* Values never become SQL text. */
static void values_are_bound(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct filter_sql sql;
    struct status status = {0};
    const char *text = "content == \"a' OR 1=1 --\" || tag in [\"x?{y}\"] || creator == \"users/`\"";
    assert_int_equal(filter_compile(arena, FILTER_MEMO, text, 0, NULL, &sql, &status), STATUS_OK);
    assert_int_equal(sql.param_count, 4);
    assert_null(strpbrk(sql.condition, "'-"));
    assert_memory_equal(sql.params[0].u.p, "a' OR 1=1 --", sql.params[0].len);
    assert_memory_equal(sql.params[1].u.p, "x?{y}", sql.params[1].len);
    assert_memory_equal(sql.params[2].u.p, "x?{y}/", sql.params[2].len);
    assert_memory_equal(sql.params[3].u.p, "`", sql.params[3].len);
    arena_destroy(arena);
}

static void literals(void **state)
{
    (void)state;
    static const char *const equal[] = {
        "'\\x41\\u00e9\\U0001F680\\101\\n\\'' == \"Aé🚀A\\n'\"",
        "r'\\d' == '\\\\d'",
        "R\"a\\\" == 'a\\\\'",
        "'''a\n'b''' == \"a\\n'b\"",
        "\"\"\"\"\"\" == ''",
        "b'\\xff' == b'\\377'",
        "rb'a' == Br'a'",
        "0x1F == 31 && -0x1f == -31",
        ".5 == 0.5 && 1e3 == 1000.0 && 1.5E-1 == 0.15",
        "-9223372036854775808 < 9223372036854775807",
        "18446744073709551615u > 1u",
        "'a' 'b' == ''",
    };
    for (size_t i = 0; i < sizeof equal / sizeof equal[0]; i++) {
        struct arena *arena = arena_create();
        struct filter_sql sql;
        struct status status = {0};
        bool last = i + 1 == sizeof equal / sizeof equal[0];
        enum status_code code = filter_compile(arena, FILTER_MEMO, equal[i], 0, NULL, &sql, &status);
        print_message("%s: %s\n", equal[i], status.message);
        assert_int_equal(code, last ? STATUS_INVALID_ARGUMENT : STATUS_OK);
        assert_string_equal(sql.condition, "");
        arena_destroy(arena);
    }
}

static void users(void **state)
{
    (void)state;
    static const struct {
        const char *filter, *username, *message;
    } cases[] = {
        {"", NULL, NULL},
        {" \n", NULL, NULL},
        {"username == \"bob\"", "bob", NULL},
        {"'bob' == username", "bob", NULL},
        {"(username == 'bob')", "bob", NULL},
        {"username.contains(\"b\")", NULL, "unsupported operator: contains (only '==' is supported)"},
        {"username != \"b\"", NULL, "unsupported operator: _!=_ (only '==' is supported)"},
        {"username == 'a' || username == 'b'", NULL, "unsupported operator: _||_ (only '==' is supported)"},
        {"username", NULL, "filter must be a comparison expression (e.g., username == 'value')"},
        {"true", NULL, "filter must be a comparison expression (e.g., username == 'value')"},
        {"'a' == 'b'", NULL, "filter must compare 'username' field with a string constant"},
        {"username == ''", NULL, "filter must compare 'username' field with a string constant"},
        {"username == 1", NULL, "filter must compare 'username' field with a string constant"},
        {"username == username", NULL, "filter must compare 'username' field with a string constant"},
        {"name == 'a'", NULL,
         "invalid filter expression: name == 'a': ERROR: <input>:1:1: undeclared reference to "
         "'name' (in container '')\n | name == 'a'\n | ^"},
        {"username ==", NULL,
         "invalid filter expression: username ==: ERROR: <input>:1:12: Syntax error: mismatched "
         "input '<EOF>' expecting {'[', '{', '(', '.', " WANTED "\n | username ==\n"
         " | ...........^"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena *arena = arena_create();
        const char *username = "unset";
        struct status status = {0};
        enum status_code code = filter_compile_user(arena, cases[i].filter, &username, &status);
        print_message("%s\n", cases[i].filter);
        assert_int_equal(code, cases[i].message ? STATUS_INVALID_ARGUMENT : STATUS_OK);
        if (cases[i].message)
            assert_string_equal(status.message, cases[i].message);
        if (cases[i].username)
            assert_string_equal(username, cases[i].username);
        else
            assert_null(username);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(translation),
        cmocka_unit_test(types),
        cmocka_unit_test(syntax),
        cmocka_unit_test(limits),
        cmocka_unit_test(values_are_bound),
        cmocka_unit_test(literals),
        cmocka_unit_test(users),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
