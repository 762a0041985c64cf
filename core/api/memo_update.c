#include <string.h>

#include "api/convert_memo.h"
#include "api/memo_attachment.h"
#include "api/memo_common.h"
#include "api/memo_mention.h"
#include "api/memo_relation.h"
#include "api/memo_webhook.h"
#include "api_handlers.h"
#include "base/clock.h"
#include "blob/blob.h"

struct update {
    struct api_call *call;
    const Memos__Api__V1__UpdateMemoRequest *request;
    struct store_memo memo, parent;
    const char *old_content;
    size_t old_content_length;
    unsigned columns;
    bool content_changed;
    bool removed;
};

static enum status_code set_content(struct update *update, struct status *status)
{
    struct store_memo *memo = &update->memo;
    size_t length = strlen(update->request->memo->content);
    enum status_code code = api_memo_check_length(update->call, length, status);
    if (code)
        return code;
    memo->content = update->request->memo->content;
    memo->content_length = length;
    memo->payload = store_memo_payload_build(update->call->arena, memo->content, length, memo->payload);
    update->columns |= STORE_MEMO_SET_CONTENT;
    update->content_changed = true;
    return STATUS_OK;
}

/* A comment is as visible as what it comments on, whatever is asked for. */
static enum status_code set_visibility(struct update *update, struct status *status)
{
    update->memo.visibility = api_memo_visibility(update->request->memo->visibility);
    if (update->memo.parent_uid)
        update->memo.visibility = update->parent.visibility;
    update->columns |= STORE_MEMO_SET_VISIBILITY;
    (void)status;
    return STATUS_OK;
}

static enum status_code set_location(struct update *update, struct status *status)
{
    const Memos__Api__V1__Memo *wanted = update->request->memo;
    Memos__Store__MemoPayload *payload = arena_alloc(update->call->arena, sizeof *payload);
    *payload = *update->memo.payload;
    payload->location = wanted->optional_location_case && wanted->location
                            ? api_memo_location(update->call->arena, wanted->location)
                            : NULL;
    update->memo.payload = payload;
    update->columns |= STORE_MEMO_SET_PAYLOAD;
    (void)status;
    return STATUS_OK;
}

static enum status_code set_attachments(struct update *update, struct db_conn *conn, struct status *status)
{
    const Memos__Api__V1__Memo *wanted = update->request->memo;
    if (api_memo_replace_attachments(update->call, conn, &update->memo, wanted->attachments, wanted->n_attachments,
                                     &update->removed, status))
        return api_wrap_rpc_error(status, "failed to set memo attachments");
    return STATUS_OK;
}

static enum status_code set_relations(struct update *update, struct db_conn *conn, struct status *status)
{
    const Memos__Api__V1__Memo *wanted = update->request->memo;
    if (api_memo_replace_relations(update->call, conn, &update->memo, wanted->relations, wanted->n_relations, status))
        return api_wrap_rpc_error(status, "failed to set memo relations");
    return STATUS_OK;
}

/* Paths that are not known are ignored, as the reference does (memos.md 2.6). */
static enum status_code apply_path(struct update *update, struct db_conn *conn, const char *path, struct status *status)
{
    const Memos__Api__V1__Memo *wanted = update->request->memo;
    struct store_memo *memo = &update->memo;
    if (strcmp(path, "content") == 0)
        return set_content(update, status);
    if (strcmp(path, "visibility") == 0)
        return set_visibility(update, status);
    if (strcmp(path, "location") == 0)
        return set_location(update, status);
    if (strcmp(path, "attachments") == 0)
        return set_attachments(update, conn, status);
    if (strcmp(path, "relations") == 0)
        return set_relations(update, conn, status);
    if (strcmp(path, "display_time") == 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "display_time is not supported");
    if (strcmp(path, "pinned") == 0) {
        memo->pinned = wanted->pinned;
        update->columns |= STORE_MEMO_SET_PINNED;
    } else if (strcmp(path, "state") == 0) {
        memo->row_status = wanted->state == MEMOS__API__V1__STATE__ARCHIVED ? STORE_ARCHIVED : STORE_NORMAL;
        update->columns |= STORE_MEMO_SET_ROW_STATUS;
    } else if (strcmp(path, "create_time") == 0) {
        memo->created_ts = wanted->create_time ? wanted->create_time->seconds : 0;
        update->columns |= STORE_MEMO_SET_CREATED;
    } else if (strcmp(path, "update_time") == 0) {
        memo->updated_ts = wanted->update_time ? wanted->update_time->seconds : clock_wall_s();
        update->columns |= STORE_MEMO_SET_UPDATED;
    }
    return STATUS_OK;
}

static enum status_code load(struct update *update, struct db_conn *conn, struct status *status)
{
    update->columns = 0;
    update->content_changed = false;
    update->removed = false;
    enum status_code code =
        api_memo_load_for(update->call, conn, update->request->memo->name, MEMO_CHANGE, &update->memo, status);
    if (!code && update->memo.parent_uid)
        code = store_memo_get(conn, update->call->arena, update->memo.parent_uid, &update->parent, status);
    update->old_content = update->memo.content;
    update->old_content_length = update->memo.content_length;
    return code;
}

static enum status_code update_memo(struct db_conn *conn, void *ctx, struct status *status)
{
    struct update *update = ctx;
    enum status_code code = load(update, conn, status);
    for (size_t i = 0; !code && i < update->request->update_mask->n_paths; i++)
        code = apply_path(update, conn, update->request->update_mask->paths[i], status);
    if (!code)
        code = store_memo_update(conn, update->call->arena, &update->memo, update->columns, status);
    if (!code && update->content_changed)
        code = api_memo_notify_mentions(update->call, conn, &update->memo,
                                        update->memo.parent_uid ? &update->parent : NULL, update->old_content,
                                        update->old_content_length, status);
    if (!code)
        code = api_memo_fire_update(update->call, conn, &update->memo, status);
    return code;
}

enum status_code api_memo_service_update_memo(struct api_call *call, const Memos__Api__V1__UpdateMemoRequest *request,
                                              Memos__Api__V1__Memo **response, struct status *status)
{
    struct update update = {.call = call, .request = request};
    const char *uid;
    if (!request->memo)
        return status_set(status, STATUS_INVALID_ARGUMENT, "memo is required");
    enum status_code code = api_memo_uid(call, request->memo->name, &uid, status);
    if (code)
        return code;
    if (!request->update_mask || request->update_mask->n_paths == 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "update mask is required");
    api_memo_foresee(call, call->caller.user_id);
    if (strchr(request->memo->content, '@'))
        api_memo_foresee_mail(call);
    code = store_write(call->services->store, update_memo, &update, status);
    if (code)
        return code;
    if (update.removed)
        blob_removals_due(call->services->blob);
    api_deliver(call);
    const struct store_memo *parent = update.memo.parent_uid ? &update.parent : NULL;
    api_memo_announce(call, "memo.updated", update.memo.uid, parent, update.memo.visibility,
                      parent ? parent->creator_id : update.memo.creator_id);
    struct db_conn *conn;
    code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = api_memo_view(call, conn, &update.memo, API_MEMO_RELATION_SNIPPETS, response, status);
    store_read_end(conn);
    return code;
}
