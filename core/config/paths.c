#include <libgen.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/internal.h"
#include "config/value.h"

const char *config_default_file(void)
{
    return MEMORA_CONFIG_FILE;
}

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The directory above the one of the program: the prefix of an installation, or the place of a build. "" if unknown. */
static const char *find_prefix(struct arena *arena)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0)
        return "";
    path[length] = '\0';
    return arena_strdup(arena, dirname(dirname(path)));
}

static const char *find_directory(struct arena *arena, const char *beside, const char *in_build, const char *installed)
{
    const char *prefix = find_prefix(arena);
    const char *path = arena_printf(arena, "%s/%s", prefix, beside);
    if (*prefix && is_directory(path))
        return path;
    /* A build tree is known by CMake's own file, so that a stray folder beside somebody's bin/ does not count. */
    path = arena_printf(arena, "%s/%s", prefix, in_build);
    if (*prefix && access(arena_printf(arena, "%s/CMakeCache.txt", prefix), F_OK) == 0 && is_directory(path))
        return path;
    return installed;
}

const char *config_find_plugin_dir(struct arena *arena)
{
    return find_directory(arena, MEMORA_PLUGIN_DIR_RELATIVE, "plugins", MEMORA_PLUGIN_DIR);
}

const char *config_find_ui_dir(struct arena *arena)
{
    return find_directory(arena, MEMORA_UI_DIR_RELATIVE, "ui", MEMORA_UI_DIR);
}

const char *config_find_media_helper(struct arena *arena)
{
    const char *prefix = find_prefix(arena);
    const char *path = arena_printf(arena, "%s/%s", prefix, MEMORA_MEDIA_HELPER_RELATIVE);
    if (*prefix && access(path, X_OK) == 0)
        return path;
    path = arena_printf(arena, "%s/libexec/memora-media", prefix);
    if (*prefix && access(arena_printf(arena, "%s/CMakeCache.txt", prefix), F_OK) == 0 && access(path, X_OK) == 0)
        return path;
    return access(MEMORA_MEDIA_HELPER, X_OK) == 0 ? MEMORA_MEDIA_HELPER : "";
}

const char *config_find_data_dir(struct arena *arena)
{
    static const char usual[] = "/var/opt/memos";
    if (is_directory(usual) && access(usual, W_OK) == 0)
        return usual;
    return config_resolve_path(arena, ".", "", 0);
}
