/* Media types: as given, by name, by content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/media_type.h"

static struct arena *arena;

static void test_parse(void **state)
{
    static const struct {
        const char *text, *type;
    } cases[] = {
        {"text/plain", "text/plain"},
        {"Text/HTML; charset=x", "text/html"},
        {"  image/PNG\t", "image/png"},
        {"foo", "foo"},
        {"application/vnd.a+b.c-d_e", "application/vnd.a+b.c-d_e"},
        {"text/plain;charset=\"a;b\\\"c\" ; x=y", "text/plain"},
        {"text/plain;", "text/plain"},
        {"text/plain; ", "text/plain"},
        {"text/plain; a = b", "text/plain"},
        {"a b c", NULL},
        {"", NULL},
        {"  ", NULL},
        {"/plain", NULL},
        {"text/", NULL},
        {"text//x", NULL},
        {"text/pl/x", NULL},
        {"text/plain, b", NULL},
        {"text/plain; charset", NULL},
        {"text/plain; =x", NULL},
        {"text/plain; a=", NULL},
        {"text/plain; a=\"b", NULL},
        {"text/plain;;", NULL},
        {"text/pl\xc3\xa4in", NULL},
        {"text/plain\r\nX-Evil: 1", NULL},
        {"te(xt)/plain", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *type = media_type_parse(arena, cases[i].text);
        if (cases[i].type && type)
            assert_string_equal(type, cases[i].type);
        else
            assert_ptr_equal(type, cases[i].type);
    }
    char lengthy[300];
    memset(lengthy, 'x', sizeof lengthy);
    lengthy[255] = '\0';
    assert_non_null(media_type_parse(arena, lengthy));
    lengthy[255] = 'x';
    lengthy[256] = '\0';
    assert_null(media_type_parse(arena, lengthy));
}

static void test_by_name(void **state)
{
    static const char *const recorded[][2] = {
        {"a.md", "text/markdown"},
        {"a.json", "application/json"},
        {"a.js", "text/javascript"},
        {"a.svg", "image/svg+xml"},
        {"a.mp4", "video/mp4"},
        {"a.mov", "video/quicktime"},
        {"a.webm", "audio/webm"},
        {"a.mp3", "audio/mpeg"},
        {"a.m4a", "audio/mp4"},
        {"a.heic", "image/heif"},
        {"a.webp", "image/webp"},
        {"a.pdf", "application/pdf"},
        {"a.csv", "text/csv"},
        {"a.JPG", "image/jpeg"},
        {"a.xml", "text/xml"},
        {"a.yaml", "application/x-yaml"},
        {"a.gz", "application/gzip"},
        {"a.zip", "application/zip"},
        {"a.txt", "text/plain"},
        {"a.b.PNG", "image/png"},
        {"a.3g2", "video/3gpp2"},
        {"a.zst", "application/zstd"},
        {"a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++)
        assert_string_equal(media_type_by_name(recorded[i][0]), recorded[i][1]);
    assert_null(media_type_by_name("png"));
    assert_null(media_type_by_name("a."));
    assert_null(media_type_by_name("a.unknown"));
    assert_null(media_type_by_name("a.png "));
}

#define SNIFF(text, expected) assert_string_equal(media_type_sniff(text, sizeof text - 1), expected)

static void test_sniff(void **state)
{
    (void)state;
    SNIFF("%PDF-1.7", "application/pdf");
    SNIFF("\x89PNG\x0d\x0a\x1a\x0a....", "image/png");
    SNIFF("\xff\xd8\xff\xe0", "image/jpeg");
    SNIFF("GIF89a..", "image/gif");
    SNIFF("RIFF....WEBPVP8 ", "image/webp");
    SNIFF("RIFF....WAVEfmt ", "audio/wave");
    SNIFF("RIFF....XXXX", "text/plain");
    SNIFF("\x00\x00\x00\x10"
          "ftypisom\x00\x00\x00\x00",
          "application/octet-stream");
    SNIFF("\x00\x00\x00\x14"
          "ftypisom\x00\x00\x02\x00"
          "mp41",
          "video/mp4");
    SNIFF("\x00\x00\x00\x14"
          "ftypisom"
          "mp41"
          "avc1",
          "application/octet-stream");
    SNIFF("PK\x03\x04", "application/zip");
    SNIFF("\x1f\x8b\x08", "application/x-gzip");
    SNIFF("  <!doctype html>", "text/html");
    SNIFF("<HTML >", "text/html");
    SNIFF("<htmlx>", "text/plain");
    SNIFF("<!-- x", "text/html");
    SNIFF("\n<?xml version", "text/xml");
    SNIFF("\xef\xbb\xbf\x01", "text/plain");
    SNIFF("plain text, b\xc3\xbcro", "text/plain");
    SNIFF("", "text/plain");
    SNIFF("a\x00", "application/octet-stream");
    SNIFF("\x1b[1m", "text/plain");
    char late[600];
    memset(late, 'x', sizeof late);
    late[512] = '\0'; /* beyond what is looked at */
    assert_string_equal(media_type_sniff(late, sizeof late), "text/plain");
    late[511] = '\0';
    assert_string_equal(media_type_sniff(late, sizeof late), "application/octet-stream");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_by_name),
        cmocka_unit_test(test_sniff),
    };
    arena = arena_create();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_destroy(arena);
    return failed;
}
