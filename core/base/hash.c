#include "base/hash.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

void hash_sha256(const void *data, size_t length, unsigned char out[HASH_SHA256_SIZE])
{
    /* Only a broken library build lacks SHA-256; going on with a zero digest would be worse than ending. */
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, data, length, out) != 0)
        abort();
}

void hash_sha256_hex(const void *data, size_t length, char out[HASH_SHA256_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char raw[HASH_SHA256_SIZE];
    hash_sha256(data, length, raw);
    for (size_t i = 0; i < sizeof raw; i++) {
        out[2 * i] = digits[raw[i] >> 4];
        out[2 * i + 1] = digits[raw[i] & 15];
    }
    out[2 * sizeof raw] = '\0';
}

void hash_hmac_sha256(const void *key, size_t key_length, const void *data, size_t length,
                      unsigned char out[HASH_SHA256_SIZE])
{
    if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_length, data, length, out) != 0)
        abort();
}

uint64_t hash_fast(const void *data, size_t length)
{
    const unsigned char *at = data;
    uint64_t h = 0x9E3779B97F4A7C15u ^ length;
    for (; length >= 8; at += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    uint64_t tail = 0;
    if (length)
        memcpy(&tail, at, length);
    h = (h ^ tail) * 0xc4ceb9fe1a85ec53u;
    h ^= h >> 29;
    h *= 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}
