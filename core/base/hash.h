/* Digests, through gnutls. */
#ifndef MEMORA_BASE_HASH_H
#define MEMORA_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_SHA256_SIZE = 32, HASH_SHA256_HEX_SIZE = 65 };

void hash_sha256(const void *data, size_t length, unsigned char out[HASH_SHA256_SIZE]);
void hash_sha256_hex(const void *data, size_t length, char out[HASH_SHA256_HEX_SIZE]); /* lower case, NUL */
void hash_hmac_sha256(const void *key, size_t key_length, const void *data, size_t length,
                      unsigned char out[HASH_SHA256_SIZE]);
/* Not cryptographic: for hash tables. */
uint64_t hash_fast(const void *data, size_t length);

#endif
