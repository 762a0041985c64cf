/* Small conversions that many handlers share. */
#ifndef MEMORA_API_CONVERT_H
#define MEMORA_API_CONVERT_H

#include <stdbool.h>
#include <string.h>

#include "codec/codec.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

static inline Google__Protobuf__Timestamp *api_timestamp(struct arena *arena, int64_t seconds)
{
    Google__Protobuf__Timestamp *time =
        CODEC_NEW(arena, Google__Protobuf__Timestamp, google__protobuf__timestamp__descriptor);
    time->seconds = seconds;
    return time;
}

static inline Google__Protobuf__Timestamp *api_timestamp_ns(struct arena *arena, int64_t wall_ns)
{
    int64_t seconds = wall_ns / 1000000000, nanos = wall_ns % 1000000000;
    if (nanos < 0) {
        seconds--;
        nanos += 1000000000;
    }
    Google__Protobuf__Timestamp *time = api_timestamp(arena, seconds);
    time->nanos = (int32_t)nanos;
    return time;
}

/* Missing masks and masks without paths are the same to handlers. */
static inline bool api_mask_empty(const Google__Protobuf__FieldMask *mask)
{
    return !mask || mask->n_paths == 0;
}

static inline bool api_mask_has(const Google__Protobuf__FieldMask *mask, const char *path)
{
    for (size_t i = 0; mask && i < mask->n_paths; i++)
        if (strcmp(mask->paths[i], path) == 0)
            return true;
    return false;
}

#endif
