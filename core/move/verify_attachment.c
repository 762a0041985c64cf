/* Whether attachments have the contents that their rows promise. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "blob/place.h"
#include "move/verify.h"

static void note_name(struct verify *verify, const char *key)
{
    struct names *named = &verify->named;
    named->hashes = verify_room_for_one(named->hashes, named->count, &named->room, sizeof *named->hashes);
    named->hashes[named->count++] = hash_fast(key, strlen(key));
}

static void note_lost(struct verify *verify, int64_t id)
{
    struct ids *lost = &verify->lost;
    lost->ids = verify_room_for_one(lost->ids, lost->count, &lost->room, sizeof *lost->ids);
    lost->ids[lost->count++] = id;
}

/* --- buckets that are not the configured one --- */

static struct verify_bucket *bucket_of(struct verify *verify, const struct store_attachment *attachment)
{
    const Memos__Store__AttachmentPayload *payload = attachment->payload;
    const Memos__Store__StorageS3Config *settings =
        payload && payload->payload_case == MEMOS__STORE__ATTACHMENT_PAYLOAD__PAYLOAD_S3_OBJECT
            ? payload->s3_object->s3_config
            : NULL;
    uint64_t hash = settings ? hash_fast(settings->endpoint, strlen(settings->endpoint)) * VERIFY_HASH_STEP +
                                   hash_fast(settings->bucket, strlen(settings->bucket))
                             : 0;
    size_t i = 0;
    while (i < verify->bucket_count && verify->buckets[i].hash != hash)
        i++;
    if (i == VERIFY_BUCKETS_MAX)
        return &verify->buckets[i - 1]; /* shared by all the rest */
    if (i == verify->bucket_count)
        verify->buckets[verify->bucket_count++] = (struct verify_bucket){.hash = hash};
    return &verify->buckets[i];
}

/* One that never answers is not asked for each of its objects: each time takes minutes. */
bool verify_skip(void *ctx, const struct store_attachment *attachment)
{
    struct verify *verify = ctx;
    if (attachment->storage != STORE_ATTACHMENT_S3 || blob_in_configured_bucket(verify->site->blob, attachment))
        return false;
    bool skip = bucket_of(verify, attachment)->failures >= VERIFY_BUCKET_FAILURES;
    verify->skipped += skip;
    return skip;
}

/* --- one attachment --- */

struct subject {
    struct verify *verify;
    struct move_content *content;
    int64_t id, size;
    struct store_attachment attachment;
    bool known, foreign; /* the row could be read; its bucket is not the configured one */
};

static void tell_of(const struct subject *subject, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell_of(const struct subject *subject, const char *format, ...)
{
    char text[sizeof(struct status)];
    va_list arguments;
    int length = snprintf(text, sizeof text, "attachment %" PRId64 ": ", subject->id);
    va_start(arguments, format);
    vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
    va_end(arguments);
    verify_tell(subject->verify, false, text);
}

/* What cannot be opened. An object that its own bucket says is not there may still be in another by that name. */
static enum status_code verify_unopened(const struct subject *subject, const struct status *problem,
                                        struct status *status)
{
    if (subject->foreign) {
        tell_of(subject, "%s: %s",
                problem->code == STATUS_NOT_FOUND ? "its content is missing" : "its bucket cannot be asked",
                problem->message);
        bucket_of(subject->verify, &subject->attachment)->failures += problem->code != STATUS_NOT_FOUND;
        return STATUS_OK;
    }
    if (problem->code != STATUS_NOT_FOUND)
        return status_set(status, problem->code, "attachment %" PRId64 ": %s", subject->id, problem->message);
    note_lost(subject->verify, subject->id);
    return STATUS_OK;
}

/* Reads all of it. What the database says of its own state ends it, as elsewhere; a content that cannot be had is a
 * fault. */
static enum status_code verify_bytes(const struct subject *subject, struct status *status)
{
    struct status problem = {0};
    struct move_totals totals = {0};
    enum status_code code = move_content_pump(subject->content, subject->id, &totals, NULL, NULL, &problem);
    subject->verify->read += totals.bytes;
    if (code == STATUS_OK)
        return STATUS_OK;
    if (code != STATUS_INTERNAL && code != STATUS_DATA_LOSS)
        return status_set(status, code, "attachment %" PRId64 ": %s", subject->id, problem.message);
    subject->verify->damaged++;
    tell_of(subject, "its content is damaged: %s", problem.message);
    return STATUS_OK;
}

static enum status_code verify_content(const struct subject *subject, struct status *status)
{
    struct verify *verify = subject->verify;
    struct move_content *content = subject->content;
    struct status problem = {0};
    enum status_code code = content->ops->open(content, &problem);
    if (code)
        return verify_unopened(subject, &problem, status);
    verify->files += subject->attachment.storage != STORE_ATTACHMENT_DATABASE && !subject->foreign;
    bool other_size = content->size != (uint64_t)subject->size;
    verify->damaged += other_size;
    if (other_size)
        tell_of(subject, "its content has %" PRIu64 " bytes, its row says %" PRId64, content->size, subject->size);
    code = verify->options.contents ? verify_bytes(subject, status) : STATUS_OK;
    content->ops->close(content);
    return code;
}

enum status_code verify_row(struct move_sink *sink, unsigned table, const struct store_move_row *row,
                            struct move_content *content, struct status *status)
{
    struct verify *verify = (struct verify *)sink;
    if (table != STORE_MOVE_ATTACHMENT)
        return STATUS_OK;
    struct arena *arena = arena_create();
    struct subject subject = {.verify = verify,
                              .content = content,
                              .id = row->values[STORE_MOVE_ID].u.i,
                              .size = row->values[STORE_MOVE_ATTACHMENT_SIZE].u.i};
    subject.known = move_row_attachment(arena, row, &subject.attachment, NULL) == STATUS_OK;
    const char *key = subject.known ? blob_key_of(verify->site->blob, arena, &subject.attachment) : NULL;
    if (key)
        note_name(verify, key);
    subject.foreign = subject.known && subject.attachment.storage == STORE_ATTACHMENT_S3 &&
                      !blob_in_configured_bucket(verify->site->blob, &subject.attachment);
    verify->attachments++;
    enum status_code code = content ? verify_content(&subject, status) : STATUS_OK;
    arena_destroy(arena);
    return code;
}

/* --- rows without content --- */

static enum status_code remove_row(struct db_conn *conn, void *ctx, struct status *status)
{
    const int32_t *id = ctx;
    struct arena *arena = arena_create();
    /* Only the row: there is nothing else. */
    const struct store_attachment attachment = {.id = *id, .storage = STORE_ATTACHMENT_DATABASE, .reference = ""};
    enum status_code code = store_attachment_delete(conn, arena, &attachment, 1, NULL, status);
    arena_destroy(arena);
    return code;
}

/* An attachment without content can only fail. But when no file at all is found, it is rather the storage that is not
 * the right one, or not mounted. */
enum status_code verify_lost(struct verify *verify, struct status *status)
{
    char text[128];
    bool repair = verify->options.repair && verify->files > 0;
    for (size_t i = 0; i < verify->lost.count; i++) {
        int32_t id = (int32_t)verify->lost.ids[i];
        if (repair && db_write(verify->site->db, remove_row, &id, status))
            return status->code;
        snprintf(text, sizeof text, "attachment %d: its content is missing", id);
        verify_tell(verify, repair, text);
    }
    if (verify->options.repair && !repair && verify->lost.count)
        printf("none of the files was found: is this the right storage? No row is removed.\n");
    return STATUS_OK;
}
