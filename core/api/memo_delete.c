#include "api/memo_attachment.h"
#include "api/memo_common.h"
#include "api/memo_webhook.h"
#include "api_handlers.h"
#include "blob/blob.h"

struct deletion {
    struct api_call *call;
    const char *name;
    struct store_memo memo;
    bool removed;
};

/* Up to STORE_IN_MAX memos with their attachments. */
static enum status_code delete_batch(struct deletion *deletion, struct db_conn *conn, const struct store_memo *memos,
                                     size_t count, struct status *status)
{
    struct arena *arena = deletion->call->arena;
    int32_t *ids = ARENA_ARRAY(arena, int32_t, count);
    const char **uids = ARENA_ARRAY(arena, const char *, count);
    struct store_attachment *attachments;
    size_t found;
    for (size_t i = 0; i < count; i++) {
        ids[i] = memos[i].id;
        uids[i] = memos[i].uid;
    }
    enum status_code code = store_attachment_list_for_memos(conn, arena, ids, count, &attachments, &found, status);
    for (size_t done = 0; !code && done < found; done += STORE_IN_MAX) {
        size_t part = found - done < STORE_IN_MAX ? found - done : STORE_IN_MAX;
        code = store_attachment_delete(conn, arena, attachments + done, part, NULL, status);
    }
    if (!code)
        code = store_memo_delete(conn, arena, ids, uids, count, status);
    deletion->removed |= found > 0;
    return code;
}

static enum status_code fire(struct deletion *deletion, struct db_conn *conn, struct status *status)
{
    const struct memo_event event = {
        .type = "memos.memo.deleted", .memo = &deletion->memo, .owner_id = deletion->memo.creator_id};
    return api_memo_fire(deletion->call, conn, &event, status);
}

/* Direct comments go with the memo; comments on those live on as memos of their own (memos.md 2.7). */
static enum status_code delete_memo(struct db_conn *conn, void *ctx, struct status *status)
{
    struct deletion *deletion = ctx;
    struct store_memo *comments;
    size_t count;
    deletion->removed = false;
    enum status_code code =
        api_memo_load_for(deletion->call, conn, deletion->name, MEMO_CHANGE, &deletion->memo, status);
    if (!code)
        code = fire(deletion, conn, status);
    if (code)
        return code;
    const struct store_memo_find find = {.viewer = {.kind = STORE_VIEWER_ALL},
                                         .any_row_status = true,
                                         .parent_id = deletion->memo.id,
                                         .without_content = true};
    code = store_memo_list(conn, deletion->call->arena, &find, &comments, &count, status);
    for (size_t done = 0; !code && done < count; done += STORE_IN_MAX) {
        size_t part = count - done < STORE_IN_MAX ? count - done : STORE_IN_MAX;
        code = delete_batch(deletion, conn, comments + done, part, status);
    }
    return code ? code : delete_batch(deletion, conn, &deletion->memo, 1, status);
}

enum status_code api_memo_service_delete_memo(struct api_call *call, const Memos__Api__V1__DeleteMemoRequest *request,
                                              Google__Protobuf__Empty **response, struct status *status)
{
    struct deletion deletion = {.call = call, .name = request->name};
    api_memo_foresee(call, call->caller.user_id);
    enum status_code code = store_write(call->services->store, delete_memo, &deletion, status);
    if (code)
        return code;
    if (deletion.removed)
        blob_removals_due(call->services->blob);
    api_deliver(call);
    api_memo_announce(call, "memo.deleted", deletion.memo.uid, NULL, deletion.memo.visibility,
                      deletion.memo.creator_id);
    *response = api_empty(call->arena);
    return STATUS_OK;
}
