/* Listings, a page of 1000 at a time (ListObjectsV2). */
#include "s3.h"

#include <stdlib.h>
#include <time.h>

#include "xml.h"

enum { TOKEN_MAX = 2048, NUMBER_MAX = 24, TIME_MAX = 40, STOPPED = MEMORA_ROW };

struct page {
    int (*item)(void *ctx, const char *key, const struct memora_object *object);
    void *ctx;
    char token[TOKEN_MAX]; /* of the next page; "" = none */
};

/* "2026-11-24T02:38:14.000Z"; 0 if it is not one. */
static int64_t parse_time(const char *text)
{
    struct tm parts = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    return rest ? s3_time_ns((int64_t)timegm(&parts)) : 0;
}

static void read_object(xmlNode *node, struct memora_object *object)
{
    char number[NUMBER_MAX], time[TIME_MAX], etag[sizeof object->etag + 2];
    *object = (struct memora_object){0};
    s3_xml_copy(node, "Size", number, sizeof number);
    s3_xml_copy(node, "LastModified", time, sizeof time);
    s3_xml_copy(node, "ETag", etag, sizeof etag);
    size_t length = strcspn(etag + (etag[0] == '"'), "\"");
    object->size = strtoull(number, NULL, 10);
    object->mtime_ns = parse_time(time);
    if (length < sizeof object->etag)
        memcpy(object->etag, etag + (etag[0] == '"'), length);
}

static int tell(struct page *page, xmlNode *root)
{
    char truncated[8];
    for (xmlNode *node = root->children; node; node = node->next) {
        char key[MEMORA_STORAGE_KEY_MAX + 2];
        struct memora_object object;
        if (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, "Contents") != 0)
            continue;
        s3_xml_copy(node, "Key", key, sizeof key);
        if (s3_key_check(key, NULL) != MEMORA_OK)
            continue; /* not one of ours: "folder/" and the like */
        read_object(node, &object);
        if (page->item(page->ctx, key, &object) != 0)
            return STOPPED;
    }
    s3_xml_copy(root, "IsTruncated", truncated, sizeof truncated);
    s3_xml_copy(root, "NextContinuationToken", page->token, sizeof page->token);
    if (strcmp(truncated, "true") != 0)
        page->token[0] = '\0';
    return MEMORA_OK;
}

static int read_page(struct memora_storage *storage, const char *prefix, const char *after, struct page *page,
                     struct memora_error *error)
{
    struct s3_param params[4] = {{"list-type", "2"}, {"prefix", prefix}};
    size_t count = 2;
    if (page->token[0])
        params[count++] = (struct s3_param){"continuation-token", page->token};
    else if (after[0])
        params[count++] = (struct s3_param){"start-after", after};
    const struct s3_request request = {.method = "GET", .params = params, .param_count = count};
    struct s3_channel *channel;
    int result = s3_perform(storage, &request, false, &channel, NULL, error);
    if (result != MEMORA_OK)
        return result;
    xmlDoc *document = s3_xml_parse(channel->received.data, channel->received.length);
    xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    s3_channel_give(storage, channel);
    if (root && strcmp((const char *)root->name, "ListBucketResult") == 0)
        result = tell(page, root);
    else
        result = memora_fail(error, MEMORA_E_IO, "%s answers with something that is no listing", storage->authority);
    xmlFreeDoc(document);
    return result;
}

int s3_list(struct memora_storage *storage, const char *prefix, const char *after,
            int (*item)(void *, const char *, const struct memora_object *), void *ctx, struct memora_error *error)
{
    struct page page = {.item = item, .ctx = ctx};
    int result;
    do
        result = read_page(storage, prefix ? prefix : "", after ? after : "", &page, error);
    while (result == MEMORA_OK && page.token[0]);
    return result == STOPPED ? MEMORA_OK : result;
}
