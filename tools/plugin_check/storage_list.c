/* Listings are complete, in order, and go on where they stopped. */
#include <stdlib.h>
#include <string.h>

#include "storage_object.h"

enum { OBJECTS = 10000, OBJECTS_QUICK = 1200, FOLDERS = 13 };
#define PREFIX STORAGE_PREFIX "list/"

struct listing {
    char last[MEMORA_STORAGE_KEY_MAX + 1];
    const char *prefix;
    unsigned count, stop_after;
    bool unordered, foreign, wrong_size;
};

static int take(void *ctx, const char *key, const struct memora_object *object)
{
    struct listing *listing = ctx;
    listing->unordered |= strcmp(key, listing->last) <= 0;
    listing->foreign |= strncmp(key, listing->prefix, strlen(listing->prefix)) != 0;
    listing->wrong_size |= object->size != 3;
    snprintf(listing->last, sizeof listing->last, "%s", key);
    listing->count++;
    return listing->stop_after && listing->count % listing->stop_after == 0;
}

/* Folder names around '/' in byte order ('-' and '.' before, '0' after), where walks of directories go wrong. */
static void make_key(char *key, size_t size, unsigned i)
{
    static const char *const folders[FOLDERS] = {"a/",        "a-", "a.b/", "a0/", "B/",   "a/b/", "z",
                                                 "\xc3\xa9/", "_",  "a/-",  "aa/", "a b/", ""};
    snprintf(key, size, PREFIX "%s%05u", folders[i % FOLDERS], i);
}

static int list(struct store *store, struct listing *listing, const char *after, struct memora_error *error)
{
    return store->ops->list(store->storage, listing->prefix, after, take, listing, error);
}

static void check_whole(struct store *store, unsigned objects)
{
    struct check *check = store->check;
    struct memora_error error = {0};
    struct listing listing = {.prefix = PREFIX};
    int result = list(store, &listing, "", &error);
    check_code(check, result, MEMORA_OK, &error, "list()");
    check_that(check, listing.count == objects, "every object is listed once", "%u of %u", listing.count, objects);
    check_that(check, !listing.unordered, "in byte order", "a key did not sort behind the one before");
    check_that(check, !listing.foreign && !listing.wrong_size, "only what has the prefix, with its size",
               "a key without it, or another size");
}

static void check_resumed(struct store *store, unsigned objects)
{
    struct check *check = store->check;
    struct memora_error error = {0};
    struct listing listing = {.prefix = PREFIX, .stop_after = objects / 7 + 1};
    int result = MEMORA_OK;
    unsigned before = 1;
    for (int i = 0; i < 20 && result == MEMORA_OK && before != listing.count; i++) {
        char after[sizeof listing.last];
        before = listing.count;
        snprintf(after, sizeof after, "%s", listing.last);
        result = list(store, &listing, after, &error);
    }
    check_code(check, result, MEMORA_OK, &error, "list() in parts");
    check_that(check, listing.count == objects && !listing.unordered, "a listing goes on behind the last key",
               "%u of %u", listing.count, objects);
    struct listing end = {.prefix = PREFIX};
    list(store, &end, PREFIX "\xf4\x8f\xbf\xbf", &error);
    check_that(check, end.count == 0, "nothing behind the last key", "%u keys", end.count);
}

static void check_prefixes(struct store *store, unsigned objects)
{
    static const char *const prefixes[] = {PREFIX "a/", PREFIX "a", PREFIX "a/b/0", PREFIX "\xc3\xa9",
                                           PREFIX "nothing"};
    struct check *check = store->check;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        struct memora_error error = {0};
        struct listing listing = {.prefix = prefixes[i]};
        unsigned wanted = 0;
        char key[100], name[100];
        for (unsigned k = 0; k < objects; k++) {
            make_key(key, sizeof key, k);
            wanted += strncmp(key, prefixes[i], strlen(prefixes[i])) == 0;
        }
        int result = list(store, &listing, "", &error);
        snprintf(name, sizeof name, "the prefix %zu of %zu", i + 1, sizeof prefixes / sizeof prefixes[0]);
        check_that(check, result == MEMORA_OK && listing.count == wanted && !listing.unordered && !listing.foreign,
                   name, "%s: %u keys, expected %u", prefixes[i], listing.count, wanted);
    }
}

void check_storage_list(struct check *check)
{
    struct store store;
    struct memora_error error = {0};
    if (!store_open(check, &store))
        return;
    if (!(store.features & MEMORA_STORAGE_LIST) || !store.ops->list) {
        check_skip(check, "list()", "not claimed");
        store_close(&store);
        return;
    }
    unsigned objects = check->quick ? OBJECTS_QUICK : OBJECTS;
    char key[100];
    int result = MEMORA_OK;
    for (unsigned i = 0; i < objects && result == MEMORA_OK; i++) {
        make_key(key, sizeof key, i);
        result = store_put_pattern(&store, key, 3, i, &error);
        if (i % 1000 == 0)
            check_group(check, check->group); /* time for the next thousand */
    }
    if (check_code(check, result, MEMORA_OK, &error, "objects for a listing")) {
        check_whole(&store, objects);
        check_resumed(&store, objects);
        check_prefixes(&store, objects);
    }
    for (unsigned i = 0; i < objects; i++) {
        make_key(key, sizeof key, i);
        store_remove(&store, key);
        if (i % 1000 == 0)
            check_group(check, check->group);
    }
    struct listing rest = {.prefix = PREFIX};
    list(&store, &rest, "", &error);
    check_that(check, rest.count == 0, "what is removed is not listed", "%u keys", rest.count);
    store_close(&store);
}
