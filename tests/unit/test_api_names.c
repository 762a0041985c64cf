#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "api/names.h"
#include "base/quote.h"

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static void assert_refused(struct arena *arena, const char *name, const char *const *prefixes, unsigned count,
                           const char *message)
{
    const char *ids[4];
    struct status status = {0};
    assert_int_equal(api_name_parse(arena, name, prefixes, count, ids, &status), STATUS_INVALID_ARGUMENT);
    assert_int_equal(status.code, STATUS_INVALID_ARGUMENT);
    assert_string_equal(status.message, message);
}

static void parses_pairs(void **state)
{
    const char *const prefixes[] = {"memos/", "reactions/"};
    const char *ids[2];
    struct status status = {0};
    assert_int_equal(api_name_parse(*state, "memos/abc/reactions/5", prefixes, 2, ids, &status), STATUS_OK);
    assert_string_equal(ids[0], "abc");
    assert_string_equal(ids[1], "5");
    assert_int_equal(api_name_parse_one(*state, "users/a b", "users/", ids, &status), STATUS_OK);
    assert_string_equal(ids[0], "a b");
}

static void tells_what_is_wrong(void **state)
{
    const char *const memo[] = {"memos/"};
    const char *const reaction[] = {"memos/", "reactions/"};
    assert_refused(*state, "memos/a/b", memo, 1, "invalid request \"memos/a/b\"");
    assert_refused(*state, "", memo, 1, "invalid request \"\"");
    assert_refused(*state, "memos", memo, 1, "invalid request \"memos\"");
    assert_refused(*state, "x/a", memo, 1, "invalid prefix \"memos/\" in request \"x/a\"");
    assert_refused(*state, "/a", memo, 1, "invalid prefix \"memos/\" in request \"/a\"");
    assert_refused(*state, "memosx/a", memo, 1, "invalid prefix \"memos/\" in request \"memosx/a\"");
    assert_refused(*state, "memos/", memo, 1, "invalid request \"memos/\" with empty prefix \"memos/\"");
    assert_refused(*state, "memos/a", reaction, 2, "invalid request \"memos/a\"");
    assert_refused(*state, "memos/a/shares/b", reaction, 2,
                   "invalid prefix \"reactions/\" in request \"memos/a/shares/b\"");
    assert_refused(*state, "memos//reactions/b", reaction, 2,
                   "invalid request \"memos//reactions/b\" with empty prefix \"memos/\"");
    assert_refused(*state, "memos/a/reactions/", reaction, 2,
                   "invalid request \"memos/a/reactions/\" with empty prefix \"reactions/\"");
    assert_refused(*state, "a\"b\n", memo, 1, "invalid request \"a\\\"b\\n\"");
}

static void quotes_like_the_reference(void **state)
{
    assert_string_equal(text_quote(*state, ""), "\"\"");
    assert_string_equal(text_quote(*state, "日記 🐻"), "\"日記 🐻\"");
    assert_string_equal(text_quote(*state, "a\\b\t\x01\x7f"), "\"a\\\\b\\t\\x01\\x7f\"");
    assert_string_equal(text_quote(*state, "\xff!"), "\"\\xff!\"");
    assert_string_equal(text_quote(*state, "\xe2\x80\x8b\xf3\xa0\x80\x81"), "\"\\u200b\\U000e0001\"");
}

static void reads_whole_integers_only(void **state)
{
    (void)state;
    int32_t value = 0;
    assert_true(api_parse_int32("2147483647", &value));
    assert_int_equal(value, INT32_MAX);
    assert_true(api_parse_int32("-2147483648", &value));
    assert_int_equal(value, INT32_MIN);
    assert_true(api_parse_int32("+7", &value));
    assert_int_equal(value, 7);
    static const char *const bad[] = {"", "-", " 1", "1 ", "0x1", "abc", "2147483648", "99999999999999999999", "1.0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(api_parse_int32(bad[i], &value));
}

static void usernames_need_a_letter(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "alice", "A1", "1a", "a-b", "abcdefghijklmnopqrstuvwxyz0123456789"};
    static const char *const bad[] = {
        "", "1", "123", "-a", "a-", "a_b", "a b", "é", "a/b", "a.b", "abcdefghijklmnopqrstuvwxyz0123456789x"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(api_username_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(api_username_valid(bad[i]));
}

static void makes_user_names(void **state)
{
    assert_string_equal(api_user_name(*state, "alice"), "users/alice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parses_pairs, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_what_is_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(quotes_like_the_reference, setup, teardown),
        cmocka_unit_test(reads_whole_integers_only),
        cmocka_unit_test(usernames_need_a_letter),
        cmocka_unit_test_setup_teardown(makes_user_names, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
