#include "base/uid.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static void random_uuid(unsigned char id[16])
{
    random_bytes(id, 16);
    id[6] = (unsigned char)((id[6] & 0x0f) | 0x40);
    id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
}

void uid_short(char out[UID_SHORT_LENGTH + 1])
{
    static const char alphabet[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    unsigned char id[16];
    random_uuid(id);
    for (int digit = UID_SHORT_LENGTH - 1; digit >= 0; digit--) {
        unsigned rest = 0;
        for (int i = 0; i < 16; i++) { /* long division of the 128-bit number by 57 */
            unsigned value = rest * 256 + id[i];
            id[i] = (unsigned char)(value / 57);
            rest = value % 57;
        }
        out[digit] = alphabet[rest];
    }
    out[UID_SHORT_LENGTH] = '\0';
}

void uid_uuid(char out[UID_UUID_LENGTH + 1])
{
    unsigned char b[16];
    random_uuid(b);
    snprintf(out, UID_UUID_LENGTH + 1, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

void uid_alphanumeric(char *out, size_t length)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t at = 0;
    while (at < length) {
        unsigned char byte;
        random_bytes(&byte, 1);
        if (byte < 248) /* 4 * 62: the rest would favour the first letters */
            out[at++] = alphabet[byte % 62];
    }
    out[length] = '\0';
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool uid_valid(const char *text)
{
    size_t length = strnlen(text, 37);
    if (length < 1 || length > 36 || !is_alphanumeric(text[0]) || !is_alphanumeric(text[length - 1]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_alphanumeric(text[i]) && text[i] != '-')
            return false;
    return true;
}
