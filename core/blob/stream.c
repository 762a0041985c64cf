/* Reading from a bucket for those who must not wait. Where the plugin waits, a thread reads ahead: it fills a ring of
 * bytes, and rests while it is full; whoever sends empties it. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "blob/internal.h"

enum {
    RING_MAX = 1024 * 1024,
    BLOCK = 256 * 1024 /* room that the thread waits for: so it is not woken for every byte that goes */
};

struct blob_stream {
    pthread_mutex_t lock; /* guards all up to filled */
    pthread_cond_t room;
    bool closed; /* by the reader */
    bool ended;  /* the thread has */
    bool failed;
    bool waiting; /* the reader, to be woken */
    size_t filled;
    void (*wake)(void *ctx);
    void *ctx;
    struct blob *blob;
    bool direct;                  /* there is no thread and no ring; content and left are the reader's */
    struct blob_content *content; /* the thread's, as are the next three */
    uint64_t at, left;
    size_t write_at;
    size_t read_at; /* the reader's */
    char *ring;
    size_t size; /* of the ring */
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
    pthread_cond_destroy(&stream->room);
    pthread_mutex_destroy(&stream->lock);
    free(stream->ring);
    free(stream);
}

static size_t free_bytes(const struct blob_stream *stream)
{
    return stream->size - stream->filled;
}

static void wake_reader(struct blob_stream *stream)
{
    if (stream->waiting && !stream->closed)
        stream->wake(stream->ctx);
    stream->waiting = false;
}

/* Bytes that can be written at write_at; 0: nobody reads any more. */
static size_t wait_for_room(struct blob_stream *stream)
{
    size_t block = stream->left < BLOCK ? (size_t)stream->left : BLOCK;
    pthread_mutex_lock(&stream->lock);
    while (!stream->closed && free_bytes(stream) < block)
        pthread_cond_wait(&stream->room, &stream->lock);
    size_t room = stream->closed ? 0 : free_bytes(stream), until_end = stream->size - stream->write_at;
    pthread_mutex_unlock(&stream->lock);
    room = room < block ? room : block;
    return room < until_end ? room : until_end;
}

/* False on failure. */
static bool fill(struct blob_stream *stream)
{
    size_t room;
    while (stream->left > 0 && (room = wait_for_room(stream)) > 0) {
        int64_t n = blob_content_read(stream->content, stream->at, stream->ring + stream->write_at, room);
        if (n <= 0)
            return false; /* the object is shorter than it was */
        stream->at += (uint64_t)n;
        stream->left -= (uint64_t)n;
        stream->write_at = (stream->write_at + (size_t)n) % stream->size;
        pthread_mutex_lock(&stream->lock);
        stream->filled += (size_t)n;
        wake_reader(stream);
        pthread_mutex_unlock(&stream->lock);
    }
    return true;
}

static void *run(void *ctx)
{
    struct blob_stream *stream = ctx;
    struct blob *blob = stream->blob;
    bool failed = !fill(stream);
    blob_content_close(stream->content);
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    stream->failed = failed;
    wake_reader(stream);
    bool closed = stream->closed;
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
    stream->size = stream->left < RING_MAX ? (size_t)stream->left : RING_MAX; /* not 0: then there is no stream */
    stream->ring = memory_alloc(stream->size);
    pthread_t thread;
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    bool started = pthread_create(&thread, &detached, run, stream) == 0;
    pthread_attr_destroy(&detached);
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
    *stream = (struct blob_stream){.wake = wake,
                                   .ctx = ctx,
                                   .blob = blob,
                                   .content = content,
                                   .at = from,
                                   .left = length,
                                   .direct = blob_content_has_read_now(content)};
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->room, NULL);
    *out = stream;
    if (stream->direct ? blob_content_begin(content, from) : start(stream))
        return STATUS_OK;
    int err = errno;
    bool direct = stream->direct;
    destroy(stream);
    blob_content_close(content);
    leave(blob);
    return direct ? status_set(status, STATUS_UNAVAILABLE, "an object cannot be read")
                  : status_set(status, STATUS_UNAVAILABLE, "no thread to read an object: %s", strerror(err));
}

/* Copies without the lock: nobody else touches what is filled. */
static void take(struct blob_stream *stream, char *out, size_t n)
{
    size_t until_end = stream->size - stream->read_at, first = n < until_end ? n : until_end;
    memcpy(out, stream->ring + stream->read_at, first);
    memcpy(out + first, stream->ring, n - first);
    stream->read_at = (stream->read_at + n) % stream->size;
}

static int64_t read_direct(struct blob_stream *stream, void *out, size_t cap, int *wait_fd)
{
    size_t most = stream->left < cap ? (size_t)stream->left : cap;
    int64_t n = most ? blob_content_read_now(stream->content, out, most, wait_fd) : 0;
    if (n > 0)
        stream->left -= (uint64_t)n;
    return n == 0 && stream->left > 0 ? -1 : n; /* the object is shorter than it was */
}

int64_t blob_stream_read(struct blob_stream *stream, void *out, size_t cap, int *wait_fd)
{
    *wait_fd = -1;
    if (stream->direct)
        return read_direct(stream, out, cap, wait_fd);
    pthread_mutex_lock(&stream->lock);
    size_t n = stream->filled < cap ? stream->filled : cap;
    int64_t result = stream->failed ? -1 : stream->ended ? 0 : BLOB_STREAM_WAIT;
    stream->waiting = n == 0 && !stream->ended;
    pthread_mutex_unlock(&stream->lock);
    if (n == 0)
        return result;
    take(stream, out, n);
    pthread_mutex_lock(&stream->lock);
    stream->filled -= n;
    if (free_bytes(stream) >= BLOCK)
        pthread_cond_signal(&stream->room);
    pthread_mutex_unlock(&stream->lock);
    return (int64_t)n;
}

void blob_stream_close(struct blob_stream *stream)
{
    if (stream->direct) {
        struct blob *blob = stream->blob;
        blob_content_close(stream->content);
        destroy(stream);
        leave(blob);
        return;
    }
    pthread_mutex_lock(&stream->lock);
    stream->closed = true;
    pthread_cond_signal(&stream->room);
    bool ended = stream->ended;
    pthread_mutex_unlock(&stream->lock);
    if (ended)
        destroy(stream);
}
