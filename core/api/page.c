#include "api/page.h"

#include <string.h>

#include "base/base64.h"
#include "codec/codec.h"
#include "memos/api/v1/common.pb-c.h"

static int32_t normal_limit(int32_t limit)
{
    if (limit <= 0)
        return API_PAGE_DEFAULT;
    return limit > API_PAGE_MAX ? API_PAGE_MAX : limit;
}

enum status_code api_page_parse(struct arena *arena, int32_t page_size, const char *token, struct api_page *out,
                                struct status *status)
{
    out->limit = normal_limit(page_size);
    out->offset = 0;
    if (*token == '\0')
        return STATUS_OK;
    struct buf bytes = buf_in(arena);
    size_t bad_at = 0;
    if (!base64_decode_strict(&bytes, token, strlen(token), &bad_at))
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "invalid page token: failed to decode page token: illegal base64 data at input byte %zu",
                          bad_at);
    ProtobufCMessage *message = NULL;
    if (codec_read_proto(arena, &memos__api__v1__page_token__descriptor, bytes.data, bytes.len, &message, status))
        return status_set(
            status, STATUS_INVALID_ARGUMENT,
            "invalid page token: failed to unmarshal page token: proto: cannot parse invalid wire-format data");
    const Memos__Api__V1__PageToken *page = (const Memos__Api__V1__PageToken *)message;
    out->limit = normal_limit(page->limit);
    out->offset = page->offset > 0 ? page->offset : 0;
    return STATUS_OK;
}

const char *api_page_next(struct arena *arena, const struct api_page *page)
{
    Memos__Api__V1__PageToken next = MEMOS__API__V1__PAGE_TOKEN__INIT;
    next.limit = page->limit;
    /* At the end of what 32 bits can count the list has long ended. */
    next.offset = page->offset > INT32_MAX - page->limit ? INT32_MAX : page->offset + page->limit;
    struct buf bytes = buf_in(arena), text = buf_in(arena);
    codec_write_proto(&bytes, &next.base);
    base64_encode(&text, bytes.data, bytes.len);
    return buf_str(&text);
}
