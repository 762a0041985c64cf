/* The steps of a request: headers, body, route, handler in place or on a worker, answer. */
#include <stdio.h>

#include "base/clock.h"
#include "http/internal.h"

static enum MHD_Result answer(struct http_request *request)
{
    cors_decorate(&request->server->cors, &request->wire, &request->response);
    return response_send(request);
}

/* A 4xx or 5xx of this layer, after which the connection cannot be used any more. */
static enum MHD_Result refuse(struct http_request *request, int status, const char *text)
{
    wire_response_message(&request->response, status, text);
    request->response.close_connection = true;
    return answer(request);
}

void serve_overloaded(struct http_request *request)
{
    char *seconds = arena_printf(request->wire.arena, "%d", HTTP_RETRY_AFTER_S);
    wire_response_message(&request->response, 503, "Service Unavailable");
    wire_response_header(&request->response, "Retry-After", seconds);
}

void serve_run(struct http_request *request)
{
    request->target.handler(request->target.ctx, &request->wire, &request->response);
    if (request->wire.body_too_large)
        request->response.close_connection = true;
}

/* The whole request is there. */
static enum MHD_Result dispatch(struct http_request *request)
{
    struct http_server *server = request->server;
    connection_allow_any(request->from);
    if (request->body_refused) {
        serve_overloaded(request);
        return answer(request);
    }
    if (request->spool) /* however long it took to come, there is time to do something with it */
        request->wire.deadline_ns = clock_mono_ns() + (int64_t)server->config->request_timeout_s * 1000000000;
    request->target = server->route(server->route_ctx, &request->wire);
    if (strcmp(request->wire.method, "OPTIONS") == 0) {
        cors_options(&server->cors, &request->wire, request->target.allow, &request->response);
        return response_send(request);
    }
    if (request->target.quick && !request->spool) {
        serve_run(request);
        return answer(request);
    }
    request->phase = HTTP_WORKING;
    if (worker_submit(server->workers, request))
        return MHD_YES; /* suspended; comes back in phase HTTP_READY */
    serve_overloaded(request);
    return answer(request);
}

static bool headers_too_long(struct http_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info && info->header_size > request->server->config->max_header_bytes;
}

static enum MHD_Result begin(struct http_request *request, const char *method)
{
    request_begin(request, method);
    request->phase = HTTP_BODY;
    if (headers_too_long(request))
        return refuse(request, 431, "Request Header Fields Too Large");
    switch (body_begin(request)) {
    case BODY_BROKEN:
        return refuse(request, 400, "Bad Request");
    case BODY_ANSWER:
        return dispatch(request);
    case BODY_READ:
        break;
    }
    return MHD_YES;
}

enum MHD_Result serve_access(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                             const char *version, const char *upload, size_t *upload_size, void **context)
{
    struct http_request *request = *context;
    (void)cls;
    (void)connection;
    (void)url;
    (void)version;
    switch (request->phase) {
    case HTTP_HEADERS:
        return begin(request, method);
    case HTTP_BODY:
        if (body_is_busy(request))
            return MHD_YES; /* libmicrohttpd may come here once more before it notices that it is to wait */
        if (*upload_size > 0)
            return body_add(request, upload, upload_size) ? MHD_YES : MHD_NO;
        return dispatch(request);
    case HTTP_READY:
        return answer(request);
    case HTTP_WORKING:
    case HTTP_SENDING:
        break;
    }
    return MHD_YES;
}
