/* SHA-256 as S3 has it in its headers (Amazon S3 User Guide, "Checking object integrity"): 32 bytes in base64. */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

#include "s3.h"

enum { DIGEST = 32, BLOCK = 64 * 1024 };

void s3_checksum_encode(const unsigned char digest[DIGEST], char out[S3_CHECKSUM_SIZE])
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

static int add_source(gnutls_hash_hd_t handle, const struct s3_body *body, struct memora_error *error)
{
    unsigned char *block = malloc(BLOCK);
    int result = block ? MEMORA_OK : s3_nomem(error);
    for (size_t done = 0; result == MEMORA_OK && done < body->length;) {
        size_t left = body->length - done, wanted = left < BLOCK ? left : BLOCK;
        int64_t n = body->source->read_at(body->source->ctx, body->at + done, block, wanted);
        if (n <= 0 || (uint64_t)n > wanted)
            result = memora_fail(error, MEMORA_E_CANCELLED, "the source of an upload gave up");
        else if (gnutls_hash(handle, block, (size_t)n) != 0)
            result = memora_fail(error, MEMORA_E_INTERNAL, "no SHA-256");
        else
            done += (size_t)n;
    }
    free(block);
    return result;
}

int s3_body_hash(struct s3_body *body, struct memora_error *error)
{
    gnutls_hash_hd_t handle;
    int result = MEMORA_OK;
    if (gnutls_hash_init(&handle, GNUTLS_DIG_SHA256) != 0)
        return s3_nomem(error);
    if (!body->bytes)
        result = add_source(handle, body, error);
    else if (gnutls_hash(handle, body->bytes, body->length) != 0)
        result = memora_fail(error, MEMORA_E_INTERNAL, "no SHA-256");
    gnutls_hash_deinit(handle, body->sha256);
    return result;
}
