/* Keys that are keys work; those that are none are refused, whatever the core has checked before. */
#include <string.h>

#include "storage_object.h"

static const char *const good[] = {
    STORAGE_PREFIX "a",
    STORAGE_PREFIX "a b+c&d=e%20f?g#h",
    STORAGE_PREFIX "\xc3\xbc"
                   "ber/\xe6\xbc\xa2\xe5\xad\x97/\xf0\x9f\x93\x9d.md",
    STORAGE_PREFIX "quote'\"`\\$(x);|*[]{}<>!~^",
    STORAGE_PREFIX "...",
    STORAGE_PREFIX ".hidden/..two",
    STORAGE_PREFIX "-rf",
    STORAGE_PREFIX "deep/a/b/c/d/e/f/g/h/i/j",
    STORAGE_PREFIX " leading and trailing ",
};

static const char *const bad[] = {
    "",
    "/",
    "/etc/memora-check",
    "..",
    ".",
    "../memora-check",
    STORAGE_PREFIX "../../memora-check",
    STORAGE_PREFIX "./x",
    STORAGE_PREFIX "x/..",
    STORAGE_PREFIX "x/.",
    STORAGE_PREFIX "x//y",
    STORAGE_PREFIX "x/",
    STORAGE_PREFIX "new\nline",
    STORAGE_PREFIX "tab\t",
    STORAGE_PREFIX "del\x7f",
    STORAGE_PREFIX "bad utf-8 \xff",
    STORAGE_PREFIX "overlong \xc0\xae\xc0\xae",
    STORAGE_PREFIX "surrogate \xed\xa0\x80",
};

static void check_good(struct store *store, const char *key)
{
    struct memora_error error = {0};
    char name[200];
    check_quote(name, sizeof name, "the key ", key);
    int result = store_put_pattern(store, key, 100, 5, &error);
    if (result == MEMORA_OK)
        result = store_compare(store, key, 0, UINT64_MAX, 5, NULL, NULL, &error);
    if (result == MEMORA_OK)
        result = store->ops->remove(store->storage, key, &error);
    check_code(store->check, result, MEMORA_OK, &error, name);
    if (result == MEMORA_OK && store_has(store, key))
        check_that(store->check, false, name, "it is still there after remove()");
}

static void check_bad(struct store *store, const char *key)
{
    struct memora_error error = {0};
    struct memora_object object = {0};
    struct memora_reader *reader = NULL;
    char name[200];
    check_quote(name, sizeof name, "put() refuses ", key);
    check_code(store->check, store_put_pattern(store, key, 10, 1, &error), MEMORA_E_ARG, &error, name);
    check_quote(name, sizeof name, "stat(), get() and remove() refuse ", key);
    int stat = store->ops->stat(store->storage, key, &object, &error);
    int get = store->ops->get(store->storage, key, 0, UINT64_MAX, &reader, &object, &error);
    int removed = store->ops->remove(store->storage, key, &error);
    if (get == MEMORA_OK)
        store->ops->reader_close(reader);
    check_that(store->check, stat == MEMORA_E_ARG && get == MEMORA_E_ARG && removed == MEMORA_E_ARG, name,
               "stat %s, get %s, remove %s", check_code_name(stat), check_code_name(get), check_code_name(removed));
}

static void check_lengths(struct store *store)
{
    char key[MEMORA_STORAGE_KEY_MAX + 2];
    struct memora_error error = {0};
    memset(key, 'k', sizeof key);
    memcpy(key, STORAGE_PREFIX, strlen(STORAGE_PREFIX));
    for (size_t i = 100; i < MEMORA_STORAGE_KEY_MAX; i += 100) /* no file system takes more than 255 bytes in one */
        key[i] = '/';
    key[MEMORA_STORAGE_KEY_MAX] = '\0';
    int result = store_put_pattern(store, key, 100, 5, &error);
    if (result == MEMORA_OK)
        result = store_compare(store, key, 0, UINT64_MAX, 5, NULL, NULL, &error);
    check_code(store->check, result, MEMORA_OK, &error, "a key of 1024 bytes");
    store_remove(store, key);
    key[MEMORA_STORAGE_KEY_MAX] = 'k';
    key[MEMORA_STORAGE_KEY_MAX + 1] = '\0';
    result = store_put_pattern(store, key, 100, 5, &error);
    check_code(store->check, result, MEMORA_E_ARG, &error, "a key of 1025 bytes");
}

void check_storage_keys(struct check *check)
{
    struct store store;
    if (!store_open(check, &store))
        return;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        check_good(&store, good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_bad(&store, bad[i]);
    check_lengths(&store);
    store_close(&store);
}
