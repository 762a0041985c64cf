/* A host whose random numbers are the same in every run, whose allocator can fail, and which keeps what was logged. Its
 * clock is the true one, since servers refuse requests that are signed with another. It looks like a newer core: its
 * table is longer than any plugin knows, and what is behind the known members is poison. */
#include "check.h"

#include <memora/version.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "plugin/internal.h"

enum { LOG_KEPT = 256 * 1024, POISON_WORDS = 16 };

/* The interface has no context argument, so the one host of the process lives here. */
static struct {
    pthread_mutex_t mutex; /* guards text, length, random */
    char text[LOG_KEPT + 1];
    size_t length;
    uint64_t random;
    atomic_uint lines;
    atomic_bool misused;
    _Atomic int64_t handed;
    const char *data_dir;
} the = {.mutex = PTHREAD_MUTEX_INITIALIZER, .random = 0x9e3779b97f4a7c15u, .data_dir = ""};

static void host_log(int level, const char *file, int line, const char *message, size_t length)
{
    if (level < MEMORA_LOG_ERROR || level > MEMORA_LOG_DEBUG || !message || memchr(message, '\n', length) ||
        (!file && line != 0))
        atomic_store(&the.misused, true);
    atomic_fetch_add(&the.lines, 1);
    pthread_mutex_lock(&the.mutex);
    if (length < LOG_KEPT - the.length - 1) {
        memcpy(the.text + the.length, message, length);
        the.length += length;
        the.text[the.length++] = '\n';
    }
    pthread_mutex_unlock(&the.mutex);
}

static int host_log_enabled(int level)
{
    return level >= MEMORA_LOG_ERROR && level <= MEMORA_LOG_DEBUG;
}

/* The size lies before the block, so that what was handed out can be counted. */
struct header {
    _Alignas(16) size_t size;
};

static void *host_alloc(size_t size)
{
    struct header *header = memory_fails_now() ? NULL : malloc(sizeof *header + size);
    if (!header)
        return NULL;
    header->size = size;
    atomic_fetch_add(&the.handed, (int64_t)size);
    return header + 1;
}

static void host_free(void *memory)
{
    if (!memory)
        return;
    struct header *header = (struct header *)memory - 1;
    atomic_fetch_sub(&the.handed, (int64_t)header->size);
    free(header);
}

/* splitmix64 */
static int host_random(void *out, size_t size)
{
    unsigned char *at = out;
    pthread_mutex_lock(&the.mutex);
    while (size > 0) {
        uint64_t z = the.random += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        size_t n = size < sizeof z ? size : sizeof z;
        memcpy(at, &z, n);
        at += n;
        size -= n;
    }
    pthread_mutex_unlock(&the.mutex);
    return MEMORA_OK;
}

static int64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t host_wall_ns(void)
{
    return now(CLOCK_REALTIME);
}

static int64_t host_mono_ns(void)
{
    return now(CLOCK_MONOTONIC);
}

static const char *host_data_dir(void)
{
    return the.data_dir;
}

static int host_stopping(void)
{
    return 0;
}

const struct memora_host *plugin_host(void)
{
    static struct {
        struct memora_host known;
        uintptr_t poison[POISON_WORDS];
    } host = {.known = {.struct_size = sizeof host,
                        .abi_minor = MEMORA_ABI_MINOR + 1,
                        .core_version = MEMORA_VERSION,
                        .log = host_log,
                        .log_enabled = host_log_enabled,
                        .alloc = host_alloc,
                        .free = host_free,
                        .wipe = secret_wipe,
                        .random = host_random,
                        .wall_ns = host_wall_ns,
                        .mono_ns = host_mono_ns,
                        .config_str = plugin_config_str,
                        .config_int = plugin_config_int,
                        .config_bool = plugin_config_bool,
                        .data_dir = host_data_dir,
                        .stopping = host_stopping,
                        .utf8_fold = plugin_utf8_fold,
                        .regex_match = plugin_regex_match}};
    memset(host.poison, 0x5a, sizeof host.poison);
    return &host.known;
}

void plugin_host_set_data_dir(const char *data_dir)
{
    the.data_dir = data_dir;
}

unsigned host_lines_logged(void)
{
    return atomic_load(&the.lines);
}

bool host_logged(const char *text)
{
    pthread_mutex_lock(&the.mutex);
    the.text[the.length] = '\0';
    bool found = strstr(the.text, text) != NULL;
    pthread_mutex_unlock(&the.mutex);
    return found;
}

bool host_misused(void)
{
    return atomic_load(&the.misused);
}

int64_t host_bytes_handed(void)
{
    return atomic_load(&the.handed);
}
