#include "http/files.h"

#include <string.h>
#include <strings.h>

#include "auth/auth.h"
#include "auth/memo_access.h"
#include "base/log.h"
#include "base/quote.h"
#include "blob/blob.h"
#include "blob/thumbnail.h"
#include "config/config.h"
#include "http/file_send.h"
#include "http/uri.h"
#include "store/attachment.h"
#include "store/memo.h"
#include "store/share.h"
#include "wire/percent.h"

static const char route[] = "/file/attachments/";

struct file_request {
    struct api_call call;
    struct wire_request *request;
    const char *uid;
    struct store_attachment attachment;
    struct store_memo memo; /* if attachment.memo_id */
    bool shared;            /* a valid share token of that memo came along */
    bool for_everyone;      /* may be cached by anyone */
};

static bool has_prefix(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/* The uid and the filename of the path, still encoded; false for another form. */
static bool split_path(const char *path, const char **uid, size_t *uid_length)
{
    if (strncmp(path, route, sizeof route - 1) != 0)
        return false;
    *uid = path + sizeof route - 1;
    *uid_length = strcspn(*uid, "/");
    const char *rest = *uid + *uid_length;
    return *uid_length > 0 && rest[0] == '/' && rest[1] != '\0' && !strchr(rest + 1, '/');
}

bool files_owns(const struct wire_request *request)
{
    const char *uid;
    size_t length;
    return (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0) &&
           split_path(request->path, &uid, &length);
}

/* Whether the query carries a usable share link of the memo; a bad one is as good as none. */
static bool has_share_token(struct file_request *file, struct db_conn *conn)
{
    struct store_share share;
    const char *token = uri_query_value(file->call.arena, file->request->query, "share_token");
    return token && *token && store_share_get(conn, file->call.arena, token, &share, NULL) == STATUS_OK &&
           share.memo_id == file->attachment.memo_id && store_share_usable(&share);
}

/* The attachment, and its memo if it has one. */
static enum status_code load(struct file_request *file, struct status *status)
{
    struct db_conn *conn;
    enum status_code code = store_read_begin(file->call.services->store, &conn, status);
    if (code)
        return code;
    code = store_attachment_get(conn, file->call.arena, file->uid, &file->attachment, status);
    if (code == STATUS_OK && file->attachment.memo_id) {
        code = store_memo_get_by_id(conn, file->call.arena, file->attachment.memo_id, &file->memo, status);
        if (code == STATUS_OK)
            file->shared = has_share_token(file, conn);
    }
    store_read_end(conn);
    return code;
}

static void authenticate(struct file_request *file)
{
    const struct wire_request *request = file->request;
    auth_authenticate_file(file->call.services->auth, &file->call, request->header(request, "Authorization"),
                           request->header(request, "Cookie"));
}

/* 0 if the file may be sent, else the HTTP status to refuse with. */
static int check_access(struct file_request *file)
{
    const struct api_caller *caller = &file->call.caller;
    if (file->attachment.memo_id) {
        bool is_public = file->memo.visibility == STORE_PUBLIC && config_is_public(file->call.services->config);
        file->for_everyone = is_public;
        if (is_public || file->shared)
            return 0;
    }
    authenticate(file);
    if (caller->user_id == 0)
        return file->call.caller_unknown ? 503 : 401;
    if (!file->attachment.memo_id)
        return caller->user_id == file->attachment.creator_id || api_is_admin(&file->call) ? 0 : 403;
    return memo_access_check(caller, MEMO_RELATED, &file->memo, NULL) == STATUS_OK ? 0 : 403;
}

/* The stored type as it is safe to serve: nothing that a browser would run or render as a document of this site. */
static const char *served_type(struct arena *arena, const char *type)
{
    static const char *const active[] = {
        "text/html", "text/javascript", "application/javascript", "application/x-javascript",
        "text/xml",  "application/xml", "application/xhtml+xml",
    };
    for (size_t i = 0; i < sizeof active / sizeof *active; i++)
        if (strcasecmp(type, active[i]) == 0)
            return "application/octet-stream";
    if (!*type || strpbrk(type, "\r\n"))
        return "application/octet-stream";
    return has_prefix(type, "text/") ? arena_printf(arena, "%s; charset=utf-8", type) : type;
}

static bool is_shown_inline(const char *type)
{
    return has_prefix(type, "image/") || has_prefix(type, "video/") || has_prefix(type, "audio/") ||
           strcasecmp(type, "application/pdf") == 0;
}

static void add_headers(const struct file_request *file, const char *type, struct wire_response *response)
{
    wire_response_header(response, "X-Content-Type-Options", "nosniff");
    wire_response_header(response, "X-Frame-Options", "DENY");
    wire_response_header(response, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline';");
    wire_response_header(response, "Cache-Control",
                         file->for_everyone ? "public, max-age=3600" : "private, max-age=3600");
    if (has_prefix(type, "image/") || has_prefix(type, "video/"))
        wire_response_header(response, "Color-Gamut", "srgb, p3, rec2020");
    if (!is_shown_inline(type))
        wire_response_header(response, "Content-Disposition",
                             arena_printf(file->call.arena, "attachment; filename=%s",
                                          text_quote(file->call.arena, file->attachment.filename)));
}

/* EXTERNAL rows have no bytes here, and say so with none. */
static void send_nothing(const struct file_request *file, struct wire_response *response)
{
    const char *type = served_type(file->call.arena, file->attachment.type);
    add_headers(file, type, response);
    wire_response_header(response, "Content-Type", type);
}

/* Players ask for ranges again and again, so an S3 object that is one goes straight from the store to the client. */
static bool is_played(const struct store_attachment *attachment)
{
    return attachment->storage == STORE_ATTACHMENT_S3 &&
           (has_prefix(attachment->type, "video/") || has_prefix(attachment->type, "audio/"));
}

static void send_elsewhere(const struct file_request *file, struct wire_response *response)
{
    const struct api_services *services = file->call.services;
    const char *url;
    struct status status = {0};
    if (blob_link(services->blob, services->store, file->call.arena, &file->attachment, &url, &status)) {
        url = file->attachment.reference; /* may still be good */
        log_warn("no fresh link to attachment %s: %s", file->uid, status.message);
    }
    if (!has_prefix(url, "http://") && !has_prefix(url, "https://")) {
        wire_response_message(response, 500, "Internal Server Error");
        return;
    }
    response->status = 307;
    add_headers(file, served_type(file->call.arena, file->attachment.type), response);
    wire_response_header(response, "Location", url);
}

/* Narrows the body to the video inside of a motion photo; false if there is none. */
static bool find_clip(const struct file_request *file, struct file_body *body)
{
    if (!blob_find_clip(file->call.services->blob, body->content, file->uid, &body->at))
        return false;
    body->size -= body->at;
    body->type = "video/mp4";
    return true;
}

static void send_content(const struct file_request *file, bool motion, struct wire_response *response)
{
    struct file_body body = {0};
    struct status status = {0};
    enum status_code code = blob_content_open(file->call.services->blob, file->call.services->store, file->call.arena,
                                              &file->attachment, &body.content, &status);
    if (motion && code) {
        wire_response_message(response, 500, "failed to get motion clip");
        return;
    }
    if (code == STATUS_NOT_FOUND) {
        wire_response_text(response, 404, "text/plain; charset=utf-8", "404 page not found\n");
        return;
    }
    if (code == STATUS_FAILED_PRECONDITION && file->attachment.storage == STORE_ATTACHMENT_S3) {
        send_elsewhere(file, response); /* this server has no way to the bucket; the client may have */
        return;
    }
    if (code) {
        log_error("cannot open the file of attachment %s: %s", file->uid, status.message);
        wire_response_message(response, code == STATUS_UNAVAILABLE ? 503 : 500,
                              code == STATUS_UNAVAILABLE ? "Service Unavailable" : "Internal Server Error");
        return;
    }
    body.size = blob_content_size(body.content);
    body.modified_s = blob_content_modified(body.content);
    body.type = served_type(file->call.arena, file->attachment.type);
    if (motion && !find_clip(file, &body)) {
        blob_content_close(body.content);
        wire_response_message(response, 500, "failed to get motion clip");
        return;
    }
    add_headers(file, body.type, response);
    file_send(&body, file->request, response);
}

static bool is_asked_for(const struct wire_request *request, const char *name)
{
    const char *value = uri_query_value(request->arena, request->query, name);
    return value && strcmp(value, "true") == 0;
}

bool files_needs_decoding(const struct api_services *services, const struct wire_request *request)
{
    const char *uid;
    size_t length;
    if (!files_owns(request) || !split_path(request->path, &uid, &length) || !is_asked_for(request, "thumbnail"))
        return false;
    uid = wire_percent_decode_text(request->arena, uid, length, false);
    return uid && !thumbnail_is_cached(services->blob, request->arena, uid);
}

static bool has_motion(const struct store_attachment *attachment)
{
    return attachment->payload->motion_media && attachment->payload->motion_media->has_embedded_video;
}

static bool wants_thumbnail(const struct file_request *file)
{
    return is_asked_for(file->request, "thumbnail") && thumbnail_possible(file->attachment.type);
}

/* False: there is none, so that the original is to be sent. The bytes of an attachment never change, and so neither
 * does its thumbnail, whichever server makes it when. */
static bool send_thumbnail(const struct file_request *file, struct wire_response *response)
{
    const struct api_services *services = file->call.services;
    const struct store_attachment *attachment = &file->attachment;
    struct status status = {0};
    int condition = file_check_conditions(attachment->created_ts, file->request);
    if (!condition &&
        thumbnail_get(services->blob, services->store, file->call.arena, attachment, &response->body, &status)) {
        log_debug("no thumbnail of attachment %s: %s", file->uid, status.message);
        response->body.len = 0;
        return false;
    }
    add_headers(file, "image/jpeg", response);
    file_add_modified(attachment->created_ts, file->request, response);
    if (condition)
        response->status = condition;
    else
        wire_response_header(response, "Content-Type", "image/jpeg");
    return true;
}

static void respond(struct file_request *file, struct wire_response *response)
{
    struct status status = {0};
    enum status_code code = load(file, &status);
    if (code == STATUS_NOT_FOUND) { /* "attachment not found" or "memo not found" */
        wire_response_message(response, 404, status.message);
        return;
    }
    if (code) {
        log_error("cannot look up attachment %s: %s", file->uid, status.message);
        wire_response_message(response, code == STATUS_UNAVAILABLE ? 503 : 500,
                              code == STATUS_UNAVAILABLE ? "Service Unavailable" : "failed to get attachment");
        return;
    }
    int refused = check_access(file);
    bool motion = is_asked_for(file->request, "motion");
    if (refused)
        wire_response_message(response, refused,
                              refused == 401   ? "unauthorized access"
                              : refused == 503 ? "Service Unavailable"
                                               : "forbidden access");
    else if (motion && !has_motion(&file->attachment))
        wire_response_message(response, 400, "attachment does not have motion clip");
    else if (file->attachment.storage == STORE_ATTACHMENT_EXTERNAL)
        send_nothing(file, response);
    else if (is_played(&file->attachment) && !motion)
        send_elsewhere(file, response);
    else if (motion || !wants_thumbnail(file) || !send_thumbnail(file, response))
        send_content(file, motion, response);
}

void files_handle(void *services, struct wire_request *request, struct wire_response *response)
{
    struct file_request *file = ARENA_NEW(request->arena, struct file_request);
    const char *uid = "";
    size_t uid_length = 0;
    file->request = request;
    file->call.arena = request->arena;
    file->call.services = services;
    file->call.deadline_ns = request->deadline_ns;
    if (strcmp(request->method, "GET") != 0 || !split_path(request->path, &uid, &uid_length)) {
        wire_response_message(response, 404, "Not Found");
        return;
    }
    file->uid = wire_percent_decode_text(request->arena, uid, uid_length, false);
    if (file->uid)
        respond(file, response);
    else
        wire_response_message(response, 400, "Bad Request");
}
