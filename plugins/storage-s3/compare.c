/* Whether what is read is what was stored, by what the store knows of it: its SHA-256 or CRC-32C (Amazon S3 User Guide,
 * "Checking object integrity") or its entity tag, which is the MD5 unless the store has encrypted with a key of its own
 * kind ("Object", ETag, in the API reference). Of an object in parts all are made of those of the parts. */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

#include "s3.h"

enum { DIGEST_MAX = 32, MD5_HEX = 32, CRC_BYTES = 4, EXPECTED_MAX = 72 };
enum kind { SHA256, MD5, CRC32C };

/* Of bytes so far. */
struct digest {
    gnutls_hash_hd_t hash; /* NULL for CRC32C */
    uint32_t crc;
};

struct s3_compare {
    enum kind kind;
    bool in_parts;
    struct digest bytes;                /* of the whole, or of the part at hand */
    struct digest parts;                /* of the digests of parts */
    uint64_t part_size, in_part, count; /* bytes of the part at hand that were added; parts before it */
    char expected[EXPECTED_MAX];
};

static gnutls_digest_algorithm_t algorithm(enum kind kind)
{
    return kind == MD5 ? GNUTLS_DIG_MD5 : GNUTLS_DIG_SHA256;
}

static bool digest_begin(struct digest *digest, enum kind kind)
{
    return kind == CRC32C || gnutls_hash_init(&digest->hash, algorithm(kind)) == 0;
}

static bool digest_add(struct digest *digest, const void *bytes, size_t length)
{
    if (digest->hash)
        return gnutls_hash(digest->hash, bytes, length) == 0;
    digest->crc = s3_crc32c(digest->crc, bytes, length);
    return true;
}

/* Gives it, and its size; and begins anew. */
static size_t digest_end(struct digest *digest, enum kind kind, unsigned char out[DIGEST_MAX])
{
    if (digest->hash) {
        gnutls_hash_output(digest->hash, out);
        return gnutls_hash_get_len(algorithm(kind));
    }
    for (unsigned i = 0; i < CRC_BYTES; i++)
        out[i] = (unsigned char)(digest->crc >> (24 - 8 * i));
    digest->crc = 0;
    return CRC_BYTES;
}

/* part_size 0: of the whole. */
static struct s3_compare *begin(enum kind kind, uint64_t part_size, const char *expected)
{
    struct s3_compare *compare = calloc(1, sizeof *compare);
    if (!compare)
        return NULL;
    compare->kind = kind;
    compare->in_parts = part_size > 0;
    compare->part_size = part_size;
    snprintf(compare->expected, sizeof compare->expected, "%s", expected);
    if (digest_begin(&compare->bytes, kind) && (!part_size || digest_begin(&compare->parts, kind)))
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

/* "base64" or "base64-parts". */
static bool is_checksum(const char *text, size_t size, bool in_parts)
{
    size_t length = strcspn(text, "-");
    return length == size - 1 && (text[length] != '\0') == in_parts;
}

struct s3_compare *s3_compare_begin(const struct s3_response *response, bool all)
{
    const char *sha256 = response->checksum, *crc = response->crc32c, *etag = response->etag;
    if (is_checksum(sha256, S3_CHECKSUM_SIZE, false))
        return begin(SHA256, 0, sha256);
    if (is_checksum(crc, S3_CRC32C_SIZE, false))
        return begin(CRC32C, 0, crc);
    if (!all)
        return NULL;
    if (is_checksum(sha256, S3_CHECKSUM_SIZE, true) && response->part_size)
        return begin(SHA256, response->part_size, sha256);
    if (is_checksum(crc, S3_CRC32C_SIZE, true) && response->part_size)
        return begin(CRC32C, response->part_size, crc);
    if (response->etag_is_no_md5)
        return NULL;
    if (is_md5(etag, false))
        return begin(MD5, 0, etag);
    return response->part_size && is_md5(etag, true) ? begin(MD5, response->part_size, etag) : NULL;
}

static bool end_part(struct s3_compare *compare)
{
    unsigned char digest[DIGEST_MAX];
    size_t length = digest_end(&compare->bytes, compare->kind, digest);
    compare->in_part = 0;
    compare->count++;
    return digest_add(&compare->parts, digest, length);
}

bool s3_compare_add(struct s3_compare *compare, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (compare->in_parts && length >= compare->part_size - compare->in_part) {
        size_t rest = (size_t)(compare->part_size - compare->in_part);
        if (!digest_add(&compare->bytes, at, rest) || !end_part(compare))
            return false;
        at += rest;
        length -= rest;
    }
    compare->in_part += length;
    return length == 0 || digest_add(&compare->bytes, at, length);
}

static void write_digest(enum kind kind, const unsigned char *digest, char out[EXPECTED_MAX])
{
    if (kind == SHA256)
        s3_checksum_encode(digest, out);
    else if (kind == CRC32C)
        s3_crc32c_encode((uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3],
                         out);
    else
        for (size_t i = 0; i < MD5_HEX / 2; i++)
            snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

bool s3_compare_equal(struct s3_compare *compare)
{
    unsigned char digest[DIGEST_MAX] = {0};
    char text[EXPECTED_MAX];
    if (compare->in_parts && compare->in_part > 0 && !end_part(compare))
        return false;
    digest_end(compare->in_parts ? &compare->parts : &compare->bytes, compare->kind, digest);
    write_digest(compare->kind, digest, text);
    size_t length = strlen(text);
    if (compare->in_parts)
        snprintf(text + length, sizeof text - length, "-%llu", (unsigned long long)compare->count);
    return strcmp(text, compare->expected) == 0;
}

void s3_compare_free(struct s3_compare *compare)
{
    if (!compare)
        return;
    if (compare->bytes.hash)
        gnutls_hash_deinit(compare->bytes.hash, NULL);
    if (compare->parts.hash)
        gnutls_hash_deinit(compare->parts.hash, NULL);
    free(compare);
}
