#include "http/site.h"

#include <string.h>

#include "base/log.h"
#include "http/feed_text.h"
#include "http/static_ui.h"
#include "store/memo.h"

/* https://www.sitemaps.org/protocol.html: at most 50,000 addresses in one file. */
enum { SITEMAP_MOST = 50000 };

const char site_allow_get[] = "OPTIONS, GET";

void site_method_not_allowed(const char *allow, struct wire_response *response)
{
    wire_response_header(response, "Allow", allow);
    wire_response_message(response, 405, "Method Not Allowed");
}

static bool only_get(const struct wire_request *request, struct wire_response *response)
{
    if (strcmp(request->method, "GET") == 0)
        return true;
    site_method_not_allowed(site_allow_get, response);
    return false;
}

void site_healthz(void *ctx, struct wire_request *request, struct wire_response *response)
{
    (void)ctx;
    static_ui_cache_headers(request->path, response);
    if (only_get(request, response))
        wire_response_text(response, 200, "text/plain; charset=UTF-8", "Service ready.");
}

char *site_base_url(struct arena *arena, const struct config *config)
{
    static const char ends[] = " \t/";
    const char *url = config->instance_url + strspn(config->instance_url, " \t");
    size_t length = strlen(url);
    while (length > 0 && strchr(ends, url[length - 1]))
        length--;
    return arena_strndup(arena, url, length);
}

/* NULL and 404 when there is no instance URL. */
static const char *base_url(const struct site *site, struct wire_request *request, struct wire_response *response)
{
    const char *url = site_base_url(request->arena, site->config);
    if (*url)
        return url;
    wire_response_message(response, 404, "instance URL is not configured");
    return NULL;
}

void site_robots(void *ctx, struct wire_request *request, struct wire_response *response)
{
    const char *url = only_get(request, response) ? base_url(ctx, request, response) : NULL;
    if (!url)
        return;
    wire_response_text(response, 200, "text/plain; charset=UTF-8", "User-agent: *\nAllow: /\n");
    buf_printf(&response->body, "Host: %s\nSitemap: %s/sitemap.xml", url, url);
}

static enum status_code public_memos(const struct site *site, struct arena *arena, struct store_memo **memos,
                                     size_t *count, struct status *status)
{
    struct store_memo_find find = {.viewer = {.kind = STORE_VIEWER_ANYONE_PUBLIC},
                                   .any_row_status = true,
                                   .include_comments = true,
                                   .without_content = true,
                                   .limit = SITEMAP_MOST};
    struct db_conn *conn;
    if (db_read_begin(site->store->db, &conn, status) != STATUS_OK)
        return status->code;
    enum status_code code = store_memo_list(conn, arena, &find, memos, count, status);
    db_read_end(conn);
    return code;
}

void site_sitemap(void *ctx, struct wire_request *request, struct wire_response *response)
{
    const struct site *site = ctx;
    const char *url = only_get(request, response) ? base_url(site, request, response) : NULL;
    struct store_memo *memos = NULL;
    struct status status;
    size_t count = 0;
    if (!url)
        return;
    if (public_memos(site, request->arena, &memos, &count, &status) != STATUS_OK) {
        log_error("sitemap: %s", status.message);
        wire_response_message(response, 500, "Internal Server Error");
        return;
    }
    wire_response_text(response, 200, "application/xml; charset=UTF-8",
                       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">");
    for (size_t i = 0; i < count; i++) {
        buf_add_str(&response->body, "<url><loc>");
        feed_text_escape(&response->body, url, strlen(url));
        buf_add_str(&response->body, "/memos/");
        feed_text_escape(&response->body, memos[i].uid, strlen(memos[i].uid));
        buf_add_str(&response->body, "</loc></url>");
    }
    buf_add_str(&response->body, "</urlset>");
}
