#include "plugin/internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <ltdl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"

enum { NAME_MAX_LENGTH = 32 };

#define REFUSE(...) status_set(status, STATUS_FAILED_PRECONDITION, __VA_ARGS__)

static bool name_valid(const char *name, size_t length)
{
    return length > 0 && length <= NAME_MAX_LENGTH && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") >= length;
}

/* From a name or an absolute path to the path of the file and the name in it. */
static enum status_code resolve(const char *dir, enum memora_kind kind, const char *given, char path[PATH_MAX],
                                char name[NAME_MAX_LENGTH + 1], struct status *status)
{
    const char *prefix = plugin_kind_name(kind), *stem = given;
    size_t length = strlen(given);
    int written;
    if (given[0] == '/') {
        const char *base = strrchr(given, '/') + 1;
        size_t skip = strlen(prefix) + 1, base_length = strlen(base);
        if (base_length <= skip + 3 || strncmp(base, prefix, skip - 1) != 0 || base[skip - 1] != '-' ||
            strcmp(base + base_length - 3, ".so") != 0 || !name_valid(base + skip, base_length - skip - 3))
            return REFUSE("plugin %s: the file is called \"%s\", expected \"%s-NAME.so\"", given, base, prefix);
        stem = base + skip;
        length = base_length - skip - 3;
        written = snprintf(path, PATH_MAX, "%s", given);
    } else {
        if (!name_valid(given, length))
            return status_set(status, STATUS_INVALID_ARGUMENT,
                              "plugin \"%s\": not a plugin name ([a-z0-9][a-z0-9-]{0,31}) and not an absolute path",
                              given);
        written = snprintf(path, PATH_MAX, "%s/%s-%s.so", dir, prefix, given);
    }
    memcpy(name, stem, length);
    name[length] = '\0';
    if (written < 0 || written >= PATH_MAX)
        return REFUSE("plugin %s: the path is longer than %d bytes", given, PATH_MAX - 1);
    return STATUS_OK;
}

/* Who can write to a plugin can run code in the server. */
static enum status_code check_owner(const struct stat *info, const char *path, const char *what, struct status *status)
{
    if (info->st_uid != 0 && info->st_uid != geteuid())
        return REFUSE("plugin %s: %s belongs to uid %u, expected root or uid %u", path, what, (unsigned)info->st_uid,
                      (unsigned)geteuid());
    if (info->st_mode & (S_IWGRP | S_IWOTH))
        return REFUSE("plugin %s: %s has mode %04o, expected one that only its owner can write (chmod go-w)", path,
                      what, (unsigned)info->st_mode & 07777);
    return STATUS_OK;
}

static enum status_code check_file(const char *path, struct stat *info, struct status *status)
{
    char real[PATH_MAX], *slash;
    struct stat parent;
    if (!realpath(path, real) || stat(real, info) != 0)
        return status_set(status, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_FAILED_PRECONDITION,
                          "plugin %s: cannot be opened: %s", path, strerror(errno));
    if (!S_ISREG(info->st_mode))
        return REFUSE("plugin %s: not a regular file", path);
    if (check_owner(info, path, "the file", status))
        return STATUS_FAILED_PRECONDITION;
    slash = strrchr(real, '/');
    slash[slash == real] = '\0';
    if (stat(real, &parent) != 0)
        return REFUSE("plugin %s: its directory cannot be read: %s", path, strerror(errno));
    return check_owner(&parent, path, "the directory", status);
}

/* libltdl forgets why the system refused a file; asking the system again tells. */
static const char *load_error(const char *path, const char *otherwise)
{
    if (dlopen(path, RTLD_NOW | RTLD_LOCAL))
        return otherwise;
    const char *text = dlerror();
    size_t prefix = strlen(path);
    if (text && strncmp(text, path, prefix) == 0 && strncmp(text + prefix, ": ", 2) == 0)
        text += prefix + 2;
    return text ? text : otherwise;
}

static enum status_code open_file(const char *path, memora_plugin_entry_fn **entry, struct status *status)
{
    lt_dladvise advise;
    if (lt_dlinit() != 0 || lt_dladvise_init(&advise) != 0)
        return status_set(status, STATUS_INTERNAL, "plugin %s: libltdl: %s", path, lt_dlerror());
    lt_dladvise_local(&advise);
    lt_dladvise_resident(&advise);
    lt_dlhandle handle = lt_dlopenadvise(path, advise);
    const char *error = handle ? NULL : lt_dlerror();
    lt_dladvise_destroy(&advise);
    if (!handle)
        return REFUSE("plugin %s: cannot be loaded: %s", path, load_error(path, error));
    void *symbol = lt_dlsym(handle, MEMORA_PLUGIN_ENTRY);
    if (!symbol)
        return REFUSE("plugin %s: no symbol " MEMORA_PLUGIN_ENTRY ", expected a plugin for ABI %u", path,
                      MEMORA_ABI_MAJOR);
    memcpy(entry, &symbol, sizeof *entry);
    return STATUS_OK;
}

/* libltdl binds lazily: without -z now a missing symbol would end the process at its first call instead of at start. */
static void warn_if_lazy(memora_plugin_entry_fn *entry, const char *path)
{
    void *address;
    Dl_info info;
    struct link_map *map = NULL;
    memcpy(&address, &entry, sizeof address);
    if (!dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
        return;
    for (const ElfW(Dyn) *tag = map->l_ld; tag->d_tag != DT_NULL; tag++)
        if (tag->d_tag == DT_BIND_NOW || (tag->d_tag == DT_FLAGS && (tag->d_un.d_val & DF_BIND_NOW)) ||
            (tag->d_tag == DT_FLAGS_1 && (tag->d_un.d_val & DF_1_NOW)))
            return;
    log_warn("plugin %s: linked without -z now, a symbol that is missing will show only when it is called", path);
}

static enum status_code run_load(struct plugin_record *record, struct status *status)
{
    struct memora_error error = {.native_code = 0};
    if (!record->table.load)
        return STATUS_OK;
    int result = record->table.load(plugin_host(), &error);
    if (result == MEMORA_OK)
        return STATUS_OK;
    error.message[sizeof error.message - 1] = '\0';
    return REFUSE("plugin %s: load() failed with %d: %s", record->plugin.path, result,
                  error.message[0] ? error.message : "no reason given");
}

static enum status_code load_new(const char *path, enum memora_kind kind, const char *name,
                                 struct plugin_record *record, struct status *status)
{
    memora_plugin_entry_fn *entry = NULL;
    if (open_file(path, &entry, status))
        return status->code;
    const struct memora_plugin *theirs = entry();
    if (plugin_verify(theirs, path, kind, name, record, status))
        return status->code;
    warn_if_lazy(entry, path);
    record->plugin.path = memory_strdup(path);
    record->plugin.table = &record->table;
    enum status_code code = run_load(record, status);
    if (code == STATUS_OK && theirs->threads < record->table.threads) {
        record->table.threads = theirs->threads;
        code = plugin_verify_threads(&record->table, path, status);
    }
    if (code)
        free((void *)(uintptr_t)record->plugin.path);
    return code;
}

/* libltdl is not thread-safe, and code that it brought in belongs to the process: so does this lock. */
static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;

static enum status_code find_or_load(const char *dir, enum memora_kind kind, const char *name,
                                     const struct plugin **out, struct status *status)
{
    char path[PATH_MAX], stem[NAME_MAX_LENGTH + 1];
    struct stat info;
    if (resolve(dir, kind, name, path, stem, status) || check_file(path, &info, status))
        return status->code;
    struct plugin_record *record = plugin_registry_find(info.st_dev, info.st_ino);
    if (record && record->table.kind == (uint32_t)kind && strcmp(record->table.name, stem) == 0) {
        *out = &record->plugin;
        return STATUS_OK;
    }
    record = memory_zalloc(sizeof *record);
    record->device = info.st_dev;
    record->inode = info.st_ino;
    enum status_code code = load_new(path, kind, stem, record, status);
    if (code) {
        free(record);
        return code;
    }
    plugin_registry_add(record);
    *out = &record->plugin;
    return STATUS_OK;
}

enum status_code plugin_load(const char *dir, enum memora_kind kind, const char *name, const struct plugin **out,
                             struct status *status)
{
    struct status own; /* load_new() reads the code back, so there must be a place for it */
    pthread_mutex_lock(&load_lock);
    enum status_code code = find_or_load(dir, kind, name, out, status ? status : &own);
    pthread_mutex_unlock(&load_lock);
    return code;
}
