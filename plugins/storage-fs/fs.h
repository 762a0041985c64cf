/* storage-fs: objects as files below one directory. A key is the path of its file relative to the root. */
#ifndef MEMORA_STORAGE_FS_H
#define MEMORA_STORAGE_FS_H

#include <memora/storage.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
    FS_KEY_MAX = MEMORA_STORAGE_KEY_MAX,
    FS_TEMP_NAME_SIZE = 40 /* of FS_TEMP_PREFIX, 16 digits and NUL */
};

/* Files that are being written where the file system has no unnamed ones. Never part of a key. */
#define FS_TEMP_PREFIX ".memora-put-"

struct memora_storage {
    int root_fd;
    bool follow_symlinks;
    const struct memora_host *host;
};

/* Writes the message, followed by the text of errno value err unless that is 0, and returns code. */
int fs_fail(struct memora_error *error, int code, int err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The ABI code for an errno value. */
int fs_code(int err);

/* Rules of the ABI (UTF-8, 1..1024 bytes, no empty, "." or ".." segment, no control character) and no temporary name.
 * The second gives E_ARG with a message. */
bool fs_key_valid(const char *key);
int fs_key_check(const char *key, struct memora_error *error);

/* Opens path (which keeps the rules for keys, or is "." for the root) without leaving the root: no symbolic link is
 * followed unless the operator asked for it. Returns the descriptor or -1 with errno. */
int fs_open_beneath(const struct memora_storage *storage, const char *path, int flags);
/* Opens the directory that holds key, making missing ones (mode 0777 less umask) if create. *name becomes the last
 * segment, inside key. Returns the descriptor or -1 with errno. */
int fs_open_parent(const struct memora_storage *storage, const char *key, bool create, const char **name);

void fs_object_fill(struct memora_object *object, const struct stat *st);

/* Members of memora_storage_ops. */
int fs_put(struct memora_storage *storage, const char *key, const struct memora_put *put, struct memora_object *out,
           struct memora_error *error);
int fs_stat(struct memora_storage *storage, const char *key, struct memora_object *out, struct memora_error *error);
int fs_get(struct memora_storage *storage, const char *key, uint64_t off, uint64_t len, struct memora_reader **out,
           struct memora_object *info, struct memora_error *error);
int64_t fs_read(struct memora_reader *reader, void *buf, size_t cap, struct memora_error *error);
int fs_reader_fd(struct memora_reader *reader, uint64_t *off);
void fs_reader_close(struct memora_reader *reader);
int fs_remove(struct memora_storage *storage, const char *key, struct memora_error *error);
int fs_list(struct memora_storage *storage, const char *prefix, const char *after,
            int (*item)(void *, const char *key, const struct memora_object *), void *ctx, struct memora_error *error);

#endif
