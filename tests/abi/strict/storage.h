/* Like storage-fs, but one call at a time for each instance. */
#define STORAGE
#include "../wrong/real.h"

#include "guard.h"

static int open_storage(const struct memora_config *config, struct memora_storage **out, struct memora_error *error)
{
    struct memora_storage *storage;
    int result = real.open(config, &storage, error);
    if (result == MEMORA_OK)
        *out = (struct memora_storage *)guard_new(storage, NULL);
    return result;
}

static void close_storage(struct memora_storage *storage)
{
    real.close(enter(storage, "close"));
    free(storage);
}

static uint64_t features(struct memora_storage *storage)
{
    uint64_t found = real.features(enter(storage, "features"));
    leave(storage);
    return found & ~(uint64_t)MEMORA_STORAGE_FD; /* all reading goes through read() */
}

static int check(struct memora_storage *storage, struct memora_error *error)
{
    int result = real.check(enter(storage, "check"), error);
    leave(storage);
    return result;
}

static int put(struct memora_storage *storage, const char *key, const struct memora_put *source,
               struct memora_object *out, struct memora_error *error)
{
    int result = real.put(enter(storage, "put"), key, source, out, error);
    leave(storage);
    return result;
}

static int stat_object(struct memora_storage *storage, const char *key, struct memora_object *out,
                       struct memora_error *error)
{
    int result = real.stat(enter(storage, "stat"), key, out, error);
    leave(storage);
    return result;
}

static int get(struct memora_storage *storage, const char *key, uint64_t off, uint64_t len, struct memora_reader **out,
               struct memora_object *info, struct memora_error *error)
{
    struct memora_reader *reader;
    int result = real.get(enter(storage, "get"), key, off, len, &reader, info, error);
    leave(storage);
    if (result == MEMORA_OK)
        *out = (struct memora_reader *)guard_new(reader, (struct guard *)storage);
    return result;
}

static int64_t read_object(struct memora_reader *reader, void *buf, size_t cap, struct memora_error *error)
{
    int64_t count = real.read(enter(reader, "read"), buf, cap, error);
    leave(reader);
    return count;
}

static void reader_close(struct memora_reader *reader)
{
    real.reader_close(enter(reader, "reader_close"));
    leave(reader);
    free(reader);
}

static int remove_object(struct memora_storage *storage, const char *key, struct memora_error *error)
{
    int result = real.remove(enter(storage, "remove"), key, error);
    leave(storage);
    return result;
}

static void set_up(operations *ops)
{
    *ops = (operations){.struct_size = sizeof *ops,
                        .open = open_storage,
                        .close = close_storage,
                        .features = features,
                        .check = check,
                        .put = put,
                        .stat = stat_object,
                        .get = get,
                        .read = read_object,
                        .reader_close = reader_close,
                        .remove = remove_object};
    declare_threads();
}
