#include "api/convert_setting.h"

ProtobufCMessage *api_recast(struct arena *arena, const ProtobufCMessage *from, const ProtobufCMessageDescriptor *to)
{
    ProtobufCMessage *out = NULL;
    struct buf bytes = buf_in(arena);
    if (!from)
        return NULL;
    codec_write_proto(&bytes, from);
    /* Bytes that the codec wrote itself: only nesting beyond its own limit could fail, and settings are flat. */
    if (codec_read_proto(arena, to, bytes.data ? bytes.data : "", bytes.len, &out, NULL))
        return codec_new(arena, to);
    return out;
}
