#include <string.h>

#include "api/convert_memo.h"
#include "api/memo_attachment.h"
#include "api/memo_common.h"
#include "api/memo_mention.h"
#include "api/memo_relation.h"
#include "api/memo_webhook.h"
#include "api_handlers.h"
#include "base/uid.h"
#include "blob/blob.h"

struct creation {
    struct api_call *call;
    const Memos__Api__V1__Memo *request;
    const char *parent_name; /* NULL: no comment */
    struct store_memo memo, parent;
    bool removed;
};

/* " pad1 " is accepted as pad1; a blank one is made. */
static enum status_code choose_uid(struct arena *arena, const char *wanted, const char **uid, struct status *status)
{
    while (*wanted == ' ' || (*wanted >= '\t' && *wanted <= '\r'))
        wanted++;
    size_t length = strlen(wanted);
    while (length && (wanted[length - 1] == ' ' || (wanted[length - 1] >= '\t' && wanted[length - 1] <= '\r')))
        length--;
    char *chosen = length ? arena_strndup(arena, wanted, length) : arena_alloc(arena, UID_SHORT_LENGTH + 1);
    if (!length)
        uid_short(chosen);
    *uid = chosen;
    if (!uid_valid(chosen))
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "invalid UID: must be 1-36 characters, contain only letters, digits, or hyphens, and start "
                          "and end with a letter or digit");
    return STATUS_OK;
}

static const Memos__Store__MemoPayload *build_payload(struct api_call *call, const Memos__Api__V1__Memo *request,
                                                      const struct store_memo *memo)
{
    Memos__Store__MemoPayload *payload =
        store_memo_payload_build(call->arena, memo->content, memo->content_length, NULL);
    if (request->optional_location_case && request->location)
        payload->location = api_memo_location(call->arena, request->location);
    return payload;
}

/* Fills the row from the request; everything that can be refused without the database is refused here. */
static enum status_code prepare(struct creation *creation, const char *wanted_uid, struct status *status)
{
    struct api_call *call = creation->call;
    const Memos__Api__V1__Memo *request = creation->request;
    struct store_memo *memo = &creation->memo;
    memo->creator_id = call->caller.user_id;
    memo->content = request->content;
    memo->content_length = strlen(request->content);
    memo->visibility = api_memo_visibility(request->visibility);
    memo->created_ts = api_memo_seconds(request->create_time);
    memo->updated_ts = api_memo_seconds(request->update_time);
    enum status_code code = choose_uid(call->arena, wanted_uid, &memo->uid, status);
    if (!code)
        code = api_memo_check_length(call, memo->content_length, status);
    if (!code)
        memo->payload = build_payload(call, request, memo);
    return code;
}

static enum status_code insert_parts(struct creation *creation, struct db_conn *conn, struct status *status)
{
    struct api_call *call = creation->call;
    const Memos__Api__V1__Memo *request = creation->request;
    creation->removed = false;
    if (request->n_attachments && api_memo_replace_attachments(call, conn, &creation->memo, request->attachments,
                                                               request->n_attachments, &creation->removed, status))
        return api_wrap_rpc_error(status, "failed to set memo attachments");
    if (request->n_relations &&
        api_memo_replace_relations(call, conn, &creation->memo, request->relations, request->n_relations, status))
        return api_wrap_rpc_error(status, "failed to set memo relations");
    return STATUS_OK;
}

/* The memo was created, or, once that is noted, the parent commented. */
static enum status_code fire(struct creation *creation, struct db_conn *conn, const struct store_memo *parent,
                             struct status *status)
{
    struct store_memo memo = creation->memo;
    if (creation->request->n_attachments == 0 && creation->request->n_relations == 0)
        memo.without = STORE_MEMO_ATTACHMENTS | STORE_MEMO_REACTIONS | STORE_MEMO_RELATIONS;
    const struct memo_event event = {.type = parent ? "memos.memo.comment.created" : "memos.memo.created",
                                     .memo = &memo,
                                     .commented = parent,
                                     .flags = API_MEMO_WITHOUT_PARENT,
                                     .owner_id = parent ? parent->creator_id : memo.creator_id};
    return api_memo_fire(creation->call, conn, &event, status);
}

/* The memo with all its parts, or nothing. */
static enum status_code create(struct db_conn *conn, void *ctx, struct status *status)
{
    struct creation *creation = ctx;
    struct api_call *call = creation->call;
    struct store_memo *parent = NULL;
    enum status_code code = STATUS_OK;
    if (creation->parent_name) {
        parent = &creation->parent;
        code = api_memo_load_for(call, conn, creation->parent_name, MEMO_RELATED, parent, status);
        creation->memo.visibility = parent->visibility;
        creation->memo.parent_uid = parent->uid;
    }
    if (!code)
        code = store_memo_insert(conn, call->arena, &creation->memo, status);
    if (!code)
        code = insert_parts(creation, conn, status);
    if (!code)
        code = fire(creation, conn, NULL, status);
    if (!code && parent)
        code = store_relation_add(conn, creation->memo.id, parent->id, STORE_RELATION_COMMENT, status);
    if (!code && parent)
        code = fire(creation, conn, parent, status);
    if (!code && parent)
        code = api_memo_notify_comment(call, conn, &creation->memo, parent, status);
    if (!code)
        code = api_memo_notify_mentions(call, conn, &creation->memo, parent, "", 0, status);
    return code;
}

static enum status_code answer(struct creation *creation, Memos__Api__V1__Memo **response, struct status *status)
{
    struct db_conn *conn;
    enum status_code code = store_read_begin(creation->call->services->store, &conn, status);
    if (code)
        return code;
    code = api_memo_view(creation->call, conn, &creation->memo, API_MEMO_RELATION_SNIPPETS | API_MEMO_WITHOUT_PARENT,
                         response, status);
    store_read_end(conn);
    return code;
}

enum status_code api_memo_service_create_memo(struct api_call *call, const Memos__Api__V1__CreateMemoRequest *request,
                                              Memos__Api__V1__Memo **response, struct status *status)
{
    if (!request->memo)
        return status_set(status, STATUS_INVALID_ARGUMENT, "memo is required");
    struct creation creation = {.call = call, .request = request->memo};
    enum status_code code = prepare(&creation, request->memo_id, status);
    api_memo_foresee(call, call->caller.user_id);
    if (strchr(request->memo->content, '@'))
        api_memo_foresee_mail(call);
    if (!code)
        code = store_write(call->services->store, create, &creation, status);
    if (code)
        return code;
    if (creation.removed)
        blob_removals_due(call->services->blob);
    api_deliver(call);
    api_memo_announce(call, "memo.created", creation.memo.uid, NULL, creation.memo.visibility,
                      creation.memo.creator_id);
    return answer(&creation, response, status);
}

/* The parent is looked at before the comment, so that its errors win. */
static enum status_code check_parent(struct api_call *call, const char *name, struct status *status)
{
    struct db_conn *conn;
    struct store_memo parent;
    enum status_code code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = api_memo_load_for(call, conn, name, MEMO_RELATED, &parent, status);
    store_read_end(conn);
    if (!code)
        api_memo_foresee(call, parent.creator_id);
    return code;
}

enum status_code api_memo_service_create_memo_comment(struct api_call *call,
                                                      const Memos__Api__V1__CreateMemoCommentRequest *request,
                                                      Memos__Api__V1__Memo **response, struct status *status)
{
    enum status_code code = check_parent(call, request->name, status);
    if (code)
        return code;
    if (!request->comment)
        return status_set(status, STATUS_INVALID_ARGUMENT, "comment is required");
    struct creation creation = {.call = call, .request = request->comment, .parent_name = request->name};
    code = prepare(&creation, request->comment_id, status);
    api_memo_foresee(call, call->caller.user_id);
    api_memo_foresee_mail(call);
    if (!code)
        code = store_write(call->services->store, create, &creation, status);
    if (code)
        return code;
    if (creation.removed)
        blob_removals_due(call->services->blob);
    api_deliver(call);
    api_memo_announce(call, "memo.comment.created", creation.parent.uid, NULL, creation.parent.visibility,
                      creation.parent.creator_id);
    return answer(&creation, response, status);
}
