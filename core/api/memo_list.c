#include <string.h>
#include <strings.h>

#include "api/convert_memo.h"
#include "api/memo_common.h"
#include "api/memo_filter.h"
#include "api/page.h"
#include "api_handlers.h"

enum { ORDER_WORD_MAX = 64, ORDER_ITEMS_MAX = 32 };

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word of an item, cut to the buffer; false at the item's end. */
static bool next_word(const char **at, const char *end, char word[ORDER_WORD_MAX])
{
    while (*at < end && is_space(**at))
        (*at)++;
    if (*at == end)
        return false;
    size_t length = 0;
    while (*at < end && !is_space(**at)) {
        if (length < ORDER_WORD_MAX - 1)
            word[length++] = **at;
        (*at)++;
    }
    word[length] = '\0';
    return true;
}

struct order {
    bool has_time, any;
};

static enum status_code apply_order_item(const char *at, const char *end, struct order *order,
                                         struct store_memo_find *find, struct status *status)
{
    char field[ORDER_WORD_MAX], direction[ORDER_WORD_MAX];
    if (!next_word(&at, end, field))
        return STATUS_OK;
    order->any = true;
    bool ascending = false;
    if (next_word(&at, end, direction)) {
        ascending = strcasecmp(direction, "asc") == 0;
        if (!ascending && strcasecmp(direction, "desc") != 0)
            return status_set(status, STATUS_INVALID_ARGUMENT,
                              "invalid order_by: invalid order direction: %s, must be 'asc' or 'desc'", direction);
    }
    if (strcmp(field, "pinned") == 0) {
        find->pinned_first = true;
        return STATUS_OK;
    }
    bool by_update = strcmp(field, "update_time") == 0;
    if (!by_update && strcmp(field, "create_time") != 0 && strcmp(field, "name") != 0)
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "invalid order_by: unsupported order field: %s, supported fields are: pinned, create_time, "
                          "update_time, name",
                          field);
    if (!order->has_time) {
        order->has_time = true;
        find->by_update_time = by_update;
        find->ascending = ascending;
    }
    return STATUS_OK;
}

static enum status_code parse_order(const char *text, struct store_memo_find *find, struct status *status)
{
    struct order order = {0};
    if (!*text)
        return STATUS_OK;
    const char *blank = text;
    while (is_space(*blank))
        blank++;
    if (!*blank)
        return status_set(status, STATUS_INVALID_ARGUMENT, "invalid order_by: empty order_by");
    for (int items = 0; *text && items < ORDER_ITEMS_MAX; items++) {
        size_t length = strcspn(text, ",");
        enum status_code code = apply_order_item(text, text + length, &order, find, status);
        if (code)
            return code;
        text += length;
        text += *text == ',';
    }
    return STATUS_OK;
}

/* Pages are cut by reading one row more than asked for: the extra one says that there is a next page. */
static enum status_code list_page(struct api_call *call, struct store_memo_find *find, const struct api_page *page,
                                  Memos__Api__V1__Memo ***views, size_t *count, const char **next_token,
                                  struct status *status)
{
    struct db_conn *conn;
    struct store_memo *memos;
    size_t found;
    find->limit = (uint32_t)page->limit + 1;
    find->offset = (uint64_t)page->offset;
    enum status_code code = store_read_begin(call->services->store, &conn, status);
    if (code)
        return code;
    code = store_memo_list(conn, call->arena, find, &memos, &found, status);
    if (code)
        status_prefix(status, "failed to list memos: ");
    *next_token = "";
    if (!code && found > (size_t)page->limit) {
        found = (size_t)page->limit;
        *next_token = api_page_next(call->arena, page);
    }
    if (!code)
        code = api_memo_views(call, conn, memos, found, 0, views, count, status);
    store_read_end(conn);
    return code;
}

enum status_code api_memo_service_list_memos(struct api_call *call, const Memos__Api__V1__ListMemosRequest *request,
                                             Memos__Api__V1__ListMemosResponse **response, struct status *status)
{
    struct store_memo_find find = {.viewer = memo_access_viewer(&call->caller)};
    struct api_page page;
    struct filter_sql filter;
    Memos__Api__V1__ListMemosResponse *answer =
        CODEC_NEW(call->arena, Memos__Api__V1__ListMemosResponse, memos__api__v1__list_memos_response__descriptor);
    *response = answer;
    if (request->state == MEMOS__API__V1__STATE__ARCHIVED) {
        if (api_is_anonymous(call))
            return STATUS_OK;
        find.row_status = STORE_ARCHIVED;
        find.viewer.kind = STORE_VIEWER_OWN;
    }
    enum status_code code = parse_order(request->order_by, &find, status);
    if (!code)
        code = api_memo_filter(call, request->filter, &filter, status);
    if (!code)
        code = api_page_parse(call->arena, request->page_size, request->page_token, &page, status);
    if (code)
        return code;
    if (filter.condition[0])
        find.filter = &filter;
    const char *next_token;
    code = list_page(call, &find, &page, &answer->memos, &answer->n_memos, &next_token, status);
    if (!code)
        answer->next_page_token = (char *)(uintptr_t)next_token;
    return code;
}
