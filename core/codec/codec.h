/* Messages of our .proto files to and from bytes: proto3 binary and proto3 JSON, by walking protobuf-c descriptors.
 * Everything read lives in the arena; nothing is freed singly. Used by rpc/ for the wire and by store/ for payloads. */
#ifndef MEMORA_CODEC_CODEC_H
#define MEMORA_CODEC_CODEC_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/spool.h"
#include "base/status.h"

/* A fresh message with all fields at their defaults. */
void *codec_new(struct arena *arena, const ProtobufCMessageDescriptor *descriptor);
#define CODEC_NEW(arena, Type, descriptor) ((Type *)codec_new((arena), &(descriptor)))

enum codec_json_style {
    CODEC_JSON_SPARSE, /* Connect and stored payloads: fields at their default are left out */
    CODEC_JSON_FULL    /* REST: every field; unset messages are null; unset members of a oneof are left out */
};

/* Appends the message in the proto3 JSON mapping (platform.md 1.5 and 1.6). Cannot fail for messages that were built
 * by the codec or by handlers (strings are UTF-8). A timestamp out of range is STATUS_INTERNAL. */
enum status_code codec_write_json(struct buf *out, const ProtobufCMessage *message, enum codec_json_style style,
                                  struct status *status);

/* Appends the message as the bodies of webhooks have it (contract memos.md 8.1): names as in the .proto file, values at
 * their default left out, enums and 64-bit integers as numbers, timestamps as {"seconds":..,"nanos":..}. For messages
 * without maps that do not contain themselves. */
void codec_write_json_plain(struct buf *out, const ProtobufCMessage *message);

struct codec_json_options {
    bool reject_unknown;       /* unknown member = error "could not find field \"x\" in \"pkg.Type\"" */
    bool reject_unknown_enums; /* a name that the enum lacks is an error; else the field keeps its default */
    bool rest_messages;        /* error texts of the REST gateway instead of Connect's */
    bool ignore_trailing;      /* stop after the first JSON value */
    unsigned depth_limit;      /* 0 = the default of 100 */
    /* Of the request that is read, or NULL. Long values of bytes fields go to a spool instead of memory, and so they
     * are read where the text lies in one: STATUS_RESOURCE_EXHAUSTED if there is no room. */
    struct spool_list *spools;
};

/* Reads one JSON object. Errors: STATUS_INVALID_ARGUMENT with the text after "unmarshal message: ". Bounds: depth,
 * total size is the caller's; strings must be valid UTF-8. */
enum status_code codec_read_json(struct arena *arena, const ProtobufCMessageDescriptor *descriptor, const char *text,
                                 size_t length, const struct codec_json_options *options, ProtobufCMessage **out,
                                 struct status *status);

/* Binary form. Reading checks nesting depth (100) and that strings are UTF-8; unknown fields are dropped. */
enum status_code codec_read_proto(struct arena *arena, const ProtobufCMessageDescriptor *descriptor, const void *data,
                                  size_t length, ProtobufCMessage **out, struct status *status);
/* The same for data that may lie in one of the spools: values of bytes fields are then borrowed from it, not copied. */
enum status_code codec_read_proto_in(struct arena *arena, const struct spool_list *spools,
                                     const ProtobufCMessageDescriptor *descriptor, const void *data, size_t length,
                                     ProtobufCMessage **out, struct status *status);
/* Where in the first bytes of a message, in the binary form, the value of a bytes field begins that does not end among
 * them, be it in a message in the message. 0: nowhere, or what came is malformed. */
size_t codec_proto_unfinished(const ProtobufCMessageDescriptor *descriptor, const void *data, size_t length);
void codec_write_proto(struct buf *out, const ProtobufCMessage *message);

/* Allocator over an arena, for direct use of protobuf-c functions. */
ProtobufCAllocator codec_arena_allocator(struct arena *arena);

#endif
