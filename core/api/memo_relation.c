#include "api/memo_relation.h"

#include <string.h>

#include "api/convert_memo.h"
#include "api/memo_webhook.h"
#include "api_handlers.h"
#include "base/clock.h"

/* Each costs two statements while all other writes wait. */
enum { RELATIONS_MAX = 1024 };

static enum status_code add_reference(struct api_call *call, struct db_conn *conn, const struct store_memo *memo,
                                      const Memos__Api__V1__MemoRelation *relation, struct status *status)
{
    struct store_memo related;
    const char *name = relation->related_memo ? relation->related_memo->name : "", *uid;
    if (strcmp(name, api_memo_name(call->arena, memo->uid)) == 0 ||
        relation->type == MEMOS__API__V1__MEMO_RELATION__TYPE__COMMENT)
        return STATUS_OK;
    enum status_code code = api_memo_uid(call, name, &uid, status);
    if (code)
        /* "invalid memo name: x" becomes "invalid related memo name: x". */
        return status_set(status, code, "invalid related %s", status->message + strlen("invalid "));
    code = store_memo_get(conn, call->arena, uid, &related, status);
    return code ? code : store_relation_add(conn, memo->id, related.id, STORE_RELATION_REFERENCE, status);
}

enum status_code api_memo_replace_relations(struct api_call *call, struct db_conn *conn, const struct store_memo *memo,
                                            Memos__Api__V1__MemoRelation *const *relations, size_t count,
                                            struct status *status)
{
    if (count > RELATIONS_MAX)
        return status_set(status, STATUS_INVALID_ARGUMENT, "too many relations (max %d)", RELATIONS_MAX);
    enum status_code code = store_relation_delete_references(conn, memo->id, status);
    for (size_t i = 0; !code && i < count; i++)
        code = add_reference(call, conn, memo, relations[i], status);
    return code;
}

struct set_relations {
    struct api_call *call;
    const Memos__Api__V1__SetMemoRelationsRequest *request;
    struct store_memo memo;
};

static enum status_code set_relations(struct db_conn *conn, void *ctx, struct status *status)
{
    struct set_relations *set = ctx;
    enum status_code code = api_memo_load_for(set->call, conn, set->request->name, MEMO_CHANGE, &set->memo, status);
    if (!code)
        code = api_memo_replace_relations(set->call, conn, &set->memo, set->request->relations,
                                          set->request->n_relations, status);
    if (code)
        return code;
    set->memo.updated_ts = clock_wall_s();
    code = store_memo_update(conn, set->call->arena, &set->memo, STORE_MEMO_SET_UPDATED, status);
    return code ? code : api_memo_fire_update(set->call, conn, &set->memo, status);
}

enum status_code api_memo_service_set_memo_relations(struct api_call *call,
                                                     const Memos__Api__V1__SetMemoRelationsRequest *request,
                                                     Google__Protobuf__Empty **response, struct status *status)
{
    struct set_relations set = {.call = call, .request = request};
    api_memo_foresee(call, call->caller.user_id);
    enum status_code code = store_write(call->services->store, set_relations, &set, status);
    if (code)
        return code;
    api_deliver(call);
    api_memo_announce_update(call, &set.memo, "memo.updated");
    *response = api_empty(call->arena);
    return STATUS_OK;
}

enum status_code api_memo_service_list_memo_relations(struct api_call *call,
                                                      const Memos__Api__V1__ListMemoRelationsRequest *request,
                                                      Memos__Api__V1__ListMemoRelationsResponse **response,
                                                      struct status *status)
{
    struct store_memo memo;
    struct store_relation *relations;
    size_t count = 0;
    struct db_conn *conn;
    struct store_viewer viewer = memo_access_viewer(&call->caller);
    enum status_code code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = api_memo_load(call, conn, request->name, &memo, status);
    if (!code)
        code = store_relation_list(conn, call->arena, &memo.id, 1, &viewer, true, &relations, &count, status);
    store_read_end(conn);
    if (code)
        return code;
    Memos__Api__V1__ListMemoRelationsResponse *answer =
        CODEC_NEW(call->arena, Memos__Api__V1__ListMemoRelationsResponse,
                  memos__api__v1__list_memo_relations_response__descriptor);
    answer->relations = ARENA_ARRAY(call->arena, Memos__Api__V1__MemoRelation *, count);
    for (size_t i = 0; i < count; i++)
        answer->relations[answer->n_relations++] = api_relation_view(call->arena, &relations[i], true);
    *response = answer;
    return STATUS_OK;
}
