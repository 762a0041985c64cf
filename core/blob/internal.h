/* Shared by the files of blob/. */
#ifndef MEMORA_BLOB_INTERNAL_H
#define MEMORA_BLOB_INTERNAL_H

#include <memora/storage.h>
#include <pthread.h>

#include "blob/blob.h"

/* One open instance of a storage plugin. Its functions are called through the blob_instance_* ones, which keep to the
 * threads that the plugin declares. */
struct blob_instance {
    const struct memora_storage_ops *ops;
    struct memora_storage *storage; /* NULL: not open */
    uint64_t features;
    bool serial;
    pthread_mutex_t lock;
};

struct blob {
    struct blob_instance inside;  /* below root: everything this server writes */
    struct blob_instance outside; /* below "/": files of LOCAL rows of an earlier server; never written to */
    const char *root;             /* absolute, without trailing slash: "" = "/" */
    const char *data_dir;         /* what relative references start at */
    const char *template_dir;     /* what relative path templates start at: data_dir or root */
};

/* Results are those of the storage interface. */
int blob_instance_put(struct blob_instance *instance, const char *key, const struct memora_put *put,
                      struct memora_error *error);
int blob_instance_get(struct blob_instance *instance, const char *key, uint64_t off, struct memora_reader **out,
                      struct memora_object *info, struct memora_error *error);
int64_t blob_instance_read(struct blob_instance *instance, struct memora_reader *reader, void *buf, size_t cap,
                           struct memora_error *error);
int blob_instance_reader_fd(struct blob_instance *instance, struct memora_reader *reader, uint64_t *off);
void blob_instance_reader_close(struct blob_instance *instance, struct memora_reader *reader);
int blob_instance_remove(struct blob_instance *instance, const char *key, struct memora_error *error);

/* Where an object lies: the key of a path as LOCAL rows have it. False if no instance can have it. */
bool blob_locate(struct blob *blob, struct arena *arena, const char *reference, struct blob_instance **instance,
                 const char **key);
/* The key of an absolute path below root; NULL if it lies elsewhere. */
const char *blob_key_inside(const struct blob *blob, const char *path);

/* Logs what the plugin said and gives the caller a short text without paths. */
enum status_code blob_status(int result, const char *doing, const char *key, const struct memora_error *error,
                             struct status *status);

#endif
