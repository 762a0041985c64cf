/* InstanceService.GetInstanceProfile (contract platform.md 4.1). */
#include "api/convert.h"
#include "api/convert_user.h"
#include "api/version.h"
#include "api_handlers.h"
#include "config/config.h"

#ifndef MEMORA_COMMIT
#define MEMORA_COMMIT "unknown"
#endif

/* What clients compare with to choose how they speak, hence the version of the wire, not of this program (clients.md).
 * The program names itself in the Server header. */
const char api_wire_version[] = "0.30.0";

enum status_code api_instance_service_get_instance_profile(struct api_call *call,
                                                           const Memos__Api__V1__GetInstanceProfileRequest *request,
                                                           Memos__Api__V1__InstanceProfile **response,
                                                           struct status *status)
{
    (void)request;
    static const struct store_user_find newest_admin = {.only_admins = true, .limit = 1};
    struct store *store = call->services->store;
    const struct config *config = call->services->config;
    struct store_user *admins;
    size_t admin_count;
    bool has_users = true;
    enum status_code code = store_user_list(store, NULL, call->arena, &newest_admin, &admins, &admin_count, status);
    if (!code && admin_count == 0)
        code = store_user_any(store, &has_users, status);
    if (code)
        return status_prefix(status, "failed to get instance profile: ");
    Memos__Api__V1__InstanceProfile *out =
        CODEC_NEW(call->arena, Memos__Api__V1__InstanceProfile, memos__api__v1__instance_profile__descriptor);
    out->version = (char *)api_wire_version;
    out->commit = (char *)MEMORA_COMMIT;
    out->demo = config->demo;
    out->instance_url = (char *)config->instance_url;
    out->needs_setup = !has_users;
    if (admin_count)
        out->admin = api_user_view(call, &admins[0]);
    *response = out;
    return STATUS_OK;
}
