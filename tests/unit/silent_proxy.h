/* A way to a server that can fall silent: a thread takes connections on a TCP port of 127.0.0.1 and passes bytes to and
 * from a Unix socket. While it is silent nothing passes and nothing is refused, as over a network that is dead.
 * Included by one file per program. */
#ifndef TEST_SILENT_PROXY_H
#define TEST_SILENT_PROXY_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PROXY_PAIRS = 64, PROXY_TICK_MS = 20, PROXY_CHUNK = 16384 };

struct proxy {
    struct sockaddr_un target;
    int listener, port;
    atomic_bool silent, stop;
    pthread_t thread;
    int pairs[PROXY_PAIRS][2]; /* client and server */
    unsigned count;
};

static inline void proxy_accept(struct proxy *proxy)
{
    int client = accept(proxy->listener, NULL, NULL), onward = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (proxy->count < PROXY_PAIRS && client >= 0 &&
        connect(onward, (struct sockaddr *)&proxy->target, sizeof proxy->target) == 0) {
        proxy->pairs[proxy->count][0] = client;
        proxy->pairs[proxy->count++][1] = onward;
        return;
    }
    if (client >= 0)
        close(client);
    close(onward);
}

static inline bool proxy_pass(int from, int to)
{
    char bytes[PROXY_CHUNK];
    ssize_t n = read(from, bytes, sizeof bytes);
    for (ssize_t done = 0; done < n;) {
        ssize_t sent = send(to, bytes + done, (size_t)(n - done), MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        done += sent;
    }
    return n > 0;
}

static inline void *proxy_run(void *argument)
{
    struct proxy *proxy = argument;
    while (!proxy->stop) {
        struct pollfd files[2 * PROXY_PAIRS + 1] = {{.fd = proxy->listener, .events = POLLIN}};
        unsigned pairs = proxy->count;
        for (unsigned i = 0; i < 2 * pairs; i++)
            files[i + 1] = (struct pollfd){.fd = proxy->pairs[i / 2][i % 2], .events = POLLIN};
        if (proxy->silent) {
            usleep(PROXY_TICK_MS * 1000);
            continue;
        }
        poll(files, 2 * pairs + 1, PROXY_TICK_MS);
        for (unsigned i = 2 * pairs; i-- > 0;) {
            int *pair = proxy->pairs[i / 2];
            if (pair[0] < 0 || !files[i + 1].revents || proxy_pass(pair[i % 2], pair[1 - i % 2]))
                continue;
            close(pair[0]);
            close(pair[1]);
            pair[0] = pair[1] = -1;
        }
        for (unsigned i = proxy->count; i-- > 0;)
            if (proxy->pairs[i][0] < 0)
                memcpy(proxy->pairs[i], proxy->pairs[--proxy->count], sizeof proxy->pairs[i]);
        if (files[0].revents)
            proxy_accept(proxy);
    }
    return NULL;
}

static inline void proxy_start(struct proxy *proxy, const char *unix_path)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    memset(proxy, 0, sizeof *proxy);
    proxy->target.sun_family = AF_UNIX;
    snprintf(proxy->target.sun_path, sizeof proxy->target.sun_path, "%s", unix_path);
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(proxy->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(proxy->listener, PROXY_PAIRS), 0);
    assert_int_equal(getsockname(proxy->listener, (struct sockaddr *)&address, &size), 0);
    proxy->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&proxy->thread, NULL, proxy_run, proxy), 0);
}

static inline void proxy_stop(struct proxy *proxy)
{
    proxy->stop = true;
    pthread_join(proxy->thread, NULL);
    for (unsigned i = 0; i < 2 * proxy->count; i++)
        close(proxy->pairs[i / 2][i % 2]);
    close(proxy->listener);
}

/* How many connections to the proxy probe a silent peer within limit_s (/proc/net/tcp, proc(5)); -1: not all do. */
static inline int proxy_probing_clients(const struct proxy *proxy, unsigned limit_s)
{
    enum { ESTABLISHED = 1, KEEPALIVE_TIMER = 2, TICKS_PER_S = 100 };
    char line[512];
    int found = 0;
    FILE *table = fopen("/proc/net/tcp", "re");
    assert_non_null(table);
    while (fgets(line, sizeof line, table)) {
        unsigned port, state, timer, when;
        if (sscanf(line, " %*u: %*x:%*x %*x:%x %x %*x:%*x %x:%x", &port, &state, &timer, &when) != 4 ||
            port != (unsigned)proxy->port || state != ESTABLISHED)
            continue;
        found = found >= 0 && timer == KEEPALIVE_TIMER && when <= limit_s * TICKS_PER_S ? found + 1 : -1;
    }
    fclose(table);
    return found;
}

static inline void proxy_fall_silent(void *proxy)
{
    ((struct proxy *)proxy)->silent = true;
}

static inline void proxy_speak(void *proxy)
{
    ((struct proxy *)proxy)->silent = false;
}

#endif
