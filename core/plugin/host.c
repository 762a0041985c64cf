#include "plugin/internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <memora/version.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"

/* The interface has no context argument, since the host is one per process; so is this. */
static const char *data_directory = "";
static atomic_int is_stopping;

static void host_log(int level, const char *file, int line, const char *message, size_t length)
{
    if (level < MEMORA_LOG_ERROR || level > MEMORA_LOG_DEBUG)
        level = MEMORA_LOG_ERROR;
    int shown = (int)(length < MEMORA_LOG_LINE_MAX ? length : MEMORA_LOG_LINE_MAX);
    const char *slash = file ? strrchr(file, '/') : NULL;
    if (level == MEMORA_LOG_DEBUG && file)
        log_write((enum log_level)level, "%.*s (%s:%d)", shown, message, slash ? slash + 1 : file, line);
    else
        log_write((enum log_level)level, "%.*s", shown, message);
}

static int host_log_enabled(int level)
{
    return level >= MEMORA_LOG_ERROR && level <= MEMORA_LOG_DEBUG && log_enabled((enum log_level)level);
}

static void *host_alloc(size_t size)
{
    return malloc(size ? size : 1);
}

static int host_random(void *out, size_t size)
{
    random_bytes(out, size);
    return MEMORA_OK;
}

static const char *host_data_dir(void)
{
    return data_directory;
}

static int host_stopping(void)
{
    return atomic_load(&is_stopping);
}

const struct memora_host *plugin_host(void)
{
    static const struct memora_host host = {
        .struct_size = sizeof(struct memora_host),
        .abi_minor = MEMORA_ABI_MINOR,
        .core_version = MEMORA_VERSION,
        .log = host_log,
        .log_enabled = host_log_enabled,
        .alloc = host_alloc,
        .free = free,
        .wipe = secret_wipe,
        .random = host_random,
        .wall_ns = clock_wall_ns,
        .mono_ns = clock_mono_ns,
        .config_str = plugin_config_str,
        .config_int = plugin_config_int,
        .config_bool = plugin_config_bool,
        .data_dir = host_data_dir,
        .stopping = host_stopping,
        .utf8_fold = plugin_utf8_fold,
        .regex_match = plugin_regex_match,
    };
    return &host;
}

void plugin_host_set_data_dir(const char *data_dir)
{
    /* A copy for the life of the process: plugins may keep the pointer. An earlier one is kept for the same reason. */
    static struct arena *kept;
    if (!kept)
        kept = arena_create();
    data_directory = arena_strdup(kept, data_dir);
}

void plugin_host_set_stopping(void)
{
    atomic_store(&is_stopping, 1);
}
