#include "http/start_data.h"

#include <string.h>

#include "api_handlers.h"
#include "auth/auth.h"
#include "base/base64.h"
#include "base/log.h"
#include "codec/codec.h"
#include "config/config.h"

enum {
    LIST_SIZE = 16,             /* as the page's script asks for it */
    LIST_BYTES_MAX = 48 * 1024, /* longer ones would hold up what the page needs first */
    USER_PREFIX = sizeof "users/" - 1
};

static char *settings_wanted[] = {"instance/settings/GENERAL", "instance/settings/MEMO_RELATED",
                                  "instance/settings/TAGS"};

static void add_message(struct arena *arena, struct buf *out, const char *name, const ProtobufCMessage *message)
{
    struct buf bytes = buf_in(arena);
    codec_write_proto(&bytes, message);
    buf_printf(out, "\"%s\":\"", name);
    base64_encode(out, bytes.data, bytes.len);
    buf_add_str(out, "\",");
}

/* Pages that show a guest what is public, as it is when nobody has searched. */
static bool shows_public_memos(const struct api_services *services, const struct wire_request *request)
{
    return config_is_public(services->config) && !*request->query &&
           (strcmp(request->path, "/") == 0 || strcmp(request->path, "/explore") == 0);
}

static enum status_code find_authors(struct api_call *call, const Memos__Api__V1__ListMemosResponse *list,
                                     Memos__Api__V1__BatchGetUsersResponse **users, struct status *status)
{
    Memos__Api__V1__BatchGetUsersRequest ask = MEMOS__API__V1__BATCH_GET_USERS_REQUEST__INIT;
    char *names[LIST_SIZE];
    ask.usernames = names;
    for (size_t i = 0; i < list->n_memos && i < LIST_SIZE; i++) {
        size_t known = 0;
        char *name = list->memos[i]->creator + USER_PREFIX;
        while (known < ask.n_usernames && strcmp(names[known], name) != 0)
            known++;
        if (known == ask.n_usernames)
            names[ask.n_usernames++] = name;
    }
    return api_user_service_batch_get_users(call, &ask, users, status);
}

/* The first public memos and who wrote them. Without them the script asks as it otherwise does. */
static void add_public_memos(struct api_call *call, struct buf *out)
{
    Memos__Api__V1__ListMemosRequest ask = MEMOS__API__V1__LIST_MEMOS_REQUEST__INIT;
    Memos__Api__V1__ListMemosResponse *list;
    Memos__Api__V1__BatchGetUsersResponse *users;
    struct status status = {0};
    ask.page_size = LIST_SIZE;
    ask.order_by = "create_time desc";
    if (api_memo_service_list_memos(call, &ask, &list, &status) || find_authors(call, list, &users, &status)) {
        log_warn("the page goes without the first memos: %s", status.message);
        return;
    }
    if (protobuf_c_message_get_packed_size(&list->base) > LIST_BYTES_MAX)
        return;
    add_message(call->arena, out, "memos", &list->base);
    add_message(call->arena, out, "users", &users->base);
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
    buf_add_str(out, "<script type=\"application/json\" id=\"start-data\">{");
    add_message(call.arena, out, "profile", &profile->base);
    add_message(call.arena, out, "settings", &settings->base);
    if (!session && shows_public_memos(services, request))
        add_public_memos(&call, out);
    buf_printf(out, "\"session\":%s}</script>", session ? "true" : "false");
}
