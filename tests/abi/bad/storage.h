/* A storage plugin that would pass every check. Each file of this folder changes one thing, by a macro set before. */
#include <memora/storage.h>

#ifndef MAGIC
#define MAGIC MEMORA_PLUGIN_MAGIC
#endif
#ifndef TABLE_SIZE
#define TABLE_SIZE sizeof(struct memora_plugin)
#endif
#ifndef MAJOR
#define MAJOR MEMORA_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR MEMORA_ABI_MINOR
#endif
#ifndef NEEDS
#define NEEDS 0
#endif
#ifndef KIND
#define KIND MEMORA_KIND_STORAGE
#endif
#ifndef THREADS
#define THREADS MEMORA_THREADS_PARALLEL
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef SUMMARY
#define SUMMARY "Test object"
#endif
#ifndef LICENCE
#define LICENCE "MIT"
#endif
#ifndef OPS
#define OPS &ops
#endif
#ifndef OPS_SIZE
#define OPS_SIZE sizeof(struct memora_storage_ops)
#endif
#ifndef REMOVE
#define REMOVE remove_object
#endif
#ifndef KEYS
#define KEYS                                                                                                           \
    {                                                                                                                  \
        "root", MEMORA_KEY_PATH, 0, "{data}", "Where the objects lie.", NULL                                           \
    }
#endif
#ifndef LOAD
#define LOAD NULL
#endif
#ifndef ENTRY
#define ENTRY memora_plugin_v1
#endif
#ifndef RESULT
#define RESULT &plugin
#endif

static int open_storage(const struct memora_config *config, struct memora_storage **out, struct memora_error *error)
{
    (void)config, (void)out;
    error->native_code = 5;
    return memora_fail(error, MEMORA_E_IO, "the disk is on holiday");
}

static void close_storage(struct memora_storage *storage)
{
    (void)storage;
}

static uint64_t features(struct memora_storage *storage)
{
    (void)storage;
    return 0;
}

static int check(struct memora_storage *storage, struct memora_error *error)
{
    (void)storage;
    return memora_fail(error, MEMORA_E_UNSUPPORTED, "not here");
}

static int put(struct memora_storage *storage, const char *key, const struct memora_put *source,
               struct memora_object *out, struct memora_error *error)
{
    (void)storage, (void)key, (void)source, (void)out;
    return memora_fail(error, MEMORA_E_UNSUPPORTED, "not here");
}

static int stat_object(struct memora_storage *storage, const char *key, struct memora_object *out,
                       struct memora_error *error)
{
    (void)storage, (void)key, (void)out;
    return memora_fail(error, MEMORA_E_UNSUPPORTED, "not here");
}

static int get(struct memora_storage *storage, const char *key, uint64_t off, uint64_t len, struct memora_reader **out,
               struct memora_object *info, struct memora_error *error)
{
    (void)storage, (void)key, (void)off, (void)len, (void)out, (void)info;
    return memora_fail(error, MEMORA_E_UNSUPPORTED, "not here");
}

static int64_t read_object(struct memora_reader *reader, void *buf, size_t cap, struct memora_error *error)
{
    (void)reader, (void)buf, (void)cap;
    return memora_fail(error, MEMORA_E_UNSUPPORTED, "not here");
}

static void reader_close(struct memora_reader *reader)
{
    (void)reader;
}

static int remove_object(struct memora_storage *storage, const char *key, struct memora_error *error)
{
    (void)storage, (void)key;
    return memora_fail(error, MEMORA_E_UNSUPPORTED, "not here");
}

/* So that a table without it does not leave the function unused. */
static int (*const keep_remove)(struct memora_storage *, const char *, struct memora_error *)
    __attribute__((unused)) = remove_object;

static const struct memora_storage_ops ops __attribute__((unused)) = {
    .struct_size = OPS_SIZE,
    .open = open_storage,
    .close = close_storage,
    .features = features,
    .check = check,
    .put = put,
    .stat = stat_object,
    .get = get,
    .read = read_object,
    .reader_close = reader_close,
    .remove = REMOVE,
};

static const struct memora_config_key keys[] = {KEYS};

static const struct memora_plugin plugin __attribute__((unused)) = {
    .magic = MAGIC,
    .struct_size = TABLE_SIZE,
    .abi_major = MAJOR,
    .abi_minor = MINOR,
    .needs_minor = NEEDS,
    .kind = KIND,
    .threads = THREADS,
    .config_key_count = sizeof keys / sizeof keys[0],
    .name = NAME,
    .version = VERSION,
    .summary = SUMMARY,
    .licence = LICENCE,
    .config_keys = keys,
    .ops = OPS,
    .load = LOAD,
};

MEMORA_EXPORT const struct memora_plugin *ENTRY(void);
MEMORA_EXPORT const struct memora_plugin *ENTRY(void)
{
    return RESULT;
}
