/* UserService: notifications (contract platform.md 3.10). */
#include <stdlib.h>

#include "api/access.h"
#include "api/convert.h"
#include "api/convert_user.h"
#include "api/names.h"
#include "api_handlers.h"
#include "markdown/markdown.h"
#include "store/inbox.h"
#include "store/memo.h"

typedef Memos__Api__V1__UserNotification notification;

/* The memos and users that a page of notifications speaks of. */
struct context {
    struct api_call *call;
    struct store_memo *memos; /* ordered by id */
    size_t memo_count;
    struct store_user_map users;
};

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static int by_id(const void *a, const void *b)
{
    return by_number(&((const struct store_memo *)a)->id, &((const struct store_memo *)b)->id);
}

/* Adds the ids that the message names to ids. */
static size_t named_memos(const Memos__Store__InboxMessage *message, int32_t ids[2])
{
    switch (message->payload_case) {
    case MEMOS__STORE__INBOX_MESSAGE__PAYLOAD_MEMO_COMMENT:
        ids[0] = message->memo_comment->memo_id;
        ids[1] = message->memo_comment->related_memo_id;
        return 2;
    case MEMOS__STORE__INBOX_MESSAGE__PAYLOAD_MEMO_MENTION:
        ids[0] = message->memo_mention->memo_id;
        ids[1] = message->memo_mention->related_memo_id;
        return ids[1] ? 2 : 1;
    default:
        return 0;
    }
}

static enum status_code read_memos(struct context *context, struct db_conn *conn, int32_t *ids, size_t count,
                                   struct status *status)
{
    struct arena *arena = context->call->arena;
    qsort(ids, count, sizeof *ids, by_number);
    size_t unique = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || ids[i] != ids[i - 1])
            ids[unique++] = ids[i];
    context->memos = ARENA_ARRAY(arena, struct store_memo, unique);
    for (size_t at = 0; at < unique; at += STORE_IN_MAX) {
        struct store_memo *found;
        size_t found_count;
        enum status_code code =
            store_memo_get_many(conn, arena, ids + at, unique - at < STORE_IN_MAX ? unique - at : STORE_IN_MAX, &found,
                                &found_count, status);
        if (code)
            return code;
        for (size_t i = 0; i < found_count; i++)
            context->memos[context->memo_count++] = found[i];
    }
    qsort(context->memos, context->memo_count, sizeof *context->memos, by_id);
    return STATUS_OK;
}

static enum status_code read_context(struct api_call *call, struct db_conn *conn, const struct store_inbox *inboxes,
                                     size_t count, struct context *out, struct status *status)
{
    int32_t *memo_ids = ARENA_ARRAY(call->arena, int32_t, 2 * count);
    int32_t *user_ids = ARENA_ARRAY(call->arena, int32_t, 2 * count);
    size_t memo_count = 0;
    *out = (struct context){.call = call};
    for (size_t i = 0; i < count; i++) {
        memo_count += named_memos(inboxes[i].message, memo_ids + memo_count);
        user_ids[2 * i] = inboxes[i].sender_id;
        user_ids[2 * i + 1] = inboxes[i].receiver_id;
    }
    enum status_code code = memo_count ? read_memos(out, conn, memo_ids, memo_count, status) : STATUS_OK;
    if (!code)
        code =
            store_user_map_by_ids(call->services->store, conn, call->arena, user_ids, 2 * count, &out->users, status);
    return code;
}

/* NULL if the memo is gone or the viewer may not see it. */
static const struct store_memo *visible_memo(const struct context *context, int32_t id)
{
    const struct store_memo wanted = {.id = id};
    const struct store_memo *memo =
        context->memo_count ? bsearch(&wanted, context->memos, context->memo_count, sizeof wanted, by_id) : NULL;
    if (memo && memo->visibility == STORE_PRIVATE && memo->creator_id != context->call->caller.user_id &&
        !api_is_admin(context->call))
        return NULL;
    return memo;
}

static char *memo_name(const struct context *context, const struct store_memo *memo)
{
    return arena_printf(context->call->arena, "memos/%s", memo->uid);
}

static char *snippet(const struct context *context, const struct store_memo *memo)
{
    return (char *)markdown_snippet(context->call->arena, memo->content, memo->content_length);
}

static void add_comment(const struct context *context, const Memos__Store__InboxMessage__MemoCommentPayload *stored,
                        notification *out)
{
    const struct store_memo *memo = visible_memo(context, stored->memo_id);
    const struct store_memo *related = visible_memo(context, stored->related_memo_id);
    if (!memo || !related)
        return;
    out->payload_case = MEMOS__API__V1__USER_NOTIFICATION__PAYLOAD_MEMO_COMMENT;
    out->memo_comment = CODEC_NEW(context->call->arena, Memos__Api__V1__UserNotification__MemoCommentPayload,
                                  memos__api__v1__user_notification__memo_comment_payload__descriptor);
    out->memo_comment->memo = memo_name(context, memo);
    out->memo_comment->memo_snippet = snippet(context, memo);
    out->memo_comment->related_memo = memo_name(context, related);
    out->memo_comment->related_memo_snippet = snippet(context, related);
}

static void add_mention(const struct context *context, const Memos__Store__InboxMessage__MemoMentionPayload *stored,
                        notification *out)
{
    const struct store_memo *memo = visible_memo(context, stored->memo_id);
    const struct store_memo *related = visible_memo(context, stored->related_memo_id);
    if (!memo)
        return;
    out->payload_case = MEMOS__API__V1__USER_NOTIFICATION__PAYLOAD_MEMO_MENTION;
    out->memo_mention = CODEC_NEW(context->call->arena, Memos__Api__V1__UserNotification__MemoMentionPayload,
                                  memos__api__v1__user_notification__memo_mention_payload__descriptor);
    out->memo_mention->memo = memo_name(context, memo);
    out->memo_mention->memo_snippet = snippet(context, memo);
    if (related) {
        out->memo_mention->related_memo = memo_name(context, related);
        out->memo_mention->related_memo_snippet = snippet(context, related);
    }
}

/* NULL if sender or receiver are gone or the type is not known. */
static notification *view(const struct context *context, const struct store_inbox *inbox)
{
    struct arena *arena = context->call->arena;
    const struct store_user *sender = store_user_map_find(&context->users, inbox->sender_id);
    const struct store_user *receiver = store_user_map_find(&context->users, inbox->receiver_id);
    const Memos__Store__InboxMessage *message = inbox->message;
    if (!sender || !receiver)
        return NULL;
    notification *out = CODEC_NEW(arena, notification, memos__api__v1__user_notification__descriptor);
    out->name = arena_printf(arena, "users/%s/notifications/%d", receiver->username, inbox->id);
    out->sender = api_user_name(arena, sender->username);
    out->sender_user = api_user_view(context->call, sender);
    out->status = inbox->status == STORE_INBOX_ARCHIVED ? MEMOS__API__V1__USER_NOTIFICATION__STATUS__ARCHIVED
                                                        : MEMOS__API__V1__USER_NOTIFICATION__STATUS__UNREAD;
    out->create_time = api_timestamp(arena, inbox->created_ts);
    switch (message->type) {
    case MEMOS__STORE__INBOX_MESSAGE__TYPE__MEMO_COMMENT:
        out->type = MEMOS__API__V1__USER_NOTIFICATION__TYPE__MEMO_COMMENT;
        if (message->payload_case == MEMOS__STORE__INBOX_MESSAGE__PAYLOAD_MEMO_COMMENT)
            add_comment(context, message->memo_comment, out);
        return out;
    case MEMOS__STORE__INBOX_MESSAGE__TYPE__MEMO_MENTION:
        out->type = MEMOS__API__V1__USER_NOTIFICATION__TYPE__MEMO_MENTION;
        if (message->payload_case == MEMOS__STORE__INBOX_MESSAGE__PAYLOAD_MEMO_MENTION)
            add_mention(context, message->memo_mention, out);
        return out;
    default:
        return NULL;
    }
}

enum status_code api_user_service_list_user_notifications(struct api_call *call,
                                                          const Memos__Api__V1__ListUserNotificationsRequest *request,
                                                          Memos__Api__V1__ListUserNotificationsResponse **response,
                                                          struct status *status)
{
    struct store_user owner;
    struct db_conn *conn = NULL;
    struct store_inbox *inboxes = NULL;
    struct context context;
    size_t count = 0;
    enum status_code code = api_parent_user(call, request->parent, &owner, status);
    if (code)
        return status_prefix(status, "invalid user name: ");
    code = api_require_self(call, owner.id, status);
    if (!code)
        code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = store_inbox_list(conn, call->arena, owner.id, &inboxes, &count, status);
    if (!code)
        code = read_context(call, conn, inboxes, count, &context, status);
    store_read_end(conn);
    if (code)
        return status_prefix(status, "failed to list notifications: ");
    Memos__Api__V1__ListUserNotificationsResponse *out =
        CODEC_NEW(call->arena, Memos__Api__V1__ListUserNotificationsResponse,
                  memos__api__v1__list_user_notifications_response__descriptor);
    out->notifications = ARENA_ARRAY(call->arena, notification *, count);
    for (size_t i = 0; i < count; i++) {
        notification *shown = view(&context, &inboxes[i]);
        if (shown)
            out->notifications[out->n_notifications++] = shown;
    }
    *response = out;
    return STATUS_OK;
}

/* The checks that updating and deleting share; gives the row. */
static enum status_code find(struct api_call *call, const char *name, struct store_inbox *out, struct status *status)
{
    struct store_user owner;
    struct db_conn *conn = NULL;
    const char *id_text;
    int32_t id = 0;
    const char *bad_format = arena_printf(call->arena, "invalid notification name: %s", name);
    enum status_code code = api_child_of_user(call, name, "notifications/", bad_format, &owner, &id_text, status);
    if (!code && !api_parse_int32(id_text, &id))
        code = status_set(status, STATUS_INVALID_ARGUMENT, "invalid notification id: %s", id_text);
    if (code)
        return status_prefix(status, "invalid notification name: ");
    code = api_require_self(call, owner.id, status);
    if (!code)
        code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = store_inbox_get(conn, call->arena, id, out, status);
    store_read_end(conn);
    if (!code && out->receiver_id != owner.id)
        code = status_set(status, STATUS_PERMISSION_DENIED, "permission denied");
    return code;
}

static enum status_code wanted_status(const Memos__Api__V1__UpdateUserNotificationRequest *request,
                                      enum store_inbox_status *out, struct status *status)
{
    if (api_mask_empty(request->update_mask))
        return status_set(status, STATUS_INVALID_ARGUMENT, "update mask is required");
    for (size_t i = 0; i < request->update_mask->n_paths; i++) {
        if (strcmp(request->update_mask->paths[i], "status") != 0)
            return status_set(status, STATUS_INVALID_ARGUMENT, "invalid update path: %s",
                              request->update_mask->paths[i]);
        if (request->notification->status == MEMOS__API__V1__USER_NOTIFICATION__STATUS__UNREAD)
            *out = STORE_INBOX_UNREAD;
        else if (request->notification->status == MEMOS__API__V1__USER_NOTIFICATION__STATUS__ARCHIVED)
            *out = STORE_INBOX_ARCHIVED;
        else
            return status_set(status, STATUS_INVALID_ARGUMENT, "invalid status");
    }
    return STATUS_OK;
}

static enum status_code write_status(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct store_inbox *inbox = ctx;
    return store_inbox_set_status(conn, inbox->id, inbox->status, status);
}

enum status_code api_user_service_update_user_notification(struct api_call *call,
                                                           const Memos__Api__V1__UpdateUserNotificationRequest *request,
                                                           Memos__Api__V1__UserNotification **response,
                                                           struct status *status)
{
    struct store_inbox inbox;
    struct db_conn *conn = NULL;
    struct context context;
    if (!request->notification)
        return status_set(status, STATUS_INVALID_ARGUMENT, "notification is required");
    enum status_code code = find(call, request->notification->name, &inbox, status);
    if (!code)
        code = wanted_status(request, &inbox.status, status);
    if (!code)
        code = store_write(call->services->store, write_status, &inbox, status);
    if (!code)
        code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = read_context(call, conn, &inbox, 1, &context, status);
    store_read_end(conn);
    if (code)
        return code;
    notification *shown = view(&context, &inbox);
    *response = shown ? shown : CODEC_NEW(call->arena, notification, memos__api__v1__user_notification__descriptor);
    return STATUS_OK;
}

static enum status_code delete_row(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct store_inbox *inbox = ctx;
    return store_inbox_delete(conn, inbox->id, status);
}

enum status_code api_user_service_delete_user_notification(struct api_call *call,
                                                           const Memos__Api__V1__DeleteUserNotificationRequest *request,
                                                           Google__Protobuf__Empty **response, struct status *status)
{
    struct store_inbox inbox;
    enum status_code code = find(call, request->name, &inbox, status);
    if (!code)
        code = store_write(call->services->store, delete_row, &inbox, status);
    *response = CODEC_NEW(call->arena, Google__Protobuf__Empty, google__protobuf__empty__descriptor);
    return code;
}
