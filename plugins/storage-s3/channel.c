/* One connection and the exchange on it. libcurl pushes; whoever reads pulls: the transfer is paused while nobody wants
 * its bytes. */
#include "s3.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum {
    POLL_MS = 1000,
    CONNECT_TIMEOUT_MS = 10000,
    LOW_SPEED = 256,
    RECEIVED_KEPT = 1024 * 1024,
    TURNS_AT_ONCE = 4,
    STREAM_BUFFER = 128 * 1024 /* what libcurl takes from the connection at a time */
};

static size_t on_head(char *line, size_t size, size_t count, void *ctx);
static size_t on_body(char *bytes, size_t size, size_t count, void *ctx);
static size_t on_upload(char *out, size_t size, size_t count, void *ctx);
static int on_seek(void *ctx, curl_off_t offset, int origin);
static int on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose);
static int on_close(void *ctx, curl_socket_t fd);

void s3_channel_free(struct s3_channel *channel)
{
    if (channel->attached)
        curl_multi_remove_handle(channel->multi, channel->easy);
    if (channel->easy)
        curl_easy_cleanup(channel->easy);
    if (channel->multi)
        curl_multi_cleanup(channel->multi);
    curl_slist_free_all(channel->headers);
    s3_text_free(&channel->received);
    free(channel);
}

struct s3_channel *s3_channel_take(struct memora_storage *storage)
{
    pthread_mutex_lock(&storage->mutex);
    struct s3_channel *channel = storage->idle;
    if (channel) {
        storage->idle = channel->next;
        storage->idle_count--;
    }
    pthread_mutex_unlock(&storage->mutex);
    if (channel)
        return channel;
    channel = calloc(1, sizeof *channel);
    if (!channel)
        return NULL;
    channel->easy = curl_easy_init();
    channel->multi = curl_multi_init();
    if (channel->easy && channel->multi)
        return channel;
    s3_channel_free(channel);
    return NULL;
}

void s3_channel_give(struct memora_storage *storage, struct s3_channel *channel)
{
    if (!channel)
        return;
    if (channel->attached)
        curl_multi_remove_handle(channel->multi, channel->easy);
    channel->attached = false;
    curl_slist_free_all(channel->headers);
    channel->headers = NULL;
    if (channel->received.capacity > RECEIVED_KEPT)
        s3_text_free(&channel->received);
    pthread_mutex_lock(&storage->mutex);
    bool keep = storage->idle_count < S3_CHANNELS_KEPT;
    if (keep) {
        channel->next = storage->idle;
        storage->idle = channel;
        storage->idle_count++;
    }
    pthread_mutex_unlock(&storage->mutex);
    if (!keep)
        s3_channel_free(channel);
}

static void set_connection(CURL *easy, const struct memora_storage *storage)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* what was signed is what is sent */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)LOW_SPEED);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)storage->timeout_s);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, storage->verify_tls ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, storage->verify_tls ? 2L : 0L);
    if (storage->ca_file[0])
        curl_easy_setopt(easy, CURLOPT_CAINFO, storage->ca_file);
}

int s3_channel_start(struct s3_channel *channel, const struct memora_storage *storage, const char *url,
                     const struct s3_request *request, bool streaming, struct curl_slist *headers)
{
    CURL *easy = channel->easy;
    bool head = strcmp(request->method, "HEAD") == 0;
    if (channel->attached)
        curl_multi_remove_handle(channel->multi, easy);
    curl_slist_free_all(channel->headers);
    channel->headers = headers;
    channel->received.length = channel->read_at = 0;
    channel->received.failed = channel->too_long = channel->source_failed = false;
    channel->body = request->body;
    channel->body_sent = 0;
    channel->paused = channel->head_complete = channel->finished = false;
    channel->streaming = streaming;
    channel->code = CURLE_OK;
    channel->error[0] = '\0';
    channel->response = (struct s3_response){.content_length = -1, .range_size = -1};
    channel->timeout_s = storage->timeout_s;
    channel->waited_ns = channel->later_ns = 0;
    channel->arrived = 0;
    curl_easy_reset(easy);
    set_connection(easy, storage);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, channel->error);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, channel);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, channel);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, channel);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, channel);
    curl_easy_setopt(easy, CURLOPT_NOBODY, head ? 1L : 0L);
    if (request->body) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_upload);
        curl_easy_setopt(easy, CURLOPT_READDATA, channel);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, channel);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body->length);
    }
    if (!head)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (streaming)
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)STREAM_BUFFER);
    channel->attached = curl_multi_add_handle(channel->multi, easy) == CURLM_OK;
    return channel->attached ? MEMORA_OK : MEMORA_E_NOMEM;
}

static void copy_value(char *out, size_t size, const char *value, size_t length)
{
    if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
        value++;
        length -= 2;
    }
    snprintf(out, size, "%.*s", (int)length, value);
}

/* One line of the head; its value is not NUL-terminated. */
static void read_header(struct s3_response *response, const char *name, size_t name_length, const char *value,
                        size_t length)
{
    char text[128];
    snprintf(text, sizeof text, "%.*s", (int)(length < sizeof text ? length : sizeof text - 1), value);
#define IS(word) (name_length == sizeof word - 1 && strncasecmp(name, word, name_length) == 0)
    if (IS("content-length")) {
        response->content_length = strtoll(text, NULL, 10);
    } else if (IS("content-range")) {
        const char *slash = strchr(text, '/');
        response->range_size = slash && slash[1] != '*' ? strtoll(slash + 1, NULL, 10) : -1;
    } else if (IS("etag")) {
        copy_value(response->etag, sizeof response->etag, value, length);
    } else if (IS("content-type")) {
        copy_value(response->content_type, sizeof response->content_type, value, length);
    } else if (IS("x-amz-checksum-crc32c")) {
        copy_value(response->crc32c, sizeof response->crc32c, value, length);
    } else if (IS("x-amz-checksum-sha256")) {
        copy_value(response->checksum, sizeof response->checksum, value, length);
    } else if (IS(S3_META_PART_SIZE)) {
        response->part_size = strtoull(text, NULL, 10);
    } else if (IS("x-amz-server-side-encryption")) {
        response->etag_is_no_md5 |= strncmp(text, "aws:kms", strlen("aws:kms")) == 0;
    } else if (IS("x-amz-server-side-encryption-customer-algorithm")) {
        response->etag_is_no_md5 = true;
    } else if (IS("last-modified")) {
        response->last_modified_s = (int64_t)curl_getdate(text, NULL);
    } else if (IS("date")) {
        response->date_s = (int64_t)curl_getdate(text, NULL);
    }
#undef IS
}

static size_t on_head(char *line, size_t size, size_t count, void *ctx)
{
    struct s3_channel *channel = ctx;
    size_t length = size * count, end = length;
    while (end > 0 && strchr("\r\n \t", line[end - 1]))
        end--;
    if (end == 0) {
        curl_easy_getinfo(channel->easy, CURLINFO_RESPONSE_CODE, &channel->response.status);
        channel->head_complete = channel->response.status >= 200; /* not 100 Continue */
        return length;
    }
    const char *colon = memchr(line, ':', end);
    if (!colon) {
        channel->response = (struct s3_response){.content_length = -1, .range_size = -1}; /* a status line */
        return length;
    }
    const char *value = colon + 1;
    while (value < line + end && (*value == ' ' || *value == '\t'))
        value++;
    read_header(&channel->response, line, (size_t)(colon - line), value, (size_t)(line + end - value));
    return length;
}

/* Straight to the reader that waits for it, without a stop in between. */
static size_t give(struct s3_channel *channel, const char *bytes, size_t length)
{
    size_t room = channel->sink_size - channel->sink_used, n = length < room ? length : room;
    if (n == 0 || channel->received.length > channel->read_at)
        return 0;
    memcpy(channel->sink + channel->sink_used, bytes, n);
    channel->sink_used += n;
    return n;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct s3_channel *channel = ctx;
    size_t length = size * count;
    if (channel->streaming && channel->received.length - channel->read_at >= S3_STREAM_HIGH) {
        channel->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    size_t given = give(channel, bytes, length), kept = length - given;
    if (channel->read_at > 0 && channel->read_at == channel->received.length)
        channel->received.length = channel->read_at = 0;
    channel->too_long = channel->received.length + kept > S3_BODY_MAX;
    if (channel->too_long)
        return 0;
    s3_text_add(&channel->received, bytes + given, kept);
    channel->arrived += length;
    return channel->received.failed ? 0 : length;
}

static size_t on_upload(char *out, size_t size, size_t count, void *ctx)
{
    struct s3_channel *channel = ctx;
    const struct s3_body *body = channel->body;
    size_t left = body->length - channel->body_sent, n = size * count < left ? size * count : left;
    if (n && body->bytes) {
        memcpy(out, (const char *)body->bytes + channel->body_sent, n);
    } else if (n) {
        int64_t got = body->source->read_at(body->source->ctx, body->at + channel->body_sent, out, n);
        channel->source_failed = got <= 0 || (uint64_t)got > n;
        if (channel->source_failed)
            return CURL_READFUNC_ABORT;
        n = (size_t)got;
    }
    channel->body_sent += n;
    return n;
}

/* When a connection that was kept turns out to be closed, libcurl takes another and sends again. */
static int on_seek(void *ctx, curl_off_t offset, int origin)
{
    struct s3_channel *channel = ctx;
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > channel->body->length)
        return CURL_SEEKFUNC_CANTSEEK;
    channel->body_sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static int on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
    struct s3_channel *channel = ctx;
    (void)purpose;
    if (channel->socket_count < S3_SOCKETS)
        channel->sockets[channel->socket_count] = fd;
    channel->socket_count++;
    return CURL_SOCKOPT_OK;
}

/* Of attempts to several addresses the slower ones are closed, and so is a connection that was kept too long. */
static int on_close(void *ctx, curl_socket_t fd)
{
    struct s3_channel *channel = ctx;
    unsigned kept = 0, known = channel->socket_count < S3_SOCKETS ? channel->socket_count : S3_SOCKETS;
    for (unsigned i = 0; i < known; i++)
        if (channel->sockets[i] != fd)
            channel->sockets[kept++] = channel->sockets[i];
    channel->socket_count = kept;
    return close(fd);
}

static void take_result(struct s3_channel *channel)
{
    int left;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(channel->multi, &left)))
        if (message->msg == CURLMSG_DONE) {
            channel->finished = true;
            channel->code = message->data.result;
        }
}

/* Sends and receives what can be; waits for more first if wait. */
static void turn(struct s3_channel *channel, bool wait)
{
    int running = 0;
    if (wait)
        curl_multi_poll(channel->multi, NULL, 0, POLL_MS, NULL);
    if (curl_multi_perform(channel->multi, &running) != CURLM_OK) {
        channel->finished = true;
        channel->code = CURLE_OUT_OF_MEMORY;
    }
    take_result(channel);
}

void s3_channel_run(struct s3_channel *channel, bool whole)
{
    bool wait = false;
    channel->streaming &= !whole;
    while (!channel->finished && (whole || !channel->head_complete)) {
        turn(channel, wait);
        wait = true;
    }
    /* Whoever reads may take their time, which libcurl would take for the store's; s3_channel_pump keeps the limit. */
    if (!whole)
        curl_easy_setopt(channel->easy, CURLOPT_LOW_SPEED_TIME, 0L);
}

/* The store may be silent, or slow, only while somebody reads. */
static void check_speed(struct s3_channel *channel, int64_t waited_ns)
{
    channel->waited_ns += waited_ns;
    if (channel->finished || channel->waited_ns < channel->timeout_s * 1000000000)
        return;
    if (channel->arrived < (size_t)(LOW_SPEED * channel->timeout_s)) {
        channel->finished = true;
        channel->code = CURLE_OPERATION_TIMEDOUT;
    }
    channel->waited_ns = 0;
    channel->arrived = 0;
}

static size_t take_received(struct s3_channel *channel, char *out, size_t size)
{
    size_t there = channel->received.length - channel->read_at, n = there < size ? there : size;
    memcpy(out, channel->received.data + channel->read_at, n);
    channel->read_at += n;
    return n;
}

static void begin_taking(struct s3_channel *channel, void *out, size_t size)
{
    channel->sink = out;
    channel->sink_size = size;
    channel->sink_used = 0;
}

static size_t end_taking(struct s3_channel *channel)
{
    size_t n = channel->sink_used;
    channel->sink_size = channel->sink_used = 0;
    return n;
}

static void turn_for_reader(struct s3_channel *channel, bool wait)
{
    if (channel->paused) {
        channel->paused = false;
        curl_easy_pause(channel->easy, CURLPAUSE_CONT);
    }
    turn(channel, wait);
}

/* Between the calls nothing flows: then the store waits, since nobody takes what it sends. */
size_t s3_channel_pump(struct s3_channel *channel, void *out, size_t size)
{
    bool wait = false;
    if (channel->received.length > channel->read_at)
        return take_received(channel, out, size);
    int64_t before = s3_host()->mono_ns();
    begin_taking(channel, out, size);
    while (!channel->finished && channel->sink_used == 0) {
        turn_for_reader(channel, wait);
        wait = true;
        int64_t now = s3_host()->mono_ns();
        check_speed(channel, now - before);
        before = now;
    }
    channel->later_ns = 0;
    return end_taking(channel);
}

/* Whether libcurl has something to do at once, for which no descriptor would become readable. */
static bool is_due(const struct s3_channel *channel)
{
    long timeout_ms = -1;
    return curl_multi_timeout(channel->multi, &timeout_ms) == CURLM_OK && timeout_ms == 0;
}

size_t s3_channel_pump_now(struct s3_channel *channel, void *out, size_t size)
{
    if (channel->received.length > channel->read_at)
        return take_received(channel, out, size);
    begin_taking(channel, out, size);
    for (int i = 0; i < TURNS_AT_ONCE && !channel->finished && channel->sink_used == 0 && (i == 0 || is_due(channel));
         i++)
        turn_for_reader(channel, false);
    int64_t now = s3_host()->mono_ns();
    if (channel->later_ns)
        check_speed(channel, now - channel->later_ns);
    channel->later_ns = channel->sink_used == 0 ? now : 0;
    return end_taking(channel);
}

int s3_channel_fd(const struct s3_channel *channel)
{
    return channel->socket_count == 1 ? channel->sockets[0] : -1;
}
