/* One value of a query parameter, as text, into the C struct of a message. */
#ifndef MEMORA_RPC_QUERY_VALUE_H
#define MEMORA_RPC_QUERY_VALUE_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/status.h"

/* Parses text for a field that isn't repeated (or one element) into value. The error text lacks the field's name. */
enum status_code query_value_parse(struct arena *arena, const ProtobufCFieldDescriptor *field, const char *text,
                                   size_t length, void *value, struct status *status);

#endif
