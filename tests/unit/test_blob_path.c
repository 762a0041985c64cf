/* Where files go: path templates, names, keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "blob/key_template.h"

static struct arena *arena;

enum { NOW = 1795488098 }; /* 2026-11-24T02:41:38Z */

static void expect_expanded(const char *path_template, const char *filename, const char *expected)
{
    assert_string_equal(key_template_expand(arena, path_template, filename, NOW), expected);
}

static void test_variables(void **state)
{
    (void)state;
    expect_expanded("assets/{year}/{month}/{filename}", "blue.png", "assets/2026/11/blue.png");
    expect_expanded("{day}-{hour}{minute}{second}/{timestamp}_{filename}", "a b.png", "24-024138/1795488098_a b.png");
    expect_expanded("x", "a.b", "x/a.b");
    expect_expanded("x/{filename}/{filename}", "n", "x/n/n");
    expect_expanded("/abs/{filename}", "n", "/abs/n");
    expect_expanded("../esc/{filename}", "n", "../esc/n");
}

static void test_what_is_no_variable(void **state)
{
    (void)state;
    expect_expanded("{foo}/{Filename}/{filename}", "n", "{foo}/{Filename}/n");
    expect_expanded("{}{year/{{year}}/{filename}", "n", "{}{year/{2026}/n");
    expect_expanded("{abcdefghij}/{filename}", "n", "{abcdefghij}/n");
    expect_expanded("{yea r}/{filename}{", "n", "{yea r}/n{");
    /* What the filename brings is text, not template. */
    expect_expanded("x/{filename}", "{year}{uuid}.txt", "x/{year}{uuid}.txt");
    expect_expanded("x/{filename}", "a\nb\x7f\x01.txt", "x/a_b__.txt");
}

static void test_uuid(void **state)
{
    (void)state;
    const char *path = key_template_expand(arena, "{uuid}/{uuid}_{filename}", "n", NOW);
    assert_int_equal(strlen(path), 36 + 1 + 36 + 2);
    assert_true(strncmp(path, path + 37, 36) != 0);
    const char *by_default = key_template_expand(arena, "", "n.txt", NOW);
    assert_int_equal(strncmp(by_default, "assets/1795488098_", 18), 0);
    assert_int_equal(strlen(by_default), 18 + 36 + 6);
}

static void expect_suffixed(const char *path, const char *suffix, const char *expected)
{
    assert_string_equal(key_template_suffix(arena, path, suffix), expected);
}

static void test_suffix(void **state)
{
    (void)state;
    expect_suffixed("/d.d/same.bin", "_u1", "/d.d/same_u1.bin");
    expect_suffixed("/d/a.tar.gz", "_u1", "/d/a.tar_u1.gz");
    expect_suffixed("/d.d/none", "_u1", "/d.d/none_u1");
    expect_suffixed("/d/.bashrc", "_u1", "/d/_u1.bashrc");
    expect_suffixed("/d/same.bin", "", "/d/same.bin");
}

static void test_long_names(void **state)
{
    (void)state;
    char path[2000] = "/d/";
    for (int i = 0; i < 300; i++)
        strcat(path, "\xe5\x86\x99");
    strcat(path, ".jpeg");
    const char *plain = key_template_suffix(arena, path, "");
    const char *marked = key_template_suffix(arena, path, "_0123456789012345678901234567890123456");
    assert_true(strlen(plain) - 3 <= 255 && strlen(plain) - 3 > 250);
    assert_true(strlen(marked) - 3 <= 255 && strlen(marked) - 3 > 250);
    assert_true(utf8_valid(plain, strlen(plain)));
    assert_string_equal(plain + strlen(plain) - 5, ".jpeg");
    assert_non_null(strstr(marked, "_0123456789012345678901234567890123456.jpeg"));
    memset(path, 'x', sizeof path);
    memcpy(path, "/d/a.", 5); /* an extension of that length is none */
    path[1000] = '\0';
    assert_int_equal(strlen(key_template_suffix(arena, path, "_u")) - 3, 255);
    assert_true(key_valid(plain + 1));
}

static void expect_path(const char *base, const char *path, const char *expected)
{
    assert_string_equal(path_absolute(arena, base, path), expected);
}

static void test_absolute_paths(void **state)
{
    (void)state;
    expect_path("/data", "assets/a.png", "/data/assets/a.png");
    expect_path("/data", "/other/a.png", "/other/a.png");
    expect_path("/data", "./a//b/./c/", "/data/a/b/c");
    expect_path("/data", "../esc/a", "/esc/a");
    expect_path("/data", "a/../../../../etc/passwd", "/etc/passwd");
    expect_path("/data/x", "..", "/data");
    expect_path("/data", "...", "/data/...");
    expect_path("/data", "..a/.b", "/data/..a/.b");
    expect_path("", "/", "");
    expect_path("", "/data/", "/data");
    expect_path("/", "a", "/a");
}

static void test_keys(void **state)
{
    static const char *const good[] = {"a", "a/b.c", "...", "..a/.b", "b\xc3\xbcro/\xe5\x86\x99", "a b'\"\\?*:"};
    static const char *const bad[] = {"",     "/",    "/a",    "a/",   "a//b",  ".",    "..",
                                      "a/..", "../a", "a/./b", "a\nb", "a\x7f", "\xff", "a/\xed\xa0\x80"};
    char lengthy[1100];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(key_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(key_valid(bad[i]));
    memset(lengthy, 'x', sizeof lengthy);
    lengthy[1024] = '\0';
    assert_true(key_valid(lengthy));
    lengthy[1024] = 'x';
    lengthy[1025] = '\0';
    assert_false(key_valid(lengthy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variables),  cmocka_unit_test(test_what_is_no_variable),
        cmocka_unit_test(test_uuid),       cmocka_unit_test(test_suffix),
        cmocka_unit_test(test_long_names), cmocka_unit_test(test_absolute_paths),
        cmocka_unit_test(test_keys),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    arena = arena_create();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_destroy(arena);
    return failed;
}
