#include "storage_probe.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { KEY_SIZE = 40 };

/* Source of the object: its bytes, once. */
struct probe {
    uint64_t value;
    bool sent;
};

static int64_t probe_read(void *ctx, void *buf, size_t cap)
{
    struct probe *probe = ctx;
    if (probe->sent || cap < sizeof probe->value)
        return 0;
    memcpy(buf, &probe->value, sizeof probe->value);
    probe->sent = true;
    return sizeof probe->value;
}

static int compare(const struct memora_storage_ops *ops, struct memora_storage *storage, const char *key,
                   uint64_t wanted, struct memora_error *error)
{
    struct memora_reader *reader = NULL;
    struct memora_object object;
    uint64_t value = 0;
    size_t got = 0;
    int64_t n = 0;
    int result = ops->get(storage, key, 0, UINT64_MAX, &reader, &object, error);
    if (result != MEMORA_OK)
        return result;
    while (got < sizeof value && (n = ops->read(reader, (char *)&value + got, sizeof value - got, error)) > 0)
        got += (size_t)n;
    ops->reader_close(reader);
    if (n < 0)
        return (int)n;
    return got == sizeof value && value == wanted
               ? MEMORA_OK
               : memora_fail(error, MEMORA_E_IO, "the probe object reads back differently");
}

int storage_probe(const struct memora_host *host, const struct memora_storage_ops *ops, struct memora_storage *storage,
                  struct memora_error *error)
{
    struct probe probe = {0};
    char key[KEY_SIZE];
    if (host->random(&probe.value, sizeof probe.value) != MEMORA_OK)
        return memora_fail(error, MEMORA_E_INTERNAL, "no random numbers");
    snprintf(key, sizeof key, ".memora-check-%016llx", (unsigned long long)probe.value);
    const struct memora_put put = {.struct_size = sizeof put,
                                   .size = sizeof probe.value,
                                   .content_type = "application/octet-stream",
                                   .read = probe_read,
                                   .ctx = &probe};
    struct memora_object object = {0};
    int result = ops->put(storage, key, &put, &object, error);
    if (result != MEMORA_OK)
        return result;
    result = compare(ops, storage, key, probe.value, error);
    struct memora_error other = {0};
    int removed = ops->remove(storage, key, result == MEMORA_OK ? error : &other);
    return result == MEMORA_OK ? removed : result;
}
