#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/fold.h"

static void folds_to(const char *in, const char *expected)
{
    char out[256];
    size_t length = fold_utf8(in, strlen(in), out, sizeof out);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(out, expected, length);
}

static void words(void **state)
{
    (void)state;
    folds_to("", "");
    folds_to("Hello, World 1", "hello, world 1");
    folds_to("ÉCOLE", "école");
    folds_to("straße", "strasse");
    folds_to("STRASSE", "strasse");
    folds_to("ПРИВЕТ", "привет");
    folds_to("ΣΊΣΥΦΟΣ", "σίσυφοσ");
    folds_to("σίσυφος", "σίσυφοσ");
    folds_to("\xE2\x84\xAA", "k");     /* KELVIN SIGN shrinks */
    folds_to("\xC4\xB0", "i\xCC\x87"); /* LATIN CAPITAL LETTER I WITH DOT ABOVE */
    folds_to("\xEF\xAC\x83", "ffi");   /* LATIN SMALL LIGATURE FFI */
    folds_to("日本語 🚀", "日本語 🚀");
    folds_to("\xF0\x90\x90\x80", "\xF0\x90\x90\xA8"); /* DESERET */
}

/* Every ASCII character at every place of a word, and words cut by other characters. */
static void all_ascii(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 8; shift++) {
        char in[160] = {0}, expected[160] = {0};
        for (size_t i = 0; i < 127 + shift; i++) {
            char c = (char)(i < shift ? 'X' : i - shift + 1);
            in[i] = c;
            expected[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
        folds_to(in, expected);
    }
    folds_to("ABCDEFGÉHIJKLMNOPQRSTUVWXYZ[@`{", "abcdefgéhijklmnopqrstuvwxyz[@`{");
}

static void invalid_bytes_stay(void **state)
{
    (void)state;
    folds_to("A\xFF"
             "B",
             "a\xFF"
             "b");
    folds_to("\xC3", "\xC3");
    folds_to("\xE2\x84", "\xE2\x84");
}

/* A short buffer: the size needed is told, nothing is written behind the end. */
static void short_buffer(void **state)
{
    (void)state;
    char out[4] = {'#', '#', '#', '#'};
    assert_int_equal(fold_utf8("straße", strlen("straße"), out, 3), 7);
    assert_int_equal(out[3], '#');
    assert_int_equal(fold_utf8("ABC", 3, NULL, 0), 3);
    assert_int_equal(fold_utf8("ÉÉ", 4, out, 3), 4);
    assert_int_equal(out[3], '#');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(all_ascii),
        cmocka_unit_test(invalid_bytes_stay),
        cmocka_unit_test(short_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
