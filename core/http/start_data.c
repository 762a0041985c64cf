#include "http/start_data.h"

#include "api_handlers.h"
#include "auth/auth.h"
#include "base/base64.h"
#include "base/log.h"
#include "codec/codec.h"

static char *settings_wanted[] = {"instance/settings/GENERAL", "instance/settings/MEMO_RELATED",
                                  "instance/settings/TAGS"};

static void add_message(struct arena *arena, struct buf *out, const ProtobufCMessage *message)
{
    struct buf bytes = buf_in(arena);
    codec_write_proto(&bytes, message);
    base64_encode(out, bytes.data, bytes.len);
}

void start_data_add(const struct api_services *services, struct wire_request *request, struct buf *out)
{
    struct api_call call = {.arena = request->arena, .services = services, .deadline_ns = request->deadline_ns};
    struct status status = {0};
    Memos__Api__V1__GetInstanceProfileRequest ask_profile = MEMOS__API__V1__GET_INSTANCE_PROFILE_REQUEST__INIT;
    Memos__Api__V1__BatchGetInstanceSettingsRequest ask_settings =
        MEMOS__API__V1__BATCH_GET_INSTANCE_SETTINGS_REQUEST__INIT;
    Memos__Api__V1__InstanceProfile *profile;
    Memos__Api__V1__BatchGetInstanceSettingsResponse *settings;
    ask_settings.names = settings_wanted;
    ask_settings.n_names = sizeof settings_wanted / sizeof settings_wanted[0];
    if (api_instance_service_get_instance_profile(&call, &ask_profile, &profile, &status) ||
        api_instance_service_batch_get_instance_settings(&call, &ask_settings, &settings, &status)) {
        log_warn("the page goes without its start data: %s", status.message);
        return;
    }
    bool session = auth_has_session_cookie(call.arena, request->header(request, "Cookie"));
    buf_add_str(out, "<script type=\"application/json\" id=\"start-data\">{\"profile\":\"");
    add_message(call.arena, out, &profile->base);
    buf_add_str(out, "\",\"settings\":\"");
    add_message(call.arena, out, &settings->base);
    buf_printf(out, "\",\"session\":%s}</script>", session ? "true" : "false");
}
