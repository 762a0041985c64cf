/* Events for people's webhooks (contract memos.md 8): the rows of the outbox that carry them, and sending them. */
#ifndef MEMORA_EVENT_WEBHOOK_H
#define MEMORA_EVENT_WEBHOOK_H

#include "event/delivery.h"
#include "outbound/outbound.h"

enum { WEBHOOK_ID_SIZE = 41 /* "msg_", a UUID, NUL */, WEBHOOK_SIGNATURE_SIZE = 48 /* "v1,", 44 of base64, NUL */ };

/* One event for one hook. Everything is text as it goes out, but for memo, which is JSON. */
struct webhook_event {
    const char *hook_id;
    int32_t user_id;     /* whose hook it is */
    const char *id;      /* webhook-id: the same however often it is sent */
    const char *type;    /* "memos.memo.created", ... */
    const char *creator; /* "users/x" */
    const char *memo;    /* codec_write_json_plain */
};

/* The payload of an outbox row; its beginning is the same for all events of a hook. No secret is in it. */
const char *webhook_write(struct arena *arena, const struct webhook_event *event);
/* STATUS_DATA_LOSS if it is none. */
enum status_code webhook_read(struct arena *arena, const char *payload, struct webhook_event *out,
                              struct status *status);

/* A fresh webhook-id. */
void webhook_id(char out[WEBHOOK_ID_SIZE]);

/* The body to send to that URL. */
const char *webhook_body(struct arena *arena, const struct webhook_event *event, const char *url, size_t *length);

/* "v1," and the HMAC-SHA256 of "id.timestamp.body" in base64 (standardwebhooks.com). The key is what follows "whsec_"
 * in base64, or the secret itself where it has no such prefix. False if that is no base64. */
bool webhook_sign(struct arena *arena, const char *secret, const char *id, int64_t timestamp_s, const char *body,
                  size_t length, char out[WEBHOOK_SIGNATURE_SIZE]);

/* A delivery_fn; ctx is a struct webhook_sender. */
struct webhook_sender {
    struct store *store;
    struct outbound_options options;
};
enum delivery_outcome webhook_send(void *ctx, struct arena *arena, const struct store_outbox_item *item,
                                   struct delivery_report *report);

#endif
