#include "api/memo_mention.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/uid.h"
#include "config/config.h"
#include "event/notice.h"
#include "markdown/markdown.h"
#include "store/inbox.h"
#include "store/instance_setting.h"
#include "store/user.h"

enum { NS_PER_MS = 1000000 };

void api_memo_foresee_mail(struct api_call *call)
{
    Memos__Store__InstanceNotificationSetting *setting;
    if (store_instance_notification_setting(call->services->store, call->arena, &setting, NULL) ||
        !setting->email->enabled)
        return;
    call->mails = config_is_public(call->services->config);
    if (!call->mails)
        log_warn("no mail is sent about notifications: it needs the instance URL");
}

/* The inbox row's mail. Whether there is somebody to send it to shows when it is sent. */
static enum status_code mail(struct api_call *call, struct db_conn *conn, bool comment, const struct store_memo *memo,
                             const struct store_memo *related, int32_t receiver_id, struct status *status)
{
    char id[UID_UUID_LENGTH + 1];
    int64_t row;
    if (!call->mails)
        return STATUS_OK;
    if (delivery_is_full(call->services->mails)) {
        log_warn("no mail is sent about a notification: more than %d wait", DELIVERY_QUEUE_MAX);
        return STATUS_OK;
    }
    uid_uuid(id);
    const struct notice notice = {.id = id,
                                  .sender_id = memo->creator_id,
                                  .receiver_id = receiver_id,
                                  .memo = comment ? related->uid : memo->uid,
                                  .comment = comment ? memo->uid : NULL};
    call->mailed = true;
    return store_outbox_add(conn, store_outbox_mail, notice_write(call->arena, &notice), clock_wall_ns() / NS_PER_MS,
                            &row, status);
}

static bool was_mentioned(const struct markdown_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->mention_count; i++)
        if (strcmp(facts->mentions[i], name) == 0)
            return true;
    return false;
}

/* One inbox row: the comment or the mention, with the memo above it if there is one. */
static enum status_code notify(struct api_call *call, struct db_conn *conn, Memos__Store__InboxMessage__Type type,
                               const struct store_memo *memo, const struct store_memo *related, int32_t receiver_id,
                               struct status *status)
{
    Memos__Store__InboxMessage message = MEMOS__STORE__INBOX_MESSAGE__INIT;
    Memos__Store__InboxMessage__MemoCommentPayload comment = MEMOS__STORE__INBOX_MESSAGE__MEMO_COMMENT_PAYLOAD__INIT;
    Memos__Store__InboxMessage__MemoMentionPayload mention = MEMOS__STORE__INBOX_MESSAGE__MEMO_MENTION_PAYLOAD__INIT;
    message.type = type;
    if (type == MEMOS__STORE__INBOX_MESSAGE__TYPE__MEMO_COMMENT) {
        comment.memo_id = memo->id;
        comment.related_memo_id = related->id;
        message.payload_case = MEMOS__STORE__INBOX_MESSAGE__PAYLOAD_MEMO_COMMENT;
        message.memo_comment = &comment;
    } else {
        mention.memo_id = memo->id;
        mention.related_memo_id = related ? related->id : 0;
        message.payload_case = MEMOS__STORE__INBOX_MESSAGE__PAYLOAD_MEMO_MENTION;
        message.memo_mention = &mention;
    }
    struct store_inbox inbox = {
        .sender_id = memo->creator_id, .receiver_id = receiver_id, .status = STORE_INBOX_UNREAD, .message = &message};
    enum status_code code = store_inbox_create(conn, call->arena, &inbox, status);
    bool is_comment = type == MEMOS__STORE__INBOX_MESSAGE__TYPE__MEMO_COMMENT;
    return code ? code : mail(call, conn, is_comment, memo, related, receiver_id, status);
}

/* Whether the user may see the memo and hears of it in this way. */
static bool wants_notice(const struct store_memo *memo, const struct store_memo *parent, const struct store_user *user)
{
    if (user->row_status != STORE_NORMAL || user->id == memo->creator_id)
        return false;
    if (memo->visibility == STORE_PRIVATE)
        return false;
    if (!parent)
        return true;
    if (user->id == parent->creator_id && memo->creator_id != parent->creator_id)
        return false; /* gets the notice of the comment instead */
    return parent->visibility != STORE_PRIVATE || user->id == parent->creator_id;
}

enum status_code api_memo_notify_mentions(struct api_call *call, struct db_conn *conn, const struct store_memo *memo,
                                          const struct store_memo *parent, const char *previous, size_t previous_length,
                                          struct status *status)
{
    struct markdown_facts now, before;
    markdown_extract(call->arena, memo->content, memo->content_length, &now);
    if (now.mention_count == 0)
        return STATUS_OK;
    markdown_extract(call->arena, previous, previous_length, &before);
    const char **names = ARENA_ARRAY(call->arena, const char *, now.mention_count);
    size_t name_count = 0;
    for (size_t i = 0; i < now.mention_count && name_count < STORE_IN_MAX; i++)
        if (!was_mentioned(&before, now.mentions[i]))
            names[name_count++] = now.mentions[i];
    if (name_count == 0)
        return STATUS_OK;
    struct store_user_map users;
    enum status_code code =
        store_user_map_by_usernames(call->services->store, conn, call->arena, names, name_count, &users, status);
    for (size_t i = 0; !code && i < users.count; i++) {
        if (!wants_notice(memo, parent, &users.users[i]))
            continue;
        code = notify(call, conn, MEMOS__STORE__INBOX_MESSAGE__TYPE__MEMO_MENTION, memo, parent, users.users[i].id,
                      status);
    }
    return code;
}

enum status_code api_memo_notify_comment(struct api_call *call, struct db_conn *conn, const struct store_memo *comment,
                                         const struct store_memo *parent, struct status *status)
{
    if (comment->visibility == STORE_PRIVATE || comment->creator_id == parent->creator_id)
        return STATUS_OK;
    return notify(call, conn, MEMOS__STORE__INBOX_MESSAGE__TYPE__MEMO_COMMENT, comment, parent, parent->creator_id,
                  status);
}
