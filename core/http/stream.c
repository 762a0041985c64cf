/* Streams that are read while they are sent. One that has nothing to send rests: its connection is suspended, which
 * costs no thread and no turn of epoll, until it is woken, what it waits for is readable, its time has come, its client
 * is gone or the server stops. */
#include <poll.h>
#include <sys/epoll.h>

#include "http/internal.h"

static void list(struct http_loop *loop, struct http_request *request)
{
    if (request->rest.listed)
        return;
    request->rest.listed = true;
    request->rest.next = loop->streams;
    if (loop->streams)
        loop->streams->rest.previous = request;
    loop->streams = request;
}

enum { READY_AT_ONCE = 16 };

/* Only while it is suspended: whoever finds a request in the set under the lock may use it. */
static void watch(struct http_request *request)
{
    int fd = request->response.stream->wait_fd;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = request};
    if (fd > 0 && epoll_ctl(request->from->loop->watch_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        request->rest.watched = fd;
}

/* A download may go on for the time of the drain. */
static bool must_end(const struct http_request *request)
{
    const struct http_server *server = request->from->loop->server;
    bool endless = request->response.stream->size == WIRE_STREAM_ENDLESS;
    return atomic_load(&server->drained) || (endless && atomic_load(&server->stopping));
}

enum rest_verdict { REST_READ_AGAIN, REST_SUSPENDED, REST_END, REST_GONE };

/* Whoever wakes, ends or sweeps does so under the same lock, so that nothing gets lost between the last read and the
 * suspension. */
static enum rest_verdict begin_rest(struct http_request *request)
{
    struct http_loop *loop = request->from->loop;
    struct http_rest *rest = &request->rest;
    enum rest_verdict verdict = REST_SUSPENDED;
    pthread_mutex_lock(&loop->stream_lock);
    if (rest->gone || atomic_load(&loop->server->drained)) {
        verdict = REST_GONE;
    } else if (must_end(request)) {
        verdict = REST_END;
    } else if (rest->woken) {
        rest->woken = false;
        verdict = REST_READ_AGAIN;
    } else {
        list(loop, request);
        rest->suspended = true;
        watch(request);
        MHD_suspend_connection(request->connection);
    }
    pthread_mutex_unlock(&loop->stream_lock);
    return verdict;
}

ssize_t stream_read(void *cls, uint64_t position, char *out, size_t cap)
{
    struct http_request *request = cls;
    const struct wire_stream *stream = request->response.stream;
    for (;;) {
        int64_t got = stream->read(stream->ctx, position, out, cap);
        if (got > 0)
            return (ssize_t)got;
        if (got != WIRE_STREAM_WAIT)
            return got == 0 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
        switch (begin_rest(request)) {
        case REST_READ_AGAIN:
            break;
        case REST_SUSPENDED:
            return 0;
        case REST_END:
            return MHD_CONTENT_READER_END_OF_STREAM;
        case REST_GONE:
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
    }
}

static void end_rest(struct http_request *request)
{
    if (!request->rest.suspended)
        return;
    request->rest.suspended = false;
    if (request->rest.watched)
        (void)epoll_ctl(request->from->loop->watch_fd, EPOLL_CTL_DEL, request->rest.watched, NULL);
    request->rest.watched = 0;
    MHD_resume_connection(request->connection);
}

void stream_wake(const struct wire_request *wire)
{
    struct http_request *request = wire->transport;
    struct http_loop *loop = request->from->loop;
    pthread_mutex_lock(&loop->stream_lock);
    if (request->rest.suspended)
        end_rest(request);
    else
        request->rest.woken = true;
    pthread_mutex_unlock(&loop->stream_lock);
}

void stream_forget(struct http_request *request)
{
    struct http_loop *loop = request->from->loop;
    struct http_rest *rest = &request->rest;
    if (!rest->listed) /* never set by another thread */
        return;
    pthread_mutex_lock(&loop->stream_lock);
    if (rest->next)
        rest->next->rest.previous = rest->previous;
    if (rest->previous)
        rest->previous->rest.next = rest->next;
    else
        loop->streams = rest->next;
    rest->listed = false;
    pthread_mutex_unlock(&loop->stream_lock);
}

/* libmicrohttpd does not look at suspended connections. One that sent its last byte counts as gone, too: nobody
 * half-closes who still wants to listen. The descriptor is open as long as the connection is suspended. */
static bool is_gone(const struct http_request *request)
{
    struct pollfd at = {.fd = request->from->fd, .events = POLLRDHUP};
    return poll(&at, 1, 0) > 0;
}

void stream_look(struct http_loop *loop)
{
    struct epoll_event ready[READY_AT_ONCE];
    pthread_mutex_lock(&loop->stream_lock);
    int count = epoll_wait(loop->watch_fd, ready, READY_AT_ONCE, 0);
    for (int i = 0; i < count; i++)
        end_rest(ready[i].data.ptr);
    pthread_mutex_unlock(&loop->stream_lock);
}

void stream_sweep(struct http_loop *loop, int64_t now_ns)
{
    pthread_mutex_lock(&loop->stream_lock);
    for (struct http_request *at = loop->streams; at; at = at->rest.next) {
        if (!at->rest.suspended)
            continue;
        at->rest.gone = is_gone(at);
        if (at->rest.gone || at->response.stream->wake_ns <= now_ns)
            end_rest(at);
    }
    pthread_mutex_unlock(&loop->stream_lock);
}

void stream_end_all(struct http_loop *loop)
{
    pthread_mutex_lock(&loop->stream_lock);
    for (struct http_request *at = loop->streams; at; at = at->rest.next)
        if (must_end(at))
            end_rest(at);
    pthread_mutex_unlock(&loop->stream_lock);
}
