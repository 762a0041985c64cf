#include "api/memo_common.h"

#include "api/convert.h"
#include "api/names.h"
#include "event/bus.h"
#include "store/instance_setting.h"

char *api_memo_name(struct arena *arena, const char *uid)
{
    return arena_printf(arena, "memos/%s", uid);
}

Google__Protobuf__Empty *api_empty(struct arena *arena)
{
    return CODEC_NEW(arena, Google__Protobuf__Empty, google__protobuf__empty__descriptor);
}

enum status_code api_memo_uid(struct api_call *call, const char *name, const char **uid, struct status *status)
{
    if (api_name_parse_one(call->arena, name, "memos/", uid, status))
        return status_prefix(status, "invalid memo name: ");
    return STATUS_OK;
}

enum status_code api_memo_load(struct api_call *call, struct db_conn *conn, const char *name, struct store_memo *memo,
                               struct status *status)
{
    const char *uid;
    enum status_code code = api_memo_uid(call, name, &uid, status);
    return code ? code : store_memo_get(conn, call->arena, uid, memo, status);
}

enum status_code api_memo_load_for(struct api_call *call, struct db_conn *conn, const char *name,
                                   enum memo_action action, struct store_memo *memo, struct status *status)
{
    enum status_code code = api_memo_load(call, conn, name, memo, status);
    return code ? code : memo_access_check(&call->caller, action, memo, status);
}

int64_t api_memo_seconds(const Google__Protobuf__Timestamp *time)
{
    static const int64_t first = -62135596800, last = 253402300799; /* years 1 and 9999 */
    if (!time || time->seconds < first || time->seconds > last || time->nanos < 0 || time->nanos > 999999999)
        return 0;
    return time->seconds;
}

enum store_visibility api_memo_visibility(Memos__Api__V1__Visibility requested)
{
    switch ((int)requested) {
    case MEMOS__API__V1__VISIBILITY__PUBLIC:
        return STORE_PUBLIC;
    case MEMOS__API__V1__VISIBILITY__PROTECTED:
        return STORE_PROTECTED;
    default:
        return STORE_PRIVATE;
    }
}

Memos__Store__MemoPayload__Location *api_memo_location(struct arena *arena, const Memos__Api__V1__Location *location)
{
    Memos__Store__MemoPayload__Location *stored =
        CODEC_NEW(arena, Memos__Store__MemoPayload__Location, memos__store__memo_payload__location__descriptor);
    stored->placeholder = location->placeholder;
    stored->latitude = location->latitude;
    stored->longitude = location->longitude;
    return stored;
}

enum status_code api_memo_check_length(struct api_call *call, size_t length, struct status *status)
{
    Memos__Store__InstanceMemoRelatedSetting *setting;
    enum status_code code = store_instance_memo_related_setting(call->services->store, call->arena, &setting, status);
    if (code)
        return code;
    if (length > (size_t)setting->content_length_limit)
        return status_set(status, STATUS_INVALID_ARGUMENT, "content too long (max %d characters)",
                          setting->content_length_limit);
    return STATUS_OK;
}

void api_memo_announce(struct api_call *call, const char *type, const char *uid, const struct store_memo *parent,
                       enum store_visibility visibility, int32_t owner_id)
{
    if (!call->services->events)
        return;
    const struct event event = {
        .type = type,
        .name = api_memo_name(call->arena, uid),
        .parent = parent ? api_memo_name(call->arena, parent->uid) : NULL,
        .for_everyone = visibility != STORE_PRIVATE,
        .owner_id = owner_id,
    };
    event_bus_publish(call->services->events, &event);
}

void api_memo_announce_update(struct api_call *call, const struct store_memo *memo, const char *type)
{
    if (!call->services->events)
        return;
    struct store_memo parent;
    struct db_conn *conn;
    struct status ignored = {0};
    bool has_parent = false;
    if (memo->parent_uid && !store_read_begin(call->services->store, &conn, &ignored)) {
        has_parent = !store_memo_get(conn, call->arena, memo->parent_uid, &parent, &ignored);
        store_read_end(conn);
    }
    api_memo_announce(call, type, memo->uid, has_parent ? &parent : NULL, memo->visibility,
                      has_parent ? parent.creator_id : memo->creator_id);
}

enum status_code api_wrap_rpc_error(struct status *status, const char *prefix)
{
    return status_set(status, status->code, "%s: rpc error: code = %s desc = %s", prefix,
                      status_code_camel(status->code), status->message);
}
