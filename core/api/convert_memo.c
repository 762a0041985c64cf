#include "api/convert_memo.h"

#include <stdlib.h>
#include <string.h>

#include "api/convert.h"
#include "api/convert_attachment.h"
#include "api/memo_common.h"
#include "api/names.h"
#include "base/hash.h"
#include "cache/cache.h"
#include "markdown/markdown.h"
#include "store/memo_parts.h"
#include "store/user.h"

/* What the views of one page need besides the memo rows. */
struct page {
    const struct store_memo *memos;
    size_t count;
    struct store_memo_parts parts;
    struct store_user_map users;
};

static enum status_code read_page(struct api_call *call, struct db_conn *conn, unsigned flags, struct page *page,
                                  struct status *status)
{
    struct store *store = call->services->store;
    struct store_viewer viewer = memo_access_viewer(&call->caller);
    unsigned wanted = STORE_MEMO_ATTACHMENTS | STORE_MEMO_REACTIONS;
    if (!(flags & API_MEMO_WITHOUT_RELATIONS))
        wanted |= STORE_MEMO_RELATIONS;
    enum status_code code = store_memo_parts(conn, call->arena, page->memos, page->count, wanted, &viewer,
                                             flags & API_MEMO_RELATION_SNIPPETS, &page->parts, status);
    if (code)
        return code;
    int32_t *user_ids = ARENA_ARRAY(call->arena, int32_t, page->count + page->parts.reaction_count);
    for (size_t i = 0; i < page->count; i++)
        user_ids[i] = page->memos[i].creator_id;
    for (size_t i = 0; i < page->parts.reaction_count; i++)
        user_ids[page->count + i] = page->parts.reactions[i].creator_id;
    return store_user_map_by_ids(store, conn, call->arena, user_ids, page->count + page->parts.reaction_count,
                                 &page->users, status);
}

static Memos__Api__V1__MemoRelation__Memo *relation_end(struct arena *arena, const char *uid, const char *content,
                                                        size_t length, bool with_snippet)
{
    Memos__Api__V1__MemoRelation__Memo *end =
        CODEC_NEW(arena, Memos__Api__V1__MemoRelation__Memo, memos__api__v1__memo_relation__memo__descriptor);
    end->name = api_memo_name(arena, uid);
    if (with_snippet)
        end->snippet = (char *)(uintptr_t)markdown_snippet(arena, content, length);
    return end;
}

Memos__Api__V1__MemoRelation *api_relation_view(struct arena *arena, const struct store_relation *relation,
                                                bool with_snippets)
{
    Memos__Api__V1__MemoRelation *view =
        CODEC_NEW(arena, Memos__Api__V1__MemoRelation, memos__api__v1__memo_relation__descriptor);
    view->memo =
        relation_end(arena, relation->memo_uid, relation->memo_content, relation->memo_content_length, with_snippets);
    view->related_memo = relation_end(arena, relation->related_memo_uid, relation->related_memo_content,
                                      relation->related_memo_content_length, with_snippets);
    view->type = (Memos__Api__V1__MemoRelation__Type)relation->type;
    return view;
}

static Memos__Api__V1__Reaction *reaction_view(struct arena *arena, const struct store_reaction *reaction,
                                               const char *username)
{
    Memos__Api__V1__Reaction *view = CODEC_NEW(arena, Memos__Api__V1__Reaction, memos__api__v1__reaction__descriptor);
    view->name = arena_printf(arena, "%s/reactions/%d", reaction->content_id, reaction->id);
    view->creator = api_user_name(arena, username);
    view->content_id = arena_strdup(arena, reaction->content_id);
    view->reaction_type = arena_strdup(arena, reaction->reaction_type);
    view->create_time = api_timestamp(arena, reaction->created_ts);
    return view;
}

static size_t count_where_reaction(const struct page *page, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < page->parts.reaction_count; i++)
        count += strcmp(page->parts.reactions[i].content_id, name) == 0;
    return count;
}

static void add_reactions(struct arena *arena, const struct page *page, Memos__Api__V1__Memo *view)
{
    size_t room = count_where_reaction(page, view->name);
    if (!room)
        return;
    view->reactions = ARENA_ARRAY(arena, Memos__Api__V1__Reaction *, room);
    for (size_t i = 0; i < page->parts.reaction_count; i++) {
        const struct store_reaction *reaction = &page->parts.reactions[i];
        if (strcmp(reaction->content_id, view->name) != 0)
            continue;
        const struct store_user *user = store_user_map_find(&page->users, reaction->creator_id);
        if (user)
            view->reactions[view->n_reactions++] = reaction_view(arena, reaction, user->username);
    }
}

static bool is_on_page(const struct page *page, int32_t memo_id)
{
    for (size_t i = 0; i < page->count; i++)
        if (page->memos[i].id == memo_id)
            return true;
    return false;
}

static void add_relations(struct arena *arena, const struct page *page, const struct store_memo *memo, unsigned flags,
                          Memos__Api__V1__Memo *view)
{
    size_t room = 0;
    for (size_t i = 0; i < page->parts.relation_count; i++)
        room += page->parts.relations[i].memo_id == memo->id || page->parts.relations[i].related_memo_id == memo->id;
    if (!room)
        return;
    view->relations = ARENA_ARRAY(arena, Memos__Api__V1__MemoRelation *, room);
    /* A relation between two memos of the page is there twice, once each way; the way out counts, for both of them. */
    for (size_t i = 0; i < page->parts.relation_count; i++) {
        const struct store_relation *relation = &page->parts.relations[i];
        bool here = relation->memo_id == memo->id || relation->related_memo_id == memo->id;
        if (here && !(relation->incoming && is_on_page(page, relation->memo_id)))
            view->relations[view->n_relations++] =
                api_relation_view(arena, relation, flags & API_MEMO_RELATION_SNIPPETS);
    }
}

static void add_attachments(struct arena *arena, const struct page *page, const struct store_memo *memo,
                            Memos__Api__V1__Memo *view)
{
    size_t room = 0;
    for (size_t i = 0; i < page->parts.attachment_count; i++)
        room += page->parts.attachments[i].memo_id == memo->id;
    if (!room)
        return;
    view->attachments = ARENA_ARRAY(arena, Memos__Api__V1__Attachment *, room);
    for (size_t i = 0; i < page->parts.attachment_count; i++)
        if (page->parts.attachments[i].memo_id == memo->id)
            view->attachments[view->n_attachments++] =
                api_attachment_view(arena, &page->parts.attachments[i], memo->uid);
}

static void add_payload(struct arena *arena, const Memos__Store__MemoPayload *payload, Memos__Api__V1__Memo *view)
{
    view->n_tags = payload->n_tags;
    view->tags = payload->tags;
    if (payload->property) {
        view->property = CODEC_NEW(arena, Memos__Api__V1__Memo__Property, memos__api__v1__memo__property__descriptor);
        view->property->has_link = payload->property->has_link;
        view->property->has_task_list = payload->property->has_task_list;
        view->property->has_code = payload->property->has_code;
        view->property->has_incomplete_tasks = payload->property->has_incomplete_tasks;
        view->property->title = payload->property->title;
    }
    if (payload->location) {
        view->optional_location_case = MEMOS__API__V1__MEMO__OPTIONAL_LOCATION_LOCATION;
        view->location = CODEC_NEW(arena, Memos__Api__V1__Location, memos__api__v1__location__descriptor);
        view->location->placeholder = payload->location->placeholder;
        view->location->latitude = payload->location->latitude;
        view->location->longitude = payload->location->longitude;
    }
}

/* Parsing Markdown costs more than all the rest of a memo's view, so what has to be parsed is kept. The key holds a
 * hash of the content, so that an entry needs no eviction; what stands under it comes from the same memo in any case.
 */
static const char *snippet_of(struct api_call *call, const struct store_memo *memo)
{
    struct cache *cache = call->services->snippets;
    const char *plain = markdown_snippet_plain(call->arena, memo->content, memo->content_length);
    if (plain || !cache)
        return plain ? plain : markdown_snippet(call->arena, memo->content, memo->content_length);
    struct buf key = buf_in(call->arena);
    buf_add_int(&key, memo->id);
    buf_add_char(&key, '-');
    buf_add_uint(&key, memo->content_length);
    buf_add_char(&key, '-');
    buf_add_uint(&key, hash_fast(memo->content, memo->content_length));
    const char *snippet = cache_get(cache, buf_str(&key), call->arena, NULL);
    if (!snippet) {
        snippet = markdown_snippet(call->arena, memo->content, memo->content_length);
        cache_put(cache, buf_str(&key), snippet, strlen(snippet));
    }
    return snippet;
}

static Memos__Api__V1__Memo *build_view(struct api_call *call, const struct page *page, const struct store_memo *memo,
                                        const struct store_user *creator, unsigned flags)
{
    struct arena *arena = call->arena;
    Memos__Api__V1__Memo *view = CODEC_NEW(arena, Memos__Api__V1__Memo, memos__api__v1__memo__descriptor);
    view->name = api_memo_name(arena, memo->uid);
    view->state = memo->row_status == STORE_ARCHIVED ? MEMOS__API__V1__STATE__ARCHIVED : MEMOS__API__V1__STATE__NORMAL;
    view->creator = api_user_name(arena, creator->username);
    view->create_time = api_timestamp(arena, memo->created_ts);
    view->update_time = api_timestamp(arena, memo->updated_ts);
    view->content = (char *)(uintptr_t)memo->content;
    view->visibility = (Memos__Api__V1__Visibility)memo->visibility;
    view->pinned = memo->pinned;
    view->snippet = (char *)(uintptr_t)snippet_of(call, memo);
    if (memo->parent_uid && !(flags & API_MEMO_WITHOUT_PARENT)) {
        view->optional_parent_case = MEMOS__API__V1__MEMO__OPTIONAL_PARENT_PARENT;
        view->parent = api_memo_name(arena, memo->parent_uid);
    }
    add_payload(arena, memo->payload, view);
    add_attachments(arena, page, memo, view);
    add_reactions(arena, page, view);
    if (!(flags & API_MEMO_WITHOUT_RELATIONS))
        add_relations(arena, page, memo, flags, view);
    return view;
}

enum status_code api_memo_views(struct api_call *call, struct db_conn *conn, const struct store_memo *memos,
                                size_t count, unsigned flags, Memos__Api__V1__Memo ***views, size_t *view_count,
                                struct status *status)
{
    *views = NULL;
    *view_count = 0;
    if (count == 0)
        return STATUS_OK;
    struct page page = {.memos = memos, .count = count};
    enum status_code code = read_page(call, conn, flags, &page, status);
    if (code)
        return code;
    *views = ARENA_ARRAY(call->arena, Memos__Api__V1__Memo *, count);
    for (size_t i = 0; i < count; i++) {
        const struct store_user *creator = store_user_map_find(&page.users, memos[i].creator_id);
        if (creator)
            (*views)[(*view_count)++] = build_view(call, &page, &memos[i], creator, flags);
    }
    return STATUS_OK;
}

enum status_code api_memo_view(struct api_call *call, struct db_conn *conn, const struct store_memo *memo,
                               unsigned flags, Memos__Api__V1__Memo **view, struct status *status)
{
    Memos__Api__V1__Memo **views;
    size_t count;
    enum status_code code = api_memo_views(call, conn, memo, 1, flags, &views, &count, status);
    if (code)
        return code;
    if (count == 0)
        return status_set(status, STATUS_NOT_FOUND, "memo creator not found");
    *view = views[0];
    return STATUS_OK;
}

enum status_code api_reaction_views(struct api_call *call, struct db_conn *conn, const struct store_reaction *reactions,
                                    size_t count, Memos__Api__V1__Reaction ***views, size_t *view_count,
                                    struct status *status)
{
    *views = NULL;
    *view_count = 0;
    if (count == 0)
        return STATUS_OK;
    int32_t *user_ids = ARENA_ARRAY(call->arena, int32_t, count);
    for (size_t i = 0; i < count; i++)
        user_ids[i] = reactions[i].creator_id;
    struct store_user_map users;
    enum status_code code =
        store_user_map_by_ids(call->services->store, conn, call->arena, user_ids, count, &users, status);
    if (code)
        return code;
    *views = ARENA_ARRAY(call->arena, Memos__Api__V1__Reaction *, count);
    for (size_t i = 0; i < count; i++) {
        const struct store_user *user = store_user_map_find(&users, reactions[i].creator_id);
        if (user)
            (*views)[(*view_count)++] = reaction_view(call->arena, &reactions[i], user->username);
    }
    return STATUS_OK;
}
