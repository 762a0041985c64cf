#include <stdlib.h>

#include "api/convert_memo.h"
#include "api/memo_common.h"
#include "api/page.h"
#include "api_handlers.h"

/* Whoever reads a comment must also be allowed to read what it comments on (memos.md 2.5). */
static enum status_code check_parent(struct api_call *call, struct db_conn *conn, const struct store_memo *memo,
                                     struct status *status)
{
    struct store_memo parent;
    if (!memo->parent_uid)
        return STATUS_OK;
    enum status_code code = store_memo_get(conn, call->arena, memo->parent_uid, &parent, status);
    return code ? code : memo_access_check(&call->caller, MEMO_READ, &parent, status);
}

enum status_code api_memo_service_get_memo(struct api_call *call, const Memos__Api__V1__GetMemoRequest *request,
                                           Memos__Api__V1__Memo **response, struct status *status)
{
    struct store_memo memo;
    struct db_conn *conn;
    const char *uid;
    enum status_code code = api_memo_uid(call, request->name, &uid, status);
    if (!code)
        code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = store_memo_get_to_show(conn, call->arena, uid, &memo, status);
    if (!code)
        code = memo_access_check(&call->caller, MEMO_READ, &memo, status);
    if (!code)
        code = check_parent(call, conn, &memo, status);
    if (!code)
        code = api_memo_view(call, conn, &memo, API_MEMO_RELATION_SNIPPETS, response, status);
    store_read_end(conn);
    return code;
}

static int newest_first(const void *a, const void *b)
{
    const struct store_memo *x = a, *y = b;
    if (x->created_ts != y->created_ts)
        return x->created_ts < y->created_ts ? 1 : -1;
    return x->id < y->id ? 1 : x->id > y->id ? -1 : 0;
}

static enum status_code list_comments(struct api_call *call, struct db_conn *conn, const struct store_memo *parent,
                                      const struct api_page *page, Memos__Api__V1__ListMemoCommentsResponse *answer,
                                      struct status *status)
{
    const struct store_memo_find find = {
        .viewer = memo_access_viewer(&call->caller),
        .any_row_status = true,
        .parent_id = parent->id,
        .limit = (uint32_t)page->limit + 1,
        .offset = (uint64_t)page->offset,
    };
    struct store_memo *comments;
    size_t count;
    enum status_code code = store_memo_list(conn, call->arena, &find, &comments, &count, status);
    if (code)
        return status_prefix(status, "failed to list memo comments: ");
    if (count > (size_t)page->limit) {
        count = (size_t)page->limit;
        answer->next_page_token = (char *)(uintptr_t)api_page_next(call->arena, page);
    }
    if (count)
        qsort(comments, count, sizeof *comments, newest_first);
    return api_memo_views(call, conn, comments, count, 0, &answer->memos, &answer->n_memos, status);
}

enum status_code api_memo_service_list_memo_comments(struct api_call *call,
                                                     const Memos__Api__V1__ListMemoCommentsRequest *request,
                                                     Memos__Api__V1__ListMemoCommentsResponse **response,
                                                     struct status *status)
{
    struct store_memo parent;
    struct api_page page;
    struct db_conn *conn;
    *response = CODEC_NEW(call->arena, Memos__Api__V1__ListMemoCommentsResponse,
                          memos__api__v1__list_memo_comments_response__descriptor);
    enum status_code code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = api_memo_load_for(call, conn, request->name, MEMO_READ, &parent, status);
    if (!code)
        code = api_page_parse(call->arena, request->page_size, request->page_token, &page, status);
    if (!code)
        code = list_comments(call, conn, &parent, &page, *response, status);
    store_read_end(conn);
    return code;
}
