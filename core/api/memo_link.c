/* MemoService.GetLinkMetadata and BatchGetLinkMetadata (contract memos.md 2.13). */
#include "api/convert.h"
#include "api/text.h"
#include "api_handlers.h"
#include "preview/link.h"

enum { URLS_MAX = 10 };

static enum status_code get_one(struct api_call *call, char *url, Memos__Api__V1__LinkMetadata **out,
                                struct status *status)
{
    struct link_metadata found;
    const char *trimmed = api_trimmed(call->arena, url);
    if (!*trimmed)
        return status_set(status, STATUS_INVALID_ARGUMENT, "url is required");
    if (link_fetch(call->arena, trimmed, call->services->links, &found, status))
        return status_prefix(status, "failed to fetch link metadata: ");
    Memos__Api__V1__LinkMetadata *metadata =
        CODEC_NEW(call->arena, Memos__Api__V1__LinkMetadata, memos__api__v1__link_metadata__descriptor);
    metadata->url = url;
    metadata->title = found.title;
    metadata->description = found.description;
    metadata->image = found.image;
    *out = metadata;
    return STATUS_OK;
}

enum status_code api_memo_service_get_link_metadata(struct api_call *call,
                                                    const Memos__Api__V1__GetLinkMetadataRequest *request,
                                                    Memos__Api__V1__LinkMetadata **response, struct status *status)
{
    return get_one(call, request->url, response, status);
}

enum status_code api_memo_service_batch_get_link_metadata(struct api_call *call,
                                                          const Memos__Api__V1__BatchGetLinkMetadataRequest *request,
                                                          Memos__Api__V1__BatchGetLinkMetadataResponse **response,
                                                          struct status *status)
{
    if (request->n_urls == 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "urls are required");
    if (request->n_urls > URLS_MAX)
        return status_set(status, STATUS_INVALID_ARGUMENT, "too many urls (max %d)", URLS_MAX);
    Memos__Api__V1__BatchGetLinkMetadataResponse *answer =
        CODEC_NEW(call->arena, Memos__Api__V1__BatchGetLinkMetadataResponse,
                  memos__api__v1__batch_get_link_metadata_response__descriptor);
    answer->link_metadata = ARENA_ARRAY(call->arena, Memos__Api__V1__LinkMetadata *, request->n_urls);
    for (size_t *at = &answer->n_link_metadata; *at < request->n_urls; ++*at) {
        enum status_code code = get_one(call, request->urls[*at], &answer->link_metadata[*at], status);
        if (code)
            return code;
    }
    *response = answer;
    return STATUS_OK;
}
