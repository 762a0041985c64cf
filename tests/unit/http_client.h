/* A small blocking HTTP client and a server with given limits, for the tests of http/. */
#ifndef MEMORA_TEST_HTTP_CLIENT_H
#define MEMORA_TEST_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http/http.h"

enum { CLIENT_WAIT_MS = 60000, ANSWER_CAP = 1 << 20 };

static inline struct config test_config(void)
{
    return (struct config){.address = "127.0.0.1",
                           .unix_socket = "",
                           .data_dir = "/tmp",
                           .instance_url = "",
                           .ui_dir = "/nonexistent",
                           .log_level = LOG_LEVEL_WARN,
                           .max_body_bytes = 64 * 1024,
                           .max_header_bytes = 8 * 1024,
                           .request_timeout_s = 30,
                           .idle_timeout_s = 30,
                           .max_connections = 1000,
                           .http_threads = 2,
                           .worker_threads = 2,
                           .worker_queue = 2};
}

static inline struct http_server *start_server(const struct config *config, http_route_fn route, void *ctx)
{
    struct http_server *server = NULL;
    struct status status = {0};
    if (http_server_start(config, route, ctx, NULL, &server, &status) != STATUS_OK)
        fail_msg("%s", status.message);
    return server;
}

static inline int client_open(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline bool client_send_n(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

static inline bool client_send(int fd, const char *text)
{
    return client_send_n(fd, text, strlen(text));
}

struct answer {
    int status;
    char *head; /* status line and header lines, CRLF, NUL-terminated */
    char *body;
    size_t body_len;
};

/* Bytes that were read beyond one answer are kept for the next one. */
struct client {
    int fd;
    size_t held;
    char buffer[ANSWER_CAP];
};

static inline struct client *client_new(int port)
{
    struct client *client = calloc(1, sizeof *client);
    assert_non_null(client);
    client->fd = client_open(port);
    return client;
}

static inline void client_free(struct client *client)
{
    close(client->fd);
    free(client);
}

/* False at the end of the stream or after CLIENT_WAIT_MS. */
static inline bool client_fill(struct client *client)
{
    struct pollfd ready = {.fd = client->fd, .events = POLLIN};
    if (client->held + 1 >= sizeof client->buffer || poll(&ready, 1, CLIENT_WAIT_MS) <= 0)
        return false;
    ssize_t n = recv(client->fd, client->buffer + client->held, sizeof client->buffer - client->held - 1, 0);
    if (n <= 0)
        return false;
    client->held += (size_t)n;
    return true;
}

/* First value of a header of the answer, or NULL; static memory. */
static inline const char *answer_header_n(const struct answer *answer, const char *name, unsigned index)
{
    static char value[8192];
    size_t length = strlen(name);
    for (const char *at = strstr(answer->head, "\r\n"); at && at[2]; at = strstr(at + 2, "\r\n")) {
        const char *line = at + 2;
        if (strncasecmp(line, name, length) != 0 || line[length] != ':' || index-- > 0)
            continue;
        line += length + 1;
        line += strspn(line, " ");
        snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\r"), line);
        return value;
    }
    return NULL;
}

static inline const char *answer_header(const struct answer *answer, const char *name)
{
    return answer_header_n(answer, name, 0);
}

static inline void answer_free(struct answer *answer)
{
    free(answer->head);
    free(answer->body);
}

/* Reads one answer with a Content-Length; status 0 when the connection ended before its head was complete. Bodies
 * that end early give what came. */
static inline struct answer client_read_for(struct client *client, bool has_body)
{
    struct answer answer = {0};
    char *end;
    client->buffer[client->held] = '\0';
    while (!(end = strstr(client->buffer, "\r\n\r\n"))) {
        if (!client_fill(client))
            return answer;
        client->buffer[client->held] = '\0';
    }
    size_t head = (size_t)(end - client->buffer) + 4;
    answer.head = strndup(client->buffer, head - 2);
    answer.status = atoi(client->buffer + strcspn(client->buffer, " "));
    const char *length = answer_header(&answer, "Content-Length");
    size_t want = length && has_body && answer.status != 304 ? (size_t)strtoull(length, NULL, 10) : 0;
    while (client->held - head < want && client_fill(client))
        ;
    answer.body_len = client->held - head < want ? client->held - head : want;
    answer.body = calloc(1, answer.body_len + 1);
    memcpy(answer.body, client->buffer + head, answer.body_len);
    memmove(client->buffer, client->buffer + head + answer.body_len, client->held - head - answer.body_len);
    client->held -= head + answer.body_len;
    client->buffer[client->held] = '\0';
    return answer;
}

static inline struct answer client_read(struct client *client)
{
    return client_read_for(client, true);
}

/* True when the server closes the connection without sending more. */
static inline bool client_at_end(struct client *client)
{
    return client->held == 0 && !client_fill(client);
}

/* One request on a connection of its own. */
static inline struct answer ask(int port, const char *request)
{
    struct client *client = client_new(port);
    client_send(client->fd, request);
    struct answer answer = client_read_for(client, strncmp(request, "HEAD", 4) != 0);
    client_free(client);
    return answer;
}

/* Nobody listens there. */
static inline bool is_refused(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), result = connect(fd, (const struct sockaddr *)&to, sizeof to);
    close(fd);
    return result != 0;
}

#endif
