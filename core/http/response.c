#include <fcntl.h>
#include <memora/version.h>
#include <unistd.h>

#include "base/log.h"
#include "http/internal.h"

enum {
    STREAM_BLOCK = 128 * 1024, /* read, and sent, in one turn of the loop */
    ENDLESS_BLOCK = 4 * 1024,
    BULK = 1024 * 1024
};

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

static ssize_t read_file(void *cls, uint64_t position, char *out, size_t cap)
{
    const struct wire_stream *stream = cls;
    ssize_t n = pread(stream->fd, out, cap, (off_t)(stream->fd_offset + position));
    return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR; /* the file is shorter than it was */
}

/* sendfile spares a copy here, but what goes over loopback is then copied out of single pages of a cold cache by the
 * receiver, which costs both together more than to read and send (docs/bench.md). */
static bool is_better_read(const struct http_request *request)
{
    return request->from->loopback && request->response.stream->size >= BULK;
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
    if (stream->fd >= 0 && is_better_read(request))
        return MHD_create_response_from_callback(stream->size, STREAM_BLOCK, read_file, request->response.stream, NULL);
    if (stream->fd >= 0)
        return from_file(stream);
    size_t block = stream->size == WIRE_STREAM_ENDLESS ? ENDLESS_BLOCK : STREAM_BLOCK;
    return MHD_create_response_from_callback(stream->size, block, stream_read, request, NULL);
}

static void allow(const struct http_request *request)
{
    const struct wire_response *answer = &request->response;
    uint64_t size = answer->stream ? answer->stream->size : answer->body.len;
    connection_allow(request->from, request->server->config->idle_timeout_s, size);
    if (size >= BULK)
        connection_expect_bulk(request->from);
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
        allow(request);
    enum MHD_Result result = MHD_queue_response(request->connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}
