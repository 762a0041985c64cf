#include <string.h>

#include "api/attachment_common.h"
#include "api/convert.h"
#include "api/convert_attachment.h"
#include "api_handlers.h"
#include "base/clock.h"
#include "blob/blob.h"

enum { BATCH_MAX = 100 };

/* One attachment by its uid, in a read of its own. */
static enum status_code find(struct api_call *call, const char *uid, struct store_attachment *out,
                             struct status *status)
{
    struct db_conn *conn;
    if (store_read_begin(call->services->store, &conn, status))
        return status->code;
    enum status_code code = store_attachment_get(conn, call->arena, uid, out, status);
    store_read_end(conn);
    return code ? api_attachment_failed("failed to get attachment: ", status) : STATUS_OK;
}

struct change {
    struct arena *arena;
    const char *uid, *filename; /* filename NULL: stays */
    int64_t now;
    struct store_attachment *updated; /* of the arena */
};

static enum status_code update(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct change *change = ctx;
    enum status_code code = store_attachment_update(conn, change->updated->id, change->filename, change->now, status);
    return code ? code : store_attachment_get(conn, change->arena, change->uid, change->updated, status);
}

enum status_code api_attachment_service_update_attachment(struct api_call *call,
                                                          const Memos__Api__V1__UpdateAttachmentRequest *request,
                                                          Memos__Api__V1__Attachment **response, struct status *status)
{
    struct store_attachment attachment;
    struct change change = {.arena = call->arena, .now = clock_wall_s(), .updated = &attachment};
    const char *name = request->attachment ? request->attachment->name : "";
    if (api_attachment_uid(call->arena, name, &change.uid, status))
        return status->code;
    if (api_mask_empty(request->update_mask))
        return status_set(status, STATUS_INVALID_ARGUMENT, "update mask is required");
    if (find(call, change.uid, &attachment, status))
        return status->code;
    if (!api_attachment_may_change(call, &attachment))
        return status_set(status, STATUS_PERMISSION_DENIED, "permission denied");
    if (api_mask_has(request->update_mask, "filename")) {
        change.filename = request->attachment->filename;
        if (!api_attachment_filename_valid(change.filename))
            return status_set(status, STATUS_INVALID_ARGUMENT, "filename contains invalid characters or format");
    }
    if (store_write(call->services->store, update, &change, status))
        return api_attachment_failed("failed to update attachment: ", status);
    *response = api_attachment_view(call->arena, &attachment, attachment.memo_uid);
    return STATUS_OK;
}

struct removal {
    struct arena *arena;
    const struct store_attachment *attachments;
    size_t count, deleted;
};

static enum status_code remove_rows(struct db_conn *conn, void *ctx, struct status *status)
{
    struct removal *removal = ctx;
    return store_attachment_delete(conn, removal->arena, removal->attachments, removal->count, &removal->deleted,
                                   status);
}

/* Rows first: a file without a row is only litter, a row without its file would be a broken picture. */
static enum status_code remove_all(struct api_call *call, const struct store_attachment *attachments, size_t count,
                                   struct status *status)
{
    struct removal removal = {.arena = call->arena, .attachments = attachments, .count = count};
    if (store_write(call->services->store, remove_rows, &removal, status))
        return api_attachment_failed("failed to delete attachment: ", status);
    if (removal.deleted == 0 && count > 0) /* somebody else was faster */
        return status_set(status, STATUS_NOT_FOUND, "attachment not found");
    blob_removals_due(call->services->blob);
    return STATUS_OK;
}

enum status_code api_attachment_service_delete_attachment(struct api_call *call,
                                                          const Memos__Api__V1__DeleteAttachmentRequest *request,
                                                          Google__Protobuf__Empty **response, struct status *status)
{
    const char *uid;
    struct store_attachment attachment;
    if (api_attachment_uid(call->arena, request->name, &uid, status) || find(call, uid, &attachment, status))
        return status->code;
    if (attachment.creator_id != call->caller.user_id)
        return status_set(status, STATUS_NOT_FOUND, "attachment not found");
    if (remove_all(call, &attachment, 1, status))
        return status->code;
    *response = CODEC_NEW(call->arena, Google__Protobuf__Empty, google__protobuf__empty__descriptor);
    return STATUS_OK;
}

static const struct store_attachment *by_uid(const struct store_attachment *rows, size_t count, const char *uid)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].uid, uid) == 0)
            return &rows[i];
    return NULL;
}

/* Uids of the names up to the first bad one, whose error is left in *bad. Repeats collapse. */
static size_t parse_names(struct arena *arena, char *const *names, size_t count, const char **uids, struct status *bad)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const char *uid;
        bool known = false;
        if (!*names[i]) {
            status_set(bad, STATUS_INVALID_ARGUMENT, "attachment name is required");
            break;
        }
        if (api_attachment_uid(arena, names[i], &uid, bad))
            break;
        for (size_t j = 0; j < used && !known; j++)
            known = strcmp(uids[j], uid) == 0;
        if (!known)
            uids[used++] = uid;
    }
    return used;
}

/* The attachments to delete; errors come in the order of the names. */
static enum status_code resolve(struct api_call *call, const Memos__Api__V1__BatchDeleteAttachmentsRequest *request,
                                struct store_attachment **out, size_t *count, struct status *status)
{
    struct status bad = {0};
    const char **uids = ARENA_ARRAY(call->arena, const char *, request->n_names);
    size_t uid_count = parse_names(call->arena, request->names, request->n_names, uids, &bad);
    struct db_conn *conn;
    if (store_read_begin(call->services->store, &conn, status))
        return status->code;
    enum status_code code = store_attachment_get_many(conn, call->arena, uids, uid_count, out, count, status);
    store_read_end(conn);
    if (code)
        return api_attachment_failed("failed to get attachments: ", status);
    for (size_t i = 0; i < uid_count; i++) {
        const struct store_attachment *attachment = by_uid(*out, *count, uids[i]);
        if (!attachment)
            return status_set(status, STATUS_NOT_FOUND, "attachment not found");
        if (!api_attachment_may_change(call, attachment))
            return status_set(status, STATUS_PERMISSION_DENIED, "permission denied");
    }
    return bad.code ? status_set(status, bad.code, "%s", bad.message) : STATUS_OK;
}

enum status_code api_attachment_service_batch_delete_attachments(
    struct api_call *call, const Memos__Api__V1__BatchDeleteAttachmentsRequest *request,
    Google__Protobuf__Empty **response, struct status *status)
{
    struct store_attachment *attachments;
    size_t count;
    if (request->n_names == 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "attachment names are required");
    if (request->n_names > BATCH_MAX)
        return status_set(status, STATUS_INVALID_ARGUMENT, "too many attachment names; max %d", BATCH_MAX);
    if (resolve(call, request, &attachments, &count, status) || remove_all(call, attachments, count, status))
        return status->code;
    *response = CODEC_NEW(call->arena, Google__Protobuf__Empty, google__protobuf__empty__descriptor);
    return STATUS_OK;
}
