#include "codec/duration.h"

enum { NANO_DIGITS = 9 };

static const int64_t most_seconds = 315576000000; /* google/protobuf/duration.proto */

bool codec_parse_duration(const char *text, size_t length, Google__Protobuf__Duration *out)
{
    size_t at = 0, end = length ? length - 1 : 0;
    if (length < 2 || text[end] != 's')
        return false;
    bool negative = text[at] == '-';
    if (negative || text[at] == '+')
        at++;
    int64_t seconds = 0;
    int32_t nanos = 0;
    size_t digits = 0, fraction = 0;
    for (; at < end && text[at] >= '0' && text[at] <= '9'; at++, digits++) {
        seconds = seconds * 10 + (text[at] - '0');
        if (seconds > most_seconds)
            return false;
    }
    if (at < end && text[at] == '.')
        for (at++; at < end && text[at] >= '0' && text[at] <= '9' && fraction < NANO_DIGITS; at++, fraction++)
            nanos = nanos * 10 + (text[at] - '0');
    if (at != end || digits + fraction == 0)
        return false;
    for (; fraction < NANO_DIGITS; fraction++)
        nanos *= 10;
    if (seconds == most_seconds && nanos)
        return false;
    out->seconds = negative ? -seconds : seconds;
    out->nanos = negative ? -nanos : nanos;
    return true;
}
