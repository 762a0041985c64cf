#include "api/memo_attachment.h"

#include <string.h>

#include "api/convert_attachment.h"
#include "api/memo_webhook.h"
#include "api/names.h"
#include "api_handlers.h"
#include "base/clock.h"
#include "blob/blob.h"

/* Far more than a memo's page shows; keeps the work of one request bounded. */
enum { ATTACHMENTS_MAX = STORE_IN_MAX };

struct selection {
    struct store_attachment *items;
    size_t count;
};

static const char *group_of(const struct store_attachment *attachment)
{
    const Memos__Store__MotionMedia *motion = attachment->payload->motion_media;
    return motion && motion->group_id[0] ? motion->group_id : NULL;
}

static bool holds(const struct selection *selection, int32_t id)
{
    for (size_t i = 0; i < selection->count; i++)
        if (selection->items[i].id == id)
            return true;
    return false;
}

static const struct store_attachment *find_uid(const struct store_attachment *items, size_t count, const char *uid)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].uid, uid) == 0)
            return &items[i];
    return NULL;
}

/* The attachments that the request names, without repeats, each checked. */
static enum status_code resolve_wanted(struct api_call *call, struct db_conn *conn,
                                       Memos__Api__V1__Attachment *const *wanted, size_t count, struct selection *out,
                                       struct status *status)
{
    const char **uids = ARENA_ARRAY(call->arena, const char *, count);
    struct store_attachment *rows;
    size_t row_count;
    if (count > ATTACHMENTS_MAX)
        return status_set(status, STATUS_INVALID_ARGUMENT, "too many attachments (max %d)", ATTACHMENTS_MAX);
    /* Names that are no names must not stop the earlier ones from being reported first, hence the second pass. */
    for (size_t i = 0; i < count; i++)
        if (api_name_parse_one(call->arena, wanted[i]->name, "attachments/", &uids[i], NULL))
            uids[i] = "";
    enum status_code code = store_attachment_get_many(conn, call->arena, uids, count, &rows, &row_count, status);
    if (code)
        return code;
    out->items = ARENA_ARRAY(call->arena, struct store_attachment, count);
    for (size_t i = 0; i < count; i++) {
        const char *uid;
        if (api_name_parse_one(call->arena, wanted[i]->name, "attachments/", &uid, status))
            return status_prefix(status, "invalid attachment name: ");
        const struct store_attachment *row = find_uid(rows, row_count, uid);
        if (!row)
            return status_set(status, STATUS_NOT_FOUND, "attachment not found: %s", uid);
        if (row->creator_id != call->caller.user_id && !api_is_admin(call))
            return status_set(status, STATUS_PERMISSION_DENIED, "cannot attach another user's attachment");
        if (!holds(out, row->id))
            out->items[out->count++] = *row;
    }
    return STATUS_OK;
}

static size_t count_group(const struct selection *selection, const char *group)
{
    size_t count = 0;
    for (size_t i = 0; i < selection->count; i++) {
        const char *other = group_of(&selection->items[i]);
        count += other && strcmp(other, group) == 0;
    }
    return count;
}

/* Members of a live photo stand together at the place of the first; a pair of which the request keeps only a part goes
 * as a whole. */
static struct selection arrange_groups(struct arena *arena, const struct selection *wanted,
                                       const struct selection *current)
{
    struct selection arranged = {.items = ARENA_ARRAY(arena, struct store_attachment, wanted->count)};
    for (size_t i = 0; i < wanted->count; i++) {
        const char *group = group_of(&wanted->items[i]);
        if (holds(&arranged, wanted->items[i].id))
            continue;
        if (!group) {
            arranged.items[arranged.count++] = wanted->items[i];
            continue;
        }
        size_t before = count_group(current, group);
        if (before >= 2 && count_group(wanted, group) < before)
            continue;
        for (size_t j = i; j < wanted->count; j++) {
            const char *other = group_of(&wanted->items[j]);
            if (other && strcmp(other, group) == 0)
                arranged.items[arranged.count++] = wanted->items[j];
        }
    }
    return arranged;
}

static enum status_code delete_others(struct api_call *call, struct db_conn *conn, const struct selection *current,
                                      const struct selection *kept, bool *removed, struct status *status)
{
    struct store_attachment *others = ARENA_ARRAY(call->arena, struct store_attachment, current->count);
    size_t count = 0;
    for (size_t i = 0; i < current->count; i++) {
        const struct store_attachment *attachment = &current->items[i];
        if (holds(kept, attachment->id))
            continue;
        if (attachment->creator_id != call->caller.user_id && !api_is_admin(call))
            return status_set(status, STATUS_PERMISSION_DENIED, "cannot remove another user's attachment");
        others[count++] = *attachment;
    }
    *removed = count > 0;
    for (size_t done = 0; done < count; done += STORE_IN_MAX) {
        size_t part = count - done < STORE_IN_MAX ? count - done : STORE_IN_MAX;
        enum status_code code = store_attachment_delete(conn, call->arena, others + done, part, NULL, status);
        if (code)
            return code;
    }
    return STATUS_OK;
}

enum status_code api_memo_replace_attachments(struct api_call *call, struct db_conn *conn,
                                              const struct store_memo *memo, Memos__Api__V1__Attachment *const *wanted,
                                              size_t count, bool *removed, struct status *status)
{
    struct selection requested = {0}, current = {0};
    enum status_code code = resolve_wanted(call, conn, wanted, count, &requested, status);
    if (!code)
        code = store_attachment_list_for_memos(conn, call->arena, &memo->id, 1, &current.items, &current.count, status);
    if (code)
        return code;
    struct selection kept = arrange_groups(call->arena, &requested, &current);
    code = delete_others(call, conn, &current, &kept, removed, status);
    /* Lists are read newest first, so the first of the request gets the latest time. */
    int64_t now = clock_wall_s();
    for (size_t i = 0; !code && i < kept.count; i++)
        code = store_attachment_link(conn, kept.items[i].id, memo->id, now + (int64_t)(kept.count - 1 - i), status);
    return code;
}

struct set_attachments {
    struct api_call *call;
    const Memos__Api__V1__SetMemoAttachmentsRequest *request;
    struct store_memo memo;
    bool removed;
};

static enum status_code set_attachments(struct db_conn *conn, void *ctx, struct status *status)
{
    struct set_attachments *set = ctx;
    enum status_code code = api_memo_load_for(set->call, conn, set->request->name, MEMO_CHANGE, &set->memo, status);
    if (!code)
        code = api_memo_replace_attachments(set->call, conn, &set->memo, set->request->attachments,
                                            set->request->n_attachments, &set->removed, status);
    if (code)
        return code;
    set->memo.updated_ts = clock_wall_s();
    code = store_memo_update(conn, set->call->arena, &set->memo, STORE_MEMO_SET_UPDATED, status);
    return code ? code : api_memo_fire_update(set->call, conn, &set->memo, status);
}

enum status_code api_memo_service_set_memo_attachments(struct api_call *call,
                                                       const Memos__Api__V1__SetMemoAttachmentsRequest *request,
                                                       Google__Protobuf__Empty **response, struct status *status)
{
    struct set_attachments set = {.call = call, .request = request};
    api_memo_foresee(call, call->caller.user_id);
    enum status_code code = store_write(call->services->store, set_attachments, &set, status);
    if (code)
        return code;
    if (set.removed)
        blob_removals_due(call->services->blob);
    api_deliver(call);
    api_memo_announce_update(call, &set.memo, "memo.updated");
    *response = api_empty(call->arena);
    return STATUS_OK;
}

enum { LIST_MAX = 100 };

enum status_code api_memo_service_list_memo_attachments(struct api_call *call,
                                                        const Memos__Api__V1__ListMemoAttachmentsRequest *request,
                                                        Memos__Api__V1__ListMemoAttachmentsResponse **response,
                                                        struct status *status)
{
    struct store_memo memo;
    struct store_attachment *attachments;
    size_t count = 0;
    struct db_conn *conn;
    enum status_code code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = api_memo_load_for(call, conn, request->name, MEMO_RELATED, &memo, status);
    if (!code)
        code = store_attachment_list_for_memos(conn, call->arena, &memo.id, 1, &attachments, &count, status);
    store_read_end(conn);
    if (code)
        return code;
    Memos__Api__V1__ListMemoAttachmentsResponse *answer =
        CODEC_NEW(call->arena, Memos__Api__V1__ListMemoAttachmentsResponse,
                  memos__api__v1__list_memo_attachments_response__descriptor);
    answer->attachments = ARENA_ARRAY(call->arena, Memos__Api__V1__Attachment *, count);
    for (size_t i = 0; i < count && i < LIST_MAX; i++)
        answer->attachments[answer->n_attachments++] = api_attachment_view(call->arena, &attachments[i], memo.uid);
    *response = answer;
    return STATUS_OK;
}
