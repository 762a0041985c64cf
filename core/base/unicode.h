/* Properties of Unicode code points, from the Unicode Character Database of the build machine. Pure functions,
 * thread-safe. Values beyond U+10FFFF (such as the error mark of utf8_decode) count as unassigned. */
#ifndef MEMORA_BASE_UNICODE_H
#define MEMORA_BASE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* General categories (Unicode Standard, table 4-4). The generator of the tables knows this order. */
enum unicode_category {
    UNICODE_CN,
    UNICODE_CC,
    UNICODE_CF,
    UNICODE_CO,
    UNICODE_CS,
    UNICODE_LL,
    UNICODE_LM,
    UNICODE_LO,
    UNICODE_LT,
    UNICODE_LU,
    UNICODE_MC,
    UNICODE_ME,
    UNICODE_MN,
    UNICODE_ND,
    UNICODE_NL,
    UNICODE_NO,
    UNICODE_PC,
    UNICODE_PD,
    UNICODE_PE,
    UNICODE_PF,
    UNICODE_PI,
    UNICODE_PO,
    UNICODE_PS,
    UNICODE_SC,
    UNICODE_SK,
    UNICODE_SM,
    UNICODE_SO,
    UNICODE_ZL,
    UNICODE_ZP,
    UNICODE_ZS
};

/* Sets of categories for unicode_is: bit n stands for category n. */
#define UNICODE_BIT(category) (1u << (category))
#define UNICODE_LETTER                                                                                                 \
    (UNICODE_BIT(UNICODE_LL) | UNICODE_BIT(UNICODE_LM) | UNICODE_BIT(UNICODE_LO) | UNICODE_BIT(UNICODE_LT) |           \
     UNICODE_BIT(UNICODE_LU))
#define UNICODE_MARK (UNICODE_BIT(UNICODE_MC) | UNICODE_BIT(UNICODE_ME) | UNICODE_BIT(UNICODE_MN))
#define UNICODE_NUMBER (UNICODE_BIT(UNICODE_ND) | UNICODE_BIT(UNICODE_NL) | UNICODE_BIT(UNICODE_NO))
#define UNICODE_PUNCTUATION                                                                                            \
    (UNICODE_BIT(UNICODE_PC) | UNICODE_BIT(UNICODE_PD) | UNICODE_BIT(UNICODE_PE) | UNICODE_BIT(UNICODE_PF) |           \
     UNICODE_BIT(UNICODE_PI) | UNICODE_BIT(UNICODE_PO) | UNICODE_BIT(UNICODE_PS))
#define UNICODE_SYMBOL                                                                                                 \
    (UNICODE_BIT(UNICODE_SC) | UNICODE_BIT(UNICODE_SK) | UNICODE_BIT(UNICODE_SM) | UNICODE_BIT(UNICODE_SO))
#define UNICODE_SEPARATOR (UNICODE_BIT(UNICODE_ZL) | UNICODE_BIT(UNICODE_ZP) | UNICODE_BIT(UNICODE_ZS))
#define UNICODE_OTHER                                                                                                  \
    (UNICODE_BIT(UNICODE_CC) | UNICODE_BIT(UNICODE_CF) | UNICODE_BIT(UNICODE_CO) | UNICODE_BIT(UNICODE_CS))

enum unicode_category unicode_category(uint32_t code_point);

static inline bool unicode_is(uint32_t code_point, uint32_t categories)
{
    return (UNICODE_BIT(unicode_category(code_point)) & categories) != 0;
}

/* The category set for "L", "Lu", "Nd" ...; 0 if there is none of that name. */
uint32_t unicode_categories_named(const char *name, size_t length);

/* Property White_Space; the same set as Go's unicode.IsSpace, which defines white space on the wire. */
bool unicode_is_space(uint32_t code_point);

/* Simple lower case (UnicodeData.txt); itself if it has none. */
uint32_t unicode_lower(uint32_t code_point);

/* Walks the cycle of characters equal under simple case folding: 'k' -> U+212A -> 'K' -> 'k'; itself if alone. */
uint32_t unicode_fold_next(uint32_t code_point);

/* Full case folding (CaseFolding.txt, C and F): writes 1..3 code points, returns how many. */
size_t unicode_fold(uint32_t code_point, uint32_t out[3]);

enum { UNICODE_SCRIPT_NONE = -1 };
/* Number of a script by its long name ("Greek"), and the script a code point belongs to (Scripts.txt). */
int unicode_script_named(const char *name, size_t length);
int unicode_script(uint32_t code_point);

#endif
