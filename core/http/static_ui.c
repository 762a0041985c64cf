#include "http/static_ui.h"

#include <unistd.h>

#include "http/start_data.h"
#include "http/static_file.h"
#include "rpc/gzip.h"
#include "wire/percent.h"

static const char content_security_policy[] =
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: https: http:; "
    "media-src 'self' data: blob: https: http:; font-src 'self'; connect-src 'self'; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

enum { MAX_PAGE = 256 * 1024 };

static const char no_page[] =
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Memora</title>\n"
    "<h1>Memora is running</h1>\n<p>Its web page is not installed where the server looks for it: the setting\n"
    "<code>ui_dir</code> in section <code>[server]</code> must name the directory that holds <code>index.html</code>."
    "</p>\n<p>The API answers below <code>/api/v1</code> all the same.</p></html>\n";

static bool has_prefix(const char *path, const char *prefix)
{
    return strncmp(path, prefix, strlen(prefix)) == 0;
}

static bool has_suffix(const char *path, const char *suffix)
{
    size_t length = strlen(path), end = strlen(suffix);
    return length >= end && strcmp(path + length - end, suffix) == 0;
}

bool static_ui_reserved(const char *path)
{
    return strcmp(path, "/api") == 0 || has_prefix(path, "/api/") || strcmp(path, "/file") == 0 ||
           has_prefix(path, "/file/") || strcmp(path, "/memos.api.v1") == 0 || has_prefix(path, "/memos.api.v1.") ||
           strcmp(path, "/robots.txt") == 0 || strcmp(path, "/sitemap.xml") == 0 || has_suffix(path, "/rss.xml");
}

static bool has_extension(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strchr(slash ? slash : path, '.') != NULL;
}

static void no_cache(struct wire_response *response)
{
    wire_response_header(response, "Cache-Control", "no-cache, no-store, must-revalidate");
    wire_response_header(response, "Pragma", "no-cache");
    wire_response_header(response, "Expires", "0");
}

bool static_ui_is_page(const char *path)
{
    return !has_extension(path) || strcmp(path, "/index.html") == 0;
}

void static_ui_cache_headers(const char *path, struct wire_response *response)
{
    if (static_ui_is_page(path))
        no_cache(response);
    else if (has_prefix(path, "/assets/"))
        wire_response_header(response, "Cache-Control", "public, max-age=2592000, immutable");
    else
        wire_response_header(response, "Cache-Control", "public, max-age=3600");
}

/* No empty, "." or ".." segment, and no hidden file. */
static bool is_plain_path(const char *path)
{
    if (path[0] != '/' || path[1] == '\0')
        return false;
    for (const char *at = path; *at; at++)
        if (*at == '/' && (at[1] == '/' || at[1] == '.' || at[1] == '\0'))
            return false;
    return true;
}

/* The whole of a small file, with a NUL; NULL if it is large or cannot be read. */
static char *read_small(struct arena *arena, const struct static_file *file)
{
    if (file->size > MAX_PAGE)
        return NULL;
    char *text = arena_alloc(arena, (size_t)file->size + 1);
    ssize_t got = pread(file->fd, text, (size_t)file->size, 0);
    if (got < 0 || (uint64_t)got != file->size)
        return NULL;
    text[got] = '\0';
    return text;
}

/* Nothing in the page is a secret that its length could give away. */
static void put_body(const struct wire_request *request, struct wire_response *response, const struct buf *page)
{
    const char *accepted = request->header(request, "Accept-Encoding");
    wire_response_header(response, "Vary", "Accept-Encoding");
    if (!gzip_accepted(accepted)) {
        response->body = *page;
        return;
    }
    gzip_compress(&response->body, page->data, page->len);
    wire_response_header(response, "Content-Encoding", "gzip");
}

/* The page with its start data at the end of the head; false if there is no page to put it into. */
static bool send_with_data(const struct static_ui *ui, struct wire_request *request, struct wire_response *response)
{
    struct static_file page;
    if (!ui->services || !static_file_open(ui->dir, "index.html", NULL, true, &page))
        return false;
    const char *text = read_small(request->arena, &page), *end = text ? strstr(text, "</head>") : NULL;
    close(page.fd);
    if (!end)
        return false;
    struct buf whole = buf_in(request->arena);
    buf_add(&whole, text, (size_t)(end - text));
    start_data_add(ui->services, request, &whole);
    buf_add_str(&whole, end);
    put_body(request, response, &whole);
    response->status = 200;
    wire_response_header(response, "Content-Type", static_file_type("index.html"));
    wire_response_header(response, "X-Content-Type-Options", "nosniff");
    return true;
}

static void send_page(const struct static_ui *ui, struct wire_request *request, struct wire_response *response)
{
    struct static_file page;
    wire_response_header(response, "Content-Security-Policy", content_security_policy);
    wire_response_header(response, "Referrer-Policy", "same-origin");
    if (send_with_data(ui, request, response))
        return;
    if (static_file_open(ui->dir, "index.html", request->header(request, "Accept-Encoding"), true, &page)) {
        static_file_send(&page, "index.html", request, response);
        return;
    }
    wire_response_header(response, "X-Content-Type-Options", "nosniff");
    wire_response_text(response, 503, "text/html; charset=utf-8", no_page);
}

void static_ui_handle(void *ctx, struct wire_request *request, struct wire_response *response)
{
    const struct static_ui *ui = ctx;
    const char *path = wire_percent_decode_text(request->arena, request->path, strlen(request->path), false);
    bool reads = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    struct static_file file;
    if (!path || static_ui_reserved(path)) {
        wire_response_message(response, path ? 404 : 400, path ? "Not Found" : "Bad Request");
        return;
    }
    bool whole = !request->header(request, "Range");
    if (reads && is_plain_path(path) && strcmp(path, "/index.html") != 0 &&
        static_file_open(ui->dir, path + 1, request->header(request, "Accept-Encoding"), whole, &file)) {
        static_ui_cache_headers(path, response);
        static_file_send(&file, path, request, response);
    } else if (!has_extension(path) || (reads && strcmp(path, "/index.html") == 0)) {
        no_cache(response);
        send_page(ui, request, response);
    } else {
        /* Not the long caching that the path would have: the file may come with the next upgrade. */
        no_cache(response);
        wire_response_message(response, 404, "Not Found");
    }
}
