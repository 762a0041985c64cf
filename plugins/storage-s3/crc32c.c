/* CRC-32C (RFC 3720, appendix B.4) as S3 has it in its headers: four bytes, the highest first, in base64. */
#include <stdlib.h>

#include "s3.h"

#ifdef __x86_64__
#include <nmmintrin.h>
#endif

enum { BLOCK = 64 * 1024, SLICES = 8 };
#define POLYNOMIAL 0x82F63B78u /* with its lowest bit first */

/* slices[k][b] is what byte b does to the remainder k bytes further on. */
struct tables {
    uint32_t slices[SLICES][256];
};

static struct tables tables;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
        tables.slices[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++)
        for (int k = 1; k < SLICES; k++)
            tables.slices[k][byte] =
                tables.slices[k - 1][byte] >> 8 ^ tables.slices[0][tables.slices[k - 1][byte] & 255];
}

static uint32_t add_byte(uint32_t crc, unsigned char byte)
{
    return crc >> 8 ^ tables.slices[0][(crc ^ byte) & 255];
}

uint32_t s3_crc32c_portable(uint32_t crc, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    pthread_once(&once, fill);
    crc = ~crc;
    for (; length >= SLICES; length -= SLICES, at += SLICES) {
        uint32_t next = 0;
        for (unsigned i = 0; i < 4; i++)
            next ^= tables.slices[SLICES - 1 - i][(crc >> 8 * i ^ at[i]) & 255] ^ tables.slices[3 - i][at[4 + i]];
        crc = next;
    }
    for (; length > 0; length--)
        crc = add_byte(crc, *at++);
    return ~crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t with_instruction(uint32_t crc, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    uint64_t state = (uint32_t)~crc;
    for (; length >= 8; length -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        state = _mm_crc32_u64(state, word);
    }
    for (; length > 0; length--)
        state = _mm_crc32_u8((uint32_t)state, *at++);
    return ~(uint32_t)state;
}
#endif

uint32_t s3_crc32c(uint32_t crc, const void *bytes, size_t length)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2"))
        return with_instruction(crc, bytes, length);
#endif
    return s3_crc32c_portable(crc, bytes, length);
}

int s3_body_crc(struct s3_body *body, struct memora_error *error)
{
    body->crc32c = 0;
    if (body->bytes) {
        body->crc32c = s3_crc32c(0, body->bytes, body->length);
        return MEMORA_OK;
    }
    unsigned char *block = malloc(BLOCK);
    int result = block ? MEMORA_OK : s3_nomem(error);
    for (size_t done = 0; result == MEMORA_OK && done < body->length;) {
        size_t left = body->length - done, wanted = left < BLOCK ? left : BLOCK;
        int64_t n = body->source->read_at(body->source->ctx, body->at + done, block, wanted);
        if (n <= 0 || (uint64_t)n > wanted) {
            result = memora_fail(error, MEMORA_E_CANCELLED, "the source of an upload gave up");
        } else {
            body->crc32c = s3_crc32c(body->crc32c, block, (size_t)n);
            done += (size_t)n;
        }
    }
    free(block);
    return result;
}

void s3_crc32c_encode(uint32_t crc, char out[S3_CRC32C_SIZE])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (unsigned i = 0; i < 5; i++)
        out[i] = letters[crc >> (26 - 6 * i) & 63];
    out[5] = letters[crc << 4 & 63];
    out[6] = out[7] = '=';
    out[8] = '\0';
}
