/* google.protobuf.FieldMask in its three textual forms (platform.md 1.5 and 1.6). */
#ifndef MEMORA_CODEC_FIELD_MASK_H
#define MEMORA_CODEC_FIELD_MASK_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"
#include "google/protobuf/field_mask.pb-c.h"

enum { FIELD_MASK_MAX_PATHS = 1024 };

enum field_mask_result { FIELD_MASK_OK, FIELD_MASK_BAD_PATH, FIELD_MASK_TOO_LONG };

/* JSON: "displayName,avatarUrl" becomes display_name and avatar_url. A path with an underscore is bad; *bad points at
 * it within text. */
enum field_mask_result codec_field_mask_from_json(struct arena *arena, const char *text, size_t length,
                                                  Google__Protobuf__FieldMask *out, const char **bad,
                                                  size_t *bad_length);

/* Query parameter: comma-separated paths, verbatim. */
enum field_mask_result codec_field_mask_from_query(struct arena *arena, const char *text, size_t length,
                                                   Google__Protobuf__FieldMask *out);

/* The mask that a REST body implies: the paths of all its members in byte order, objects of messages giving dotted
 * paths. {} gives one empty path. A member that the message lacks is an error. */
enum status_code codec_field_mask_from_body(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
                                            const char *text, size_t length, Google__Protobuf__FieldMask **out,
                                            struct status *status);

/* Adds a path (borrowed); false when the bound on paths is reached. */
bool codec_field_mask_add(struct arena *arena, Google__Protobuf__FieldMask *mask, const char *path);

#endif
