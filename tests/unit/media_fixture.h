/* What the tests of memora-media share. Included by one file per program. */
#ifndef TEST_MEDIA_FIXTURE_H
#define TEST_MEDIA_FIXTURE_H

#include "attachment_fixture.h"

#include <errno.h>
#include <sys/wait.h>
#include <zlib.h>

#include "api_handlers.h"
#include "blob/media.h"
#include "blob/thumbnail.h"

#define HELPER MEMORA_TEST_PLUGIN_DIR "/../libexec/memora-media"

struct bytes {
    const unsigned char *data;
    size_t length;
};

static inline int64_t read_bytes(void *ctx, uint64_t pos, void *out, size_t cap)
{
    const struct bytes *bytes = ctx;
    size_t left = pos < bytes->length ? bytes->length - (size_t)pos : 0, n = left < cap ? left : cap;
    memcpy(out, bytes->data + pos, n);
    return (int64_t)n;
}

/* media_run from bytes to a buffer. */
static inline enum status_code run(struct media *media, enum media_job job, const struct bytes *bytes, struct buf *out,
                                   struct status *status)
{
    const struct media_source picture = {read_bytes, (void *)bytes, bytes->length};
    const struct media_sink made = media_sink_to(out);
    return media_run(media, job, &picture, &made, status);
}

static inline struct media *open_media(const char *helper)
{
    const struct media_limits limits = media_limits_default();
    return media_create(helper, &limits);
}

static inline void add_u32(struct buf *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_add_char(out, (char)(value >> shift));
}

static inline void add_chunk(struct buf *out, const char *type, const void *data, size_t length)
{
    add_u32(out, (uint32_t)length);
    size_t start = out->len;
    buf_add(out, type, 4);
    buf_add(out, data, length);
    add_u32(out, (uint32_t)crc32(0, (const unsigned char *)out->data + start, (uInt)(out->len - start)));
}

/* A PNG that says it has that size; the upper half is red, the lower one blue. rows: how many it really has. */
static inline struct bytes make_png(struct arena *arena, uint32_t width, uint32_t height, uint32_t rows)
{
    struct buf out = buf_in(arena), head = buf_in(arena);
    size_t row = 1 + (size_t)width * 3;
    unsigned char *raw = arena_alloc(arena, row * rows + 1);
    memset(raw, 0, row * rows + 1);
    for (uint32_t y = 0; y < rows; y++)
        for (uint32_t x = 0; x < width; x++)
            raw[y * row + 1 + (size_t)x * 3 + (y < height / 2 ? 0 : 2)] = 255;
    uLongf packed_length = compressBound((uLong)(row * rows));
    unsigned char *packed = arena_alloc(arena, packed_length);
    assert_int_equal(compress(packed, &packed_length, raw, (uLong)(row * rows)), Z_OK);
    buf_add(&out, "\x89PNG\r\n\x1a\n", 8);
    add_u32(&head, width);
    add_u32(&head, height);
    buf_add(&head, "\x08\x02\0\0\0", 5);
    add_chunk(&out, "IHDR", head.data, head.len);
    add_chunk(&out, "IDAT", packed, packed_length);
    add_chunk(&out, "IEND", "", 0);
    return (struct bytes){(const unsigned char *)out.data, out.len};
}

static inline void no_child_is_left(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static inline struct store_attachment upload(struct fixture *f, const char *id, const char *name, struct bytes bytes)
{
    Memos__Api__V1__Attachment attachment = MEMOS__API__V1__ATTACHMENT__INIT, *made = NULL;
    Memos__Api__V1__CreateAttachmentRequest request = MEMOS__API__V1__CREATE_ATTACHMENT_REQUEST__INIT;
    struct api_call call = call_as(f, BOB);
    struct status status = {0};
    attachment.filename = (char *)name;
    attachment.content = (ProtobufCBinaryData){bytes.length, (uint8_t *)bytes.data};
    request.attachment = &attachment;
    request.attachment_id = (char *)id;
    if (api_attachment_service_create_attachment(&call, &request, &made, &status))
        fail_msg("%s", status.message);
    return get_attachment(f, id);
}

static inline void use_helper(struct fixture *f, const char *helper)
{
    fixture_close(f);
    fixture_open(f, NULL);
    blob_close(f->blob);
    f->config.media_helper = helper;
    open_blob(f);
    blob_use_outbox(f->blob, f->store, NULL, NULL);
    f->services.blob = f->blob;
}

#endif
