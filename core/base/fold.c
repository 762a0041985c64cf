#include "base/fold.h"

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

size_t fold_utf8(const char *in, size_t n, char *out, size_t cap)
{
    size_t used = 0;
    for (size_t at = 0; at < n;) {
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
