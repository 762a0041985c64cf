#include "api/convert.h"
#include "api/convert_memo.h"
#include "api/memo_common.h"
#include "api/names.h"
#include "api_handlers.h"
#include "base/clock.h"
#include "base/uid.h"
#include "store/share.h"

static Memos__Api__V1__MemoShare *share_view(struct arena *arena, const struct store_memo *memo,
                                             const struct store_share *share)
{
    Memos__Api__V1__MemoShare *view =
        CODEC_NEW(arena, Memos__Api__V1__MemoShare, memos__api__v1__memo_share__descriptor);
    view->name = arena_printf(arena, "memos/%s/shares/%s", memo->uid, share->uid);
    view->create_time = api_timestamp(arena, share->created_ts);
    if (share->expires) {
        view->optional_expire_time_case = MEMOS__API__V1__MEMO_SHARE__OPTIONAL_EXPIRE_TIME_EXPIRE_TIME;
        view->expire_time = api_timestamp(arena, share->expires_ts);
    }
    return view;
}

struct creation {
    struct api_call *call;
    const Memos__Api__V1__CreateMemoShareRequest *request;
    struct store_memo memo;
    struct store_share share;
    char uid[UID_SHORT_LENGTH + 1];
};

static enum status_code create_share(struct db_conn *conn, void *ctx, struct status *status)
{
    struct creation *creation = ctx;
    const Memos__Api__V1__MemoShare *wanted = creation->request->memo_share;
    enum status_code code =
        api_memo_load_for(creation->call, conn, creation->request->parent, MEMO_CHANGE, &creation->memo, status);
    if (code)
        return code;
    creation->share = (struct store_share){
        .uid = creation->uid, .memo_id = creation->memo.id, .creator_id = creation->call->caller.user_id};
    if (wanted && wanted->optional_expire_time_case && wanted->expire_time) {
        creation->share.expires = true;
        creation->share.expires_ts = wanted->expire_time->seconds;
        if (creation->share.expires_ts <= clock_wall_s())
            return status_set(status, STATUS_INVALID_ARGUMENT, "expire_time must be in the future");
    }
    return store_share_insert(conn, &creation->share, status);
}

enum status_code api_memo_service_create_memo_share(struct api_call *call,
                                                    const Memos__Api__V1__CreateMemoShareRequest *request,
                                                    Memos__Api__V1__MemoShare **response, struct status *status)
{
    struct creation creation = {.call = call, .request = request};
    uid_short(creation.uid);
    enum status_code code = store_write(call->services->store, create_share, &creation, status);
    if (!code)
        *response = share_view(call->arena, &creation.memo, &creation.share);
    return code;
}

enum status_code api_memo_service_list_memo_shares(struct api_call *call,
                                                   const Memos__Api__V1__ListMemoSharesRequest *request,
                                                   Memos__Api__V1__ListMemoSharesResponse **response,
                                                   struct status *status)
{
    struct store_memo memo;
    struct store_share *shares;
    size_t count = 0;
    struct db_conn *conn;
    enum status_code code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = api_memo_load_for(call, conn, request->parent, MEMO_CHANGE, &memo, status);
    if (!code)
        code = store_share_list(conn, call->arena, memo.id, &shares, &count, status);
    store_read_end(conn);
    if (code)
        return code;
    Memos__Api__V1__ListMemoSharesResponse *answer = CODEC_NEW(call->arena, Memos__Api__V1__ListMemoSharesResponse,
                                                               memos__api__v1__list_memo_shares_response__descriptor);
    answer->memo_shares = ARENA_ARRAY(call->arena, Memos__Api__V1__MemoShare *, count);
    for (size_t i = 0; i < count; i++)
        answer->memo_shares[answer->n_memo_shares++] = share_view(call->arena, &memo, &shares[i]);
    *response = answer;
    return STATUS_OK;
}

struct removal {
    struct api_call *call;
    const char *memo_name, *share_uid;
};

static enum status_code delete_share(struct db_conn *conn, void *ctx, struct status *status)
{
    struct removal *removal = ctx;
    struct store_memo memo;
    struct store_share share;
    enum status_code code = api_memo_load_for(removal->call, conn, removal->memo_name, MEMO_CHANGE, &memo, status);
    if (!code)
        code = store_share_get(conn, removal->call->arena, removal->share_uid, &share, status);
    if (code)
        return code;
    if (share.memo_id != memo.id)
        return status_set(status, STATUS_NOT_FOUND, "memo share not found");
    return store_share_delete(conn, share.id, status);
}

enum status_code api_memo_service_delete_memo_share(struct api_call *call,
                                                    const Memos__Api__V1__DeleteMemoShareRequest *request,
                                                    Google__Protobuf__Empty **response, struct status *status)
{
    static const char *const prefixes[] = {"memos/", "shares/"};
    const char *ids[2];
    if (api_name_parse(call->arena, request->name, prefixes, 2, ids, status))
        return status_prefix(status, "invalid share name: ");
    struct removal removal = {.call = call, .memo_name = api_memo_name(call->arena, ids[0]), .share_uid = ids[1]};
    enum status_code code = store_write(call->services->store, delete_share, &removal, status);
    if (!code)
        *response = api_empty(call->arena);
    return code;
}

/* Every reason not to show it is one and the same answer: the link tells nothing about the memo. */
enum status_code api_memo_service_get_shared_memo(struct api_call *call,
                                                  const Memos__Api__V1__GetSharedMemoRequest *request,
                                                  Memos__Api__V1__Memo **response, struct status *status)
{
    struct store_share share;
    struct store_memo memo;
    struct db_conn *conn;
    enum status_code code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = store_share_get(conn, call->arena, request->share_token, &share, status);
    if (!code && !store_share_usable(&share))
        code = STATUS_NOT_FOUND;
    if (!code)
        code = store_memo_get_by_id(conn, call->arena, share.memo_id, &memo, status);
    if (!code && memo.row_status == STORE_ARCHIVED)
        code = STATUS_NOT_FOUND;
    if (!code)
        code = api_memo_view(call, conn, &memo, API_MEMO_WITHOUT_RELATIONS | API_MEMO_WITHOUT_PARENT, response, status);
    store_read_end(conn);
    return code == STATUS_NOT_FOUND ? status_set(status, code, "not found") : code;
}
