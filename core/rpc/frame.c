#include "rpc/frame.h"

enum frame_result frame_read(const char *body, size_t body_length, size_t *at, struct frame *out)
{
    size_t rest = body_length - *at;
    if (rest == 0)
        return FRAME_END;
    if (rest < FRAME_HEAD)
        return FRAME_BROKEN;
    const unsigned char *head = (const unsigned char *)body + *at;
    size_t length = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    if (length > rest - FRAME_HEAD)
        return FRAME_BROKEN;
    *out = (struct frame){head[0], body + *at + FRAME_HEAD, length};
    *at += FRAME_HEAD + length;
    return FRAME_READ;
}

void frame_add(struct buf *out, unsigned flags, const char *data, size_t length)
{
    const char head[FRAME_HEAD] = {(char)flags, (char)(length >> 24), (char)(length >> 16), (char)(length >> 8),
                                   (char)length};
    buf_add(out, head, sizeof head);
    buf_add(out, data, length);
}
