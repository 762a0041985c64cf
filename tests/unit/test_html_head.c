/* What the heads of pages say: as browsers read them, also where they are broken, huge, or in old encodings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "preview/charset.h"
#include "preview/html_head.h"
#include "preview/html_reader.h"

#include "arena_fixture.h"

static struct html_head read_typed(const char *content_type, const char *page)
{
    struct html_head head;
    char *copy = malloc(strlen(page) + 1); /* so that a sanitizer sees a step beyond its end */
    memcpy(copy, page, strlen(page));
    html_head_read(arena, content_type, copy, strlen(page), &head);
    free(copy);
    return head;
}

#define assert_head(page, wanted_title, wanted_description, wanted_image)                                              \
    do {                                                                                                               \
        struct html_head head_ = read_typed("text/html; charset=utf-8", page);                                         \
        assert_string_equal(head_.title, wanted_title);                                                                \
        assert_string_equal(head_.description, wanted_description);                                                    \
        assert_string_equal(head_.image, wanted_image);                                                                \
    } while (0)

#define assert_title(page, title) assert_head(page, title, "", "")

static void reads_what_the_head_says(void **state)
{
    (void)state;
    assert_head("<!doctype html><html><head><title>A &amp; B</title><meta name=description content='what it is'>"
                "<meta property=\"og:image\" content=\"https://x.test/a.png?b=1&amp;c=2\"></head><body>",
                "A & B", "what it is", "https://x.test/a.png?b=1&c=2");
    assert_head("<META NAME=OG:TITLE CONTENT=Loud><Meta Property='og:Description' Content=d>", "Loud", "d", "");
    assert_head("", "", "", "");
    assert_head("just text", "", "", "");
}

static void lets_the_later_one_win(void **state)
{
    (void)state;
    assert_title("<title>one</title><meta property=og:title content=two>", "two");
    assert_title("<meta property=og:title content=two><title>one</title>", "one");
    assert_head("<meta name=description content=a><meta property=og:description content=b>", "", "b", "");
    assert_head("<meta property=og:description content=b><meta name=description content=a>", "", "b", "");
    assert_head("<meta name=description content=a><meta name=description content=b>", "", "a", "");
    assert_head("<meta property=og:image content=a><meta property=og:image content=b>", "", "", "b");
    assert_head("<meta content=first content=second name=og:title>", "first", "", "");
    assert_head("<meta name=description property=og:title content=x>", "x", "", "");
}

static void stops_at_the_body(void **state)
{
    (void)state;
    assert_title("<title>a</title><body><title>b</title>", "a");
    assert_title("<title>a</title><BODY class=x><meta property=og:title content=b>", "a");
    assert_title("<title>a</title></head><meta property=og:title content=b>", "b");
    assert_title("<title>a</title><bodyguard><meta property=og:title content=b>", "b");
    assert_title("<!-- <body> --><script>'<body>'</script><title>a</title>", "a");
}

static void takes_text_as_text(void **state)
{
    (void)state;
    assert_title("<title><meta property=og:title content=x></title>", "<meta property=og:title content=x>");
    assert_title("<script>document.write('<title>x</title>')</script><title>y</title>", "y");
    assert_title("<style><title>x</title></style><title>y</title >", "y");
    assert_title("<title>a</titles>b</title>", "a</titles>b");
    assert_title("<TITLE>a</tItLe\n>", "a");
    assert_title("<noscript><meta property=og:title content=x></noscript>", "x");
    assert_title("<title>\n  a\t b \r\n c  </title>", "a b c");
}

static void decodes_references(void **state)
{
    (void)state;
    assert_title("<title>&lt;&gt;&quot;&#39;&#x27;&nbsp;&eacute;&hellip;&notin;</title>", "<>\"''\xC2\xA0é…∉");
    assert_title("<title>a&amp b&ltc &lt d</title>", "a& b&ltc < d");
    assert_title("<title>&#65&#x42;&#0;&#xD800;&#x110000;&#99999999999999999999;&#;&#x;</title>", "AB����&#;&#x;");
    assert_title("<title>&unheardof; & &</title>", "&unheardof; & &");
    assert_head("<meta property=og:image content='/a?x=1&lt=2&amp;y'>", "", "", "/a?x=1&lt=2&y");
}

static void copes_with_broken_pages(void **state)
{
    (void)state;
    assert_title("<title>never closed", "never closed");
    assert_title("<title>a</title><meta property=og:title content='never closed", "a");
    assert_title("<title>a</title><meta property=og:title content=b", "a");
    assert_title("<title>a</title><title", "a");
    assert_title("<title>a</title", "a</title");
    assert_title("<title>a</title <meta property=og:title content=b>", "a");
    assert_title("< title>x</title><>< /><title>a</title>", "a");
    assert_title("<!--><title>a</title>", "a");
    assert_title("<!---><title>a</title>", "a");
    assert_title("<!-- x --!><title>a</title>", "a");
    assert_title("<!-- x -><title>no</title> --><title>a</title>", "a");
    assert_title("<!-- never closed <title>no</title>", "");
    assert_title("<!doctype <title>no</title><title>a</title>", "a");
    assert_title("<?php x ?><title>a</title>", "a");
    assert_title("</ <title>no</title></3><title>a</title>", "a");
    assert_title("<link x='>'><p a=\"</head><body>\"><title/>a</title>", "a");
    assert_title("<meta/property=\"og:title\"/content=a/>", "a/");
    assert_title("<meta = =x property = og:title content = \"a\"b=c>", "a");
    assert_title("<meta property=og:title><meta content=x>", "");
    assert_title("<title></title>", "");
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    struct buf page = buf_in(arena);
    buf_add_str(&page, "<title>x");
    for (int i = 0; i < HTML_TITLE_MAX; i++)
        buf_add_str(&page, "é");
    buf_add_str(&page, "</title><meta property=og:image content=");
    for (int i = 0; i <= HTML_IMAGE_MAX; i++)
        buf_add_str(&page, "i");
    buf_add_str(&page, ">");
    struct html_head head = read_typed("text/html", buf_str(&page));
    assert_int_equal(strlen(head.title), HTML_TITLE_MAX - 1);
    assert_true(utf8_valid(head.title, strlen(head.title)));
    assert_string_equal(head.image, "");
}

/* A step for each byte, or less: what is quadratic takes minutes here. */
static void takes_linear_time(void **state)
{
    (void)state;
    static const char *const pieces[] = {"<",
                                         "<a ",
                                         "<!--",
                                         "<!-- --",
                                         "</title",
                                         "<title>",
                                         "<a b='",
                                         "<a b=c",
                                         "&",
                                         "<script><",
                                         "<title></titl",
                                         "<!",
                                         "<script>",
                                         "a=",
                                         "<meta content=x name=og:title>",
                                         "<meta charset=x"};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct buf page = buf_in(arena);
        while (page.len < 512 * 1024)
            buf_add_str(&page, pieces[i]);
        struct html_head head;
        html_head_read(arena, "text/html", page.data, page.len, &head);
        assert_true(strlen(head.title) <= HTML_TITLE_MAX);
    }
}

static const char *title_of(const char *content_type, const char *page)
{
    return read_typed(content_type, page).title;
}

static void finds_the_encoding(void **state)
{
    (void)state;
    assert_string_equal(title_of("text/html; charset=ISO-8859-1", "<title>\xE9\x80</title>"), "é€");
    assert_string_equal(title_of("text/html;charset=\"koi8-r\"", "<title>\xF0\xD2\xC9</title>"), "При");
    assert_string_equal(title_of("text/html; charset=' x", "<title>\xE9</title>"), "é");
    assert_string_equal(title_of(NULL, "<meta charset=windows-1251><title>\xCF\xF0</title>"), "Пр");
    assert_string_equal(title_of("text/html", "<meta http-equiv=Content-Type content='text/html; charset=shift_jis'>"
                                              "<title>\x93\xFA\x96\x7B</title>"),
                        "日本");
    assert_string_equal(title_of("text/html", "<meta content='text/html; charset=koi8-r'><title>\xE9</title>"), "é");
    assert_string_equal(title_of("text/html; charset=gb2312", "<title>\xD6\xD0\xCE\xC4</title>"), "中文");
    assert_string_equal(title_of("text/html; charset=big5", "<title>\xA4\xA4\xA4\xE5</title>"), "中文");
    assert_string_equal(title_of("text/html; charset=euc-kr", "<title>\xC7\xD1\xB1\xDB</title>"), "한글");
    assert_string_equal(title_of("text/html; charset=euc-jp", "<title>\xC6\xFC\xCB\xDC</title>"), "日本");
    assert_string_equal(title_of("text/html", "<title>é</title>"), "é");
    assert_string_equal(title_of("text/html", "<title>\xE9</title>"), "é");
    assert_string_equal(title_of("text/html; charset=koi8-r", "\xEF\xBB\xBF<title>é</title>"), "é");
    assert_string_equal(title_of("text/html; charset=utf-7", "<title>+ADw-</title>"), "+ADw-");
    assert_string_equal(title_of("text/html; charset=utf-8", "<title>a\xFF\xC3(\xED\xA0\x80</title>"), "a��(���");
    assert_string_equal(title_of("text/html; charset=euc-jp", "<title>\xC6\xFC\xFF"
                                                              "b</title>"),
                        "日�b");
    assert_string_equal(title_of("text/html", "<meta charset=utf-16><title>é</title>"), "é");
}

static void reads_utf_16(void **state)
{
    (void)state;
    static const char little[] = "\xFF\xFE<\0t\0i\0t\0l\0e\0>\0\xE9\0", big[] = "\xFE\xFF\0<\0t\0i\0t\0l\0e\0>\0\xE9\0";
    struct html_head head;
    html_head_read(arena, "text/html; charset=utf-8", little, sizeof little - 1, &head);
    assert_string_equal(head.title, "é");
    html_head_read(arena, NULL, big, sizeof big - 1, &head); /* ends within a character */
    assert_string_equal(head.title, "é");
}

/* Each encoding that a label leads to is one that iconv has. */
static void knows_all_its_encodings(void **state)
{
    (void)state;
    static const char *const labels[] = {
        "latin2",       "iso-8859-3",   "iso-8859-4",   "iso-8859-5",   "iso-8859-6",   "iso-8859-7",   "iso-8859-8",
        "iso-8859-9",   "iso-8859-10",  "iso-8859-11",  "iso-8859-13",  "iso-8859-14",  "latin9",       "iso-8859-16",
        "windows-1250", "windows-1251", "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257",
        "windows-1258", "ibm866",       "koi8-r",       "koi8-u",       "macintosh",    "gbk",          "gb18030",
        "big5",         "euc-jp",       "iso-2022-jp",  "sjis",         "euc-kr",       "utf-16be",     "utf-16le"};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        size_t length;
        const char *charset = charset_of_label(labels[i], strlen(labels[i]));
        if (!charset)
            fail_msg("no encoding: %s", labels[i]);
        /* As windows-1252 this would be "ab" with something between. */
        const char *text = charset_to_utf8(arena, charset, "a\0b\0", 4, &length);
        bool wide = strncmp(labels[i], "utf-16", 6) == 0;
        if (wide != (length != strlen("a�b�")))
            fail_msg("%s: %s", labels[i], text);
    }
    assert_null(charset_of_label("iso-2022-cn", 11));
    assert_null(charset_of_label("utf-7", 5));
    assert_string_equal(charset_of_label(" Latin1\n", 8), "CP1252");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_what_the_head_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lets_the_later_one_win, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stops_at_the_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_text_as_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(decodes_references, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copes_with_broken_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cuts_what_is_too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_linear_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_the_encoding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_utf_16, set_up, tear_down),
        cmocka_unit_test_setup_teardown(knows_all_its_encodings, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
