#include "api/memo_webhook.h"

#include "api/convert_memo.h"
#include "base/clock.h"
#include "base/log.h"
#include "event/webhook.h"
#include "store/user_setting.h"

typedef Memos__Store__WebhooksUserSetting webhook_list;

enum { ROWS_AT_ONCE = 64, NS_PER_MS = 1000000 };

static enum status_code hooks_of(struct api_call *call, struct db_conn *conn, int32_t user_id, const webhook_list **out,
                                 struct status *status)
{
    ProtobufCMessage *message = NULL;
    enum status_code code = store_user_setting_get(call->services->store, conn, call->arena, user_id,
                                                   MEMOS__STORE__USER_SETTING__KEY__WEBHOOKS, &message, status);
    *out = (const webhook_list *)message;
    return code;
}

void api_memo_foresee(struct api_call *call, int32_t user_id)
{
    const webhook_list *ignored;
    (void)hooks_of(call, NULL, user_id, &ignored, NULL);
}

static enum status_code add_rows(struct api_call *call, struct db_conn *conn, struct webhook_event *event,
                                 const webhook_list *hooks, struct status *status)
{
    const char *payloads[ROWS_AT_ONCE];
    enum status_code code = STATUS_OK;
    for (size_t done = 0; !code && done < hooks->n_webhooks; done += ROWS_AT_ONCE) {
        size_t count = hooks->n_webhooks - done < ROWS_AT_ONCE ? hooks->n_webhooks - done : ROWS_AT_ONCE;
        for (size_t i = 0; i < count; i++) {
            char id[WEBHOOK_ID_SIZE];
            webhook_id(id);
            event->id = id;
            event->hook_id = hooks->webhooks[done + i]->id;
            payloads[i] = webhook_write(call->arena, event);
        }
        code = store_outbox_add_many(conn, call->arena, store_outbox_webhook, payloads, count,
                                     clock_wall_ns() / NS_PER_MS, status);
    }
    return code;
}

/* What is known of a new comment without asking the database: a transaction that reads there collides with others. */
static void show_commented(struct api_call *call, const struct memo_event *event, Memos__Api__V1__Memo *view)
{
    const struct store_memo *memo = event->memo, *commented = event->commented;
    if (!commented || (commented->visibility == STORE_PRIVATE && commented->creator_id != call->caller.user_id))
        return;
    const struct store_relation relation = {.type = STORE_RELATION_COMMENT,
                                            .memo_uid = memo->uid,
                                            .memo_content = memo->content,
                                            .memo_content_length = memo->content_length,
                                            .related_memo_uid = commented->uid,
                                            .related_memo_content = commented->content,
                                            .related_memo_content_length = commented->content_length};
    view->relations = ARENA_ARRAY(call->arena, Memos__Api__V1__MemoRelation *, 1);
    view->relations[view->n_relations++] = api_relation_view(call->arena, &relation, true);
}

static enum status_code describe(struct api_call *call, struct db_conn *conn, const struct memo_event *event,
                                 struct webhook_event *out, struct status *status)
{
    Memos__Api__V1__Memo *view;
    struct buf json = buf_in(call->arena);
    enum status_code code =
        api_memo_view(call, conn, event->memo, event->flags | API_MEMO_RELATION_SNIPPETS, &view, status);
    if (code)
        return code;
    if (event->memo->without & STORE_MEMO_RELATIONS)
        show_commented(call, event, view);
    codec_write_json_plain(&json, &view->base);
    *out = (struct webhook_event){
        .user_id = event->owner_id, .type = event->type, .creator = view->creator, .memo = buf_str(&json)};
    return STATUS_OK;
}

enum status_code api_memo_fire(struct api_call *call, struct db_conn *conn, const struct memo_event *event,
                               struct status *status)
{
    const webhook_list *hooks = NULL;
    struct webhook_event row;
    struct status problem = {0};
    /* Nobody's change fails for his webhooks. (Where the database has failed, the write does in any case.) */
    enum status_code code = hooks_of(call, conn, event->owner_id, &hooks, &problem);
    if (!code && (!hooks || hooks->n_webhooks == 0))
        return STATUS_OK;
    if (!code && delivery_is_full(call->services->webhooks))
        code = status_set(&problem, STATUS_RESOURCE_EXHAUSTED, "more than %d events wait", DELIVERY_QUEUE_MAX);
    if (!code)
        code = describe(call, conn, event, &row, &problem);
    if (code) {
        log_warn("the webhooks of user %d are not called: %s", event->owner_id, problem.message);
        return STATUS_OK;
    }
    call->fired = true;
    return add_rows(call, conn, &row, hooks, status);
}

enum status_code api_memo_fire_update(struct api_call *call, struct db_conn *conn, const struct store_memo *memo,
                                      struct status *status)
{
    const struct memo_event event = {.type = "memos.memo.updated", .memo = memo, .owner_id = memo->creator_id};
    return api_memo_fire(call, conn, &event, status);
}

void api_deliver(struct api_call *call)
{
    if (call->fired)
        delivery_wake(call->services->webhooks);
    if (call->mailed)
        delivery_wake(call->services->mails);
}
