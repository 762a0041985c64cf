/* SHA-256 as S3 has it in its headers (Amazon S3 User Guide, "Checking object integrity"): 32 bytes in base64. */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

#include "s3.h"

enum { DIGEST = 32 };

struct s3_hash {
    gnutls_hash_hd_t handle;
};

static void encode(const unsigned char digest[DIGEST], char out[S3_CHECKSUM_SIZE])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t at = 0;
    for (size_t i = 0; i < DIGEST; i += 3) {
        unsigned bits = (unsigned)digest[i] << 16 | (i + 1 < DIGEST ? (unsigned)digest[i + 1] << 8 : 0) |
                        (i + 2 < DIGEST ? (unsigned)digest[i + 2] : 0);
        out[at++] = letters[bits >> 18];
        out[at++] = letters[bits >> 12 & 63];
        out[at++] = i + 1 < DIGEST ? letters[bits >> 6 & 63] : '=';
        out[at++] = i + 2 < DIGEST ? letters[bits & 63] : '=';
    }
    out[at] = '\0';
}

bool s3_checksum(const void *bytes, size_t length, char out[S3_CHECKSUM_SIZE])
{
    unsigned char digest[DIGEST];
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, length ? bytes : "", length, digest) != 0)
        return false;
    encode(digest, out);
    return true;
}

struct s3_hash *s3_hash_begin(void)
{
    struct s3_hash *hash = malloc(sizeof *hash);
    if (hash && gnutls_hash_init(&hash->handle, GNUTLS_DIG_SHA256) == 0)
        return hash;
    free(hash);
    return NULL;
}

bool s3_hash_add(struct s3_hash *hash, const void *bytes, size_t length)
{
    return gnutls_hash(hash->handle, bytes, length) == 0;
}

void s3_hash_end(struct s3_hash *hash, char out[S3_CHECKSUM_SIZE])
{
    unsigned char digest[DIGEST];
    if (!hash)
        return;
    gnutls_hash_deinit(hash->handle, digest);
    free(hash);
    encode(digest, out);
}
