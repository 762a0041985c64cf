#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/feed_text.h"
#include "wire/percent.h"

#include "arena_fixture.h"

static const char *title(const char *content)
{
    return feed_text_title(arena, content, strlen(content));
}

static void test_titles(void **state)
{
    (void)state;
    assert_string_equal(title("# Welcome\n\nbody"), "Welcome");
    assert_string_equal(title("###### Head x\nb"), "Head x");
    assert_string_equal(title("####### seven"), "# seven");
    assert_string_equal(title("#tag rest"), "tag rest");
    assert_string_equal(title("  spaced  \n x"), "spaced");
    assert_string_equal(title(""), "Memo");
    assert_string_equal(title("#\nx"), "Memo");
    assert_string_equal(title("\n\nlater"), "Memo");

    char words[131], solid[131];
    for (int i = 0; i < 130; i++) {
        words[i] = i % 10 == 9 ? ' ' : 'w';
        solid[i] = 's';
    }
    words[130] = solid[130] = '\0';
    assert_int_equal(strlen(title(words)), 99 + 3);
    assert_string_equal(title(words) + 90, "wwwwwwwww...");
    assert_int_equal(strlen(title(solid)), 100 + 3);
    /* 3-byte characters: the cut falls between them. */
    const char *kana = "ああああああああああああああああああああああああああああああああああああああああ";
    assert_int_equal(strlen(title(kana)), 99 + 3);
}

static const char *escaped(const char *text)
{
    struct buf out = buf_in(arena);
    feed_text_escape(&out, text, strlen(text));
    return buf_str(&out);
}

static void test_escapes(void **state)
{
    (void)state;
    assert_string_equal(escaped("a<b>&\"'\n\t\r"), "a&lt;b&gt;&amp;&#34;&#39;&#xA;&#x9;&#xD;");
    assert_string_equal(escaped("\x01ok\xff"), "\xEF\xBF\xBDok\xEF\xBF\xBD");
    assert_string_equal(escaped("é🚀"), "é🚀");
    struct buf out = buf_in(arena);
    feed_text_cdata(&out, "a]]>b\x02");
    assert_string_equal(buf_str(&out), "<![CDATA[a]]]]><![CDATA[>b\xEF\xBF\xBD]]>");
}

static void test_dates(void **state)
{
    (void)state;
    assert_string_equal(feed_text_date(arena, 1795489362), "Tue, 24 Nov 2026 03:02:42 +0000");
    assert_string_equal(feed_text_date(arena, 0), "Thu, 01 Jan 1970 00:00:00 +0000");
}

static const char *decoded(const char *text)
{
    return wire_percent_decode_text(arena, text, strlen(text), false);
}

static void test_percent_decoding(void **state)
{
    (void)state;
    assert_string_equal(decoded("a%20b%C3%BC+"), "a bü+");
    assert_string_equal(decoded(""), "");
    assert_string_equal(decoded("%2F%2f"), "//");
    assert_null(decoded("%"));
    assert_null(decoded("%2"));
    assert_null(decoded("%zz"));
    assert_null(decoded("a%00b"));
    assert_null(decoded("%ff"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_titles),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_percent_decoding),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
