#include <libxml/parser.h>
#include <memora/version.h>

#include "../common/storage_probe.h"
#include "s3.h"

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

/* An object that is not there is one thing, and a bucket that is not there another: it must not make all attachments
 * look removed. Only check() tells it by MEMORA_E_NOT_FOUND. */
static int outward(int result)
{
    return result == S3_E_NO_BUCKET || result == S3_E_UNCHECKED ? MEMORA_E_IO : result;
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
    static const struct memora_storage_ops inward = {
        .put = s3_put, .get = s3_get, .read = s3_read, .reader_close = s3_reader_close, .remove = s3_remove_object};
    int result = storage_probe(the_host, &inward, storage, error);
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
    {"compare_all", MEMORA_KEY_BOOL, 0, "no",
     "Compare also objects that were sent in parts, or of which the store knows the MD5 only, as they are read", NULL},
    {"sign_payload", MEMORA_KEY_STRING, 0, "auto",
     "Sign the bytes of objects in parts; auto: unless TLS or the loopback leads to the store", "auto|yes|no"},
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
    .read_now = s3_read_now,
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
