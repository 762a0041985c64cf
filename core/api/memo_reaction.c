#include "api/convert_memo.h"
#include "api/memo_common.h"
#include "api/names.h"
#include "api_handlers.h"

struct upsert {
    struct api_call *call;
    const char *content_id;
    struct store_memo memo;
    struct store_reaction reaction;
};

static enum status_code upsert_reaction(struct db_conn *conn, void *ctx, struct status *status)
{
    struct upsert *upsert = ctx;
    enum status_code code =
        api_memo_load_for(upsert->call, conn, upsert->content_id, MEMO_RELATED, &upsert->memo, status);
    return code ? code : store_reaction_upsert(conn, upsert->call->arena, &upsert->reaction, status);
}

enum status_code api_memo_service_upsert_memo_reaction(struct api_call *call,
                                                       const Memos__Api__V1__UpsertMemoReactionRequest *request,
                                                       Memos__Api__V1__Reaction **response, struct status *status)
{
    if (!request->reaction)
        return status_set(status, STATUS_INVALID_ARGUMENT, "reaction is required");
    struct upsert upsert = {
        .call = call,
        .content_id = request->reaction->content_id,
        .reaction = {.creator_id = call->caller.user_id,
                     .content_id = request->reaction->content_id,
                     .reaction_type = request->reaction->reaction_type},
    };
    enum status_code code = store_write(call->services->store, upsert_reaction, &upsert, status);
    if (code)
        return code;
    struct db_conn *conn;
    Memos__Api__V1__Reaction **views;
    size_t count;
    code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = api_reaction_views(call, conn, &upsert.reaction, 1, &views, &count, status);
    store_read_end(conn);
    if (code)
        return code;
    if (count == 0)
        return status_set(status, STATUS_NOT_FOUND, "user not found");
    api_memo_announce_update(call, &upsert.memo, "reaction.upserted");
    *response = views[0];
    return STATUS_OK;
}

enum status_code api_memo_service_list_memo_reactions(struct api_call *call,
                                                      const Memos__Api__V1__ListMemoReactionsRequest *request,
                                                      Memos__Api__V1__ListMemoReactionsResponse **response,
                                                      struct status *status)
{
    struct store_memo memo;
    struct store_reaction *reactions;
    size_t count;
    struct db_conn *conn;
    Memos__Api__V1__ListMemoReactionsResponse *answer =
        CODEC_NEW(call->arena, Memos__Api__V1__ListMemoReactionsResponse,
                  memos__api__v1__list_memo_reactions_response__descriptor);
    enum status_code code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = api_memo_load_for(call, conn, request->name, MEMO_RELATED, &memo, status);
    if (!code)
        code = store_reaction_list(conn, call->arena, &memo.uid, 1, &reactions, &count, status);
    if (!code)
        code = api_reaction_views(call, conn, reactions, count, &answer->reactions, &answer->n_reactions, status);
    store_read_end(conn);
    *response = answer;
    return code;
}

struct removal {
    struct api_call *call;
    int32_t id;
    struct store_reaction reaction;
};

/* An unknown reaction is denied, not missing: so the reference has it. */
static enum status_code delete_reaction(struct db_conn *conn, void *ctx, struct status *status)
{
    struct removal *removal = ctx;
    enum status_code code = store_reaction_get(conn, removal->call->arena, removal->id, &removal->reaction, status);
    if (code == STATUS_NOT_FOUND ||
        (!code && removal->reaction.creator_id != removal->call->caller.user_id && !api_is_admin(removal->call)))
        return status_set(status, STATUS_PERMISSION_DENIED, "permission denied");
    return code ? code : store_reaction_delete(conn, removal->id, status);
}

enum status_code api_memo_service_delete_memo_reaction(struct api_call *call,
                                                       const Memos__Api__V1__DeleteMemoReactionRequest *request,
                                                       Google__Protobuf__Empty **response, struct status *status)
{
    static const char *const prefixes[] = {"memos/", "reactions/"};
    const char *ids[2];
    struct removal removal = {.call = call};
    if (api_name_parse(call->arena, request->name, prefixes, 2, ids, status))
        return status_prefix(status, "invalid reaction name: ");
    if (!api_parse_int32(ids[1], &removal.id))
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid reaction name: invalid reaction ID \"%s\"", ids[1]);
    enum status_code code = store_write(call->services->store, delete_reaction, &removal, status);
    if (code)
        return code;
    struct db_conn *conn;
    struct store_memo memo;
    struct status ignored = {0};
    if (!store_read_begin(call->services->store, &conn, &ignored)) {
        code = api_memo_load(call, conn, removal.reaction.content_id, &memo, &ignored);
        store_read_end(conn);
        if (!code)
            api_memo_announce_update(call, &memo, "reaction.deleted");
    }
    *response = api_empty(call->arena);
    return STATUS_OK;
}
