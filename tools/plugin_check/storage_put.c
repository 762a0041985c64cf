/* An object is there whole, or it is not there. */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "storage_object.h"

enum { KIB = 1024, MIB = 1024 * 1024, WRITERS = 2, WRITER_ROUNDS = 10 };
static const uint64_t LARGE = 4ull * 1024 * MIB + 5;
#define KEY STORAGE_PREFIX "object"

/* Sizes around what buffers, parts and thresholds are commonly made of. */
static void check_sizes(struct store *store)
{
    static const uint64_t sizes[] = {0,           1,           4096,    64 * KIB + 1, MIB,
                                     5 * MIB + 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1,  17 * MIB};
    static const char *const hows[] = {"not known, in small pieces", "announced", "announced, read at any place",
                                       "announced, in a file"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int how = 0; how < 4; how++) {
            bool announced = how > 0;
            struct memora_error error = {0};
            struct memora_object put = {0}, got = {0};
            struct source source = {.total = sizes[i],
                                    .seed = (unsigned)i,
                                    .piece = announced ? 0 : 7001,
                                    .anywhere = how >= 2,
                                    .in_file = how == 3};
            uint64_t bytes = 0;
            char name[100];
            int result = store_put(store, KEY, &source, announced ? (int64_t)sizes[i] : -1, 0, &put, &error);
            if (result == MEMORA_OK)
                result = store_compare(store, KEY, 0, UINT64_MAX, (unsigned)i, &bytes, &got, &error);
            snprintf(name, sizeof name, "%llu bytes, size %s", (unsigned long long)sizes[i], hows[how]);
            check_that(store->check,
                       result == MEMORA_OK && bytes == sizes[i] && put.size == sizes[i] && got.size == sizes[i], name,
                       "%s, read %llu, put says %llu, get %llu: %s", check_code_name(result), (unsigned long long)bytes,
                       (unsigned long long)put.size, (unsigned long long)got.size, error.message);
        }
    }
    store_remove(store, KEY);
}

static void check_aborts(struct store *store)
{
    static const uint64_t places[] = {1, 4096, MIB, 9 * MIB};
    struct memora_error error = {0};
    for (size_t i = 0; i < 2 * sizeof places / sizeof places[0]; i++) {
        char name[100];
        uint64_t place = places[i / 2];
        struct source source = {
            .total = place * 2, .give_up_at = place, .piece = place > 1 ? 0 : 1, .anywhere = i % 2 == 1};
        store_remove(store, KEY);
        int result = store_put(store, KEY, &source, (int64_t)source.total, 0, NULL, &error);
        snprintf(name, sizeof name, "a source that gives up at byte %llu%s", (unsigned long long)place,
                 source.anywhere ? ", read at any place" : "");
        check_code(store->check, result, MEMORA_E_CANCELLED, &error, name);
        snprintf(name, sizeof name, "nothing is left of it (byte %llu%s)", (unsigned long long)place,
                 source.anywhere ? ", read at any place" : "");
        check_that(store->check, !store_has(store, KEY), name, "the object is there");
    }
    int result = store_put_pattern(store, KEY, 1000, 1, &error);
    struct source source = {.total = 5000, .seed = 2, .give_up_at = 1, .piece = 1};
    store_put(store, KEY, &source, -1, 0, NULL, &error);
    uint64_t bytes = 0;
    if (result == MEMORA_OK)
        result = store_compare(store, KEY, 0, UINT64_MAX, 1, &bytes, NULL, &error);
    check_that(store->check, result == MEMORA_OK && bytes == 1000, "a put that fails leaves what was there before",
               "%s, %llu bytes: %s", check_code_name(result), (unsigned long long)bytes, error.message);
}

static void check_wrong_sizes(struct store *store)
{
    static const struct {
        uint64_t total;
        int64_t announced;
        const char *name;
    } cases[] = {{1000, 1001, "a source shorter than announced"},
                 {1001, 1000, "a source longer than announced"},
                 {0, 1, "no byte where one was announced"},
                 {1, 0, "a byte where none was announced"},
                 {9 * MIB, 10 * MIB, "a large source shorter than announced"},
                 {10 * MIB, 9 * MIB, "a large source longer than announced"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct memora_error error = {0};
        struct source source = {.total = cases[i].total};
        char name[100];
        store_remove(store, KEY);
        int result = store_put(store, KEY, &source, cases[i].announced, 0, NULL, &error);
        check_code(store->check, result, MEMORA_E_ARG, &error, cases[i].name);
        snprintf(name, sizeof name, "%s: nothing stored", cases[i].name);
        check_that(store->check, !store_has(store, KEY), name, "the object is there");
    }
}

static void check_replacing(struct store *store)
{
    struct check *check = store->check;
    struct memora_error error = {0};
    struct memora_object first = {0}, second = {0}, stat = {0};
    struct source source = {.total = 500, .seed = 1};
    store_remove(store, KEY);
    int result = store_put(store, KEY, &source, 500, MEMORA_PUT_NO_REPLACE, &first, &error);
    check_code(check, result, MEMORA_OK, &error, "NO_REPLACE where nothing is");
    source = (struct source){.total = 600, .seed = 2};
    result = store_put(store, KEY, &source, 600, MEMORA_PUT_NO_REPLACE, &second, &error);
    check_code(check, result, MEMORA_E_EXISTS, &error, "NO_REPLACE where something is");
    result = store_compare(store, KEY, 0, UINT64_MAX, 1, NULL, NULL, &error);
    check_code(check, result, MEMORA_OK, &error, "NO_REPLACE leaves it alone");
    source = (struct source){.total = 600, .seed = 2};
    result = store_put(store, KEY, &source, 600, 0, &second, &error);
    check_code(check, result, MEMORA_OK, &error, "without NO_REPLACE it is replaced");
    check_that(check, !first.etag[0] || strcmp(first.etag, second.etag) != 0, "another content, another etag", "%s",
               first.etag);
    result = store->ops->stat(store->storage, KEY, &stat, &error);
    check_that(check, result == MEMORA_OK && stat.size == 600 && strcmp(stat.etag, second.etag) == 0,
               "stat() says what put() said", "size %llu, etags \"%s\" and \"%s\": %s", (unsigned long long)stat.size,
               stat.etag, second.etag, error.message);
    check_that(check, !stat.content_type[0] || strcmp(stat.content_type, "text/plain; charset=utf-8") == 0,
               "the content type is kept, or not known", "%s", stat.content_type);
    check_that(check, !strchr(stat.etag, '"'), "an etag without quotes", "%s", stat.etag);
    check_that(check, stat.mtime_ns == 0 || stat.mtime_ns > 1500000000ll * 1000000000ll, "a plausible time of change",
               "%lld", (long long)stat.mtime_ns);
}

static void check_removing(struct store *store)
{
    struct check *check = store->check;
    struct memora_error error = {0};
    struct memora_object object = {0};
    struct memora_reader *reader = NULL;
    store_put_pattern(store, KEY, 10, 1, &error);
    check_code(check, store->ops->remove(store->storage, KEY, &error), MEMORA_OK, &error, "remove()");
    check_code(check, store->ops->remove(store->storage, KEY, &error), MEMORA_OK, &error,
               "remove() of what is not there");
    check_code(check, store->ops->stat(store->storage, KEY, &object, &error), MEMORA_E_NOT_FOUND, &error,
               "stat() of what is not there");
    int result = store->ops->get(store->storage, KEY, 0, UINT64_MAX, &reader, &object, &error);
    if (result == MEMORA_OK)
        store->ops->reader_close(reader);
    check_code(check, result, MEMORA_E_NOT_FOUND, &error, "get() of what is not there");
}

struct writer {
    struct store *store;
    unsigned seed;
    int result;
    struct memora_error error;
};

static void *write_again_and_again(void *ctx)
{
    struct writer *writer = ctx;
    for (int i = 0; i < WRITER_ROUNDS && writer->result == MEMORA_OK; i++)
        writer->result = store_put_pattern(writer->store, KEY, 200 * KIB + writer->seed, writer->seed, &writer->error);
    return NULL;
}

static void check_two_writers(struct store *store)
{
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    struct memora_object info = {0};
    struct memora_error error = {0};
    if (store->check->plugin->table->threads == MEMORA_THREADS_SERIAL) {
        check_skip(store->check, "two writers of one key", "the plugin declares MEMORA_THREADS_SERIAL");
        return;
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.store = store, .seed = i + 1};
        if (pthread_create(&threads[i], NULL, write_again_and_again, &writers[i]) != 0)
            check_bail_out(store->check, "no thread");
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        check_code(store->check, writers[i].result, MEMORA_OK, &writers[i].error, "a writer beside another");
    }
    int result = store->ops->stat(store->storage, KEY, &info, &error);
    unsigned seed = (unsigned)(info.size - 200 * KIB);
    if (result == MEMORA_OK)
        result = store_compare(store, KEY, 0, UINT64_MAX, seed, NULL, NULL, &error);
    check_that(store->check, result == MEMORA_OK && seed >= 1 && seed <= WRITERS, "one of two writers wins whole",
               "%s, %llu bytes: %s", check_code_name(result), (unsigned long long)info.size, error.message);
    store_remove(store, KEY);
}

static void check_large(struct store *store)
{
    struct memora_error error = {0};
    uint64_t got = 0;
    if (!store->check->large) {
        check_skip(store->check, "more than 4 GiB", "only with --large");
        return;
    }
    alarm(0); /* however slow the disk is */
    int result = store_put_pattern(store, KEY, LARGE, 1, &error);
    check_code(store->check, result, MEMORA_OK, &error, "more than 4 GiB");
    result = store_compare(store, KEY, LARGE - 10, UINT64_MAX, 1, &got, NULL, &error);
    check_that(store->check, result == MEMORA_OK && got == 10, "the last bytes beyond 4 GiB", "%s, %llu bytes: %s",
               check_code_name(result), (unsigned long long)got, error.message);
    store_remove(store, KEY);
}

void check_storage_put(struct check *check)
{
    struct store store;
    if (!store_open(check, &store))
        return;
    check_sizes(&store);
    check_aborts(&store);
    check_wrong_sizes(&store);
    check_replacing(&store);
    check_removing(&store);
    check_two_writers(&store);
    check_large(&store);
    store_close(&store);
}
