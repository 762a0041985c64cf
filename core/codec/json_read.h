/* Parts of the JSON reader. */
#ifndef MEMORA_CODEC_JSON_READ_H
#define MEMORA_CODEC_JSON_READ_H

#include "codec/descriptor.h"
#include "codec/json_lex.h"

enum json_outcome {
    JSON_FAILED, /* status is filled */
    JSON_READ,
    JSON_IGNORED /* an enum name that the schema does not have: as if it were not there */
};

/* One value that is not repeated, into its place in the C struct. */
enum json_outcome json_read_value(struct json_reader *reader, const ProtobufCFieldDescriptor *field, void *value);
enum json_outcome json_read_scalar(struct json_reader *reader, const ProtobufCFieldDescriptor *field, void *value);

/* The value at reader->at into a message at its defaults. */
bool json_read_message(struct json_reader *reader, ProtobufCMessage *message);
/* The members of an ordinary object; without_type: the member "@type" is of google.protobuf.Any, not of the message. */
bool json_read_object(struct json_reader *reader, ProtobufCMessage *message, bool without_type);
bool json_read_known(struct json_reader *reader, ProtobufCMessage *message, enum codec_known known);

#endif
