/* Messages that the API and the store define alike. */
#ifndef MEMORA_API_CONVERT_SETTING_H
#define MEMORA_API_CONVERT_SETTING_H

#include "codec/codec.h"

/* The same fields (by number and type) in a message of another name; fields that the target lacks are dropped. Shares
 * nothing with the source. NULL stays NULL. */
ProtobufCMessage *api_recast(struct arena *arena, const ProtobufCMessage *from, const ProtobufCMessageDescriptor *to);

#endif
