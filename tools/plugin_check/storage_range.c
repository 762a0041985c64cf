/* Parts of objects, readers that outlive what they read, and links for the open web. */
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "storage_object.h"

enum { SIZE = 300000, SEED = 11, URL_MAX = 4096, ANSWER_MAX = 16384, NOW_TRIES = 120, NOW_WAIT_MS = 1000 };
#define KEY STORAGE_PREFIX "range"

static void check_ranges(struct store *store)
{
    static const struct {
        uint64_t off, len, wanted;
        const char *name;
    } cases[] = {
        {0, UINT64_MAX, SIZE, "all of it"},
        {0, SIZE, SIZE, "all of it by its size"},
        {0, 1, 1, "the first byte"},
        {SIZE - 1, 1, 1, "the last byte"},
        {SIZE - 1, UINT64_MAX, 1, "from the last byte to the end"},
        {SIZE - 1, 100, 1, "a length beyond the end is cut"},
        {100, 0, 0, "no byte in the middle"},
        {0, 0, 0, "no byte at the start"},
        {SIZE, 0, 0, "no byte at the end"},
        {SIZE, UINT64_MAX, 0, "from the end to the end"},
        {65535, 2, 2, "across a border of 64 KiB"},
        {1, UINT64_MAX - 1, SIZE - 1, "a length that overflows with its offset"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct memora_error error = {0};
        struct memora_object info = {0};
        uint64_t got = 0;
        int result = store_compare(store, KEY, cases[i].off, cases[i].len, SEED, &got, &info, &error);
        check_that(store->check, result == MEMORA_OK && got == cases[i].wanted && info.size == SIZE, cases[i].name,
                   "%s, %llu bytes (expected %llu), size %llu (expected %d): %s", check_code_name(result),
                   (unsigned long long)got, (unsigned long long)cases[i].wanted, (unsigned long long)info.size, SIZE,
                   error.message);
    }
}

static void check_beyond(struct store *store)
{
    static const uint64_t offsets[] = {SIZE + 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        struct memora_error error = {0};
        struct memora_object info = {0};
        int result = store_compare(store, KEY, offsets[i], UINT64_MAX, SEED, NULL, &info, &error);
        check_code(store->check, result, MEMORA_E_RANGE, &error, "an offset beyond the end");
        check_that(store->check, info.size == SIZE, "MEMORA_E_RANGE tells the size", "%llu, expected %d",
                   (unsigned long long)info.size, SIZE);
    }
}

static void check_small_reads(struct store *store)
{
    struct memora_reader *reader = NULL;
    struct memora_object info = {0};
    struct memora_error error = {0};
    unsigned char bytes[3];
    int result = store->ops->get(store->storage, KEY, 10, 100, &reader, &info, &error);
    if (!check_code(store->check, result, MEMORA_OK, &error, "a reader"))
        return;
    uint64_t got = 0;
    bool right = true;
    int64_t n = 0;
    for (int i = 0; i < 200 && right && (n = store->ops->read(reader, bytes, sizeof bytes, &error)) > 0; i++) {
        right = n <= (int64_t)sizeof bytes;
        for (int64_t k = 0; k < n && right; k++)
            right = bytes[k] == source_byte(SEED, 10 + got++);
    }
    check_that(store->check, right && n == 0 && got == 100, "a range in reads of three bytes", "%llu bytes of 100: %s",
               (unsigned long long)got, error.message);
    n = store->ops->read(reader, bytes, sizeof bytes, &error);
    check_that(store->check, n == 0, "read() at the end stays at the end", "%lld", (long long)n);
    store->ops->reader_close(reader);
}

/* The next bytes by read_now(), waited for as the core does; every fourth time by read() instead. */
static int64_t read_when_there(struct store *store, struct memora_reader *reader, unsigned turn, void *buf, size_t cap,
                               struct memora_error *error)
{
    if (turn % 4 == 3)
        return store->ops->read(reader, buf, cap, error);
    int64_t n = MEMORA_E_LATER;
    for (int i = 0; i < NOW_TRIES && n == MEMORA_E_LATER; i++) {
        int fd = -1;
        n = store->ops->read_now(reader, buf, cap, &fd, error);
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (n == MEMORA_E_LATER && (poll(&ready, 1, NOW_WAIT_MS) < 0 || ready.revents & POLLNVAL))
            return MEMORA_E_INTERNAL;
    }
    return n;
}

static void check_read_now(struct store *store)
{
    struct memora_reader *reader = NULL;
    struct memora_object info = {0};
    struct memora_error error = {0};
    unsigned char bytes[10000];
    if (!MEMORA_HAS(store->ops, read_now)) {
        check_skip(store->check, "read_now() has the range", "not there");
        return;
    }
    int result = store->ops->get(store->storage, KEY, 10, UINT64_MAX, &reader, &info, &error);
    if (!check_code(store->check, result, MEMORA_OK, &error, "a reader for read_now()"))
        return;
    uint64_t got = 0;
    bool right = true;
    int64_t n;
    for (unsigned turn = 0; (n = read_when_there(store, reader, turn, bytes, sizeof bytes, &error)) > 0; turn++)
        for (int64_t i = 0; i < n && right; i++)
            right = bytes[i] == source_byte(SEED, 10 + got++);
    check_that(store->check, right && n == 0 && got == SIZE - 10, "read_now() has the range",
               "%llu bytes of %d, then %lld: %s", (unsigned long long)got, SIZE - 10, (long long)n,
               right ? error.message : "wrong bytes");
    store->ops->reader_close(reader);
}

/* A large object, so that it cannot be in a buffer already. */
static void check_removed_meanwhile(struct store *store, bool replace)
{
    enum { BYTES = 6 * 1024 * 1024, PIECE = 1000 };
    const char *key = STORAGE_PREFIX "removed";
    struct memora_reader *reader = NULL;
    struct memora_object info = {0};
    struct memora_error error = {0};
    unsigned char piece[PIECE];
    uint64_t got = 0;
    int64_t n = 0;
    int result = store_put_pattern(store, key, BYTES, 1, &error);
    if (result == MEMORA_OK)
        result = store->ops->get(store->storage, key, 0, UINT64_MAX, &reader, &info, &error);
    if (!check_code(store->check, result, MEMORA_OK, &error, "a reader of a large object"))
        return;
    bool right = (n = store->ops->read(reader, piece, sizeof piece, &error)) > 0;
    got = right ? (uint64_t)n : 0;
    if (replace)
        store_put_pattern(store, key, BYTES, 2, &error);
    else
        store_remove(store, key);
    while (right && (n = store->ops->read(reader, piece, sizeof piece, &error)) > 0)
        for (int64_t i = 0; i < n && right; i++)
            right = piece[i] == source_byte(1, got++);
    check_that(store->check, right && n == 0 && got == BYTES,
               replace ? "a reader goes on when the object is replaced" : "a reader goes on when the object is removed",
               "%llu bytes of %d, %s", (unsigned long long)got, BYTES, right ? error.message : "wrong bytes");
    store->ops->reader_close(reader);
    store_remove(store, key);
}

static void check_descriptor(struct store *store)
{
    struct memora_reader *reader = NULL;
    struct memora_object info = {0};
    struct memora_error error = {0};
    unsigned char bytes[100];
    uint64_t offset = UINT64_MAX;
    bool right = true;
    if (!(store->features & MEMORA_STORAGE_FD) || !store->ops->reader_fd) {
        check_skip(store->check, "reader_fd() has the range", "not claimed");
        return;
    }
    if (store->ops->get(store->storage, KEY, 1000, 100, &reader, &info, &error) != MEMORA_OK)
        return;
    int fd = store->ops->reader_fd(reader, &offset);
    if (fd >= 0)
        right = pread(fd, bytes, sizeof bytes, (off_t)offset) == (ssize_t)sizeof bytes;
    for (size_t i = 0; i < sizeof bytes && right && fd >= 0; i++)
        right = bytes[i] == source_byte(SEED, 1000 + i);
    check_that(store->check, right, "reader_fd() has the range", "at offset %llu", (unsigned long long)offset);
    store->ops->reader_close(reader);
}

/* One GET of an http:// URL (RFC 9112); the whole answer into out. -1 if there is none. */
static ssize_t fetch(const char *url, char *out, size_t size)
{
    char host[256], port[8] = "80", request[URL_MAX + 300];
    const char *at = url + strlen("http://"), *path = strchr(at, '/');
    if (!path || (size_t)(path - at) >= sizeof host)
        return -1;
    snprintf(host, sizeof host, "%.*s", (int)(path - at), at);
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, host);
    char *colon = strrchr(host, ':');
    if (colon && !strchr(colon, ']')) {
        snprintf(port, sizeof port, "%s", colon + 1);
        *colon = '\0';
    }
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ssize_t total = -1;
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0 &&
        write(fd, request, (size_t)length) == length) {
        ssize_t n;
        total = 0;
        while ((size_t)total < size && (n = read(fd, out + total, size - (size_t)total)) > 0)
            total += n;
    }
    if (fd >= 0)
        close(fd);
    freeaddrinfo(found);
    return total;
}

static void check_presign(struct store *store)
{
    const char *key = STORAGE_PREFIX "signed \xc3\xbc+&=.txt";
    struct check *check = store->check;
    struct memora_error error = {0};
    char url[URL_MAX], answer[ANSWER_MAX + 1];
    if (!(store->features & MEMORA_STORAGE_PRESIGN) || !store->ops->presign) {
        check_skip(check, "presign()", "not claimed");
        return;
    }
    store_put_pattern(store, key, 2000, SEED, &error);
    int result = store->ops->presign(store->storage, key, 60, url, sizeof url, &error);
    check_code(check, result, MEMORA_OK, &error, "presign()");
    check_code(check, store->ops->presign(store->storage, key, 60, answer, 10, &error), MEMORA_E_RANGE, &error,
               "presign() into ten bytes");
    if (result == MEMORA_OK && strncmp(url, "http://", 7) == 0) {
        ssize_t n = fetch(url, answer, ANSWER_MAX);
        answer[n > 0 ? n : 0] = '\0';
        const char *body = n > 0 ? strstr(answer, "\r\n\r\n") : NULL;
        bool right = body && strncmp(answer, "HTTP/1.", 7) == 0 && strncmp(answer + 8, " 200", 4) == 0 &&
                     answer + n - (body + 4) == 2000;
        for (unsigned i = 0; right && i < 2000; i++)
            right = (unsigned char)body[4 + i] == source_byte(SEED, i);
        check_that(check, right, "anyone can GET what presign() gave", "%.200s", answer);
        char *signature = strstr(url, "ignature=");
        if (signature) {
            signature[9] = signature[9] == '0' ? '1' : '0';
            n = fetch(url, answer, ANSWER_MAX);
            check_that(check, n > 12 && strncmp(answer + 8, " 200", 4) != 0, "a forged signature is refused",
                       "it is not");
        }
    } else if (result == MEMORA_OK) {
        check_skip(check, "anyone can GET what presign() gave", "not an http:// URL");
    }
    store_remove(store, key);
}

void check_storage_range(struct check *check)
{
    struct store store;
    struct memora_error error = {0};
    if (!store_open(check, &store))
        return;
    int result = store_put_pattern(&store, KEY, SIZE, SEED, &error);
    if (check_code(check, result, MEMORA_OK, &error, "an object to read parts of")) {
        check_ranges(&store);
        check_beyond(&store);
        check_small_reads(&store);
        check_descriptor(&store);
        check_read_now(&store);
        check_removed_meanwhile(&store, false);
        check_removed_meanwhile(&store, true);
        check_presign(&store);
    }
    store_remove(&store, KEY);
    store_close(&store);
}
