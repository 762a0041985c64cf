#include <stdlib.h>
#include <string.h>

#include "load.h"

void stats_add(struct stats *stats, uint64_t microseconds)
{
    if (stats->count == stats->cap) {
        stats->cap = stats->cap ? stats->cap * 2 : 65536;
        stats->samples = realloc(stats->samples, stats->cap * sizeof stats->samples[0]);
        if (!stats->samples)
            abort();
    }
    stats->samples[stats->count++] = microseconds < UINT32_MAX ? (uint32_t)microseconds : UINT32_MAX;
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static uint32_t percentile(const struct stats *stats, unsigned per_mille)
{
    return stats->count ? stats->samples[(stats->count - 1) * per_mille / 1000] : 0;
}

void stats_print(struct stats *stats, const struct load_options *options)
{
    if (stats->count)
        qsort(stats->samples, stats->count, sizeof stats->samples[0], compare);
    double rate = stats->seconds > 0 ? (double)stats->count / stats->seconds : 0;
    unsigned p50 = percentile(stats, 500), p99 = percentile(stats, 990), most = percentile(stats, 1000);
    if (options->json)
        printf("{\"name\":\"%s\",\"requests\":%zu,\"errors\":%llu,\"seconds\":%.3f,\"per_second\":%.0f,\"p50_us\":%u,"
               "\"p99_us\":%u,\"max_us\":%u,\"bytes\":%llu}\n",
               options->name, stats->count, (unsigned long long)stats->errors, stats->seconds, rate, p50, p99, most,
               (unsigned long long)stats->bytes);
    else
        printf("%-28s %9.0f/s   p50 %7.2f ms   p99 %7.2f ms   max %7.2f ms   %zu requests, %llu errors\n",
               options->name, rate, p50 / 1000.0, p99 / 1000.0, most / 1000.0, stats->count,
               (unsigned long long)stats->errors);
    if (stats->errors)
        fprintf(stderr, "%s: the first failure had status %d\n", options->name, stats->first_bad_status);
}
