/* A small web: one server on every loopback address, which answers by path, and names that lead to it. Names are looked
 * up here instead of by the system, in this whole program; included by one file of it. */
#ifndef TEST_WEB_FIXTURE_H
#define TEST_WEB_FIXTURE_H

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WEB_PAGES = 32, WEB_SILENT = 64, WEB_REQUEST_MAX = 65536 };

/* Whole answers, from the status line on; NULL: the server stays silent. */
struct web_page {
    const char *path, *answer;
    bool holds; /* the connection stays open behind the answer */
};

struct web {
    int listener, port;
    pthread_mutex_t lock; /* guards pages and last */
    unsigned page_count;
    struct web_page pages[WEB_PAGES];
    atomic_int requests, silent_count, lookups;
    int silent[WEB_SILENT];
    char last[WEB_REQUEST_MAX]; /* to be read when its answer has come: web_last */
    pthread_t thread;
};

static struct web web;

static inline void web_put(struct web_page page)
{
    pthread_mutex_lock(&web.lock);
    assert_true(web.page_count < WEB_PAGES);
    web.pages[web.page_count++] = page;
    pthread_mutex_unlock(&web.lock);
}

/* From now on; a later page of the same path wins. */
static inline void web_add(const char *path, const char *answer)
{
    web_put((struct web_page){path, answer, false});
}

static inline void web_hold(const char *path, const char *answer)
{
    web_put((struct web_page){path, answer, true});
}

static inline const char *web_last(void)
{
    pthread_mutex_lock(&web.lock);
    pthread_mutex_unlock(&web.lock);
    return web.last;
}

static inline struct web_page web_find(const char *request)
{
    struct web_page found = {"", "HTTP/1.1 404 No\r\nConnection: close\r\n\r\n", false};
    const char *path = strchr(request, ' ');
    for (unsigned i = 0; path && i < web.page_count; i++) {
        size_t length = strlen(web.pages[i].path);
        if (strncmp(path + 1, web.pages[i].path, length) == 0 && strchr(" ?", path[1 + length]))
            found = web.pages[i];
    }
    return found;
}

static inline void web_serve_one(int fd)
{
    static char request[WEB_REQUEST_MAX];
    size_t length = 0;
    ssize_t n;
    request[0] = '\0';
    while (!strstr(request, "\r\n\r\n") && length < sizeof request - 1 &&
           (n = read(fd, request + length, sizeof request - 1 - length)) > 0) {
        length += (size_t)n;
        request[length] = '\0';
    }
    pthread_mutex_lock(&web.lock);
    memcpy(web.last, request, length + 1);
    struct web_page page = web_find(request);
    pthread_mutex_unlock(&web.lock);
    web.requests++;
    if (page.answer)
        (void)!send(fd, page.answer, strlen(page.answer), MSG_NOSIGNAL);
    if ((!page.answer || page.holds) && web.silent_count < WEB_SILENT)
        web.silent[web.silent_count++] = fd;
    else
        close(fd);
}

static inline void *web_serve(void *ctx)
{
    int fd;
    (void)ctx;
    while ((fd = accept4(web.listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        web_serve_one(fd);
    return NULL;
}

static inline void web_start(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t size = sizeof at;
    memset(&web, 0, sizeof web);
    pthread_mutex_init(&web.lock, NULL);
    web.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(web.listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(web.listener, WEB_SILENT), 0);
    assert_int_equal(getsockname(web.listener, (struct sockaddr *)&at, &size), 0);
    web.port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&web.thread, NULL, web_serve, NULL), 0);
}

static inline void web_stop(void)
{
    shutdown(web.listener, SHUT_RDWR);
    pthread_join(web.thread, NULL);
    close(web.listener);
    for (int i = 0; i < web.silent_count; i++)
        close(web.silent[i]);
    pthread_mutex_destroy(&web.lock);
}

/* "one.test" is 127.0.0.1, "two.test" is 127.0.0.2, "both.test" is both, "turns.test" is the first one at first and
 * then the second; addresses are themselves. */
static inline unsigned web_addresses(const char *name, struct in_addr out[2])
{
    int lookup = web.lookups++;
    out[0].s_addr = htonl(INADDR_LOOPBACK);
    out[1].s_addr = htonl(INADDR_LOOPBACK + 1);
    if (strcmp(name, "one.test") == 0 || strcmp(name, "www.youtube.com") == 0)
        return 1;
    if (strcmp(name, "both.test") == 0)
        return 2;
    if (strcmp(name, "two.test") == 0 || (strcmp(name, "turns.test") == 0 && lookup > 0))
        out[0] = out[1];
    else if (strcmp(name, "turns.test") != 0)
        return inet_pton(AF_INET, name, &out[0]) == 1;
    return 1;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    struct in_addr addresses[2];
    unsigned count = web_addresses(name, addresses);
    (void)hints;
    *out = NULL;
    for (unsigned i = count; i-- > 0;) {
        struct addrinfo *info = calloc(1, sizeof *info + sizeof(struct sockaddr_in));
        struct sockaddr_in *address = (struct sockaddr_in *)(void *)(info + 1);
        *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = addresses[i]};
        address->sin_port = htons((uint16_t)(service ? atoi(service) : 0));
        *info = (struct addrinfo){.ai_family = AF_INET,
                                  .ai_socktype = SOCK_STREAM,
                                  .ai_addrlen = sizeof *address,
                                  .ai_addr = (struct sockaddr *)address,
                                  .ai_next = *out};
        *out = info;
    }
    return count ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *info)
{
    while (info) {
        struct addrinfo *next = info->ai_next;
        free(info);
        info = next;
    }
}

#endif
