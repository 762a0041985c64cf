#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/unicode.h"

static void categories(void **state)
{
    (void)state;
    static const struct {
        uint32_t code_point;
        enum unicode_category category;
    } cases[] = {
        {'a', UNICODE_LL},      {'Z', UNICODE_LU},        {'7', UNICODE_ND},     {' ', UNICODE_ZS},
        {'\n', UNICODE_CC},     {'_', UNICODE_PC},        {'-', UNICODE_PD},     {'(', UNICODE_PS},
        {')', UNICODE_PE},      {'#', UNICODE_PO},        {'$', UNICODE_SC},     {'^', UNICODE_SK},
        {'+', UNICODE_SM},      {0xAB, UNICODE_PI},       {0xBB, UNICODE_PF},    {0xB2, UNICODE_NO},
        {0x1C5, UNICODE_LT},    {0x2B0, UNICODE_LM},      {0x301, UNICODE_MN},   {0x20DD, UNICODE_ME},
        {0x903, UNICODE_MC},    {0x2167, UNICODE_NL},     {0x200D, UNICODE_CF},  {0x2028, UNICODE_ZL},
        {0x2029, UNICODE_ZP},   {0x65E5, UNICODE_LO},     {0xAC00, UNICODE_LO},  {0xD800, UNICODE_CS},
        {0xE000, UNICODE_CO},   {0x1F680, UNICODE_SO},    {0x3002, UNICODE_PO},  {0xFF03, UNICODE_PO},
        {0x378, UNICODE_CN},    {0x9FFF, UNICODE_LO},     {0x2A6DF, UNICODE_LO}, {0x10FFFF, UNICODE_CN},
        {0x110000, UNICODE_CN}, {UINT32_MAX, UNICODE_CN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(unicode_category(cases[i].code_point), cases[i].category);
}

static void category_sets(void **state)
{
    (void)state;
    assert_true(unicode_is(0xE9, UNICODE_LETTER));
    assert_false(unicode_is(0xE9, UNICODE_NUMBER | UNICODE_MARK | UNICODE_SYMBOL | UNICODE_PUNCTUATION));
    assert_true(unicode_is('`', UNICODE_SYMBOL));
    assert_true(unicode_is(0xFE0F, UNICODE_MARK));
    assert_int_equal(unicode_categories_named("L", 1), UNICODE_LETTER);
    assert_int_equal(unicode_categories_named("Nd", 2), UNICODE_BIT(UNICODE_ND));
    assert_int_equal(unicode_categories_named("Cn", 2), 0);
    assert_int_equal(unicode_categories_named("", 0), 0);
    assert_int_equal(unicode_categories_named("Lux", 3), 0);
}

/* The set that Go's unicode.IsSpace documents. */
static void white_space(void **state)
{
    (void)state;
    static const uint32_t spaces[] = {'\t',   '\n',   '\v',   '\f',   '\r',   ' ',    0x85,   0xA0,   0x1680,
                                      0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
                                      0x2009, 0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
    size_t found = 0;
    for (uint32_t c = 0; c <= 0x10FFFF; c++)
        if (unicode_is_space(c))
            assert_int_equal(c, spaces[found++]);
    assert_int_equal(found, sizeof spaces / sizeof spaces[0]);
}

static void lower_case(void **state)
{
    (void)state;
    assert_int_equal(unicode_lower('A'), 'a');
    assert_int_equal(unicode_lower('['), '[');
    assert_int_equal(unicode_lower(0xC9), 0xE9);
    assert_int_equal(unicode_lower(0x41F), 0x43F);
    assert_int_equal(unicode_lower(0x1E9E), 0xDF);
    assert_int_equal(unicode_lower(0x65E5), 0x65E5);
}

static void fold_cycles(void **state)
{
    (void)state;
    assert_int_equal(unicode_fold_next('K'), 'k');
    assert_int_equal(unicode_fold_next('k'), 0x212A);
    assert_int_equal(unicode_fold_next(0x212A), 'K');
    assert_int_equal(unicode_fold_next('1'), '1');
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        uint32_t at = unicode_fold_next(c);
        int steps = 1;
        for (; at != c && steps < 8; steps++)
            at = unicode_fold_next(at);
        assert_true(steps < 8); /* every cycle comes back */
    }
}

/* The search is cut short by category: no character that folds may be lost by that. */
static void full_folds(void **state)
{
    (void)state;
    uint32_t folded[3];
    assert_int_equal(unicode_fold(0xDF, folded), 2);
    assert_int_equal(folded[0], 's');
    assert_int_equal(folded[1], 's');
    assert_int_equal(unicode_fold(0xFB03, folded), 3);
    size_t folding = 0;
    for (uint32_t c = 0; c <= 0x10FFFF; c++)
        if (unicode_fold(c, folded) != 1 || folded[0] != c)
            folding++;
    assert_true(folding > 1500);
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        uint32_t lower = unicode_lower(c);
        if (lower != c && lower >= 0x80 && c >= 0x80 && c != 0x1E9E && c != 0x130 && !(c >= 0x13A0 && c <= 0x13F5))
            assert_int_equal(unicode_fold(c, folded) == 1 && folded[0] == c, 0);
    }
}

static void scripts(void **state)
{
    (void)state;
    int greek = unicode_script_named("Greek", 5);
    assert_true(greek >= 0);
    assert_int_equal(unicode_script(0x3B1), greek);
    assert_int_equal(unicode_script('a'), unicode_script_named("Latin", 5));
    assert_int_equal(unicode_script(0x65E5), unicode_script_named("Han", 3));
    assert_int_equal(unicode_script(0x10FFFF), UNICODE_SCRIPT_NONE);
    assert_int_equal(unicode_script_named("Klingon", 7), UNICODE_SCRIPT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(categories), cmocka_unit_test(category_sets), cmocka_unit_test(white_space),
        cmocka_unit_test(lower_case), cmocka_unit_test(fold_cycles),   cmocka_unit_test(full_folds),
        cmocka_unit_test(scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
