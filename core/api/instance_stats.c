/* InstanceService.GetInstanceStats (contract platform.md 4.4). */
#include <fts.h>
#include <sys/stat.h>

#include "api/access.h"
#include "api/convert.h"
#include "api_handlers.h"
#include "base/clock.h"
#include "cache/cache.h"
#include "config/config.h"

struct sizes {
    int64_t database, files; /* bytes; -1 = could not be told */
    int64_t generated_ns;
};

/* Bytes of all regular files below the directory; links are not followed. */
static int64_t bytes_below(const char *dir)
{
    char *const roots[] = {(char *)dir, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    int64_t total = 0;
    const FTSENT *entry;
    if (!walk)
        return -1;
    while ((entry = fts_read(walk))) {
        if (entry->fts_info == FTS_F)
            total += entry->fts_statp->st_size;
        else if (entry->fts_info == FTS_NS && entry->fts_level == FTS_ROOTLEVEL)
            total = -1;
    }
    fts_close(walk);
    return total;
}

static struct sizes measure(const struct api_services *services)
{
    return (struct sizes){.database = db_size_bytes(services->store->db),
                          .files = bytes_below(services->config->data_dir),
                          .generated_ns = clock_wall_ns()};
}

enum status_code api_instance_service_get_instance_stats(struct api_call *call,
                                                         const Memos__Api__V1__GetInstanceStatsRequest *request,
                                                         Memos__Api__V1__InstanceStats **response,
                                                         struct status *status)
{
    (void)request;
    static const char key[] = "sizes";
    struct cache *cache = call->services->store->instance_stats;
    struct sizes sizes;
    enum status_code code = api_require_admin(call, status);
    if (code)
        return code;
    const struct sizes *known = cache_get(cache, key, call->arena, NULL);
    if (known) {
        sizes = *known;
    } else {
        sizes = measure(call->services);
        if (sizes.database < 0 && sizes.files < 0)
            return status_set(status, STATUS_INTERNAL,
                              "failed to compute instance stats: all instance stats subtasks failed");
        cache_put(cache, key, &sizes, sizeof sizes);
    }
    Memos__Api__V1__InstanceStats *out =
        CODEC_NEW(call->arena, Memos__Api__V1__InstanceStats, memos__api__v1__instance_stats__descriptor);
    out->database = CODEC_NEW(call->arena, Memos__Api__V1__InstanceStats__DatabaseStats,
                              memos__api__v1__instance_stats__database_stats__descriptor);
    out->database->driver = (char *)db_dialect(call->services->store->db)->schema_dir;
    out->database->size_bytes = sizes.database;
    out->local_storage_bytes = sizes.files;
    out->generated_time = api_timestamp_ns(call->arena, sizes.generated_ns);
    *response = out;
    return STATUS_OK;
}
