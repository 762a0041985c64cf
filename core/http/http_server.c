/* Start and stop of the HTTP front on libmicrohttpd: a few epoll threads, and a pool of workers behind them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/internal.h"

enum {
    HTTP_STACK = 1024 * 1024,
    POOL_HEADROOM = 8 * 1024, /* per connection beside the headers: their table, and the header of the answer */
};

static void on_mhd_log(void *cls, const char *format, va_list args)
{
    (void)cls;
    char text[512];
    if (!log_enabled(LOG_LEVEL_DEBUG))
        return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int length = vsnprintf(text, sizeof text, format, args);
#pragma GCC diagnostic pop
    if (length > 0)
        log_debug("libmicrohttpd: %.*s", (int)strcspn(text, "\n"), text);
}

/* Paths stay percent-encoded: routing needs to tell %2F from a slash. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

unsigned http_thread_count(const struct config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = config->http_threads ? config->http_threads : cores > 0 ? (unsigned)cores : 1;
    return threads < HTTP_MAX_LOOPS ? threads : HTTP_MAX_LOOPS;
}

static struct MHD_Daemon *start_daemon(struct http_loop *loop, unsigned loops)
{
    const struct config *config = loop->server->config;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)(config->max_header_bytes + POOL_HEADROOM), NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)config->max_connections, NULL}, /* the acceptor keeps the total */
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)config->idle_timeout_s, NULL},
        /* One client's connections spread evenly, and so does its limit. */
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)((config->max_connections_per_ip + loops - 1) / loops), NULL},
        {MHD_OPTION_THREAD_STACK_SIZE, (intptr_t)HTTP_STACK, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_on_completed, loop},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_notify, loop},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)request_on_uri, loop},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escapes, NULL},
        {MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET |
                                MHD_USE_ERROR_LOG,
                            0, NULL, NULL, serve_access, loop, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL,
                            MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

static enum status_code start_loops(struct http_server *server, struct status *status)
{
    unsigned threads = http_thread_count(server->config);
    server->loops = memory_zalloc(threads * sizeof server->loops[0]);
    for (unsigned i = 0; i < threads; i++) {
        struct http_loop *loop = &server->loops[i];
        loop->server = server;
        pthread_mutex_init(&loop->lock, NULL);
        pthread_mutex_init(&loop->stream_lock, NULL);
        pthread_mutex_init(&loop->body_lock, NULL);
        loop->watch_fd = epoll_create1(EPOLL_CLOEXEC);
        server->loop_count++;
        if (loop->watch_fd < 0)
            return status_set(status, STATUS_RESOURCE_EXHAUSTED, "cannot create an epoll set: %s", strerror(errno));
        loop->daemon = start_daemon(loop, threads);
        if (!loop->daemon)
            return status_set(status, STATUS_INTERNAL, "cannot start the HTTP threads: %s", strerror(errno));
    }
    return STATUS_OK;
}

/* Every part may be missing. The workers end first, since libmicrohttpd cannot stop with suspended connections; what
 * comes to them after that is refused. */
static void destroy(struct http_server *server)
{
    acceptor_stop(server);
    worker_pool_stop(server->workers);
    for (unsigned i = 0; i < server->loop_count; i++) {
        if (server->loops[i].daemon)
            MHD_stop_daemon(server->loops[i].daemon);
        if (server->loops[i].watch_fd >= 0)
            close(server->loops[i].watch_fd);
        pthread_mutex_destroy(&server->loops[i].lock);
        pthread_mutex_destroy(&server->loops[i].stream_lock);
        pthread_mutex_destroy(&server->loops[i].body_lock);
    }
    worker_pool_destroy(server->workers);
    free(server->loops);
    if (server->unix_bound)
        unlink(server->config->unix_socket);
    arena_pool_destroy(&server->arenas);
    pthread_cond_destroy(&server->active_none);
    pthread_mutex_destroy(&server->active_lock);
    free(server);
}

static void init_active(struct http_server *server)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->active_none, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&server->active_lock, NULL);
}

enum status_code http_server_start(const struct config *config, http_route_fn route, void *route_ctx,
                                   const struct http_large_bodies *large, struct http_server **out,
                                   struct status *status)
{
    struct http_server *server = memory_zalloc(sizeof *server);
    server->config = config;
    server->route = route;
    server->route_ctx = route_ctx;
    server->large = large;
    server->listen_fd = server->wake_fd = -1;
    cors_policy_init(&server->cors, config->instance_url);
    arena_pool_init(&server->arenas);
    init_active(server);
    enum status_code code = listener_open(config, &server->listen_fd, &server->port, status);
    if (code != STATUS_OK)
        goto failed;
    server->unix_bound = config->unix_socket[0] != '\0';
    code = worker_pool_create(config->worker_threads, config->worker_queue, &server->workers, status);
    if (code != STATUS_OK)
        goto failed;
    code = start_loops(server, status);
    if (code != STATUS_OK)
        goto failed;
    code = acceptor_start(server, status);
    if (code != STATUS_OK)
        goto failed;
    *out = server;
    return STATUS_OK;
failed:
    destroy(server);
    return code;
}

static unsigned wait_for_none_active(struct http_server *server, int64_t until_ns)
{
    struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
    int waited = 0;
    pthread_mutex_lock(&server->active_lock);
    while (server->active > 0 && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&server->active_none, &server->active_lock, &until);
    unsigned active = server->active;
    pthread_mutex_unlock(&server->active_lock);
    return active;
}

static void wait_until_idle(struct http_server *server, int64_t drain_ns)
{
    unsigned active = wait_for_none_active(server, clock_mono_ns() + drain_ns);
    if (active > 0)
        log_warn("%u requests were still running at the end of the drain time", active);
}

static void end_streams(struct http_server *server)
{
    for (unsigned i = 0; i < server->loop_count; i++)
        stream_end_all(&server->loops[i]);
}

void http_server_stop(struct http_server *server, int64_t drain_ns)
{
    if (!server)
        return;
    atomic_store(&server->stopping, true);
    acceptor_drain(server);
    end_streams(server);
    wait_until_idle(server, drain_ns);
    acceptor_stop(server);
    end_streams(server);
    destroy(server);
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}
