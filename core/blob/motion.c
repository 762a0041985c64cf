#include "blob/motion.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"

enum {
    HEAD_SIZE = 256 * 1024,        /* the part in which cameras put their XMP marks */
    BLOCK_SIZE = 1024 * 1024,      /* step of the search for the video, from the end: a request each where S3 has it */
    BOX_SIZE = MOTION_VIDEO_START, /* of an MP4 box: size, "ftyp", brand */
    JPEG_MIN = 16
};

struct file {
    motion_read_fn read;
    void *ctx;
    uint64_t size;
};

/* Exactly length bytes at pos. */
static bool read_exact(const struct file *file, uint64_t pos, unsigned char *out, size_t length)
{
    while (length > 0) {
        int64_t n = file->read(file->ctx, pos, out, length);
        if (n <= 0)
            return false;
        pos += (uint64_t)n;
        out += n;
        length -= (size_t)n;
    }
    return true;
}

/* A position in text behind name and at least one of "'=:> and white space, at or after *from; NULL if there is none.
 * *from becomes where to look for the next one. */
static const char *find_value(const char *text, size_t length, const char *name, size_t *from)
{
    size_t name_length = strlen(name);
    for (size_t i = *from; i + name_length < length; i++) {
        if ((text[i] | 0x20) != (name[0] | 0x20) || strncasecmp(text + i, name, name_length) != 0)
            continue;
        size_t value = i + name_length;
        while (value < length && text[value] != '\0' && strchr("\"'=:> \t\n\f\r", text[value]))
            value++;
        *from = i + 1;
        if (value > i + name_length && value < length)
            return text + value;
    }
    return NULL;
}

/* Whether the value of one of the names begins with '1'. */
static bool is_marked(const char *head, size_t length)
{
    static const char *const names[] = {"Camera:MotionPhoto", "MicroVideo"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t from = 0;
        const char *value;
        while ((value = find_value(head, length, names[i], &from)))
            if (*value == '1')
                return true;
    }
    return false;
}

/* The first decimal number that is the value of name. Too large ones are as good as none. */
static bool find_number(const char *head, size_t length, const char *name, int64_t *out)
{
    size_t from = 0;
    const char *value, *end = head + length;
    while ((value = find_value(head, length, name, &from))) {
        bool negative = *value == '-';
        const char *at = value + (negative ? 1 : 0);
        int64_t number = 0;
        bool fits = true;
        const char *digits = at;
        for (; at < end && *at >= '0' && *at <= '9'; at++) {
            fits = fits && number <= (INT64_MAX - 9) / 10;
            number = fits ? number * 10 + (*at - '0') : number;
        }
        if (at == digits)
            continue;
        *out = negative ? -number : number;
        return fits;
    }
    return false;
}

/* An MP4 begins with a box of type ftyp, whose size is 1 (a long size follows) or at least that of its own head. */
static bool is_video_start(const unsigned char box[BOX_SIZE])
{
    uint32_t size = (uint32_t)box[0] << 24 | (uint32_t)box[1] << 16 | (uint32_t)box[2] << 8 | box[3];
    return memcmp(box + 4, "ftyp", 4) == 0 && (size == 1 || size >= 8);
}

/* The last position where a video begins, searched in blocks from the end. */
static bool find_last_video(const struct file *file, unsigned char *block, uint64_t *out)
{
    uint64_t end = file->size - BOX_SIZE + 1; /* positions below are to be looked at */
    while (end > 0) {
        uint64_t start = end > BLOCK_SIZE ? end - BLOCK_SIZE : 0;
        size_t count = (size_t)(end - start);
        if (!read_exact(file, start, block, count + BOX_SIZE - 1))
            return false;
        for (size_t i = count; i-- > 0;) {
            if (!is_video_start(block + i))
                continue;
            *out = start + i;
            return true;
        }
        end = start;
    }
    return false;
}

bool motion_is_video(motion_read_fn read, void *ctx, uint64_t size, uint64_t at)
{
    const struct file file = {read, ctx, size};
    unsigned char box[BOX_SIZE];
    return size >= BOX_SIZE && at <= size - BOX_SIZE && read_exact(&file, at, box, BOX_SIZE) && is_video_start(box);
}

static bool find_in(const struct file *file, unsigned char *buffer, struct motion_photo *out)
{
    size_t length = file->size < HEAD_SIZE ? (size_t)file->size : HEAD_SIZE;
    if (!read_exact(file, 0, buffer, length) || buffer[0] != 0xff || buffer[1] != 0xd8)
        return false;
    const char *head = (const char *)buffer;
    if (!is_marked(head, length))
        return false;
    if (!find_number(head, length, "Camera:MotionPhotoPresentationTimestampUs", &out->presentation_us))
        out->presentation_us = 0;
    int64_t from_end;
    unsigned char box[BOX_SIZE];
    if (find_number(head, length, "Camera:MicroVideoOffset", &from_end) && from_end >= BOX_SIZE &&
        (uint64_t)from_end <= file->size) {
        out->video_at = file->size - (uint64_t)from_end;
        if (read_exact(file, out->video_at, box, BOX_SIZE) && is_video_start(box))
            return true;
    }
    return find_last_video(file, buffer, &out->video_at);
}

bool motion_find(motion_read_fn read, void *ctx, uint64_t size, struct motion_photo *out)
{
    if (size < JPEG_MIN)
        return false;
    const struct file file = {read, ctx, size};
    unsigned char *buffer = memory_alloc(BLOCK_SIZE + BOX_SIZE);
    bool found = find_in(&file, buffer, out);
    free(buffer);
    return found;
}
