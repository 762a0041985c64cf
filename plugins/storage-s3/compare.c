/* Whether what is read is what was stored, by what the store knows of it: its SHA-256 (Amazon S3 User Guide, "Checking
 * object integrity") or its entity tag, which is the MD5 unless the store has encrypted with a key of its own kind
 * ("Object", ETag, in the API reference). Of an object in parts both are made of those of the parts. */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

#include "s3.h"

enum { DIGEST_MAX = 32, MD5_HEX = 32, EXPECTED_MAX = 72 };

struct s3_compare {
    gnutls_digest_algorithm_t algorithm;
    gnutls_hash_hd_t bytes;             /* of the whole, or of the part at hand */
    gnutls_hash_hd_t parts;             /* of the digests of parts; NULL: there are none */
    uint64_t part_size, in_part, count; /* bytes of the part at hand that were added; parts before it */
    char expected[EXPECTED_MAX];
};

static struct s3_compare *begin(gnutls_digest_algorithm_t algorithm, uint64_t part_size, const char *expected)
{
    struct s3_compare *compare = calloc(1, sizeof *compare);
    if (!compare)
        return NULL;
    compare->algorithm = algorithm;
    compare->part_size = part_size;
    snprintf(compare->expected, sizeof compare->expected, "%s", expected);
    if (gnutls_hash_init(&compare->bytes, algorithm) == 0 &&
        (!part_size || gnutls_hash_init(&compare->parts, algorithm) == 0))
        return compare;
    s3_compare_free(compare);
    return NULL;
}

/* "hex" or "hex-parts"; what else a store may call its entities says nothing about their bytes. */
static bool is_md5(const char *etag, bool in_parts)
{
    size_t tail = strlen(etag) - strspn(etag, "0123456789abcdef");
    return strlen(etag) - tail == MD5_HEX && (in_parts ? etag[MD5_HEX] == '-' : tail == 0);
}

struct s3_compare *s3_compare_begin(const struct s3_response *response, bool all)
{
    const char *checksum = response->checksum;
    size_t length = strcspn(checksum, "-");
    bool known = length == S3_CHECKSUM_SIZE - 1;
    if (known && !checksum[length])
        return begin(GNUTLS_DIG_SHA256, 0, checksum);
    if (!all)
        return NULL;
    if (known && response->part_size)
        return begin(GNUTLS_DIG_SHA256, response->part_size, checksum);
    if (response->etag_is_no_md5)
        return NULL;
    if (is_md5(response->etag, false))
        return begin(GNUTLS_DIG_MD5, 0, response->etag);
    return response->part_size && is_md5(response->etag, true)
               ? begin(GNUTLS_DIG_MD5, response->part_size, response->etag)
               : NULL;
}

static bool end_part(struct s3_compare *compare)
{
    unsigned char digest[DIGEST_MAX];
    gnutls_hash_output(compare->bytes, digest); /* and begins anew */
    compare->in_part = 0;
    compare->count++;
    return gnutls_hash(compare->parts, digest, gnutls_hash_get_len(compare->algorithm)) == 0;
}

bool s3_compare_add(struct s3_compare *compare, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (compare->parts && length >= compare->part_size - compare->in_part) {
        size_t rest = (size_t)(compare->part_size - compare->in_part);
        if (gnutls_hash(compare->bytes, at, rest) != 0 || !end_part(compare))
            return false;
        at += rest;
        length -= rest;
    }
    compare->in_part += length;
    return length == 0 || gnutls_hash(compare->bytes, at, length) == 0;
}

static void write_digest(const struct s3_compare *compare, const unsigned char *digest, char out[EXPECTED_MAX])
{
    if (compare->algorithm == GNUTLS_DIG_SHA256) {
        s3_checksum_encode(digest, out);
        return;
    }
    for (size_t i = 0; i < MD5_HEX / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

bool s3_compare_equal(struct s3_compare *compare)
{
    unsigned char digest[DIGEST_MAX];
    char text[EXPECTED_MAX];
    if (compare->parts && compare->in_part > 0 && !end_part(compare))
        return false;
    gnutls_hash_output(compare->parts ? compare->parts : compare->bytes, digest);
    write_digest(compare, digest, text);
    size_t length = strlen(text);
    if (compare->parts)
        snprintf(text + length, sizeof text - length, "-%llu", (unsigned long long)compare->count);
    return strcmp(text, compare->expected) == 0;
}

void s3_compare_free(struct s3_compare *compare)
{
    if (!compare)
        return;
    if (compare->bytes)
        gnutls_hash_deinit(compare->bytes, NULL);
    if (compare->parts)
        gnutls_hash_deinit(compare->parts, NULL);
    free(compare);
}
