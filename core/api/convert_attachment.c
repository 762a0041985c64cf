#include "api/convert_attachment.h"

#include "api/convert.h"

static Memos__Api__V1__MotionMedia *motion_view(struct arena *arena, const Memos__Store__MotionMedia *motion)
{
    Memos__Api__V1__MotionMedia *view =
        CODEC_NEW(arena, Memos__Api__V1__MotionMedia, memos__api__v1__motion_media__descriptor);
    view->family = (Memos__Api__V1__MotionMediaFamily)motion->family;
    view->role = (Memos__Api__V1__MotionMediaRole)motion->role;
    view->group_id = motion->group_id;
    view->presentation_timestamp_us = motion->presentation_timestamp_us;
    view->has_embedded_video = motion->has_embedded_video;
    return view;
}

Memos__Api__V1__Attachment *api_attachment_view(struct arena *arena, const struct store_attachment *attachment,
                                                const char *memo_uid)
{
    Memos__Api__V1__Attachment *view =
        CODEC_NEW(arena, Memos__Api__V1__Attachment, memos__api__v1__attachment__descriptor);
    view->name = arena_printf(arena, "attachments/%s", attachment->uid);
    view->create_time = api_timestamp(arena, attachment->created_ts);
    view->filename = arena_strdup(arena, attachment->filename);
    view->type = arena_strdup(arena, attachment->type);
    view->size = attachment->size;
    if (attachment->storage == STORE_ATTACHMENT_S3 || attachment->storage == STORE_ATTACHMENT_EXTERNAL)
        view->external_link = arena_strdup(arena, attachment->reference);
    if (memo_uid) {
        view->optional_memo_case = MEMOS__API__V1__ATTACHMENT__OPTIONAL_MEMO_MEMO;
        view->memo = arena_printf(arena, "memos/%s", memo_uid);
    }
    if (attachment->payload && attachment->payload->motion_media)
        view->motion_media = motion_view(arena, attachment->payload->motion_media);
    return view;
}
