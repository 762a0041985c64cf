/* What is kept of a connection: its peer, and until when its client must have done the next step. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/internal.h"

static void format_peer(const struct sockaddr *address, char *out, size_t cap)
{
    out[0] = '\0';
    if (!address)
        return;
    if (address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, out, (socklen_t)cap);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(v6))
            inet_ntop(AF_INET, &v6->s6_addr[12], out, (socklen_t)cap);
        else
            inet_ntop(AF_INET6, v6, out, (socklen_t)cap);
    }
}

static bool is_loopback(const struct sockaddr *address)
{
    if (!address || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
        return false;
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(v6) || (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == IN_LOOPBACKNET);
}

/* Within a machine there is no path whose capacity would have to be found out. Where the system's default is BBR, its
 * pacing by timers costs a client there a quarter of its time. */
void connection_expect_bulk(const struct http_connection *from)
{
    static const char plain[] = "reno"; /* every Linux has it */
    if (from->loopback)
        (void)setsockopt(from->fd, IPPROTO_TCP, TCP_CONGESTION, plain, sizeof plain - 1);
}

struct http_connection *connection_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void connection_allow(struct http_connection *from, int64_t seconds, uint64_t bytes)
{
    int64_t moving = (int64_t)(bytes / HTTP_LEAST_RATE < INT32_MAX ? bytes / HTTP_LEAST_RATE : INT32_MAX);
    atomic_store_explicit(&from->deadline_ns, clock_mono_ns() + (seconds + moving) * 1000000000, memory_order_relaxed);
    atomic_store_explicit(&from->in_body, false, memory_order_relaxed);
}

void connection_prolong(struct http_connection *from, uint64_t bytes)
{
    atomic_fetch_add_explicit(&from->deadline_ns, (int64_t)(bytes * 1000000000 / HTTP_LEAST_RATE),
                              memory_order_relaxed);
    atomic_store_explicit(&from->in_body, true, memory_order_relaxed);
}

void connection_allow_any(struct http_connection *from)
{
    atomic_store_explicit(&from->deadline_ns, INT64_MAX, memory_order_relaxed);
    atomic_store_explicit(&from->in_body, false, memory_order_relaxed);
}

static struct http_connection *add(struct http_loop *loop, struct MHD_Connection *connection)
{
    struct http_connection *from = memory_zalloc(sizeof *from);
    from->loop = loop;
    from->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const struct sockaddr *peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    format_peer(peer, from->peer, sizeof from->peer);
    from->loopback = is_loopback(peer);
    connection_allow(from, loop->server->config->idle_timeout_s, 0);
    pthread_mutex_lock(&loop->lock);
    from->next = loop->first;
    if (from->next)
        from->next->previous = from;
    loop->first = from;
    pthread_mutex_unlock(&loop->lock);
    return from;
}

static void remove_from_loop(struct http_connection *from)
{
    struct http_loop *loop = from->loop;
    pthread_mutex_lock(&loop->lock);
    if (from->next)
        from->next->previous = from->previous;
    if (from->previous)
        from->previous->next = from->next;
    else
        loop->first = from->next;
    loop->count--;
    pthread_mutex_unlock(&loop->lock);
    free(from);
}

void connection_notify(void *cls, struct MHD_Connection *connection, void **context,
                       enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = add(cls, connection);
    } else if (*context) {
        remove_from_loop(*context);
        *context = NULL;
    }
}

static bool has_left(const struct http_connection *from)
{
    struct pollfd at = {.fd = from->fd, .events = POLLRDHUP};
    return atomic_load_explicit(&from->in_body, memory_order_relaxed) && poll(&at, 1, 0) > 0;
}

/* libmicrohttpd takes a short read for the last that there is until epoll says more. An end that came along with the
 * bytes is never said (it is edge-triggered), and the request would rest until the idle timeout. To shut down the side
 * that has ended anyway makes epoll speak once more; bytes that are still to be read stay.
 *
 * The socket is only shut down here; its loop sees the end of the stream and closes it. The lock keeps the descriptor
 * from being closed, and given to someone else, in between: libmicrohttpd tells of the end before it closes. */
void connection_reap(struct http_loop *loop, int64_t now_ns)
{
    pthread_mutex_lock(&loop->lock);
    for (const struct http_connection *at = loop->first; at; at = at->next)
        if (atomic_load_explicit(&at->deadline_ns, memory_order_relaxed) < now_ns)
            shutdown(at->fd, SHUT_RDWR);
        else if (has_left(at))
            shutdown(at->fd, SHUT_RD);
    pthread_mutex_unlock(&loop->lock);
}
