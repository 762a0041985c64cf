/* InstanceService.TestInstanceEmailSetting (contract platform.md 4.4). */
#include "api/access.h"
#include "api/convert_setting.h"
#include "api/instance_setting.h"
#include "api/memo_common.h"
#include "api/text.h"
#include "api_handlers.h"
#include "base/uid.h"
#include "config/config.h"
#include "event/notice.h"
#include "plugin/plugin.h"

/* The setting to try: that of the request, with the stored password where it is for the same account. */
static enum status_code choose_setting(struct api_call *call,
                                       const Memos__Api__V1__TestInstanceEmailSettingRequest *request,
                                       email_setting **out, struct status *status)
{
    Memos__Store__InstanceNotificationSetting *stored;
    enum status_code code = store_instance_notification_setting(call->services->store, call->arena, &stored, status);
    if (code)
        return status_prefix(status, "failed to get notification setting: ");
    *out = stored->email;
    if (!request->email)
        return STATUS_OK;
    *out = (email_setting *)api_recast(call->arena, &request->email->base,
                                       &memos__store__instance_notification_setting__email_setting__descriptor);
    return api_keep_mail_password(call->arena, *out, stored->email, status);
}

/* The caller's own address is what is left. */
static enum status_code choose_recipient(struct api_call *call, const char *wanted, const char **out,
                                         struct status *status)
{
    struct store_user caller;
    *out = api_trimmed(call->arena, wanted);
    if (**out)
        return STATUS_OK;
    enum status_code code =
        store_user_get(call->services->store, NULL, call->arena, call->caller.user_id, &caller, status);
    if (code)
        return code;
    *out = api_trimmed(call->arena, caller.email);
    return **out ? STATUS_OK : status_set(status, STATUS_INVALID_ARGUMENT, "recipient email is required");
}

static bool is_stopping(void *ctx)
{
    (void)ctx;
    return plugin_host()->stopping();
}

static enum status_code send(struct api_call *call, const email_setting *setting, const char *recipient,
                             struct status *status)
{
    static const char hint[] = "Check that the SMTP port matches encryption: Gmail uses port 587 with STARTTLS on and "
                               "SSL/TLS off; port 465 requires SSL/TLS on";
    char id[UID_UUID_LENGTH + 1];
    struct status problem = {0};
    const struct notice_sender sender = {.store = call->services->store,
                                         .instance_url = call->services->config->instance_url,
                                         .ca_file = call->services->config->outbound_ca_file,
                                         .stopping = is_stopping};
    uid_uuid(id);
    struct mail mail = {.id = id,
                        .subject = "[Memos] Test email",
                        .body = "This is a test email from your Memos notification settings.\n"};
    if (notice_mail(&sender, call->arena, setting, recipient, &mail, &problem))
        return status_set(status, STATUS_INTERNAL, "failed to send test email: %s. %s", problem.message, hint);
    return STATUS_OK;
}

enum status_code api_instance_service_test_instance_email_setting(
    struct api_call *call, const Memos__Api__V1__TestInstanceEmailSettingRequest *request,
    Google__Protobuf__Empty **response, struct status *status)
{
    email_setting *setting = NULL;
    const char *recipient;
    enum status_code code = api_require_admin(call, status);
    if (!code)
        code = choose_setting(call, request, &setting, status);
    if (!code)
        code = choose_recipient(call, request->recipient_email, &recipient, status);
    if (!code && notice_check_setting(call->arena, setting, status))
        code = status_prefix(status, "invalid notification email setting: ");
    if (!code)
        code = send(call, setting, recipient, status);
    if (setting)
        api_wipe(setting->smtp_password);
    *response = api_empty(call->arena);
    return code;
}
