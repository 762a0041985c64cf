/* Shared by the files of blob/. */
#ifndef MEMORA_BLOB_INTERNAL_H
#define MEMORA_BLOB_INTERNAL_H

#include <memora/storage.h>
#include <pthread.h>

#include "blob/blob.h"
#include "config/config.h"
#include "plugin/plugin.h"

/* One open instance of a storage plugin. Its functions are called through the blob_instance_* ones, which keep to the
 * threads that the plugin declares. */
struct blob_instance {
    const struct memora_storage_ops *ops;
    struct memora_storage *storage; /* NULL: not open */
    uint64_t features;
    bool serial;
    pthread_mutex_t lock;
};

struct blob_bucket;

struct blob {
    const struct config *config;
    struct blob_instance inside;  /* below root: everything this server writes to files */
    struct blob_instance outside; /* below "/": files of LOCAL rows of an earlier server; never written to */
    const char *root;             /* absolute, without trailing slash: "" = "/" */
    const char *data_dir;         /* what relative references start at */
    const char *template_dir;     /* what relative path templates start at: data_dir or root */

    bool compare_all; /* for plugins that have a key of that name */

    struct blob_instance configured; /* the bucket that the configuration file names, if it does */
    const Memos__Store__StorageS3Config *configured_settings;
    const struct plugin *bucket_plugin; /* for buckets of the settings; NULL: not needed yet */
    struct arena *arena;                /* of configured_settings */
    pthread_mutex_t bucket_lock;        /* guards the list below and users and times in it */
    struct blob_bucket *buckets;

    pthread_mutex_t stream_lock;
    pthread_cond_t stream_ended;
    unsigned streams; /* under stream_lock */

    struct media *media;
    struct thumbnails *thumbnails;
    struct clips *clips;

    struct store *store; /* of the outbox; NULL: none */
    void (*wake)(void *ctx);
    void *wake_ctx;
    bool (*may_remove)(void *ctx);
    void *may_remove_ctx;
};

enum { BLOB_URL_MAX = 8192 };

/* Opens an instance with a checked configuration, which lives until the process ends. */
enum status_code blob_instance_open(struct blob_instance *instance, const struct plugin *plugin,
                                    const struct memora_config *plugin_config, struct status *status);
bool blob_plugin_has_key(const struct plugin *plugin, const char *name); /* of its section */
void blob_instance_close(struct blob_instance *instance);                /* one that is not open is fine */

/* Results are those of the storage interface. */
int blob_instance_put(struct blob_instance *instance, const char *key, const struct memora_put *put,
                      struct memora_error *error);
int blob_instance_get(struct blob_instance *instance, const char *key, uint64_t off, struct memora_reader **out,
                      struct memora_object *info, struct memora_error *error);
int blob_instance_stat(struct blob_instance *instance, const char *key, struct memora_object *info,
                       struct memora_error *error);
int64_t blob_instance_read(struct blob_instance *instance, struct memora_reader *reader, void *buf, size_t cap,
                           struct memora_error *error);
/* Whether reading without waiting is possible, and wherever it would wait: MEMORA_E_LATER. */
bool blob_instance_has_read_now(const struct blob_instance *instance);
int64_t blob_instance_read_now(const struct blob_instance *instance, struct memora_reader *reader, void *buf,
                               size_t cap, int *wait_fd, struct memora_error *error);
int blob_instance_reader_fd(struct blob_instance *instance, struct memora_reader *reader, uint64_t *off);
void blob_instance_reader_close(struct blob_instance *instance, struct memora_reader *reader);
int blob_instance_remove(struct blob_instance *instance, const char *key, struct memora_error *error);
int blob_instance_presign(struct blob_instance *instance, const char *key, int64_t ttl_s, char url[BLOB_URL_MAX],
                          struct memora_error *error);
int blob_instance_check(struct blob_instance *instance, struct memora_error *error);

/* Where an object lies: the key of a path as LOCAL rows have it. False if no instance can have it. */
bool blob_locate(struct blob *blob, struct arena *arena, const char *reference, struct blob_instance **instance,
                 const char **key);
/* The key of an absolute path below root; NULL if it lies elsewhere. */
const char *blob_key_inside(const struct blob *blob, const char *path);

/* bucket.c: the bucket of the settings; the configured one if it is the same. Give it back with blob_bucket_release.
 * STATUS_FAILED_PRECONDITION: the plugin is not installed, or cannot work with the settings. */
enum status_code blob_bucket_acquire(struct blob *blob, const Memos__Store__StorageS3Config *settings,
                                     struct blob_instance **out, struct status *status);
void blob_bucket_release(struct blob *blob, struct blob_instance *instance); /* NULL is fine */
void blob_bucket_close_all(struct blob *blob);
/* The bucket that an attachment of storage S3 lies in, and its key there. Settings that the row lacks are those of the
 * instance (store may be NULL: then those of the configuration). STATUS_FAILED_PRECONDITION if nobody
 * can tell. */
enum status_code blob_bucket_of(struct blob *blob, struct store *store, struct arena *arena,
                                const struct store_attachment *attachment, struct blob_instance **out, const char **key,
                                struct status *status);
/* Only the settings. */
enum status_code blob_bucket_settings(struct blob *blob, struct store *store, struct arena *arena,
                                      const struct store_attachment *attachment,
                                      const Memos__Store__StorageS3Config **out, struct status *status);
/* Makes the attachment one of storage S3: what its row keeps, so that it can be read whatever becomes of the settings
 * (database.md 3.2), with the present as the time of signing. Borrows settings. */
void blob_describe_object(struct arena *arena, const Memos__Store__StorageS3Config *settings, const char *key,
                          struct store_attachment *attachment);
/* A link for 5 days. */
enum status_code blob_bucket_link(struct blob_instance *instance, struct arena *arena, const char *key,
                                  const char **url, struct status *status);

/* blob_status for what puts into a bucket or removes from it. */
enum status_code blob_bucket_status(int result, const char *doing, const char *key, const struct memora_error *error,
                                    struct status *status);
Google__Protobuf__Timestamp *blob_timestamp(struct arena *arena, int64_t ns);

/* Whether a file of that absolute path could be taken for one of the database. put.c says why. */
bool blob_path_is_risky(const struct blob *blob, const char *path);

struct blob *blob_content_blob(const struct blob_content *content); /* of a remote one */
/* Whether blob_content_read_now can be used. */
bool blob_content_has_read_now(const struct blob_content *content);
/* Makes pos the place where it goes on; may wait. False on failure (logged). */
bool blob_content_begin(struct blob_content *content, uint64_t pos);
/* The next bytes; BLOB_STREAM_WAIT if there are none yet, and then *wait_fd is as of the interface's read_now. Else as
 * blob_content_read. */
int64_t blob_content_read_now(struct blob_content *content, void *out, size_t cap, int *wait_fd);
/* stream.c: waits for the threads that still read. */
void blob_stream_wait_all(struct blob *blob);

/* clip.c */
struct clips *clips_create(void);
void clips_destroy(struct clips *clips); /* NULL is fine */

/* removal.c: the object that was promised to go is not this attachment's. */
void blob_break_promise(struct blob *blob, const struct store_attachment *attachment);

/* Logs what the plugin said and gives the caller a short text without paths. */
enum status_code blob_status(int result, const char *doing, const char *key, const struct memora_error *error,
                             struct status *status);

#endif
