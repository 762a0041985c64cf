#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { READ_BLOCK = 256 * 1024, HEAD_CAP = 16 * 1024, MAX_EVENTS = 256, TICK_MS = 50 };

struct connection {
    int fd;
    struct text out;
    size_t sent;
    char head[HEAD_CAP]; /* until the blank line is found */
    size_t head_len;
    bool in_body, close, resting; /* resting: it sends no more */
    int status;
    uint64_t body_left, counter;
    int64_t started_ns;
};

struct engine {
    const struct load_options *options;
    struct stats *stats;
    struct connection *connections;
    int epoll_fd;
    uint64_t counter, issued, random_state;
    unsigned active;
    int64_t measure_from_ns, until_ns;
    char block[READ_BLOCK];
};

int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool open_connection(struct engine *engine, struct connection *connection)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)engine->options->port)};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0)
        return false;
    if (connect(connection->fd, (const struct sockaddr *)&to, sizeof to) != 0)
        return false;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) == 0;
}

static void build_request(struct engine *engine, struct connection *connection)
{
    const struct load_options *options = engine->options;
    struct text body = {0}, *out = &connection->out;
    char line[64];
    connection->counter = options->counters ? options->counters[engine->counter++] : engine->counter++;
    if (options->body)
        text_expand(&body, options->body, connection->counter, options->range, &engine->random_state);
    out->len = 0;
    text_add(out, options->method, strlen(options->method));
    text_add(out, " ", 1);
    text_expand(out, options->path, connection->counter, options->range, &engine->random_state);
    text_add(out, " HTTP/1.1\r\nHost: localhost\r\n", 28);
    for (unsigned i = 0; i < options->header_count; i++) {
        text_add(out, options->headers[i], strlen(options->headers[i]));
        text_add(out, "\r\n", 2);
    }
    size_t length = options->body_bytes ? options->body_bytes_len : body.len;
    if (options->body || options->body_bytes)
        text_add(out, line, (size_t)snprintf(line, sizeof line, "Content-Length: %zu\r\n", length));
    text_add(out, "\r\n", 2);
    if (length)
        text_add(out, options->body_bytes ? options->body_bytes : body.data, length);
    free(body.data);
}

static void flush(struct connection *connection)
{
    while (connection->sent < connection->out.len) {
        ssize_t n = send(connection->fd, connection->out.data + connection->sent,
                         connection->out.len - connection->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the next event tells whether it is full or broken */
        connection->sent += (size_t)n;
    }
}

static void rest(struct engine *engine, struct connection *connection)
{
    connection->resting = true;
    engine->active--;
}

static void next_request(struct engine *engine, struct connection *connection)
{
    const struct load_options *options = engine->options;
    int64_t now = now_ns();
    bool over = options->requests ? engine->issued >= options->requests : now >= engine->until_ns;
    if (over || (options->stop_on_error && engine->stats->errors)) {
        rest(engine, connection);
        return;
    }
    engine->issued++;
    connection->head_len = connection->sent = 0;
    connection->in_body = connection->close = false;
    build_request(engine, connection);
    connection->started_ns = now;
    flush(connection);
}

static void fail(struct engine *engine, int status)
{
    if (engine->stats->errors++ == 0)
        engine->stats->first_bad_status = status;
}

static void reopen(struct engine *engine, struct connection *connection)
{
    close(connection->fd);
    if (!open_connection(engine, connection)) {
        fail(engine, -1);
        rest(engine, connection);
        return;
    }
    next_request(engine, connection);
}

static void finish(struct engine *engine, struct connection *connection)
{
    int64_t now = now_ns();
    if (connection->status != engine->options->expect) {
        fail(engine, connection->status);
    } else {
        if (connection->started_ns >= engine->measure_from_ns)
            stats_add(engine->stats, (uint64_t)(now - connection->started_ns) / 1000);
        if (engine->options->acknowledged)
            fprintf(engine->options->acknowledged, "%llu\n", (unsigned long long)connection->counter);
    }
    if (connection->close)
        reopen(engine, connection);
    else
        next_request(engine, connection);
}

static const char *find_header(const char *head, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = strstr(head, "\r\n"); at; at = strstr(at + 2, "\r\n"))
        if (strncasecmp(at + 2, name, length) == 0 && at[2 + length] == ':')
            return at + 3 + length;
    return NULL;
}

/* Takes bytes of the head; gives how many were taken. */
static size_t read_head(struct connection *connection, const char *bytes, size_t length)
{
    size_t room = HEAD_CAP - 1 - connection->head_len, before = connection->head_len;
    size_t n = length < room ? length : room;
    memcpy(connection->head + before, bytes, n);
    connection->head[before + n] = '\0';
    const char *end = strstr(connection->head + (before > 3 ? before - 3 : 0), "\r\n\r\n");
    if (!end) {
        connection->head_len += n;
        return n;
    }
    size_t used = (size_t)(end - connection->head) + 4 - before;
    connection->head[before + used - 2] = '\0';
    const char *size = find_header(connection->head, "Content-Length");
    const char *reuse = find_header(connection->head, "Connection");
    connection->status = atoi(connection->head + strcspn(connection->head, " "));
    connection->body_left = size ? strtoull(size, NULL, 10) : 0;
    connection->close = reuse && strncasecmp(reuse + strspn(reuse, " "), "close", 5) == 0;
    connection->in_body = true;
    return used;
}

static void take(struct engine *engine, struct connection *connection, const char *bytes, size_t length)
{
    engine->stats->bytes += length;
    while (length > 0) {
        if (!connection->in_body) {
            size_t used = read_head(connection, bytes, length);
            bytes += used;
            length -= used;
        }
        if (!connection->in_body)
            return;
        uint64_t part = length < connection->body_left ? length : connection->body_left;
        connection->body_left -= part;
        bytes += part;
        length -= (size_t)part;
        if (connection->body_left == 0) {
            finish(engine, connection);
            return; /* without pipelining nothing follows */
        }
    }
}

static void on_event(struct engine *engine, struct connection *connection, uint32_t events)
{
    if (connection->resting)
        return;
    if (events & EPOLLOUT)
        flush(connection);
    for (int fd = connection->fd; (events & EPOLLIN) && !connection->resting && fd == connection->fd;) {
        ssize_t n = recv(fd, engine->block, sizeof engine->block, MSG_DONTWAIT);
        if (n > 0) {
            take(engine, connection, engine->block, (size_t)n);
            if ((size_t)n < sizeof engine->block)
                return;
        } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        } else {
            fail(engine, -1);
            reopen(engine, connection);
            return;
        }
    }
}

static bool start(struct engine *engine)
{
    engine->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < engine->options->connections; i++) {
        if (!open_connection(engine, &engine->connections[i])) {
            perror("connect");
            return false;
        }
        engine->active++;
        next_request(engine, &engine->connections[i]);
    }
    return true;
}

bool engine_run(const struct load_options *options, struct stats *stats)
{
    struct engine *engine = calloc(1, sizeof *engine);
    struct epoll_event events[MAX_EVENTS];
    int64_t begin = now_ns();
    engine->options = options;
    engine->stats = stats;
    engine->connections = calloc(options->connections, sizeof engine->connections[0]);
    engine->counter = options->first;
    engine->random_state = (uint64_t)begin;
    engine->measure_from_ns = options->requests ? begin : begin + (int64_t)(options->warmup_seconds * 1e9);
    engine->until_ns = engine->measure_from_ns + (int64_t)(options->seconds * 1e9);
    bool reached = start(engine);
    while (reached && engine->active > 0) {
        int n = epoll_wait(engine->epoll_fd, events, MAX_EVENTS, TICK_MS);
        for (int i = 0; i < n; i++)
            on_event(engine, events[i].data.ptr, events[i].events);
    }
    stats->seconds = (double)(now_ns() - engine->measure_from_ns) / 1e9;
    for (unsigned i = 0; i < options->connections; i++) {
        if (engine->connections[i].fd > 0)
            close(engine->connections[i].fd);
        free(engine->connections[i].out.data);
    }
    close(engine->epoll_fd);
    free(engine->connections);
    free(engine);
    return reached;
}
