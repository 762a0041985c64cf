#include "http/file_send.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/time_rfc3339.h"
#include "http/range.h"

enum { SMALL_BODY = 64 * 1024, BOUNDARY_BYTES = 16, READ_AGAIN_NS = 1000000000 };

/* What is sent of the file: texts between parts of it. A plain answer is one part without texts. */
struct piece {
    const char *text;
    uint64_t text_length;
    uint64_t first, length; /* of the file, behind the text */
};

struct sending {
    struct blob_content *content;
    uint64_t at; /* where the file starts in the content */
    unsigned count;
    struct piece pieces[RANGE_MAX_PARTS + 1]; /* the last one only ends a multipart body */
};

static uint64_t sending_size(const struct sending *sending)
{
    uint64_t size = 0;
    for (unsigned i = 0; i < sending->count; i++)
        size += sending->pieces[i].text_length + sending->pieces[i].length;
    return size;
}

/* wire_stream.read */
static int64_t sending_read(void *ctx, uint64_t pos, void *out, size_t cap)
{
    const struct sending *sending = ctx;
    for (unsigned i = 0; i < sending->count; i++) {
        const struct piece *piece = &sending->pieces[i];
        if (pos < piece->text_length) {
            uint64_t left = piece->text_length - pos;
            size_t n = left < cap ? (size_t)left : cap;
            memcpy(out, piece->text + pos, n);
            return (int64_t)n;
        }
        pos -= piece->text_length;
        if (pos < piece->length) {
            uint64_t left = piece->length - pos;
            int64_t n = blob_content_read(sending->content, sending->at + piece->first + pos, out,
                                          left < cap ? (size_t)left : cap);
            return n > 0 ? n : -1; /* the file is shorter than it was */
        }
        pos -= piece->length;
    }
    return 0;
}

static void sending_close(void *ctx)
{
    blob_content_close(((struct sending *)ctx)->content);
}

/* Reads a whole small body; a second send costs more than the copy. */
static bool send_small(struct sending *sending, uint64_t size, struct wire_response *response)
{
    buf_reserve(&response->body, (size_t)size + 1);
    response->body.len = 0;
    while (response->body.len < size) {
        int64_t n = sending_read(sending, response->body.len, response->body.data + response->body.len,
                                 (size_t)size - response->body.len);
        if (n <= 0)
            break;
        response->body.len += (size_t)n;
    }
    return response->body.len == size;
}

static void fail(struct wire_response *response)
{
    response->header_count = 0;
    wire_response_message(response, 500, "Internal Server Error");
}

struct remote {
    struct blob_stream *stream;
    struct wire_stream *body;
};

static int64_t remote_read(void *ctx, uint64_t pos, void *out, size_t cap)
{
    (void)pos; /* asked for in order */
    const struct remote *remote = ctx;
    int64_t n = blob_stream_read(remote->stream, out, cap, &remote->body->wait_fd);
    if (n != BLOB_STREAM_WAIT)
        return n;
    remote->body->wake_ns = clock_mono_ns() + READ_AGAIN_NS;
    return WIRE_STREAM_WAIT;
}

static void remote_close(void *ctx)
{
    blob_stream_close(((struct remote *)ctx)->stream);
}

static void wake_request(void *ctx)
{
    const struct wire_request *request = ctx;
    request->wake(request);
}

/* One part. */
static void send_remote(const struct sending *sending, struct wire_request *request, struct wire_response *response)
{
    struct remote *remote = ARENA_NEW(request->arena, struct remote);
    const struct piece *piece = &sending->pieces[0];
    struct status status = {0};
    if (blob_stream_open(sending->content, sending->at + piece->first, piece->length, wake_request, request,
                         &remote->stream, &status)) {
        log_warn("an attachment is not sent: %s", status.message);
        response->header_count = 0;
        wire_response_header(response, "Retry-After", "1");
        wire_response_message(response, 503, "Service Unavailable");
        return;
    }
    remote->body = ARENA_NEW(request->arena, struct wire_stream);
    *remote->body = (struct wire_stream){
        .size = piece->length, .read = remote_read, .close = remote_close, .ctx = remote, .fd = -1};
    response->stream = remote->body;
}

/* Answers with the pieces. Bytes kept in a row are read here, once, from the first to the last wanted one. */
static void send_pieces(struct sending *sending, struct wire_request *request, struct wire_response *response)
{
    uint64_t from = UINT64_MAX, to = 0, base, size = sending_size(sending);
    struct status status = {0};
    for (unsigned i = 0; i < sending->count; i++) {
        const struct piece *piece = &sending->pieces[i];
        if (piece->length > 0 && piece->first < from)
            from = piece->first;
        if (piece->length > 0 && piece->first + piece->length > to)
            to = piece->first + piece->length;
    }
    enum status_code code = STATUS_OK;
    if (from < to)
        code = blob_content_select(sending->content, sending->at + from, to - from, &status);
    if (code || (size <= SMALL_BODY && !send_small(sending, size, response))) {
        log_error("cannot read an attachment's bytes: %s", status.message);
        blob_content_close(sending->content);
        fail(response);
        return;
    }
    if (size <= SMALL_BODY) {
        blob_content_close(sending->content);
        return;
    }
    if (blob_content_is_remote(sending->content)) {
        send_remote(sending, request, response);
        return;
    }
    struct wire_stream *stream = ARENA_NEW(request->arena, struct wire_stream);
    *stream = (struct wire_stream){
        .size = size, .read = sending_read, .close = sending_close, .ctx = sending, .fd = -1, .fd_offset = 0};
    int fd = blob_content_fd(sending->content, &base);
    if (fd >= 0 && sending->count == 1) {
        stream->fd = fd;
        stream->fd_offset = base + sending->at + sending->pieces[0].first;
    }
    response->stream = stream;
}

/* A time in a header; false if there is none or it is not one. */
static bool header_time(const struct wire_request *request, const char *name, int64_t *out)
{
    const char *value = request->header(request, name);
    return value && time_parse_http(value, out);
}

/* In the order of section 13.2.2. The file has no entity tag, so only "*" can match one. */
int file_check_conditions(int64_t modified_s, const struct wire_request *request)
{
    const char *match = request->header(request, "If-Match"), *none = request->header(request, "If-None-Match");
    int64_t time;
    if (match) {
        if (strcmp(match, "*") != 0)
            return 412;
    } else if (modified_s && header_time(request, "If-Unmodified-Since", &time) && modified_s > time) {
        return 412;
    }
    if (none)
        return strcmp(none, "*") == 0 ? 304 : 0;
    if (modified_s && header_time(request, "If-Modified-Since", &time) && modified_s <= time)
        return 304;
    return 0;
}

void file_add_modified(int64_t modified_s, struct wire_request *request, struct wire_response *response)
{
    if (!modified_s)
        return;
    char *text = arena_alloc(request->arena, TIME_RFC3339_SIZE);
    time_format_http(modified_s, text);
    wire_response_header(response, "Last-Modified", text);
}

/* Ranges count only if the file is still the one that If-Range means (RFC 9110 13.1.5). */
static const char *wanted_ranges(const struct file_body *body, const struct wire_request *request)
{
    int64_t time;
    if (body->size == 0 || (request->header(request, "If-Range") &&
                            !(header_time(request, "If-Range", &time) && time == body->modified_s)))
        return NULL;
    return request->header(request, "Range");
}

static char *content_range(struct arena *arena, const struct range *range, uint64_t size)
{
    return arena_printf(arena, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range->first, range->first + range->length - 1,
                        size);
}

/* RFC 9110 14.6 and 15.3.7.2. */
static void build_multipart(const struct range_set *set, const struct file_body *body, struct sending *sending,
                            struct wire_request *request, struct wire_response *response)
{
    struct arena *arena = request->arena;
    char boundary[2 * BOUNDARY_BYTES + 1];
    unsigned char random[BOUNDARY_BYTES];
    random_bytes(random, sizeof random);
    for (unsigned i = 0; i < BOUNDARY_BYTES; i++) {
        boundary[2 * i] = (char)('a' + (random[i] >> 4));
        boundary[2 * i + 1] = (char)('a' + (random[i] & 15));
    }
    boundary[2 * BOUNDARY_BYTES] = '\0';
    for (unsigned i = 0; i < set->count; i++) {
        const struct range *range = &set->parts[i];
        const char *text = arena_printf(arena, "%s--%s\r\nContent-Range: %s\r\nContent-Type: %s\r\n\r\n",
                                        i ? "\r\n" : "", boundary, content_range(arena, range, body->size), body->type);
        sending->pieces[i] = (struct piece){text, strlen(text), range->first, range->length};
    }
    const char *end = arena_printf(arena, "\r\n--%s--\r\n", boundary);
    sending->pieces[set->count] = (struct piece){end, strlen(end), 0, 0};
    sending->count = set->count + 1;
    wire_response_header(response, "Content-Type", arena_printf(arena, "multipart/byteranges; boundary=%s", boundary));
}

static void remove_header(struct wire_response *response, const char *name)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < response->header_count; i++)
        if (strcmp(response->headers[i].name, name) != 0)
            response->headers[kept++] = response->headers[i];
    response->header_count = kept;
}

static void send_unsatisfiable(const struct file_body *body, struct wire_request *request,
                               struct wire_response *response)
{
    blob_content_close(body->content);
    remove_header(response, "Cache-Control");
    remove_header(response, "Last-Modified");
    wire_response_header(response, "Content-Range", arena_printf(request->arena, "bytes */%" PRIu64, body->size));
    wire_response_text(response, 416, "text/plain; charset=utf-8", "invalid range: failed to overlap\n");
}

void file_send(const struct file_body *body, struct wire_request *request, struct wire_response *response)
{
    file_add_modified(body->modified_s, request, response);
    int status = file_check_conditions(body->modified_s, request);
    if (status) {
        blob_content_close(body->content);
        response->status = status;
        return;
    }
    struct range_set set;
    range_parse_set(wanted_ranges(body, request), body->size, &set);
    if (set.kind == RANGE_PART && set.count > 1 && blob_content_is_remote(body->content))
        set.kind = RANGE_WHOLE; /* one thread reads on, from one place */
    if (set.kind == RANGE_UNSATISFIABLE) {
        send_unsatisfiable(body, request, response);
        return;
    }
    wire_response_header(response, "Accept-Ranges", "bytes");
    struct sending *sending = ARENA_NEW(request->arena, struct sending);
    sending->content = body->content;
    sending->at = body->at;
    if (set.kind == RANGE_PART && set.count > 1) {
        response->status = 206;
        build_multipart(&set, body, sending, request, response);
    } else {
        wire_response_header(response, "Content-Type", body->type);
        sending->count = 1;
        sending->pieces[0] = (struct piece){"", 0, 0, body->size};
    }
    if (set.kind == RANGE_PART && set.count == 1) {
        response->status = 206;
        wire_response_header(response, "Content-Range", content_range(request->arena, &set.parts[0], body->size));
        sending->pieces[0].first = set.parts[0].first;
        sending->pieces[0].length = set.parts[0].length;
    }
    send_pieces(sending, request, response);
}
