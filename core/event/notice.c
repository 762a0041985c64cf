#include "event/notice.h"

#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "event/smtp.h"
#include "store/instance_setting.h"
#include "store/user.h"

enum { PORT_MAX = 65535 };

const char *notice_write(struct arena *arena, const struct notice *notice)
{
    json_t *root = json_pack("{s:s, s:i, s:i, s:s, s:s*}", "id", notice->id, "sender", notice->sender_id, "receiver",
                             notice->receiver_id, "memo", notice->memo, "comment", notice->comment);
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    if (!text)
        memory_exhausted();
    const char *payload = arena_strdup(arena, text);
    free(text);
    json_decref(root);
    return payload;
}

static const char *copy_member(struct arena *arena, const json_t *root, const char *name)
{
    const char *text = json_string_value(json_object_get(root, name));
    return text ? arena_strdup(arena, text) : NULL;
}

enum status_code notice_read(struct arena *arena, const char *payload, struct notice *out, struct status *status)
{
    json_t *root = json_loads(payload, 0, NULL);
    *out = (struct notice){.id = copy_member(arena, root, "id"),
                           .sender_id = (int32_t)json_integer_value(json_object_get(root, "sender")),
                           .receiver_id = (int32_t)json_integer_value(json_object_get(root, "receiver")),
                           .memo = copy_member(arena, root, "memo"),
                           .comment = copy_member(arena, root, "comment")};
    json_decref(root);
    if (out->id && out->memo && out->sender_id && out->receiver_id)
        return STATUS_OK;
    return status_set(status, STATUS_DATA_LOSS, "the row of the outbox cannot be read");
}

static const char *without_slashes(struct arena *arena, const char *url)
{
    char *trimmed = mail_line(arena, url);
    for (size_t length = strlen(trimmed); length && trimmed[length - 1] == '/'; length--)
        trimmed[length - 1] = '\0';
    return trimmed;
}

void notice_text(struct arena *arena, const struct notice *notice, const char *sender, const char *receiver,
                 const char *instance_url, struct mail *out)
{
    const char *did = notice->comment ? "commented on your memo" : "mentioned you in a memo";
    const char *why = notice->comment ? "you own this memo" : "you were mentioned in this memo";
    const char *from = mail_line(arena, sender), *to = mail_line(arena, receiver);
    out->id = notice->id;
    out->subject = arena_printf(arena, "[Memos] %s %s", from, did);
    out->body = arena_printf(arena,
                             "Hi %s,\n\n%s %s.\n\nOpen in Memos:\n%s/memos/%s%s%s\n\nYou are receiving this because "
                             "%s.\n",
                             to, from, did, without_slashes(arena, instance_url), notice->memo,
                             notice->comment ? "#" : "", notice->comment ? notice->comment : "", why);
}

enum status_code notice_check_setting(struct arena *arena, const email_setting *setting, struct status *status)
{
    if (*mail_line(arena, setting->smtp_host) == '\0')
        return status_set(status, STATUS_INVALID_ARGUMENT, "SMTP host is required");
    if (setting->smtp_port < 1 || setting->smtp_port > PORT_MAX)
        return status_set(status, STATUS_INVALID_ARGUMENT, "SMTP port must be between 1 and %d", PORT_MAX);
    if (*mail_line(arena, setting->from_email) == '\0')
        return status_set(status, STATUS_INVALID_ARGUMENT, "from email is required");
    return STATUS_OK;
}

enum status_code notice_mail(const struct notice_sender *sender, struct arena *arena, const email_setting *setting,
                             const char *recipient, struct mail *mail, struct status *status)
{
    const struct smtp_server server = {.host = mail_line(arena, setting->smtp_host),
                                       .port = setting->smtp_port,
                                       .username = mail_line(arena, setting->smtp_username),
                                       .password = setting->smtp_password,
                                       .tls = setting->use_ssl,
                                       .starttls = setting->use_tls,
                                       .ca_file = sender->ca_file,
                                       .stopping = sender->stopping,
                                       .ctx = sender->ctx};
    size_t length;
    mail->from_name = setting->from_name;
    mail->from = mail_line(arena, setting->from_email);
    mail->reply_to = setting->reply_to;
    mail->to = mail_line(arena, recipient);
    mail->date_s = clock_wall_s();
    const char *message = mail_write(arena, mail, &length);
    return smtp_send(arena, &server, mail->from, mail->to, message, length, status);
}

static const char *shown_name(struct arena *arena, const struct store_user *user)
{
    const char *name = mail_line(arena, user->nickname);
    if (*name == '\0')
        name = mail_line(arena, user->username);
    return *name ? name : "there";
}

/* Whoever is gone, or has no address any more, needs no mail: *wanted is false. */
static enum status_code find_people(struct store *store, struct arena *arena, const struct notice *notice,
                                    struct store_user *from, struct store_user *to, bool *wanted, struct status *status)
{
    enum status_code code = store_user_get(store, NULL, arena, notice->sender_id, from, status);
    if (!code)
        code = store_user_get(store, NULL, arena, notice->receiver_id, to, status);
    *wanted = !code && *mail_line(arena, to->email) != '\0';
    return code == STATUS_NOT_FOUND ? STATUS_OK : code;
}

static enum delivery_outcome outcome_of(enum status_code code)
{
    if (code == STATUS_OK)
        return DELIVERY_DONE;
    if (code == STATUS_CANCELLED)
        return DELIVERY_STOPPED;
    return code == STATUS_UNAVAILABLE || code == STATUS_DEADLINE_EXCEEDED ? DELIVERY_AGAIN : DELIVERY_NEVER;
}

enum delivery_outcome notice_send(void *ctx, struct arena *arena, const struct store_outbox_item *item,
                                  struct delivery_report *report)
{
    const struct notice_sender *sender = ctx;
    struct notice notice;
    struct store_user from, to;
    struct mail mail;
    Memos__Store__InstanceNotificationSetting *setting;
    bool wanted;
    if (notice_read(arena, item->payload, &notice, &report->problem))
        return DELIVERY_NEVER;
    if (store_instance_notification_setting(sender->store, arena, &setting, &report->problem) ||
        find_people(sender->store, arena, &notice, &from, &to, &wanted, &report->problem))
        return DELIVERY_AGAIN;
    if (!setting->email->enabled || !wanted)
        return DELIVERY_DONE;
    if (notice_check_setting(arena, setting->email, &report->problem))
        return DELIVERY_NEVER;
    notice_text(arena, &notice, shown_name(arena, &from), shown_name(arena, &to), sender->instance_url, &mail);
    enum delivery_outcome outcome =
        outcome_of(notice_mail(sender, arena, setting->email, to.email, &mail, &report->problem));
    secret_wipe(setting->email->smtp_password, strlen(setting->email->smtp_password));
    return outcome;
}
