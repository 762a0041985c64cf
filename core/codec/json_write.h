/* Parts of the JSON writer. */
#ifndef MEMORA_CODEC_JSON_WRITE_H
#define MEMORA_CODEC_JSON_WRITE_H

#include "codec/codec.h"
#include "codec/descriptor.h"

struct json_writer {
    struct buf *out;
    bool full; /* fields at their default too */
    unsigned depth;
    struct status *status;
};

/* All give false after filling status. */
bool json_write_message(struct json_writer *writer, const ProtobufCMessage *message);
bool json_write_members(struct json_writer *writer, const ProtobufCMessage *message, bool first);
/* One value that is not repeated, from its place in the C struct. */
bool json_write_value(struct json_writer *writer, const ProtobufCFieldDescriptor *field, const void *value);
bool json_write_known(struct json_writer *writer, const ProtobufCMessage *message, enum codec_known known);

#endif
