/* google.protobuf.Duration as JSON and query parameters have it: "3.5s". */
#ifndef MEMORA_CODEC_DURATION_H
#define MEMORA_CODEC_DURATION_H

#include <stdbool.h>

#include "google/protobuf/duration.pb-c.h"

/* Sign, whole part and up to 9 fraction digits are optional, but not all digits; false on anything else or if out of
 * the range of 10,000 years. */
bool codec_parse_duration(const char *text, size_t length, Google__Protobuf__Duration *out);

#endif
