/* Attachment bytes, wherever they lie: files (LOCAL), objects in a bucket (S3), or a database column (DATABASE).
 * Contract: memos.md 5.4, database.md 3.3. All functions are thread-safe. */
#ifndef MEMORA_BLOB_BLOB_H
#define MEMORA_BLOB_BLOB_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "memos/store/instance_setting.pb-c.h"
#include "store/attachment.h"

struct blob;
struct config;
struct plugin;

/* Configures and opens the storage plugin. One of files is rooted where its key `root` says (the data directory by
 * default), and opened once more for reading files that an earlier server put elsewhere. One of buckets (it has a key
 * `bucket`) gets all new attachments that don't go to the database. Before the first worker starts. */
enum status_code blob_open(const struct plugin *plugin, const struct config *config, struct blob **out,
                           struct status *status);
/* As blob_open. Contents that are read to their end are compared with all that the storage knows of their bytes, also
 * where that takes more time than the reading. */
enum status_code blob_open_to_compare(const struct plugin *plugin, const struct config *config, struct blob **out,
                                      struct status *status);
/* The plugin of files where the configuration names another, loaded; NULL if it is not installed. (The one of S3, for
 * settings of the instance and of attachments, is loaded when first needed: its libraries take more memory than all
 * the rest.) */
const struct plugin *blob_files_plugin(const struct config *config, const struct plugin *chosen);
/* Adds that plugin, with its default configuration, for LOCAL rows where the configuration names a bucket. Before the
 * first worker starts. */
enum status_code blob_add_files(struct blob *blob, const struct plugin *plugin, struct status *status);
bool blob_is_bucket(const struct blob *blob); /* the configuration names a bucket */
/* Writes, reads and removes a probe object in the configured storage. STATUS_FAILED_PRECONDITION, one line. */
enum status_code blob_check(struct blob *blob, struct status *status);
void blob_close(struct blob *blob); /* NULL is fine */

/* Takes the metadata out of the bytes of a new attachment: *attachment gets other bytes (in the arena or its spools)
 * and their size. A JPEG or TIFF is made anew, upright; where that cannot be done (there is no helper, it cannot decode
 * it), and for PNG, WebP, HEIF, AVIF and GIF, they are taken out of the file and the pixels stay. What is none of
 * these, or cannot be read, stays as it is (logged). STATUS_RESOURCE_EXHAUSTED: too many wait for the helper. */
enum status_code blob_strip(struct blob *blob, struct arena *arena, struct store_attachment *attachment,
                            struct status *status);

/* Stores the bytes of a new attachment as the configuration or the instance's setting says, complete and durable when
 * it returns. Reads uid, filename, type, bytes and bytes_length of *attachment; fills storage and reference, and for S3
 * the payload with the object. For DATABASE nothing is stored yet: inserting the row does it. Errors are short texts
 * without paths; details are logged. STATUS_FAILED_PRECONDITION: the settings cannot work; STATUS_UNAVAILABLE: the
 * bucket cannot be reached. */
enum status_code blob_put(struct blob *blob, struct arena *arena, const Memos__Store__InstanceStorageSetting *setting,
                          struct store_attachment *attachment, struct status *status);

/* Gives the outbox in which promises and removals are kept; without one blob_put makes no promises. wake (NULL: whoever
 * calls blob_removals_due removes) tells that there is work for blob_remove_due. Before the first worker starts. */
void blob_use_outbox(struct blob *blob, struct store *store, void (*wake)(void *ctx), void *ctx);

/* Whether this server may remove objects now: asked before each of them, since who has not run for a while (a stopped
 * process, a machine that slept) may have been replaced, and the object of that name be another one by now. Before the
 * first worker starts; without one it may. */
void blob_remove_while(struct blob *blob, bool (*may_remove)(void *ctx), void *ctx);

/* The row of what blob_put stored was not written: the object goes. Failures are logged. */
void blob_abandon(struct blob *blob, struct arena *arena, const struct store_attachment *attachment);

/* After a write that deleted attachments: their bytes go soon. */
void blob_removals_due(struct blob *blob);
/* Removes what the outbox says is due, in batches, until nothing is; what fails is put off, longer each time, and given
 * up after BLOB_REMOVAL_ATTEMPTS (it stays in the outbox, for `memora verify`). Gives the nanoseconds to the next time.
 * One thread at a time. */
enum { BLOB_REMOVAL_ATTEMPTS = 30 };
int64_t blob_remove_due(struct blob *blob);

/* Signs the links of S3 rows anew that are older than 4 days, as v0.30 does (database.md 3.3): reads pages of 100 rows.
 * What fails is logged and left for the next time. */
void blob_sign_anew(struct blob *blob, struct store *store);

/* Removes the bytes of an attachment, and what the cache folders of an earlier server hold of it. Missing bytes are no
 * error. Nothing to do for DATABASE and EXTERNAL. */
enum status_code blob_remove(struct blob *blob, struct arena *arena, const struct store_attachment *attachment,
                             struct status *status);

/* The bytes of one attachment, open for reading. One thread at a time; survives the removal of the attachment. */
struct blob_content;

/* A link to an S3 object that anyone can use for 5 days. */
enum status_code blob_link(struct blob *blob, struct store *store, struct arena *arena,
                           const struct store_attachment *attachment, const char **url, struct status *status);

/* STATUS_NOT_FOUND when the bytes are missing, STATUS_FAILED_PRECONDITION for EXTERNAL, which has none here, and for
 * settings of S3 that cannot work. store may be NULL unless the bytes are in the database. Close it before the arena
 * goes. */
enum status_code blob_content_open(struct blob *blob, struct store *store, struct arena *arena,
                                   const struct store_attachment *attachment, struct blob_content **out,
                                   struct status *status);
/* Only the size of what is in files and buckets, with the same errors. */
enum status_code blob_content_stat(struct blob *blob, struct store *store, struct arena *arena,
                                   const struct store_attachment *attachment, uint64_t *size, struct status *status);
void blob_content_close(struct blob_content *content); /* NULL is fine */
uint64_t blob_content_size(const struct blob_content *content);
int64_t blob_content_modified(const struct blob_content *content); /* Unix seconds; 0 = unknown */

/* Makes bytes [off, off + len) ready for blob_content_read, which then waits for nothing but a local disk: those of
 * DATABASE are read into the arena. */
enum status_code blob_content_select(struct blob_content *content, uint64_t off, uint64_t len, struct status *status);
/* Up to cap bytes from position pos of the whole; 0 at the end, -1 on failure (logged). */
int64_t blob_content_read(struct blob_content *content, uint64_t pos, void *out, size_t cap);
/* What was wrong when it gave -1, for operators; lives as long as the content. */
const char *blob_content_problem(const struct blob_content *content);
/* Where the video in a motion photo begins, which goes to the end of the content: found by reading it the first time,
 * and remembered for a while. False if there is none, or the content cannot be read. Undoes blob_content_select. */
bool blob_find_clip(struct blob *blob, struct blob_content *content, const char *uid, uint64_t *at);
/* Whether reading may wait for a network: then send it with a blob_stream. */
bool blob_content_is_remote(const struct blob_content *content);

/* Bytes of a remote content for whoever must not wait: read when they are asked for, where the plugin can tell that
 * there are none yet; else read ahead by a thread of their own. */
struct blob_stream;
enum { BLOB_STREAM_WAIT = -2, BLOB_STREAMS_MAX = 64 };
/* Takes over the content, also when it fails; may wait. wake is called on that thread, when bytes or the end have come.
 * STATUS_UNAVAILABLE beyond BLOB_STREAMS_MAX, and when the bytes cannot be read. */
enum status_code blob_stream_open(struct blob_content *content, uint64_t from, uint64_t length, void (*wake)(void *ctx),
                                  void *ctx, struct blob_stream **out, struct status *status);
/* The next bytes, up to cap; 0 at the end, -1 on failure, BLOB_STREAM_WAIT: there are none yet. Then read again when
 * wake is called, when *wait_fd (-1: none) becomes readable, and in a second at the latest. */
int64_t blob_stream_read(struct blob_stream *stream, void *out, size_t cap, int *wait_fd);
void blob_stream_close(struct blob_stream *stream); /* never waits; wake is not called any more */

/* A descriptor whose byte *base + pos is byte pos of the whole; -1 if there is none. It stays the content's. */
int blob_content_fd(const struct blob_content *content, uint64_t *base);

#endif
