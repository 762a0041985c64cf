#include "fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Result of list_folder beside those of the ABI: item() wants no more. */
enum { STOPPED = MEMORA_ROW };

/* One file or folder. Folders carry a trailing '/', which puts them where the keys below them belong in byte order. */
struct entry {
    char *name;
    struct stat st;
};

struct entries {
    struct entry *items;
    size_t count, cap;
};

struct listing {
    struct memora_storage *storage;
    const char *prefix, *after;
    int (*item)(void *ctx, const char *key, const struct memora_object *object);
    void *ctx;
    char key[FS_KEY_MAX + 1]; /* of the folder being read, with '/' unless it is the root, then of each entry */
};

static void entries_free(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        free(entries->items[i].name);
    free(entries->items);
}

static int entries_add(struct entries *entries, const char *name, size_t length, bool folder, const struct stat *st)
{
    if (entries->count == entries->cap) {
        size_t cap = entries->cap ? entries->cap * 2 : 64;
        struct entry *grown = realloc(entries->items, cap * sizeof *grown);
        if (!grown)
            return -1;
        entries->items = grown;
        entries->cap = cap;
    }
    char *copy = malloc(length + 2);
    if (!copy)
        return -1;
    memcpy(copy, name, length);
    memcpy(copy + length, "/", 2);
    if (!folder)
        copy[length] = '\0';
    entries->items[entries->count++] = (struct entry){.name = copy, .st = *st};
    return 0;
}

static int entry_order(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* Whether the key, or for folders anything below it, can be part of the listing. */
static bool wanted(const struct listing *listing, const char *key, size_t length, bool folder)
{
    size_t prefix = strlen(listing->prefix);
    if (memcmp(key, listing->prefix, prefix < length ? prefix : length) != 0 || (!folder && length < prefix))
        return false;
    int order = folder ? strncmp(key, listing->after, length) : strcmp(key, listing->after);
    return folder ? order >= 0 : order > 0;
}

/* Puts base + name into listing->key, a '/' behind folders. 0 if that is too long or not a key. */
static size_t join(struct listing *listing, size_t base, const char *name, bool folder)
{
    size_t length = strlen(name);
    if (base + length + (folder ? 1 : 0) > FS_KEY_MAX || !fs_key_valid(name))
        return 0;
    memcpy(listing->key + base, name, length);
    if (folder)
        listing->key[base + length++] = '/';
    listing->key[base + length] = '\0';
    return base + length;
}

/* Reads the folder listing->key (base bytes) into entries. The ABI code; a folder that is gone has no entries. */
static int read_folder(struct listing *listing, size_t base, struct entries *entries, struct memora_error *error)
{
    if (base > 0)
        listing->key[base - 1] = '\0';
    int fd = fs_open_beneath(listing->storage, base > 0 ? listing->key : ".", O_RDONLY | O_DIRECTORY);
    if (base > 0)
        listing->key[base - 1] = '/';
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int err = errno;
        if (fd >= 0)
            close(fd);
        int code = fs_code(err);
        if (code == MEMORA_E_NOT_FOUND || code == MEMORA_E_ARG || code == MEMORA_E_AUTH)
            return MEMORA_OK; /* removed meanwhile, behind a symbolic link, or closed to us like lost+found */
        return fs_fail(error, code, err, "cannot list a folder");
    }
    int result = MEMORA_OK;
    const struct dirent *found;
    while (result == MEMORA_OK && (errno = 0, found = readdir(dir))) {
        struct stat st;
        if (fstatat(dirfd(dir), found->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        bool folder = S_ISDIR(st.st_mode);
        size_t length = folder || S_ISREG(st.st_mode) ? join(listing, base, found->d_name, folder) : 0;
        if (length > 0 && wanted(listing, listing->key, length, folder) &&
            entries_add(entries, found->d_name, strlen(found->d_name), folder, &st) != 0)
            result = fs_fail(error, MEMORA_E_NOMEM, ENOMEM, "cannot list a folder");
    }
    if (result == MEMORA_OK && errno != 0)
        result = fs_fail(error, fs_code(errno), errno, "cannot list a folder");
    closedir(dir);
    return result;
}

/* Tells the objects of the folder listing->key (base bytes). Depth is bounded by the length of keys. */
static int list_folder(struct listing *listing, size_t base, struct memora_error *error)
{
    struct entries entries = {0};
    int result = read_folder(listing, base, &entries, error);
    if (result == MEMORA_OK && entries.count > 0)
        qsort(entries.items, entries.count, sizeof *entries.items, entry_order);
    for (size_t i = 0; i < entries.count && result == MEMORA_OK; i++) {
        const struct entry *entry = &entries.items[i];
        size_t length = strlen(entry->name);
        memcpy(listing->key + base, entry->name, length + 1);
        if (S_ISDIR(entry->st.st_mode)) {
            result = list_folder(listing, base + length, error);
        } else {
            struct memora_object object;
            fs_object_fill(&object, &entry->st);
            result = listing->item(listing->ctx, listing->key, &object) ? STOPPED : MEMORA_OK;
        }
    }
    entries_free(&entries);
    return result;
}

int fs_list(struct memora_storage *storage, const char *prefix, const char *after,
            int (*item)(void *, const char *key, const struct memora_object *), void *ctx, struct memora_error *error)
{
    struct listing listing = {
        .storage = storage, .prefix = prefix ? prefix : "", .after = after ? after : "", .item = item, .ctx = ctx};
    const char *slash = strrchr(listing.prefix, '/');
    size_t base = 0;
    if (slash) { /* start in the folder that the prefix names */
        base = (size_t)(slash - listing.prefix);
        if (base == 0 || base >= FS_KEY_MAX)
            return MEMORA_OK;
        memcpy(listing.key, listing.prefix, base);
        if (!fs_key_valid(listing.key))
            return MEMORA_OK;
        listing.key[base++] = '/';
    }
    int result = list_folder(&listing, base, error);
    return result == STOPPED ? MEMORA_OK : result;
}
