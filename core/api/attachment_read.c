#include <errno.h>
#include <stdlib.h>

#include "api/attachment_common.h"
#include "api/convert.h"
#include "api/convert_attachment.h"
#include "api/page.h"
#include "api_handlers.h"
#include "auth/memo_access.h"
#include "base/clock.h"
#include "filter/filter.h"
#include "store/memo.h"

/* Those attached to a memo are seen by who sees the memo, the others by their owner and admins. */
static enum status_code check_readable(struct api_call *call, struct db_conn *conn,
                                       const struct store_attachment *attachment, struct status *status)
{
    struct store_memo memo;
    if (attachment->memo_id == 0)
        return api_attachment_may_change(call, attachment)
                   ? STATUS_OK
                   : status_set(status, STATUS_PERMISSION_DENIED, "permission denied");
    if (store_memo_get_by_id(conn, call->arena, attachment->memo_id, &memo, status))
        return api_attachment_failed("failed to get memo: ", status);
    return memo_access_check(&call->caller, MEMO_RELATED, &memo, status);
}

enum status_code api_attachment_service_get_attachment(struct api_call *call,
                                                       const Memos__Api__V1__GetAttachmentRequest *request,
                                                       Memos__Api__V1__Attachment **response, struct status *status)
{
    const char *uid;
    struct db_conn *conn;
    struct store_attachment attachment;
    if (api_attachment_uid(call->arena, request->name, &uid, status) ||
        store_read_begin(call->services->store, &conn, status))
        return status->code;
    enum status_code code = store_attachment_get(conn, call->arena, uid, &attachment, status);
    if (code)
        code = api_attachment_failed("failed to get attachment: ", status);
    else
        code = check_readable(call, conn, &attachment, status);
    store_read_end(conn);
    if (code == STATUS_OK)
        *response = api_attachment_view(call->arena, &attachment, attachment.memo_uid);
    return code;
}

struct attachment_page {
    uint32_t limit;
    int64_t offset; /* may be negative, as the token had it */
};

/* The token is the offset in decimal; what follows the number is not looked at. */
static enum status_code parse_page(const Memos__Api__V1__ListAttachmentsRequest *request, struct attachment_page *page,
                                   struct status *status)
{
    int32_t size = request->page_size;
    page->limit = (uint32_t)(size <= 0 ? API_PAGE_DEFAULT : size > API_PAGE_MAX ? API_PAGE_MAX : size);
    page->offset = 0;
    if (!*request->page_token)
        return STATUS_OK;
    char *end;
    errno = 0;
    page->offset = strtoll(request->page_token, &end, 10);
    if (end == request->page_token || errno != 0 || page->offset > INT64_MAX - API_PAGE_MAX)
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid page token");
    return STATUS_OK;
}

enum status_code api_attachment_service_list_attachments(struct api_call *call,
                                                         const Memos__Api__V1__ListAttachmentsRequest *request,
                                                         Memos__Api__V1__ListAttachmentsResponse **response,
                                                         struct status *status)
{
    struct store *store = call->services->store;
    struct filter_sql filter = {.condition = ""};
    struct attachment_page page;
    if (parse_page(request, &page, status))
        return status->code;
    if (*request->filter && filter_compile(call->arena, FILTER_ATTACHMENT, request->filter, clock_wall_s(),
                                           db_dialect(store->db), &filter, status))
        return status_prefix(status, "invalid filter: ");
    const struct store_attachment_find find = {.creator_id = call->caller.user_id,
                                               .filter = &filter,
                                               .limit = page.limit,
                                               .offset = page.offset > 0 ? (uint64_t)page.offset : 0};
    struct db_conn *conn;
    struct store_attachment *attachments;
    size_t count;
    if (store_read_begin(store, &conn, status))
        return status->code;
    enum status_code code = store_attachment_list(conn, call->arena, &find, &attachments, &count, status);
    store_read_end(conn);
    if (code)
        return api_attachment_failed("failed to list attachments: ", status);
    Memos__Api__V1__ListAttachmentsResponse *list = CODEC_NEW(call->arena, Memos__Api__V1__ListAttachmentsResponse,
                                                              memos__api__v1__list_attachments_response__descriptor);
    list->n_attachments = count;
    list->attachments = ARENA_ARRAY(call->arena, Memos__Api__V1__Attachment *, count);
    for (size_t i = 0; i < count; i++)
        list->attachments[i] = api_attachment_view(call->arena, &attachments[i], attachments[i].memo_uid);
    if (count == page.limit)
        list->next_page_token = arena_printf(call->arena, "%lld", (long long)(page.offset + page.limit));
    *response = list;
    return STATUS_OK;
}
