#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <memora/version.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/storage_probe.h"

/* Set once by load(), before any instance exists. */
static const struct memora_host *the_host;

int fs_fail(struct memora_error *error, int code, int err, const char *format, ...)
{
    char message[sizeof error->message], reason[128];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (error)
        error->native_code = err;
    if (err == 0)
        return memora_fail(error, code, "%s", message);
    return memora_fail(error, code, "%s: %s", message, strerror_r(err, reason, sizeof reason));
}

int fs_code(int err)
{
    switch (err) {
    case ENOENT:
    case ENOTDIR:
        return MEMORA_E_NOT_FOUND;
    case ELOOP:
    case EXDEV:
    case ENAMETOOLONG:
    case EINVAL:
    case EISDIR:
        return MEMORA_E_ARG;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return MEMORA_E_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return MEMORA_E_AUTH;
    case EEXIST:
    case ENOTEMPTY:
        return MEMORA_E_EXISTS;
    case ENOMEM:
        return MEMORA_E_NOMEM;
    default:
        return MEMORA_E_IO;
    }
}

void fs_object_fill(struct memora_object *object, const struct stat *st)
{
    memset(object, 0, sizeof *object);
    object->size = (uint64_t)st->st_size;
    object->mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    snprintf(object->etag, sizeof object->etag, "%llx-%llx", (unsigned long long)object->mtime_ns,
             (unsigned long long)object->size);
}

static int fs_open(const struct memora_config *config, struct memora_storage **out, struct memora_error *error)
{
    const char *root = the_host->config_str(config, "root");
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fs_fail(error, MEMORA_E_CONFIG, errno, "root: cannot open directory %s", root);
    struct memora_storage *storage = malloc(sizeof *storage);
    if (!storage) {
        close(fd);
        return fs_fail(error, MEMORA_E_NOMEM, ENOMEM, "root: cannot open directory %s", root);
    }
    *storage = (struct memora_storage){
        .root_fd = fd, .follow_symlinks = the_host->config_bool(config, "follow_symlinks") != 0, .host = the_host};
    *out = storage;
    return MEMORA_OK;
}

static void fs_close(struct memora_storage *storage)
{
    if (!storage)
        return;
    close(storage->root_fd);
    free(storage);
}

static uint64_t fs_features(struct memora_storage *storage)
{
    (void)storage;
    return MEMORA_STORAGE_RANGE | MEMORA_STORAGE_LIST | MEMORA_STORAGE_FD;
}

static int fs_check(struct memora_storage *storage, struct memora_error *error);

static const struct memora_storage_ops ops = {
    .struct_size = sizeof ops,
    .open = fs_open,
    .close = fs_close,
    .features = fs_features,
    .check = fs_check,
    .put = fs_put,
    .stat = fs_stat,
    .get = fs_get,
    .read = fs_read,
    .reader_fd = fs_reader_fd,
    .reader_close = fs_reader_close,
    .remove = fs_remove,
    .list = fs_list,
};

static int fs_check(struct memora_storage *storage, struct memora_error *error)
{
    return storage_probe(storage->host, &ops, storage, error);
}

static int fs_load(const struct memora_host *host, struct memora_error *error)
{
    (void)error;
    the_host = host;
    return MEMORA_OK;
}

const struct memora_plugin *memora_plugin_v1(void)
{
    static const struct memora_config_key keys[] = {
        {"root", MEMORA_KEY_PATH, 0, "{data}", "directory that all files lie in or below", NULL},
        {"follow_symlinks", MEMORA_KEY_BOOL, 0, "no",
         "follow symbolic links below root, even out of it; only where nobody else can make links", NULL},
    };
    static const struct memora_plugin plugin = {.magic = MEMORA_PLUGIN_MAGIC,
                                                .struct_size = sizeof plugin,
                                                .abi_major = MEMORA_ABI_MAJOR,
                                                .abi_minor = MEMORA_ABI_MINOR,
                                                .kind = MEMORA_KIND_STORAGE,
                                                .threads = MEMORA_THREADS_PARALLEL,
                                                .config_key_count = sizeof keys / sizeof *keys,
                                                .name = "fs",
                                                .version = MEMORA_VERSION,
                                                .summary = "Attachments as files below a directory",
                                                .licence = "MIT",
                                                .config_keys = keys,
                                                .ops = &ops,
                                                .load = fs_load};
    return &plugin;
}
