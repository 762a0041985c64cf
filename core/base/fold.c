#include "base/fold.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/unicode.h"
#include "base/utf8.h"

/* Appends if there is room; counts in any case. */
static size_t put(char *out, size_t cap, size_t used, const char *bytes, size_t length)
{
    if (used <= cap && length <= cap - used)
        memcpy(out + used, bytes, length);
    return used + length;
}

static size_t put_folded(char *out, size_t cap, size_t used, uint32_t code_point)
{
    uint32_t folded[3];
    size_t count = unicode_fold(code_point, folded);
    for (size_t i = 0; i < count; i++) {
        char bytes[4];
        used = put(out, cap, used, bytes, utf8_encode(folded[i], bytes));
    }
    return used;
}

/* Eight ASCII characters at once, as most text has them; false if one of them is not ASCII. */
static bool fold_word(const char *in, char *out)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t word;
    memcpy(&word, in, sizeof word);
    if (word & tops)
        return false;
    /* The top bit of a byte becomes 1 from 'A' on, and from behind 'Z' on. */
    uint64_t from_a = word + ones * (0x80 - 'A'), behind_z = word + ones * (0x80 - 'Z' - 1);
    word |= ((from_a & ~behind_z) & tops) >> 2;
    memcpy(out, &word, sizeof word);
    return true;
}

size_t fold_utf8(const char *in, size_t n, char *out, size_t cap)
{
    size_t used = 0;
    for (size_t at = 0; at < n;) {
        if (n - at >= sizeof(uint64_t) && used <= cap && cap - used >= sizeof(uint64_t) &&
            fold_word(in + at, out + used)) {
            at += sizeof(uint64_t);
            used += sizeof(uint64_t);
            continue;
        }
        unsigned char c = (unsigned char)in[at];
        if (c < 0x80) {
            if (used < cap)
                out[used] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
            used++;
            at++;
            continue;
        }
        size_t size;
        uint32_t code_point = utf8_decode(in + at, n - at, &size);
        used = code_point == UINT32_MAX ? put(out, cap, used, in + at, size) : put_folded(out, cap, used, code_point);
        at += size;
    }
    return used;
}
