/* Objects made of a pattern, and short ways to put and get them. */
#ifndef PLUGIN_CHECK_STORAGE_OBJECT_H
#define PLUGIN_CHECK_STORAGE_OBJECT_H

#include "check.h"

#define STORAGE_PREFIX "memora-check/"

/* The source of a put: total bytes of a pattern that depends on seed, in pieces of at most piece bytes (0: any). */
struct source {
    uint64_t total, sent;
    uint64_t give_up_at; /* the read that would go beyond it gives up; 0 = never */
    size_t piece;
    unsigned seed;
    bool anywhere; /* the plugin may use read_at */
    bool in_file;  /* the plugin may take a file of them, and does not have to: what it reads is the same */
    int fd;        /* that file, once it is made; 0 before */
};
unsigned char source_byte(unsigned seed, uint64_t offset);
int64_t source_read(void *ctx, void *buf, size_t cap);
int64_t source_read_at(void *ctx, uint64_t pos, void *buf, size_t cap);

struct store {
    struct check *check;
    const struct memora_storage_ops *ops;
    struct memora_storage *storage;
    uint64_t features;
};
/* False, with a failed check, if it does not open. */
bool store_open(struct check *check, struct store *store);
void store_close(struct store *store);

/* Puts *source, whose size is announced unless size is -1. */
int store_put(struct store *store, const char *key, struct source *source, int64_t size, uint32_t flags,
              struct memora_object *out, struct memora_error *error);
/* Puts total bytes of seed. */
int store_put_pattern(struct store *store, const char *key, uint64_t total, unsigned seed, struct memora_error *error);
/* Reads the range and compares it with the pattern: MEMORA_OK, an error, or MEMORA_E_INTERNAL with the place of the
 * first difference. *got becomes how many bytes came. */
int store_compare(struct store *store, const char *key, uint64_t off, uint64_t len, unsigned seed, uint64_t *got,
                  struct memora_object *info, struct memora_error *error);
int store_remove(struct store *store, const char *key);
/* Whether stat() finds it. */
bool store_has(struct store *store, const char *key);

/* open, put, get, remove, close: the first error. */
int storage_work_once(struct check *check, struct memora_error *error);

#endif
