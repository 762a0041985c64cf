#include "event/webhook.h"

#include <jansson.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/uid.h"
#include "codec/json_text.h"
#include "store/user_setting.h"

typedef Memos__Store__WebhooksUserSetting webhook_list;
typedef Memos__Store__WebhooksUserSetting__Webhook webhook;

static const char secret_prefix[] = "whsec_";

static void add_member(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", name);
    json_add_string_html(out, value, strlen(value));
}

static void add_beginning(struct buf *out, const char *hook_id)
{
    buf_add_char(out, '{');
    add_member(out, "hook", hook_id);
}

/* One line with the envelope, one with the memo, which stays as it is to the last byte. */
const char *webhook_write(struct arena *arena, const struct webhook_event *event)
{
    struct buf out = buf_in(arena);
    add_beginning(&out, event->hook_id);
    buf_printf(&out, ",\"user\":%d", event->user_id);
    add_member(&out, "id", event->id);
    add_member(&out, "type", event->type);
    add_member(&out, "creator", event->creator);
    buf_add_str(&out, "}\n");
    buf_add_str(&out, event->memo);
    return buf_str(&out);
}

static const char *copy_member(struct arena *arena, const json_t *root, const char *name)
{
    const char *text = json_string_value(json_object_get(root, name));
    return text ? arena_strdup(arena, text) : NULL;
}

enum status_code webhook_read(struct arena *arena, const char *payload, struct webhook_event *out,
                              struct status *status)
{
    size_t length = strcspn(payload, "\n");
    json_t *root = payload[length] ? json_loadb(payload, length, 0, NULL) : NULL;
    *out = (struct webhook_event){.hook_id = copy_member(arena, root, "hook"),
                                  .user_id = (int32_t)json_integer_value(json_object_get(root, "user")),
                                  .id = copy_member(arena, root, "id"),
                                  .type = copy_member(arena, root, "type"),
                                  .creator = copy_member(arena, root, "creator"),
                                  .memo = root ? payload + length + 1 : NULL};
    json_decref(root);
    if (out->hook_id && out->id && out->type && out->creator)
        return STATUS_OK;
    return status_set(status, STATUS_DATA_LOSS, "the row of the outbox cannot be read");
}

void webhook_id(char out[WEBHOOK_ID_SIZE])
{
    memcpy(out, "msg_", 4);
    uid_uuid(out + 4);
}

const char *webhook_body(struct arena *arena, const struct webhook_event *event, const char *url, size_t *length)
{
    struct buf out = buf_in(arena);
    buf_add_char(&out, '{');
    add_member(&out, "url", url);
    add_member(&out, "activityType", event->type);
    add_member(&out, "creator", event->creator);
    buf_printf(&out, ",\"memo\":");
    buf_add_str(&out, event->memo);
    buf_add_char(&out, '}');
    *length = out.len;
    return buf_str(&out);
}

bool webhook_sign(struct arena *arena, const char *secret, const char *id, int64_t timestamp_s, const char *body,
                  size_t length, char out[WEBHOOK_SIGNATURE_SIZE])
{
    struct buf key = buf_in(arena), signed_text = buf_in(arena), text = buf_in(arena);
    unsigned char mac[HASH_SHA256_SIZE];
    bool encoded = strncmp(secret, secret_prefix, sizeof secret_prefix - 1) == 0, usable = true;
    if (encoded)
        usable = base64_decode_strict(&key, secret + sizeof secret_prefix - 1,
                                      strlen(secret) - (sizeof secret_prefix - 1), NULL);
    else
        buf_add_str(&key, secret);
    buf_printf(&signed_text, "%s.%lld.", id, (long long)timestamp_s);
    buf_add(&signed_text, body, length);
    hash_hmac_sha256(key.data, key.len, signed_text.data, signed_text.len, mac);
    buf_add_str(&text, "v1,");
    base64_encode(&text, mac, sizeof mac);
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    if (key.len)
        secret_wipe(key.data, key.len);
    return usable;
}

/* The hook as it is now; NULL if its owner has removed it meanwhile. */
static enum status_code find_hook(struct store *store, struct arena *arena, const struct webhook_event *event,
                                  webhook **out, struct status *status)
{
    ProtobufCMessage *message = NULL;
    *out = NULL;
    enum status_code code = store_user_setting_get(store, NULL, arena, event->user_id,
                                                   MEMOS__STORE__USER_SETTING__KEY__WEBHOOKS, &message, status);
    const webhook_list *list = (const webhook_list *)message;
    for (size_t i = 0; !code && list && i < list->n_webhooks; i++) {
        if (strcmp(list->webhooks[i]->id, event->hook_id) == 0)
            *out = list->webhooks[i];
        else
            secret_wipe(list->webhooks[i]->signing_secret, strlen(list->webhooks[i]->signing_secret));
    }
    return code;
}

static enum status_code post(const struct webhook_sender *sender, struct arena *arena,
                             const struct webhook_event *event, const webhook *hook, struct outbound_answer *answer,
                             struct status *status)
{
    size_t length;
    const char *body = webhook_body(arena, event, hook->url, &length);
    const char *headers[5] = {"Content-Type: application/json"};
    char signature[WEBHOOK_SIGNATURE_SIZE];
    int64_t now_s = clock_wall_s();
    if (*hook->signing_secret) {
        bool usable = webhook_sign(arena, hook->signing_secret, event->id, now_s, body, length, signature);
        secret_wipe(hook->signing_secret, strlen(hook->signing_secret));
        if (!usable)
            return status_set(status, STATUS_INVALID_ARGUMENT, "the signing secret is not valid base64");
        headers[1] = arena_printf(arena, "webhook-id: %s", event->id);
        headers[2] = arena_printf(arena, "webhook-timestamp: %lld", (long long)now_s);
        headers[3] = arena_printf(arena, "webhook-signature: %s", signature);
    }
    const struct outbound_request request = {.url = hook->url, .headers = headers, .body = body, .body_length = length};
    return outbound_send(arena, &request, &sender->options, answer, status);
}

/* Servers that are overloaded or broken may be better later; what others answer to this event they will answer again.
 */
static bool may_change(int http_status)
{
    return http_status >= 500 || http_status == 408 || http_status == 425 || http_status == 429;
}

/* A JSON object whose code, if there is one, is 0. */
static enum status_code check_body(const struct buf *body, struct status *status)
{
    json_t *root = json_loadb(body->len ? body->data : "", body->len, 0, NULL);
    const json_t *code = json_object_get(root, "code");
    bool valid = json_is_object(root) && (!code || json_is_integer(code) || json_is_null(code));
    json_int_t number = json_integer_value(code);
    json_decref(root);
    if (!valid)
        return status_set(status, STATUS_UNKNOWN, "the answer is not the JSON that is asked for");
    if (number)
        return status_set(status, STATUS_UNKNOWN, "the answer has code %lld", (long long)number);
    return STATUS_OK;
}

static enum delivery_outcome judge(enum status_code code, const struct outbound_answer *answer, struct status *problem)
{
    if (code == STATUS_CANCELLED)
        return DELIVERY_STOPPED;
    if (code)
        return code == STATUS_UNAVAILABLE || code == STATUS_DEADLINE_EXCEEDED ? DELIVERY_AGAIN : DELIVERY_NEVER;
    if (answer->http_status < 200 || answer->http_status > 299) {
        status_set(problem, STATUS_UNKNOWN, "the answer has status %d", answer->http_status);
        return may_change(answer->http_status) ? DELIVERY_AGAIN : DELIVERY_NEVER;
    }
    if (check_body(&answer->body, problem))
        log_warn("a webhook was sent, but: %s", problem->message);
    return DELIVERY_DONE;
}

enum delivery_outcome webhook_send(void *ctx, struct arena *arena, const struct store_outbox_item *item,
                                   struct delivery_report *report)
{
    const struct webhook_sender *sender = ctx;
    struct webhook_event event;
    struct outbound_answer answer = {0};
    webhook *hook;
    if (webhook_read(arena, item->payload, &event, &report->problem))
        return DELIVERY_NEVER;
    if (find_hook(sender->store, arena, &event, &hook, &report->problem))
        return DELIVERY_AGAIN;
    if (!hook)
        return DELIVERY_DONE;
    enum status_code code = post(sender, arena, &event, hook, &answer, &report->problem);
    enum delivery_outcome outcome = judge(code, &answer, &report->problem);
    if (outcome == DELIVERY_AGAIN || outcome == DELIVERY_NEVER) {
        struct buf beginning = buf_in(arena);
        add_beginning(&beginning, event.hook_id);
        if (beginning.len < sizeof report->beginning)
            memcpy(report->beginning, buf_str(&beginning), beginning.len + 1);
        status_prefix(&report->problem, arena_printf(arena, "hook %s, event %s: ", event.hook_id, event.id));
    }
    return outcome;
}
