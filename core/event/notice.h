/* Notifications by mail (contract platform.md 5): rows of the outbox, the messages, and sending them. */
#ifndef MEMORA_EVENT_NOTICE_H
#define MEMORA_EVENT_NOTICE_H

#include "event/delivery.h"
#include "event/mail.h"
#include "memos/store/instance_setting.pb-c.h"

typedef Memos__Store__InstanceNotificationSetting__EmailSetting email_setting;

/* Somebody commented on a memo, or mentioned somebody in one. */
struct notice {
    const char *id; /* of the message */
    int32_t sender_id, receiver_id;
    const char *memo;    /* uid: of the memo that is commented on, or that has the mention */
    const char *comment; /* uid; NULL: a mention */
};

/* The payload of an outbox row, and back; STATUS_DATA_LOSS if it is none. */
const char *notice_write(struct arena *arena, const struct notice *notice);
enum status_code notice_read(struct arena *arena, const char *payload, struct notice *out, struct status *status);

/* Subject and body. Names are as shown to people. */
void notice_text(struct arena *arena, const struct notice *notice, const char *sender, const char *receiver,
                 const char *instance_url, struct mail *out);

/* What is missing for sending mail: STATUS_INVALID_ARGUMENT "SMTP host is required", ... */
enum status_code notice_check_setting(struct arena *arena, const email_setting *setting, struct status *status);

/* Sends a message of which subject, body and id are given, as the setting says. Errors as of smtp_send. */
struct notice_sender {
    struct store *store;
    const char *instance_url; /* as configured */
    const char *ca_file;
    bool (*stopping)(void *ctx); /* see smtp.h */
    void *ctx;
};
enum status_code notice_mail(const struct notice_sender *sender, struct arena *arena, const email_setting *setting,
                             const char *recipient, struct mail *mail, struct status *status);

/* A delivery_fn; ctx is a struct notice_sender. */
enum delivery_outcome notice_send(void *ctx, struct arena *arena, const struct store_outbox_item *item,
                                  struct delivery_report *report);

#endif
