#include <fcntl.h>
#include <memora/version.h>
#include <unistd.h>

#include "base/log.h"
#include "http/internal.h"

enum { STREAM_BLOCK = 128 * 1024, ENDLESS_BLOCK = 4 * 1024 };

/* libmicrohttpd closes the descriptor it is given, but closing is the stream's own business; hence the copy. */
static struct MHD_Response *from_file(const struct wire_stream *stream)
{
    int fd = fcntl(stream->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return NULL;
    struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(stream->size, fd, stream->fd_offset);
    if (!response)
        close(fd);
    return response;
}

/* The bytes stay in the request's arena, which outlives the answer. */
static struct MHD_Response *create(struct http_request *request)
{
    const struct wire_stream *stream = request->response.stream;
    if (!stream)
        return MHD_create_response_from_buffer(request->response.body.len, request->response.body.data,
                                               MHD_RESPMEM_PERSISTENT);
    if (stream->size == 0)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (stream->fd >= 0)
        return from_file(stream);
    size_t block = stream->size == WIRE_STREAM_ENDLESS ? ENDLESS_BLOCK : STREAM_BLOCK;
    return MHD_create_response_from_callback(stream->size, block, stream_read, request, NULL);
}

enum MHD_Result response_send(struct http_request *request)
{
    const struct wire_response *answer = &request->response;
    struct MHD_Response *response = create(request);
    if (!response) {
        log_error("cannot build the answer to %s %s", request->wire.method, request->wire.path);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Server", "Memora/" MEMORA_VERSION);
    if (answer->close_connection || atomic_load_explicit(&request->server->stopping, memory_order_relaxed))
        MHD_add_response_header(response, "Connection", "close");
    for (unsigned i = 0; i < answer->header_count; i++) {
        const struct wire_header *header = &answer->headers[i];
        /* Refused are names and values with line breaks, which would split the answer. */
        if (header->value[0] && MHD_add_response_header(response, header->name, header->value) != MHD_YES)
            log_warn("dropped response header %s: its value is not valid", header->name);
    }
    request->phase = HTTP_SENDING;
    if (answer->stream && answer->stream->size == WIRE_STREAM_ENDLESS)
        connection_allow_any(request->from); /* a stream of events ends when it ends */
    else
        connection_allow(request->from, request->server->config->idle_timeout_s,
                         answer->stream ? answer->stream->size : answer->body.len);
    enum MHD_Result result = MHD_queue_response(request->connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}
