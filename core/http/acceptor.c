#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/internal.h"

enum {
    ACCEPTOR_STACK = 128 * 1024,
    SWEEP_EVERY_MS = 1000,
    DRAIN_SWEEP_MS = 250,
    BUSY_WAIT_MS = 20,
    ACCEPT_SERIES = 64
};
/* What the acceptor waits for; behind these, one for each loop. */
enum { WAIT_NEWS, WAIT_CLIENT, WAIT_LOOPS };

static unsigned connections_of(struct http_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    unsigned count = loop->count;
    pthread_mutex_unlock(&loop->lock);
    return count;
}

static bool is_full(struct http_server *server)
{
    unsigned total = 0;
    for (unsigned i = 0; i < server->loop_count; i++)
        total += connections_of(&server->loops[i]);
    return total >= server->config->max_connections;
}

static void hand_over(struct http_server *server, int fd, const struct sockaddr *address, socklen_t length)
{
    struct http_loop *least = &server->loops[0];
    for (unsigned i = 1; i < server->loop_count; i++)
        if (connections_of(&server->loops[i]) < connections_of(least))
            least = &server->loops[i];
    pthread_mutex_lock(&least->lock);
    least->count++;
    pthread_mutex_unlock(&least->lock);
    if (MHD_add_connection(least->daemon, fd, address, length) == MHD_YES)
        return;
    pthread_mutex_lock(&least->lock);
    least->count--;
    pthread_mutex_unlock(&least->lock);
}

/* False when the kernel is short of something and a pause is due. */
static bool accept_some(struct http_server *server)
{
    for (int i = 0; i < ACCEPT_SERIES && !is_full(server); i++) {
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        int fd = accept4(server->listen_fd, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            hand_over(server, fd, (const struct sockaddr *)&address, length);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_warn("cannot accept connections: %s", strerror(errno));
            return false;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return true;
        }
    }
    return true;
}

static void close_listener(struct http_server *server)
{
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    server->listen_fd = -1;
}

static void *accept_loop(void *arg)
{
    struct http_server *server = arg;
    int64_t swept_ns = clock_mono_ns();
    uint64_t news;
    bool pause = false, draining = false;
    struct pollfd wait[WAIT_LOOPS + HTTP_MAX_LOOPS] = {[WAIT_NEWS] = {.fd = server->wake_fd, .events = POLLIN}};
    for (unsigned i = 0; i < server->loop_count; i++)
        wait[WAIT_LOOPS + i] = (struct pollfd){.fd = server->loops[i].watch_fd, .events = POLLIN};
    for (;;) {
        /* At the limit the kernel's backlog holds newcomers until a place is free. */
        bool closed = draining || pause || is_full(server);
        int sweep_ms = draining ? DRAIN_SWEEP_MS : SWEEP_EVERY_MS;
        wait[WAIT_CLIENT] = (struct pollfd){.fd = closed ? -1 : server->listen_fd, .events = POLLIN};
        int ready = poll(wait, WAIT_LOOPS + server->loop_count, closed && !draining ? BUSY_WAIT_MS : sweep_ms);
        if (ready < 0)
            continue;
        if (wait[WAIT_NEWS].revents && read(server->wake_fd, &news, sizeof news) == sizeof news) {
            if (atomic_load(&server->drained))
                return NULL;
            draining = true;
            close_listener(server);
            continue;
        }
        pause = wait[WAIT_CLIENT].revents && !accept_some(server);
        for (unsigned i = 0; i < server->loop_count; i++)
            if (wait[WAIT_LOOPS + i].revents)
                stream_look(&server->loops[i]);
        int64_t now_ns = clock_mono_ns();
        if (now_ns - swept_ns < sweep_ms * (int64_t)1000000)
            continue;
        swept_ns = now_ns;
        for (unsigned i = 0; i < server->loop_count; i++) {
            connection_reap(&server->loops[i], now_ns);
            stream_sweep(&server->loops[i], now_ns);
        }
    }
}

enum status_code acceptor_start(struct http_server *server, struct status *status)
{
    pthread_attr_t attributes;
    server->wake_fd = eventfd(0, EFD_CLOEXEC);
    if (server->wake_fd < 0)
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "cannot create an eventfd: %s", strerror(errno));
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, ACCEPTOR_STACK);
    int failed = pthread_create(&server->acceptor, &attributes, accept_loop, server);
    pthread_attr_destroy(&attributes);
    if (failed)
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "cannot start a thread: %s", strerror(failed));
    server->accepting = true;
    return STATUS_OK;
}

static bool tell(const struct http_server *server)
{
    static const uint64_t one = 1;
    return server->accepting && write(server->wake_fd, &one, sizeof one) == sizeof one;
}

void acceptor_drain(struct http_server *server)
{
    (void)tell(server);
}

void acceptor_stop(struct http_server *server)
{
    atomic_store(&server->drained, true);
    if (tell(server))
        pthread_join(server->acceptor, NULL);
    server->accepting = false;
    if (server->wake_fd >= 0)
        close(server->wake_fd);
    server->wake_fd = -1;
    close_listener(server);
}
