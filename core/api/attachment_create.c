#include <string.h>

#include "api/attachment_common.h"
#include "api/convert.h"
#include "api/convert_attachment.h"
#include "api/media_type.h"
#include "api/names.h"
#include "api_handlers.h"
#include "auth/memo_access.h"
#include "base/uid.h"
#include "blob/blob.h"
#include "blob/motion.h"
#include "store/instance_setting.h"
#include "store/memo.h"

enum { MEBIBYTE = 1024 * 1024 };

/* The type to store, without parameters. */
static enum status_code choose_type(struct arena *arena, const Memos__Api__V1__Attachment *upload, const char **out,
                                    struct status *status)
{
    const char *type = upload->type;
    if (*type) {
        *out = media_type_parse(arena, type);
        return *out ? STATUS_OK : status_set(status, STATUS_INVALID_ARGUMENT, "invalid MIME type format");
    }
    *out = media_type_by_name(upload->filename);
    if (!*out)
        *out = media_type_sniff(upload->content.data, upload->content.len);
    return STATUS_OK;
}

/* The id that the client asks for, or a fresh one. */
static enum status_code choose_uid(struct arena *arena, const char *wanted, const char **out, struct status *status)
{
    const char *start = wanted + strspn(wanted, " \t\r\n\v\f");
    size_t length = strlen(start);
    while (length > 0 && strchr(" \t\r\n\v\f", start[length - 1]))
        length--;
    if (length == 0) {
        char *uid = arena_alloc(arena, UID_SHORT_LENGTH + 1);
        uid_short(uid);
        *out = uid;
        return STATUS_OK;
    }
    *out = arena_strndup(arena, start, length);
    if (uid_valid(*out))
        return STATUS_OK;
    return status_set(status, STATUS_INVALID_ARGUMENT,
                      "invalid UID: must be 1-36 characters, contain only letters, digits, or hyphens, and start and "
                      "end with a letter or digit");
}

/* What a client may say about motion: that the file is a half of an Apple live photo. */
static enum status_code take_motion(struct arena *arena, const Memos__Api__V1__MotionMedia *motion,
                                    Memos__Store__AttachmentPayload *payload, struct status *status)
{
    if (!motion)
        return STATUS_OK;
    if (motion->family != MEMOS__API__V1__MOTION_MEDIA_FAMILY__APPLE_LIVE_PHOTO)
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "only Apple Live Photo motion metadata can be provided by clients");
    if (motion->role != MEMOS__API__V1__MOTION_MEDIA_ROLE__STILL &&
        motion->role != MEMOS__API__V1__MOTION_MEDIA_ROLE__VIDEO)
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid Apple Live Photo motion role");
    if (!*motion->group_id)
        return status_set(status, STATUS_INVALID_ARGUMENT, "motion media group_id is required");
    Memos__Store__MotionMedia *stored =
        CODEC_NEW(arena, Memos__Store__MotionMedia, memos__store__motion_media__descriptor);
    stored->family = (Memos__Store__MotionMediaFamily)motion->family;
    stored->role = (Memos__Store__MotionMediaRole)motion->role;
    stored->group_id = motion->group_id;
    stored->presentation_timestamp_us = motion->presentation_timestamp_us;
    stored->has_embedded_video = motion->has_embedded_video;
    payload->motion_media = stored;
    return STATUS_OK;
}

static enum status_code check_size(struct api_call *call, size_t length, Memos__Store__InstanceStorageSetting **setting,
                                   struct status *status)
{
    if (store_instance_storage_setting(call->services->store, call->arena, setting, status))
        return api_attachment_failed("failed to get instance storage setting: ", status);
    int64_t limit_mb = (*setting)->upload_size_limit_mb;
    if (limit_mb <= 0)
        limit_mb = STORE_UPLOAD_LIMIT_DEFAULT_MB;
    /* Compared in mebibytes, since the limit in bytes might not fit. */
    if ((int64_t)(length / MEBIBYTE) > limit_mb || ((int64_t)(length / MEBIBYTE) == limit_mb && length % MEBIBYTE != 0))
        return status_set(status, STATUS_INVALID_ARGUMENT, "file size exceeds the limit");
    return STATUS_OK;
}

static enum status_code find_memo(struct api_call *call, struct db_conn *conn, const char *name, int32_t *memo_id,
                                  struct status *status)
{
    const char *uid;
    struct store_memo memo;
    if (api_name_parse_one(call->arena, name, "memos/", &uid, status))
        return status_prefix(status, "invalid memo name: ");
    enum status_code code = store_memo_get(conn, call->arena, uid, &memo, status);
    if (code == STATUS_NOT_FOUND)
        return status_set(status, code, "memo not found: %s", name);
    if (code)
        return api_attachment_failed("failed to find memo: ", status);
    *memo_id = memo.id;
    return memo_access_check(&call->caller, MEMO_CHANGE, &memo, status);
}

static enum status_code taken(const char *uid, struct status *status)
{
    return status_set(status, STATUS_ALREADY_EXISTS, "attachment with ID \"%s\" already exists", uid);
}

/* What needs the database: the memo, and whether the id is free. The latter is decided when inserting; asking before
 * spares the file. */
static enum status_code check_rows(struct api_call *call, const Memos__Api__V1__Attachment *upload,
                                   struct store_attachment *attachment, struct status *status)
{
    struct db_conn *conn;
    struct store_attachment other;
    enum status_code code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    if (upload->optional_memo_case == MEMOS__API__V1__ATTACHMENT__OPTIONAL_MEMO_MEMO)
        code = find_memo(call, conn, upload->memo, &attachment->memo_id, status);
    if (code == STATUS_OK) {
        code = store_attachment_get(conn, call->arena, attachment->uid, &other, status);
        if (code == STATUS_OK)
            code = taken(attachment->uid, status);
        else
            code = code == STATUS_NOT_FOUND ? STATUS_OK : api_attachment_failed("failed to find attachment: ", status);
    }
    store_read_end(conn);
    return code;
}

static int64_t read_upload(void *ctx, uint64_t pos, void *out, size_t cap)
{
    const struct store_attachment *attachment = ctx;
    return spool_copy(attachment->spools, attachment->bytes, attachment->bytes_length, pos, out, cap);
}

/* Marks what an Android camera made: a JPEG with its video inside. */
static void detect_motion(struct arena *arena, struct store_attachment *attachment,
                          Memos__Store__AttachmentPayload *payload)
{
    struct motion_photo photo;
    bool jpeg = strcmp(attachment->type, "image/jpeg") == 0 || strcmp(attachment->type, "image/jpg") == 0;
    if (payload->motion_media || !jpeg || !motion_find(read_upload, attachment, attachment->bytes_length, &photo))
        return;
    Memos__Store__MotionMedia *motion =
        CODEC_NEW(arena, Memos__Store__MotionMedia, memos__store__motion_media__descriptor);
    motion->family = MEMOS__STORE__MOTION_MEDIA_FAMILY__ANDROID_MOTION_PHOTO;
    motion->role = MEMOS__STORE__MOTION_MEDIA_ROLE__CONTAINER;
    motion->group_id = arena_strdup(arena, attachment->uid);
    motion->presentation_timestamp_us = photo.presentation_us;
    motion->has_embedded_video = true;
    payload->motion_media = motion;
}

/* Such a file stays as it is: in another one the video would be missing. */
static bool has_embedded_video(const Memos__Store__AttachmentPayload *payload)
{
    return payload->motion_media &&
           payload->motion_media->family == MEMOS__STORE__MOTION_MEDIA_FAMILY__ANDROID_MOTION_PHOTO;
}

struct insertion {
    struct arena *arena;
    struct store_attachment *attachment;
};

static enum status_code insert(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct insertion *insertion = ctx;
    return store_attachment_insert(conn, insertion->arena, insertion->attachment, status);
}

/* Object first, then row; without the row the object goes again. */
static enum status_code save(struct api_call *call, const Memos__Store__InstanceStorageSetting *setting,
                             struct store_attachment *attachment, struct status *status)
{
    if (blob_put(call->services->blob, call->arena, setting, attachment, status))
        return status_prefix(status, "failed to save attachment blob: ");
    struct insertion insertion = {call->arena, attachment};
    enum status_code code = store_write(call->services->store, insert, &insertion, status);
    if (code == STATUS_OK)
        return code;
    blob_abandon(call->services->blob, call->arena, attachment);
    if (code == STATUS_ALREADY_EXISTS)
        return taken(attachment->uid, status);
    return api_attachment_failed("failed to create attachment: ", status);
}

enum status_code api_attachment_service_create_attachment(struct api_call *call,
                                                          const Memos__Api__V1__CreateAttachmentRequest *request,
                                                          Memos__Api__V1__Attachment **response, struct status *status)
{
    const Memos__Api__V1__Attachment *upload = request->attachment;
    Memos__Store__InstanceStorageSetting *setting;
    if (!upload)
        return status_set(status, STATUS_INVALID_ARGUMENT, "attachment is required");
    if (!*upload->filename)
        return status_set(status, STATUS_INVALID_ARGUMENT, "filename is required");
    if (!api_attachment_filename_valid(upload->filename))
        return status_set(status, STATUS_INVALID_ARGUMENT, "filename contains invalid characters or format");
    Memos__Store__AttachmentPayload *payload =
        CODEC_NEW(call->arena, Memos__Store__AttachmentPayload, memos__store__attachment_payload__descriptor);
    struct store_attachment attachment = {.creator_id = call->caller.user_id,
                                          .filename = upload->filename,
                                          .size = (int64_t)upload->content.len,
                                          .payload = payload,
                                          .bytes = upload->content.data,
                                          .bytes_length = upload->content.len,
                                          .spools = call->spools};
    if (choose_type(call->arena, upload, &attachment.type, status) ||
        choose_uid(call->arena, request->attachment_id, &attachment.uid, status) ||
        take_motion(call->arena, upload->motion_media, payload, status) ||
        check_size(call, upload->content.len, &setting, status) || check_rows(call, upload, &attachment, status))
        return status->code;
    detect_motion(call->arena, &attachment, payload);
    if (!has_embedded_video(payload) && blob_strip(call->services->blob, call->arena, &attachment, status))
        return status->code;
    if (save(call, setting, &attachment, status))
        return status->code;
    *response = api_attachment_view(call->arena, &attachment, NULL);
    return STATUS_OK;
}
