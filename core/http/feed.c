#include "http/feed.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time_rfc3339.h"
#include "http/feed_text.h"
#include "http/site.h"
#include "markdown/markdown.h"
#include "store/attachment.h"
#include "store/instance_setting.h"
#include "store/memo.h"
#include "store/user.h"
#include "wire/percent.h"

enum { FEED_ITEMS = 100, FEED_ETAG_DIGITS = 16 };

static const char explore_path[] = "/explore/rss.xml", user_prefix[] = "/u/", feed_suffix[] = "/rss.xml";

struct page {
    struct arena *arena;
    const char *base;
    struct store_memo *memos;
    size_t memo_count;
    struct store_attachment *attachments;
    size_t attachment_count;
    struct store_user_map users;
};

/* The part between "/u/" and "/rss.xml"; false when the path is another. */
static bool user_part(const char *path, const char **start, size_t *length)
{
    size_t total = strlen(path), prefix = sizeof user_prefix - 1, suffix = sizeof feed_suffix - 1;
    if (total <= prefix + suffix || strncmp(path, user_prefix, prefix) != 0 ||
        strcmp(path + total - suffix, feed_suffix) != 0)
        return false;
    *start = path + prefix;
    *length = total - prefix - suffix;
    return memchr(*start, '/', *length) == NULL;
}

bool feed_owns_path(const char *path)
{
    const char *start;
    size_t length;
    return strcmp(path, explore_path) == 0 || user_part(path, &start, &length);
}

static enum status_code read_page(struct feed *feed, int32_t creator_id, struct page *page, struct status *status)
{
    struct db_conn *conn;
    const struct store_memo_find find = {
        .viewer = {.kind = STORE_VIEWER_ANYONE_PUBLIC}, .creator_id = creator_id, .limit = FEED_ITEMS};
    enum status_code code = store_read_begin(feed->store, &conn, status);
    if (code)
        return code;
    code = store_memo_list(conn, page->arena, &find, &page->memos, &page->memo_count, status);
    int32_t *ids = ARENA_ARRAY(page->arena, int32_t, code ? 0 : 2 * page->memo_count);
    for (size_t i = 0; !code && i < page->memo_count; i++) {
        ids[i] = page->memos[i].id;
        ids[page->memo_count + i] = page->memos[i].creator_id;
    }
    if (!code && page->memo_count)
        code = store_attachment_list_for_memos(conn, page->arena, ids, page->memo_count, &page->attachments,
                                               &page->attachment_count, status);
    if (!code)
        code = store_user_map_by_ids(feed->store, conn, page->arena, ids + page->memo_count, page->memo_count,
                                     &page->users, status);
    store_read_end(conn);
    return code;
}

static void add_enclosure(struct buf *out, const struct page *page, const struct store_memo *memo)
{
    for (size_t i = 0; i < page->attachment_count; i++) {
        const struct store_attachment *attachment = &page->attachments[i];
        if (attachment->memo_id != memo->id)
            continue;
        bool external = attachment->storage == STORE_ATTACHMENT_S3 || attachment->storage == STORE_ATTACHMENT_EXTERNAL;
        const char *url = external ? attachment->reference
                                   : arena_printf(page->arena, "%s/file/attachments/%s/%s", page->base, attachment->uid,
                                                  attachment->filename);
        buf_add_str(out, "      <enclosure url=\"");
        feed_text_escape(out, url, strlen(url));
        buf_printf(out, "\" length=\"%lld\" type=\"", (long long)attachment->size);
        feed_text_escape(out, attachment->type, strlen(attachment->type));
        buf_add_str(out, "\"></enclosure>\n");
        return;
    }
}

static void add_item(struct buf *out, const struct page *page, const struct store_memo *memo)
{
    const struct store_user *creator = store_user_map_find(&page->users, memo->creator_id);
    if (!creator)
        return;
    const char *html = markdown_html(page->arena, memo->content, memo->content_length);
    const char *title = feed_text_title(page->arena, memo->content, memo->content_length);
    const char *link = arena_printf(page->arena, "%s/memos/%s", page->base, memo->uid);
    buf_add_str(out, "    <item>\n");
    feed_text_element(out, "      ", "title", title);
    feed_text_element(out, "      ", "link", link);
    feed_text_element(out, "      ", "description", html);
    if (html[0]) {
        buf_add_str(out, "      <content:encoded>");
        feed_text_cdata(out, html);
        buf_add_str(out, "</content:encoded>\n");
    }
    feed_text_element(out, "      ", "author", creator->nickname[0] ? creator->nickname : creator->username);
    add_enclosure(out, page, memo);
    feed_text_element(out, "      ", "guid", link);
    feed_text_element(out, "      ", "pubDate", feed_text_date(page->arena, memo->created_ts));
    buf_add_str(out, "    </item>\n");
}

static enum status_code write_document(struct feed *feed, struct page *page, struct buf *out, struct status *status)
{
    Memos__Store__InstanceGeneralSetting *general;
    enum status_code code = store_instance_general_setting(feed->store, page->arena, &general, status);
    if (code)
        return code;
    const Memos__Store__InstanceCustomProfile *profile = general->custom_profile;
    buf_add_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" "
                     "xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\n  <channel>\n");
    feed_text_element(out, "    ", "title", profile ? profile->title : "Memos");
    feed_text_element(out, "    ", "link", page->base);
    feed_text_element(out, "    ", "description",
                      profile ? profile->description
                              : "An open source, lightweight note-taking service. Easily capture and share your great "
                                "thoughts.");
    /* The time of the newest change, not of the request: the same feed is the same text and keeps its ETag. */
    int64_t newest = 0;
    for (size_t i = 0; i < page->memo_count; i++)
        newest = page->memos[i].updated_ts > newest ? page->memos[i].updated_ts : newest;
    feed_text_element(out, "    ", "pubDate", feed_text_date(page->arena, newest ? newest : clock_wall_s()));
    for (size_t i = 0; i < page->memo_count; i++)
        add_item(out, page, &page->memos[i]);
    buf_add_str(out, "  </channel>\n</rss>");
    return STATUS_OK;
}

static void send_document(struct wire_request *request, const struct page *page, struct wire_response *response)
{
    char digest[HASH_SHA256_HEX_SIZE];
    hash_sha256_hex(response->body.data, response->body.len, digest);
    char *etag = arena_printf(request->arena, "\"%.*s\"", FEED_ETAG_DIGITS, digest);
    const char *known = request->header(request, "If-None-Match");
    wire_response_header(response, "Cache-Control", "public, max-age=3600");
    wire_response_header(response, "ETag", etag);
    if (page->memo_count) {
        char *modified = arena_alloc(request->arena, TIME_RFC3339_SIZE);
        time_format_http(page->memos[0].updated_ts, modified);
        wire_response_header(response, "Last-Modified", modified);
    }
    if (known && strcmp(known, etag) == 0) {
        response->status = 304;
        response->body.len = 0;
        return;
    }
    wire_response_header(response, "Content-Type", "application/rss+xml; charset=utf-8");
}

/* The creator whose feed it is; 0 for everybody's. */
static enum status_code find_creator(struct feed *feed, struct wire_request *request, int32_t *creator_id,
                                     struct status *status)
{
    const char *start;
    size_t length;
    struct store_user user;
    *creator_id = 0;
    if (!user_part(request->path, &start, &length))
        return STATUS_OK;
    const char *username = wire_percent_decode_text(request->arena, start, length, false);
    if (!username)
        return status_set(status, STATUS_NOT_FOUND, "User not found");
    enum status_code code = store_user_get_by_username(feed->store, NULL, request->arena, username, &user, status);
    if (!code)
        *creator_id = user.id;
    return code;
}

void feed_handle(void *ctx, struct wire_request *request, struct wire_response *response)
{
    struct feed *feed = ctx;
    struct status status = {0};
    int32_t creator_id;
    if (strcmp(request->method, "GET") != 0) {
        site_method_not_allowed(site_allow_get, response);
        return;
    }
    if (!config_is_public(feed->config)) {
        wire_response_message(response, 404, "RSS is unavailable");
        return;
    }
    if (find_creator(feed, request, &creator_id, &status) == STATUS_NOT_FOUND) {
        wire_response_message(response, 404, "User not found");
        return;
    }
    struct page page = {.arena = request->arena, .base = site_base_url(request->arena, feed->config)};
    enum status_code code = status.code;
    if (!code)
        code = read_page(feed, creator_id, &page, &status);
    if (!code)
        code = write_document(feed, &page, &response->body, &status);
    if (code) {
        log_error("feed: %s", status.message);
        wire_response_message(response, code == STATUS_UNAVAILABLE ? 503 : 500, "Failed to generate RSS feed");
        return;
    }
    send_document(request, &page, response);
}
