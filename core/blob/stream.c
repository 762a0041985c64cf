/* Reading ahead from a bucket. A thread writes into a pipe, which holds what is not yet sent and ends the thread when
 * it is closed. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "blob/internal.h"

enum { PIPE_BYTES = 256 * 1024, BLOCK = 64 * 1024 };

struct blob_stream {
    pthread_mutex_t lock; /* guards all up to failed */
    bool closed;          /* by the reader */
    bool ended;           /* the thread has */
    bool failed;
    void (*wake)(void *ctx);
    void *ctx;
    struct blob *blob;
    struct blob_content *content; /* the thread's, as is out */
    uint64_t at, left;
    int in, out;
};

static void leave(struct blob *blob)
{
    pthread_mutex_lock(&blob->stream_lock);
    blob->streams--;
    pthread_cond_broadcast(&blob->stream_ended);
    pthread_mutex_unlock(&blob->stream_lock);
}

void blob_stream_wait_all(struct blob *blob)
{
    pthread_mutex_lock(&blob->stream_lock);
    while (blob->streams > 0)
        pthread_cond_wait(&blob->stream_ended, &blob->stream_lock);
    pthread_mutex_unlock(&blob->stream_lock);
}

static void destroy(struct blob_stream *stream)
{
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}

static bool tell(struct blob_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    bool open = !stream->closed;
    if (open)
        stream->wake(stream->ctx);
    pthread_mutex_unlock(&stream->lock);
    return open;
}

/* False: nobody reads any more. */
static bool pass_on(const struct blob_stream *stream, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(stream->out, bytes, length);
        if (n < 0 && errno != EINTR)
            return false;
        bytes += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* False on failure. */
static bool pump(struct blob_stream *stream, char *block)
{
    while (stream->left > 0) {
        size_t wanted = stream->left < BLOCK ? (size_t)stream->left : BLOCK;
        int64_t n = blob_content_read(stream->content, stream->at, block, wanted);
        if (n <= 0)
            return false; /* the object is shorter than it was */
        stream->at += (uint64_t)n;
        stream->left -= (uint64_t)n;
        if (!pass_on(stream, block, (size_t)n) || !tell(stream))
            return true;
    }
    return true;
}

static void *run(void *ctx)
{
    struct blob_stream *stream = ctx;
    struct blob *blob = stream->blob;
    char *block = memory_alloc(BLOCK);
    bool failed = !pump(stream, block);
    free(block);
    blob_content_close(stream->content);
    pthread_mutex_lock(&stream->lock);
    close(stream->out);
    stream->ended = true;
    stream->failed = failed;
    bool closed = stream->closed;
    if (!closed)
        stream->wake(stream->ctx);
    pthread_mutex_unlock(&stream->lock);
    if (closed)
        destroy(stream);
    leave(blob);
    return NULL;
}

static bool enter(struct blob *blob)
{
    pthread_mutex_lock(&blob->stream_lock);
    bool room = blob->streams < BLOB_STREAMS_MAX;
    blob->streams += room;
    pthread_mutex_unlock(&blob->stream_lock);
    return room;
}

static bool start(struct blob_stream *stream)
{
    pthread_t thread;
    pthread_attr_t detached;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    stream->in = ends[0];
    stream->out = ends[1];
    fcntl(stream->in, F_SETFL, O_NONBLOCK);
    fcntl(stream->in, F_SETPIPE_SZ, PIPE_BYTES); /* or less, if that is not allowed */
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    bool started = pthread_create(&thread, &detached, run, stream) == 0;
    pthread_attr_destroy(&detached);
    if (!started) {
        close(stream->in);
        close(stream->out);
    }
    return started;
}

enum status_code blob_stream_open(struct blob_content *content, uint64_t from, uint64_t length, void (*wake)(void *ctx),
                                  void *ctx, struct blob_stream **out, struct status *status)
{
    struct blob *blob = blob_content_blob(content);
    if (!enter(blob)) {
        blob_content_close(content);
        return status_set(status, STATUS_UNAVAILABLE, "too many objects are being read");
    }
    struct blob_stream *stream = memory_zalloc(sizeof *stream);
    *stream =
        (struct blob_stream){.wake = wake, .ctx = ctx, .blob = blob, .content = content, .at = from, .left = length};
    pthread_mutex_init(&stream->lock, NULL);
    *out = stream;
    if (start(stream))
        return STATUS_OK;
    destroy(stream);
    blob_content_close(content);
    leave(blob);
    return status_set(status, STATUS_UNAVAILABLE, "no thread to read an object: %s", strerror(errno));
}

int64_t blob_stream_read(struct blob_stream *stream, void *out, size_t cap)
{
    ssize_t n = read(stream->in, out, cap);
    if (n > 0)
        return n;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? BLOB_STREAM_WAIT : -1;
    pthread_mutex_lock(&stream->lock);
    bool failed = stream->failed;
    pthread_mutex_unlock(&stream->lock);
    return failed ? -1 : 0;
}

void blob_stream_close(struct blob_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->closed = true;
    close(stream->in); /* a thread that waits in write(2) ends with EPIPE */
    bool ended = stream->ended;
    pthread_mutex_unlock(&stream->lock);
    if (ended)
        destroy(stream);
}
