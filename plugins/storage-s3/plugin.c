#include <libxml/parser.h>
#include <memora/version.h>

#include "s3.h"

enum { PROBE_KEY_SIZE = 40 };

/* Set once by load(), before any instance exists. */
static const struct memora_host *the_host;

const struct memora_host *s3_host(void)
{
    return the_host;
}

static uint64_t s3_features(struct memora_storage *storage)
{
    (void)storage;
    return MEMORA_STORAGE_RANGE | MEMORA_STORAGE_PRESIGN | MEMORA_STORAGE_LIST;
}

/* Source of the probe object: its bytes, once. */
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

static int compare(struct memora_storage *storage, const char *key, uint64_t wanted, struct memora_error *error)
{
    struct memora_reader *reader = NULL;
    struct memora_object object;
    uint64_t value = 0;
    size_t got = 0;
    int64_t n = 0;
    int result = s3_get(storage, key, 0, UINT64_MAX, &reader, &object, error);
    if (result != MEMORA_OK)
        return result;
    while (got < sizeof value && (n = s3_read(reader, (char *)&value + got, sizeof value - got, error)) > 0)
        got += (size_t)n;
    s3_reader_close(reader);
    if (n < 0)
        return (int)n;
    return got == sizeof value && value == wanted
               ? MEMORA_OK
               : memora_fail(error, MEMORA_E_IO, "the probe object reads back differently");
}

/* Writes, reads back and removes an object of its own. */
static int s3_check(struct memora_storage *storage, struct memora_error *error)
{
    struct probe probe = {0};
    char key[PROBE_KEY_SIZE];
    if (the_host->random(&probe.value, sizeof probe.value) != MEMORA_OK)
        return memora_fail(error, MEMORA_E_INTERNAL, "no random numbers");
    snprintf(key, sizeof key, ".memora-check-%016llx", (unsigned long long)probe.value);
    struct memora_put put = {.struct_size = sizeof put,
                             .size = sizeof probe.value,
                             .content_type = "application/octet-stream",
                             .read = probe_read,
                             .ctx = &probe};
    struct memora_object object = {0};
    int result = s3_put(storage, key, &put, &object, error);
    if (result != MEMORA_OK)
        return result;
    result = compare(storage, key, probe.value, error);
    struct memora_error other = {0};
    int removed = s3_remove(storage, key, result == MEMORA_OK ? error : &other);
    return result == MEMORA_OK ? removed : result;
}

/* An object that is not there is one thing, and a bucket that is not there another: it must not make all attachments
 * look removed. Only check() tells it by MEMORA_E_NOT_FOUND. */
static int outward(int result)
{
    return result == S3_E_NO_BUCKET ? MEMORA_E_IO : result;
}

static int put(struct memora_storage *storage, const char *key, const struct memora_put *source,
               struct memora_object *out, struct memora_error *error)
{
    int result = s3_put(storage, key, source, out, error);
    /* An upload that the store has forgotten is no object that is missing, either. */
    return result == MEMORA_E_NOT_FOUND ? MEMORA_E_IO : outward(result);
}

static int stat_object(struct memora_storage *storage, const char *key, struct memora_object *out,
                       struct memora_error *error)
{
    return outward(s3_stat(storage, key, out, error));
}

static int get(struct memora_storage *storage, const char *key, uint64_t off, uint64_t len, struct memora_reader **out,
               struct memora_object *info, struct memora_error *error)
{
    return outward(s3_get(storage, key, off, len, out, info, error));
}

static int remove_object(struct memora_storage *storage, const char *key, struct memora_error *error)
{
    return outward(s3_remove(storage, key, error));
}

static int list(struct memora_storage *storage, const char *prefix, const char *after,
                int (*item)(void *, const char *, const struct memora_object *), void *ctx, struct memora_error *error)
{
    return outward(s3_list(storage, prefix, after, item, ctx, error));
}

static int check(struct memora_storage *storage, struct memora_error *error)
{
    int result = s3_check(storage, error);
    return result == S3_E_NO_BUCKET ? MEMORA_E_NOT_FOUND : result;
}

/* Both libraries must be set up before threads use them; on the main thread, at start. */
static int load(const struct memora_host *host, struct memora_error *error)
{
    the_host = host;
    xmlInitParser();
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? MEMORA_OK : s3_nomem(error);
}

static void describe(void (*emit)(void *, const char *, const char *), void *ctx)
{
    emit(ctx, "libcurl", curl_version_info(CURLVERSION_NOW)->version);
    emit(ctx, "libxml2", LIBXML_DOTTED_VERSION);
}

static const struct memora_config_key keys[] = {
    {"endpoint", MEMORA_KEY_STRING, 0, "", "URL of the store, https://host:port; empty: AWS in the region", NULL},
    {"region", MEMORA_KEY_STRING, 0, "us-east-1", "Region that requests are signed for", NULL},
    {"bucket", MEMORA_KEY_STRING, MEMORA_KEY_REQUIRED, NULL, "Bucket, which must exist", NULL},
    {"path_style", MEMORA_KEY_BOOL, 0, "no", "Bucket in the path (MinIO, Garage, Ceph) instead of the host name", NULL},
    {"access_key", MEMORA_KEY_STRING, 0, "", "Id of the access key", NULL},
    {"secret_key", MEMORA_KEY_STRING, MEMORA_KEY_SECRET, "", "Secret of the access key", NULL},
    {"session_token", MEMORA_KEY_STRING, MEMORA_KEY_SECRET, "", "Token that belongs to a temporary key", NULL},
    {"credentials_file", MEMORA_KEY_PATH, 0, "",
     "File with the key in the form of ~/.aws/credentials, mode 0600; AWS_* variables count if neither is set", NULL},
    {"ca_file", MEMORA_KEY_PATH, 0, "", "Certificates of authorities (PEM) to trust instead of the system's", NULL},
    {"verify_tls", MEMORA_KEY_BOOL, 0, "yes", "Check the certificate of the store", NULL},
    {"timeout", MEMORA_KEY_SECONDS, 0, "30", "How long the store may be silent", "1..3600"},
};

static const struct memora_storage_ops ops = {
    .struct_size = sizeof ops,
    .open = s3_open,
    .close = s3_close,
    .features = s3_features,
    .check = check,
    .put = put,
    .stat = stat_object,
    .get = get,
    .read = s3_read,
    .reader_close = s3_reader_close,
    .remove = remove_object,
    .presign = s3_presign,
    .list = list,
};

static const struct memora_plugin plugin = {
    .magic = MEMORA_PLUGIN_MAGIC,
    .struct_size = sizeof plugin,
    .abi_major = MEMORA_ABI_MAJOR,
    .abi_minor = MEMORA_ABI_MINOR,
    .kind = MEMORA_KIND_STORAGE,
    .threads = MEMORA_THREADS_PARALLEL,
    .config_key_count = sizeof keys / sizeof keys[0],
    .name = "s3",
    .version = MEMORA_VERSION,
    .summary = "Attachments as objects in an S3 bucket",
    .licence = "MIT",
    .config_keys = keys,
    .ops = &ops,
    .load = load,
    .describe = describe,
};

const struct memora_plugin *memora_plugin_v1(void)
{
    return &plugin;
}
