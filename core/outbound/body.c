#include "outbound/body.h"

#include <string.h>

enum { GROUP_IN = 3, GROUP_OUT = 4 }; /* bytes of base64 */

static uint64_t size_of(const struct outbound_piece *piece)
{
    return piece->base64 ? ((uint64_t)piece->length + GROUP_IN - 1) / GROUP_IN * GROUP_OUT : piece->length;
}

uint64_t outbound_body_size(const struct outbound_request *request)
{
    uint64_t size = request->pieces ? 0 : request->body_length;
    for (unsigned i = 0; request->pieces && i < request->piece_count; i++)
        size += size_of(&request->pieces[i]);
    return size;
}

/* The group of base64 that byte `from` begins. */
static void encode_group(const struct outbound_piece *piece, size_t from, char out[GROUP_OUT])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *bytes = (const unsigned char *)piece->bytes + from;
    size_t left = piece->length - from;
    unsigned word = (unsigned)bytes[0] << 16 | (left > 1 ? (unsigned)bytes[1] << 8 : 0) | (left > 2 ? bytes[2] : 0);
    out[0] = digits[word >> 18];
    out[1] = digits[word >> 12 & 63];
    out[2] = left > 1 ? digits[word >> 6 & 63] : '=';
    out[3] = left > 2 ? digits[word & 63] : '=';
}

static void copy_encoded(const struct outbound_piece *piece, uint64_t position, char *out, size_t length)
{
    while (length > 0) {
        char group[GROUP_OUT];
        size_t skip = (size_t)(position % GROUP_OUT), some = GROUP_OUT - skip < length ? GROUP_OUT - skip : length;
        encode_group(piece, (size_t)(position / GROUP_OUT) * GROUP_IN, group);
        memcpy(out, group + skip, some);
        out += some;
        position += some;
        length -= some;
    }
}

size_t outbound_reader_read(struct outbound_reader *reader, char *out, size_t room)
{
    size_t done = 0;
    while (reader->at < reader->count && done < room) {
        const struct outbound_piece *piece = &reader->pieces[reader->at];
        uint64_t left = size_of(piece) - reader->position;
        size_t some = left < room - done ? (size_t)left : room - done;
        if (piece->base64)
            copy_encoded(piece, reader->position, out + done, some);
        else if (some)
            memcpy(out + done, (const char *)piece->bytes + reader->position, some);
        done += some;
        reader->position += some;
        if (some == left) {
            reader->at++;
            reader->position = 0;
        }
    }
    return done;
}
