#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/regex.h"

struct match_case {
    const char *pattern, *text;
    bool matches;
};

static void check(const struct match_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct regex *regex;
        struct status status = {0};
        if (regex_compile(cases[i].pattern, strlen(cases[i].pattern), &regex, &status) != STATUS_OK)
            fail_msg("%s: %s", cases[i].pattern, status.message);
        if (regex_search(regex, cases[i].text, strlen(cases[i].text)) != cases[i].matches)
            fail_msg("`%s` on `%s`", cases[i].pattern, cases[i].text);
        regex_free(regex);
    }
}
#define CHECK(cases) check(cases, sizeof cases / sizeof cases[0])

static void literals_and_anchors(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"", "", true},
        {"", "abc", true},
        {"b", "abc", true},
        {"abc", "xxabcx", true},
        {"abc", "ab", false},
        {"aab", "aaab", true},
        {"^Hello", "Hello World", true},
        {"^Hello", "say Hello", false},
        {"World$", "Hello World", true},
        {"World$", "World!", false},
        {"World$", "World\n", false},
        {"^$", "", true},
        {"^$", "x", false},
        {"\\Aab", "ab", true},
        {"ab\\z", "ab", true},
        {"ab\\z", "abc", false},
        {"(?m)^b$", "a\nb\nc", true},
        {"^b$", "a\nb\nc", false},
        {"a.c", "abc", true},
        {"a.c", "a\nc", false},
        {"(?s)a.c", "a\nc", true},
        {"a.c", "a日c", true},
        {"日本", "東京と日本", true},
        {"\\bcat\\b", "a cat sat", true},
        {"\\bcat\\b", "concatenate", false},
        {"\\Bcat", "concat", true},
        {"a{2", "a{2", true},
        {"a{,2}", "a{,2}", true},
        {"]", "]", true},
        {"}", "}", true},
    };
    CHECK(cases);
}

static void repetition(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"^a*$", "", true},
        {"^a*$", "aaaa", true},
        {"^a+$", "", false},
        {"^ab?c$", "ac", true},
        {"^ab?c$", "abbc", false},
        {"^a{3}$", "aaa", true},
        {"^a{3}$", "aa", false},
        {"^a{2,}$", "aaaaa", true},
        {"^a{2,}$", "a", false},
        {"^a{2,4}$", "aaaa", true},
        {"^a{2,4}$", "aaaaa", false},
        {"^a{0}b$", "b", true},
        {"^a*?b$", "aab", true},
        {"^a{1,3}?$", "aaa", true},
        {"^(ab)+$", "ababab", true},
        {"^(ab)+$", "aba", false},
        {"^(a*)*$", "aaa", true},
        {"^(a|b)*c$", "ababc", true},
        {"^(|a)+$", "aa", true},
        {"^(?:a|bc|def)$", "def", true},
        {"^(?:a|bc|def)$", "de", false},
        {"a||b", "", true},
        {"^((a{2}){3}){2}$", "aaaaaaaaaaaa", true},
        {"(?P<name>x)y", "xy", true},
        {"(?<name>x)y", "xy", true},
        {"(?U)a+", "a", true},
    };
    CHECK(cases);
}

static void classes(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"^[a-c]+$", "abc", true},
        {"^[a-c]+$", "abd", false},
        {"[^a-c]", "abc", false},
        {"[^a]", "\n", true},
        {"^[]a]+$", "]a", true},
        {"^[^]]$", "]", false},
        {"^[a-]$", "-", true},
        {"^[-a]$", "-", true},
        {"^[a-c-e]+$", "a-e", true},
        {"^[\\]\\\\]+$", "]\\", true},
        {"^\\d+$", "0129", true},
        {"^\\d+$", "٣", false},
        {"^\\D$", "٣", true},
        {"^\\w+$", "aZ_9", true},
        {"\\w", "é", false},
        {"^\\s$", "\v", false},
        {"^\\s+$", " \t\n\f\r", true},
        {"^[\\d_]+$", "1_2", true},
        {"^[^\\d]$", "1", false},
        {"^[\\D]$", "x", true},
        {"^[[:alpha:]]+$", "abC", true},
        {"^[[:^alpha:]]$", "a", false},
        {"^[[:word:][:punct:]]+$", "a_!", true},
        {"^\\pL+$", "aéЖ日", true},
        {"^\\p{Lu}+$", "AÉЖ", true},
        {"^\\p{Lu}$", "a", false},
        {"^\\PL$", "1", true},
        {"^\\p{^L}$", "1", true},
        {"^\\p{Greek}+$", "αβγ", true},
        {"^\\P{Greek}$", "α", false},
        {"^[\\p{Han}\\p{Hiragana}]+$", "日本の", true},
        {"^\\p{Any}$", "🚀", true},
        {"[α-ω]", "λ", true},
        {"^[\\x41-\\x{5a}]$", "Q", true},
    };
    CHECK(cases);
}

static void escapes(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"^\\x41$", "A", true},
        {"^\\x{1F680}$", "🚀", true},
        {"^\\101$", "A", true},
        {"^\\07$", "\a", true},
        {"^\\a\\f\\t\\n\\r\\v$", "\a\f\t\n\r\v", true},
        {"^\\.\\*\\(\\)$", ".*()", true},
        {"^\\Qa.b*\\E+$", "a.b***", true},
        {"^\\Qa.b*\\E+$", "a.ba.b*", false},
        {"^\\Qa.b\\Ec$", "a.bc", true},
        {"\\Qa.b", "xa.b", true},
        {"\\Q\\E", "", true},
    };
    CHECK(cases);
}

static void case_folding(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"hello", "HELLO", false},      {"(?i)hello", "HeLLo", true},
        {"(?i)ÉCOLE", "école", true},   {"(?i)k", "\xE2\x84\xAA", true},
        {"(?i)^[a-z]+$", "ABC", true},  {"(?i)^[^k]$", "K", false},
        {"(?i)привет", "ПРИВЕТ", true}, {"(?i)ß", "ẞ", true},
        {"(?i)ß", "ss", false},         {"(?i)σ", "ς", true},
        {"a(?i)b", "aB", true},         {"a(?i)b", "AB", false},
        {"(?i:a)b", "Ab", true},        {"(?i:a)b", "AB", false},
        {"(?i)a(?-i)b", "Ab", true},    {"(?i)a(?-i)b", "AB", false},
        {"((?i)a)b", "AB", false},      {"(?i)\\p{Lu}", "a", true},
        {"(?is)a.B", "A\nb", true},
    };
    CHECK(cases);
}

static void invalid_text_bytes(void **state)
{
    (void)state;
    struct regex *regex;
    struct status status;
    assert_int_equal(regex_compile("^a.b$", 5, &regex, &status), STATUS_OK);
    assert_true(regex_search(regex,
                             "a\xFF"
                             "b",
                             3));
    assert_false(regex_search(regex,
                              "a\xFF\xFF"
                              "b",
                              4));
    regex_free(regex);
    regex_free(NULL);
}

static void faults(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *message;
    } cases[] = {
        {"(", "missing closing ): `(`"},
        {"a(b", "missing closing ): `a(b`"},
        {"a)", "unexpected ): `a)`"},
        {"[a", "missing closing ]: `[a`"},
        {"x[]a", "missing closing ]: `[]a`"},
        {"[z-a]", "invalid character class range: `z-a`"},
        {"[[:foo:]]", "invalid character class range: `[:foo:]`"},
        {"\\p{Klingon}", "invalid character class range: `\\p{Klingon}`"},
        {"\\pX", "invalid character class range: `\\pX`"},
        {"*", "missing argument to repetition operator: `*`"},
        {"a|+", "missing argument to repetition operator: `+`"},
        {"(?i)*", "missing argument to repetition operator: `*`"},
        {"(*)", "missing argument to repetition operator: `*`"},
        {"a**", "invalid nested repetition operator: `**`"},
        {"a{2}{3}", "invalid nested repetition operator: `{2}{3}`"},
        {"a{1001}", "invalid repeat count: `{1001}`"},
        {"a{99999999999999}", "invalid repeat count: `{99999999999999}`"},
        {"a{3,2}", "invalid repeat count: `{3,2}`"},
        {"(a{1000}){2}", "invalid repeat count: `{2}`"},
        {"\\1", "invalid escape sequence: `\\1`"},
        {"(a)\\1", "invalid escape sequence: `\\1`"},
        {"\\8", "invalid escape sequence: `\\8`"},
        {"\\Z", "invalid escape sequence: `\\Z`"},
        {"\\é", "invalid escape sequence: `\\é`"},
        {"\\x4", "invalid escape sequence: `\\x4`"},
        {"\\x{110000}", "invalid escape sequence: `\\x{110000`"},
        {"\\x{41", "invalid escape sequence: `\\x{41`"},
        {"[\\d-\\q]", "invalid escape sequence: `\\q`"},
        {"\\", "trailing backslash at end of expression: ``"},
        {"(?=a)", "invalid or unsupported Perl syntax: `(?=`"},
        {"(?!a)", "invalid or unsupported Perl syntax: `(?!`"},
        {"(?<=a)", "invalid or unsupported Perl syntax: `(?<`"},
        {"(?P=n)", "invalid or unsupported Perl syntax: `(?P`"},
        {"(?i-)", "invalid or unsupported Perl syntax: `(?i-)`"},
        {"(?i", "missing closing ): `(?i`"},
        {"(?P<1 >a)", "invalid named capture: `(?P<1 >`"},
        {"(?P<n", "invalid named capture: `(?P<n`"},
        {"a\xFF", "invalid UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct regex *regex;
        struct status status = {0};
        if (regex_compile(cases[i].pattern, strlen(cases[i].pattern), &regex, &status) == STATUS_OK)
            fail_msg("%s compiles", cases[i].pattern);
        assert_null(regex);
        assert_int_equal(status.code, STATUS_INVALID_ARGUMENT);
        assert_string_equal(status.message, cases[i].message);
    }
}

static char *repeat(const char *part, size_t count)
{
    size_t length = strlen(part);
    char *text = malloc(length * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * length, part, length);
    text[length * count] = '\0';
    return text;
}

static void too_large(void **state)
{
    (void)state;
    struct regex *regex;
    struct status status;
    assert_int_equal(regex_compile("((a{10}b){10}c){11}", 19, &regex, &status), STATUS_INVALID_ARGUMENT);
    assert_int_equal(regex_compile("(abcdefghijklmnop){1000}", 24, &regex, &status), STATUS_INVALID_ARGUMENT);
    assert_string_equal(status.message, "expression too large");
    char *deep = repeat("(", 1000);
    assert_int_equal(regex_compile(deep, 1000, &regex, &status), STATUS_INVALID_ARGUMENT);
    assert_int_equal(strncmp(status.message, "expression nests too deeply", 27), 0);
    free(deep);
    char *longer = repeat("ab", 20000);
    assert_int_equal(regex_compile(longer, 40000, &regex, &status), STATUS_INVALID_ARGUMENT);
    free(longer);
}

/* What a backtracking engine would need ages for. */
static void linear_time(void **state)
{
    (void)state;
    static const char *const patterns[] = {"^(a+)+$", "(a|aa)+$", "(a*)*b", "(.*)(.*)(.*)(.*)x$", "(a?){30}a{30}c"};
    char *text = repeat("a", 100000);
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct regex *regex;
        struct status status;
        assert_int_equal(regex_compile(patterns[i], strlen(patterns[i]), &regex, &status), STATUS_OK);
        clock_t start = clock();
        text[99999] = '!';
        assert_false(regex_search(regex, text, 100000));
        assert_true(clock() - start < 10 * CLOCKS_PER_SEC);
        regex_free(regex);
    }
    free(text);
}

static void *search_often(void *arg)
{
    const struct regex *regex = arg;
    for (int i = 0; i < 500; i++)
        if (!regex_search(regex, "some Text #pin", 14) || regex_search(regex, "some text", 9))
            return NULL;
    return arg;
}

static void shared_between_threads(void **state)
{
    (void)state;
    struct regex *regex;
    struct status status;
    assert_int_equal(regex_compile("[A-Z].*#pin$", 12, &regex, &status), STATUS_OK);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, search_often, regex), 0);
    for (size_t i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, regex);
    }
    regex_free(regex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_and_anchors),
        cmocka_unit_test(repetition),
        cmocka_unit_test(classes),
        cmocka_unit_test(escapes),
        cmocka_unit_test(case_folding),
        cmocka_unit_test(invalid_text_bytes),
        cmocka_unit_test(faults),
        cmocka_unit_test(too_large),
        cmocka_unit_test(linear_time),
        cmocka_unit_test(shared_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
