/* UserService: GetUserStats, ListAllUserStats (contract platform.md 3.6). */
#include "store/stats.h"

#include "api/access.h"
#include "api/convert.h"
#include "api/memo_filter.h"
#include "api_handlers.h"

static Google__Protobuf__Timestamp **times(struct arena *arena, const int64_t *seconds, size_t count)
{
    Google__Protobuf__Timestamp **out = ARENA_ARRAY(arena, Google__Protobuf__Timestamp *, count);
    for (size_t i = 0; i < count; i++)
        out[i] = api_timestamp(arena, seconds[i]);
    return out;
}

static Memos__Api__V1__UserStats *stats_view(struct arena *arena, const struct store_user *user,
                                             const struct store_user_stats *stats)
{
    Memos__Api__V1__UserStats *out =
        CODEC_NEW(arena, Memos__Api__V1__UserStats, memos__api__v1__user_stats__descriptor);
    out->name = arena_printf(arena, "users/%s/stats", user->username);
    out->memo_type_stats = CODEC_NEW(arena, Memos__Api__V1__UserStats__MemoTypeStats,
                                     memos__api__v1__user_stats__memo_type_stats__descriptor);
    out->memo_type_stats->link_count = stats->links;
    out->memo_type_stats->code_count = stats->codes;
    out->memo_type_stats->todo_count = stats->todos;
    out->memo_type_stats->undo_count = stats->undone;
    out->n_memo_created_timestamps = out->n_memo_updated_timestamps = stats->memo_count;
    out->memo_created_timestamps = times(arena, stats->created_ts, stats->memo_count);
    out->memo_updated_timestamps = times(arena, stats->updated_ts, stats->memo_count);
    out->total_memo_count = (int32_t)stats->memo_count;
    out->n_pinned_memos = stats->pinned_count;
    out->pinned_memos = ARENA_ARRAY(arena, char *, stats->pinned_count);
    for (size_t i = 0; i < stats->pinned_count; i++)
        out->pinned_memos[i] = arena_printf(arena, "memos/%s", stats->pinned_uids[i]);
    out->n_tag_count = stats->tag_count;
    out->tag_count = ARENA_ARRAY(arena, Memos__Api__V1__UserStats__TagCountEntry *, stats->tag_count);
    for (size_t i = 0; i < stats->tag_count; i++) {
        out->tag_count[i] = CODEC_NEW(arena, Memos__Api__V1__UserStats__TagCountEntry,
                                      memos__api__v1__user_stats__tag_count_entry__descriptor);
        out->tag_count[i]->key = (char *)stats->tags[i].tag;
        out->tag_count[i]->value = stats->tags[i].count;
    }
    return out;
}

static enum status_code collect(struct api_call *call, const struct store_memo_find *find,
                                struct store_user_stats **out, size_t *count, struct status *status)
{
    struct db_conn *conn;
    enum status_code code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = store_stats_collect(conn, call->arena, find, out, count, status);
    store_read_end(conn);
    return code ? status_prefix(status, "failed to list memos: ") : code;
}

enum status_code api_user_service_get_user_stats(struct api_call *call,
                                                 const Memos__Api__V1__GetUserStatsRequest *request,
                                                 Memos__Api__V1__UserStats **response, struct status *status)
{
    static const struct store_user_stats none = {0};
    struct store_user user;
    struct store_user_stats *stats;
    size_t count;
    enum status_code code = api_user_by_name(call, request->name, &user, status);
    if (code)
        return code;
    struct store_memo_find find = {.creator_id = user.id, .row_status = STORE_NORMAL};
    find.viewer.user_id = call->caller.user_id;
    if (api_is_anonymous(call))
        find.viewer.kind = STORE_VIEWER_ANYONE_PUBLIC;
    else
        find.viewer.kind = call->caller.user_id == user.id ? STORE_VIEWER_ALL : STORE_VIEWER_OTHERS_SHARED;
    code = collect(call, &find, &stats, &count, status);
    if (code)
        return code;
    *response = stats_view(call->arena, &user, count ? &stats[0] : &none);
    return STATUS_OK;
}

static enum status_code list_stats(struct api_call *call, const struct store_memo_find *find,
                                   Memos__Api__V1__ListAllUserStatsResponse *out, struct status *status)
{
    struct store_user_stats *stats;
    struct store_user_map users;
    size_t count;
    enum status_code code = collect(call, find, &stats, &count, status);
    if (code)
        return code;
    int32_t *ids = ARENA_ARRAY(call->arena, int32_t, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = stats[i].creator_id;
    code = store_user_map_by_ids(call->services->store, NULL, call->arena, ids, count, &users, status);
    if (code)
        return status_prefix(status, "failed to list users: ");
    out->stats = ARENA_ARRAY(call->arena, Memos__Api__V1__UserStats *, count);
    for (size_t i = 0; i < count; i++) {
        const struct store_user *user = store_user_map_find(&users, stats[i].creator_id);
        if (user)
            out->stats[out->n_stats++] = stats_view(call->arena, user, &stats[i]);
    }
    return STATUS_OK;
}

enum status_code api_user_service_list_all_user_stats(struct api_call *call,
                                                      const Memos__Api__V1__ListAllUserStatsRequest *request,
                                                      Memos__Api__V1__ListAllUserStatsResponse **response,
                                                      struct status *status)
{
    struct filter_sql filter;
    struct store_memo_find find = {.row_status = STORE_NORMAL, .filter = &filter};
    find.viewer.user_id = call->caller.user_id;
    find.viewer.kind = api_is_anonymous(call) ? STORE_VIEWER_ANYONE_PUBLIC : STORE_VIEWER_USER;
    *response = CODEC_NEW(call->arena, Memos__Api__V1__ListAllUserStatsResponse,
                          memos__api__v1__list_all_user_stats_response__descriptor);
    if (request->state == MEMOS__API__V1__STATE__ARCHIVED) {
        if (api_is_anonymous(call))
            return STATUS_OK;
        find.row_status = STORE_ARCHIVED;
        find.viewer.kind = STORE_VIEWER_OWN;
    }
    enum status_code code = api_memo_filter(call, request->filter, &filter, status);
    return code ? code : list_stats(call, &find, *response, status);
}
