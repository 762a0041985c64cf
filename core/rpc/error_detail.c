/* google.rpc.Status (code = 1, message = 2, details = 3 of google.protobuf.Any) for gRPC's binary trailer. */
#include "base/base64.h"
#include "rpc/call.h"

static void add_varint(struct buf *out, uint64_t value)
{
    for (; value > 127; value >>= 7)
        buf_add_char(out, (char)((value & 127) | 128));
    buf_add_char(out, (char)value);
}

static void add_bytes(struct buf *out, unsigned number, const void *data, size_t length)
{
    add_varint(out, number << 3 | 2);
    add_varint(out, length);
    buf_add(out, data, length);
}

const char *rpc_grpc_details(const struct rpc_call *call, enum status_code code, const char *message)
{
    struct arena *arena = call->request->arena;
    if (call->detail_count == 0)
        return NULL;
    struct buf packed = buf_in(arena), text = buf_in(arena);
    add_varint(&packed, 1 << 3);
    add_varint(&packed, (uint64_t)code);
    add_bytes(&packed, 2, message, strlen(message));
    for (unsigned i = 0; i < call->detail_count; i++) {
        const struct rpc_detail *detail = &call->details[i];
        const char *url = arena_printf(arena, "type.googleapis.com/%s", detail->type);
        struct buf any = buf_in(arena);
        add_bytes(&any, 1, url, strlen(url));
        add_bytes(&any, 2, detail->data, detail->length);
        add_bytes(&packed, 3, any.data, any.len);
    }
    base64_encode(&text, packed.data, packed.len);
    while (text.len && text.data[text.len - 1] == '=')
        text.len--;
    return buf_str(&text);
}
