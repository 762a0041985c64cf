/* A thread that plays an S3 store, with answers that a good one does not give, and the plugin that talks to it.
 * Included by one file per program. */
#ifndef TEST_S3_FAKE_H
#define TEST_S3_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/plugin.h"

enum { ANSWERS_MAX = 12, REQUEST_MAX = 65536, DRIP_US = 80000 };

/* Answers that are none: the connection is reset; what follows comes a byte at a time. */
#define RESET "\1reset"
#define SLOWLY "\2"
/* In a head: the line with the CRC-32C of the request, said back. */
#define SAID_BACK "\3"

/* One answer per connection; the last one is given again and again. */
struct fake {
    const char *(*choose)(struct fake *fake); /* or NULL; by what is in last */
    const char *sign_payload, *host;          /* NULL: yes, 127.0.0.1 */
    int listener, port;
    pthread_t thread;
    const char *answers[ANSWERS_MAX];
    int count;
    atomic_int requests;
    char last[REQUEST_MAX]; /* read after fake_stop() only */
    char methods[256];
};

/* The head, and as much of the body as there is room for; the rest is read and dropped. */
static inline bool read_request(struct fake *fake, int fd)
{
    char dropped[16384];
    size_t length = 0, body = 0;
    ssize_t n;
    char *end = NULL;
    while (length < REQUEST_MAX - 1 && !end && (n = read(fd, fake->last + length, REQUEST_MAX - 1 - length)) > 0) {
        length += (size_t)n;
        fake->last[length] = '\0';
        end = strstr(fake->last, "\r\n\r\n");
    }
    const char *size = end ? strcasestr(fake->last, "content-length:") : NULL;
    if (size && size < end)
        body = strtoul(size + 15, NULL, 10);
    size_t got = end ? length - (size_t)(end + 4 - fake->last) : 0;
    while (got < body && (n = read(fd, dropped, sizeof dropped)) > 0)
        got += (size_t)n;
    return end != NULL;
}

/* Of the request. */
static inline void say_back(struct fake *fake, int fd)
{
    const char *line = strcasestr(fake->last, "\r\nx-amz-checksum-crc32c:"),
               *end = line ? strchr(line + 2, '\n') : NULL;
    if (end)
        send(fd, line + 2, (size_t)(end + 1 - (line + 2)), MSG_NOSIGNAL);
}

/* One byte after the other. */
static inline void drip(const char *text, int fd)
{
    for (; *text && send(fd, text, 1, MSG_NOSIGNAL) == 1; text++)
        usleep(DRIP_US);
}

static inline void answer(struct fake *fake, int fd)
{
    if (!read_request(fake, fd))
        return;
    int index = atomic_fetch_add(&fake->requests, 1);
    const char *text = fake->choose ? fake->choose(fake) : fake->answers[index < fake->count ? index : fake->count - 1];
    size_t used = strlen(fake->methods);
    snprintf(fake->methods + used, sizeof fake->methods - used, "%.*s ", (int)strcspn(fake->last, " "), fake->last);
    if (strcmp(text, RESET) == 0) {
        const struct linger at_once = {.l_onoff = 1};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return;
    }
    size_t plain = strcspn(text, SLOWLY SAID_BACK);
    if (send(fd, text, plain, MSG_NOSIGNAL) < 0 || !text[plain])
        return;
    if (text[plain] == *SLOWLY) {
        drip(text + plain + 1, fd);
    } else {
        say_back(fake, fd);
        send(fd, text + plain + 1, strlen(text + plain + 1), MSG_NOSIGNAL);
    }
}

static inline void *serve(void *ctx)
{
    struct fake *fake = ctx;
    int fd;
    while ((fd = accept(fake->listener, NULL, NULL)) >= 0) {
        answer(fake, fd);
        close(fd);
    }
    return NULL;
}

static inline void fake_start(struct fake *fake)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    fake->host = fake->host ? fake->host : "127.0.0.1";
    assert_int_equal(inet_pton(AF_INET, fake->host, &address.sin_addr), 1);
    while (fake->count < ANSWERS_MAX && fake->answers[fake->count])
        fake->count++;
    fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fake->listener, 16), 0);
    assert_int_equal(getsockname(fake->listener, (struct sockaddr *)&address, &size), 0);
    fake->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

static inline void fake_stop(struct fake *fake)
{
    shutdown(fake->listener, SHUT_RDWR);
    pthread_join(fake->thread, NULL);
    close(fake->listener);
}

static inline const struct plugin *s3_plugin(void)
{
    const struct plugin *plugin = NULL;
    struct status status = {0};
    assert_int_equal(plugin_load(MEMORA_TEST_PLUGIN_DIR, MEMORA_KIND_STORAGE, "s3", &plugin, &status), STATUS_OK);
    return plugin;
}

struct pair {
    const char *key, *value;
};

static inline int open_with(const struct pair *pairs, size_t count, struct memora_storage **out,
                            struct memora_error *error)
{
    struct config_entry entries[12];
    struct arena *arena = arena_create();
    const struct config config = {.arena = arena, .data_dir = "/tmp"};
    const struct memora_config *made = NULL;
    struct status status = {0};
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct config_entry){.key = pairs[i].key, .value = pairs[i].value, .file = "test"};
    const struct config_section section = {.name = "storage", .entries = entries, .count = count};
    assert_int_equal(plugin_configure(s3_plugin(), &section, &config, &made, &status), STATUS_OK);
    int result = s3_plugin()->ops.storage.open(made, out, error);
    arena_destroy(arena);
    return result;
}

static inline struct memora_storage *open_fake_with(struct fake *fake, const char *compare_all)
{
    char endpoint[64];
    struct memora_storage *storage = NULL;
    struct memora_error error = {0};
    fake_start(fake);
    snprintf(endpoint, sizeof endpoint, "http://%s:%d/base/", fake->host, fake->port);
    const struct pair pairs[] = {
        {"endpoint", endpoint},       {"bucket", "the-bucket"},
        {"path_style", "yes"},        {"access_key", "AKTEST"},
        {"secret_key", "the-secret"}, {"timeout", "2"},
        {"compare_all", compare_all}, {"sign_payload", fake->sign_payload ? fake->sign_payload : "yes"}};
    assert_int_equal(open_with(pairs, sizeof pairs / sizeof pairs[0], &storage, &error), MEMORA_OK);
    return storage;
}

static inline struct memora_storage *open_fake(struct fake *fake)
{
    return open_fake_with(fake, "no");
}

static inline void close_fake(struct fake *fake, struct memora_storage *storage)
{
    fake_stop(fake);
    s3_plugin()->ops.storage.close(storage);
}

#define BUSY "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
#define HEAD_OK "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"abc\"\r\nConnection: close\r\n\r\n"
#define XML_HEAD(status) "HTTP/1.1 " status "\r\nContent-Type: application/xml\r\nConnection: close\r\n"

static inline int get_from(struct fake *fake, const char *compare_all, char *out, size_t size, uint64_t off,
                           uint64_t len, struct memora_error *error)
{
    const struct memora_storage_ops *ops = &s3_plugin()->ops.storage;
    struct memora_reader *reader = NULL;
    struct memora_object object;
    struct memora_storage *storage = open_fake_with(fake, compare_all);
    int result = ops->get(storage, "key", off, len, &reader, &object, error);
    size_t length = 0;
    int64_t n = 0;
    while (result == MEMORA_OK && (n = ops->read(reader, out + length, size - 1 - length, error)) > 0)
        length += (size_t)n;
    out[length] = '\0';
    if (result == MEMORA_OK)
        ops->reader_close(reader);
    close_fake(fake, storage);
    return result == MEMORA_OK ? (int)n : result;
}

static inline int get_with(const char *text, char *out, size_t size, uint64_t off, uint64_t len,
                           struct memora_error *error)
{
    struct fake fake = {.answers = {text}};
    return get_from(&fake, "no", out, size, off, len, error);
}

struct zeros {
    int64_t left, give_up_at;
};

static inline int64_t read_zeros(void *ctx, void *buf, size_t cap)
{
    struct zeros *zeros = ctx;
    if (zeros->left <= zeros->give_up_at)
        return -1;
    size_t n = cap < (size_t)zeros->left ? cap : (size_t)zeros->left;
    memset(buf, 0, n);
    zeros->left -= (int64_t)n;
    return (int64_t)n;
}

#endif
