#include "base/unicode.h"

#include <string.h>

struct pair {
    uint32_t from, to;
};

#include "base/unicode_tables.h"

enum { LAST_CODE_POINT = 0x10FFFF };

/* The only categories with characters that fold; leaves out the ideographs without a search. */
#define HAS_FOLDS                                                                                                      \
    (UNICODE_BIT(UNICODE_LL) | UNICODE_BIT(UNICODE_LU) | UNICODE_BIT(UNICODE_LT) | UNICODE_BIT(UNICODE_MN) |           \
     UNICODE_BIT(UNICODE_NL) | UNICODE_BIT(UNICODE_SO))

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum unicode_category unicode_category(uint32_t code_point)
{
    if (code_point > LAST_CODE_POINT)
        return UNICODE_CN;
    size_t block = category_stage[code_point / CATEGORY_BLOCK];
    return (enum unicode_category)category_blocks[block * CATEGORY_BLOCK + code_point % CATEGORY_BLOCK];
}

uint32_t unicode_categories_named(const char *name, size_t length)
{
    static const struct {
        char name[3];
        uint32_t set;
    } sets[] = {
        {"L", UNICODE_LETTER},
        {"M", UNICODE_MARK},
        {"N", UNICODE_NUMBER},
        {"P", UNICODE_PUNCTUATION},
        {"S", UNICODE_SYMBOL},
        {"Z", UNICODE_SEPARATOR},
        {"C", UNICODE_OTHER},
        {"Cc", UNICODE_BIT(UNICODE_CC)},
        {"Cf", UNICODE_BIT(UNICODE_CF)},
        {"Co", UNICODE_BIT(UNICODE_CO)},
        {"Cs", UNICODE_BIT(UNICODE_CS)},
        {"Ll", UNICODE_BIT(UNICODE_LL)},
        {"Lm", UNICODE_BIT(UNICODE_LM)},
        {"Lo", UNICODE_BIT(UNICODE_LO)},
        {"Lt", UNICODE_BIT(UNICODE_LT)},
        {"Lu", UNICODE_BIT(UNICODE_LU)},
        {"Mc", UNICODE_BIT(UNICODE_MC)},
        {"Me", UNICODE_BIT(UNICODE_ME)},
        {"Mn", UNICODE_BIT(UNICODE_MN)},
        {"Nd", UNICODE_BIT(UNICODE_ND)},
        {"Nl", UNICODE_BIT(UNICODE_NL)},
        {"No", UNICODE_BIT(UNICODE_NO)},
        {"Pc", UNICODE_BIT(UNICODE_PC)},
        {"Pd", UNICODE_BIT(UNICODE_PD)},
        {"Pe", UNICODE_BIT(UNICODE_PE)},
        {"Pf", UNICODE_BIT(UNICODE_PF)},
        {"Pi", UNICODE_BIT(UNICODE_PI)},
        {"Po", UNICODE_BIT(UNICODE_PO)},
        {"Ps", UNICODE_BIT(UNICODE_PS)},
        {"Sc", UNICODE_BIT(UNICODE_SC)},
        {"Sk", UNICODE_BIT(UNICODE_SK)},
        {"Sm", UNICODE_BIT(UNICODE_SM)},
        {"So", UNICODE_BIT(UNICODE_SO)},
        {"Zl", UNICODE_BIT(UNICODE_ZL)},
        {"Zp", UNICODE_BIT(UNICODE_ZP)},
        {"Zs", UNICODE_BIT(UNICODE_ZS)},
    };
    for (size_t i = 0; i < COUNT(sets); i++)
        if (strlen(sets[i].name) == length && memcmp(sets[i].name, name, length) == 0)
            return sets[i].set;
    return 0;
}

bool unicode_is_space(uint32_t code_point)
{
    if (code_point < 0x80)
        return code_point == ' ' || (code_point >= '\t' && code_point <= '\r');
    return code_point == 0x85 || unicode_is(code_point, UNICODE_SEPARATOR);
}

static const struct pair *find_pair(const struct pair *pairs, size_t count, uint32_t code_point)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pairs[middle].from < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && pairs[low].from == code_point ? &pairs[low] : NULL;
}

uint32_t unicode_lower(uint32_t code_point)
{
    if (code_point < 0x80)
        return code_point >= 'A' && code_point <= 'Z' ? code_point + 32 : code_point;
    const struct pair *pair = find_pair(lower_cases, COUNT(lower_cases), code_point);
    return pair ? pair->to : code_point;
}

uint32_t unicode_fold_next(uint32_t code_point)
{
    const struct pair *pair = find_pair(fold_orbits, COUNT(fold_orbits), code_point);
    return pair ? pair->to : code_point;
}

size_t unicode_fold(uint32_t code_point, uint32_t out[3])
{
    out[0] = code_point;
    if (code_point < 0x80) {
        out[0] = unicode_lower(code_point);
        return 1;
    }
    if (!unicode_is(code_point, HAS_FOLDS))
        return 1;
    size_t low = 0, high = COUNT(full_folds);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (full_folds[middle].from < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == COUNT(full_folds) || full_folds[low].from != code_point)
        return 1;
    size_t count = 0;
    while (count < 3 && full_folds[low].to[count]) {
        out[count] = full_folds[low].to[count];
        count++;
    }
    return count;
}

int unicode_script_named(const char *name, size_t length)
{
    for (size_t i = 0; i < COUNT(script_names); i++)
        if (strlen(script_names[i]) == length && memcmp(script_names[i], name, length) == 0)
            return (int)i;
    return UNICODE_SCRIPT_NONE;
}

int unicode_script(uint32_t code_point)
{
    size_t low = 0, high = COUNT(script_ranges);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (script_ranges[middle].last < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < COUNT(script_ranges) && script_ranges[low].first <= code_point)
        return (int)script_ranges[low].script;
    return UNICODE_SCRIPT_NONE;
}
