/* JSON-RPC 2.0: one message, or a batch of them. */
#include "base/quote.h"
#include "codec/json_text.h"
#include "mcp/internal.h"

enum { ID_DIGITS = 18 }; /* fit into 64 bits, so that a client can read its own number again */

struct members {
    struct mcp_text version, id, method, params;
    bool answer; /* "result" or "error" */
};

static bool read_member(void *ctx, struct json_reader *reader, const struct json_string *key)
{
    static const struct {
        const char *name;
        size_t offset;
    } known[] = {{"jsonrpc", offsetof(struct members, version)},
                 {"id", offsetof(struct members, id)},
                 {"method", offsetof(struct members, method)},
                 {"params", offsetof(struct members, params)}};
    struct members *members = ctx;
    struct mcp_text other, *value = &other;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (mcp_is_named(key, known[i].name))
            value = (struct mcp_text *)(void *)((char *)members + known[i].offset);
    if (value == &other)
        members->answer = members->answer || mcp_is_named(key, "result") || mcp_is_named(key, "error");
    return mcp_read_value(reader, value);
}

static bool malformed(struct json_reader *reader, const char *text)
{
    status_set(reader->status, STATUS_INVALID_ARGUMENT, "%s", text);
    return false;
}

/* Strings and whole numbers. A string is written anew, so that what is repeated is UTF-8. */
static bool read_id(struct json_reader *reader, struct mcp_text id, struct mcp_text *out)
{
    if (mcp_is_null(id))
        return true;
    if (*id.text == '"') {
        const char *text = mcp_string(reader->arena, id);
        struct buf literal = buf_in(reader->arena);
        if (!text)
            return malformed(reader, "invalid id");
        json_add_string(&literal, text, strlen(text));
        *out = (struct mcp_text){literal.data, literal.len};
        return true;
    }
    if (id.length > ID_DIGITS)
        return malformed(reader, "invalid id");
    for (size_t i = 0; i < id.length; i++)
        if ((id.text[i] < '0' || id.text[i] > '9') && !(i == 0 && id.text[i] == '-'))
            return malformed(reader, "invalid id");
    *out = id;
    return true;
}

static bool read_message(struct json_reader *reader, struct mcp_message *out)
{
    struct members members = {0};
    if (json_peek(reader) != '{')
        return malformed(reader, "a message must be an object");
    if (!mcp_read_members(reader, read_member, &members))
        return false;
    const char *version = mcp_string(reader->arena, members.version);
    if (!version || strcmp(version, "2.0") != 0) {
        status_set(reader->status, STATUS_INVALID_ARGUMENT, "invalid message version tag %s; expected \"2.0\"",
                   text_quote(reader->arena, version ? version : ""));
        return false;
    }
    if (members.method.text) {
        out->method = mcp_string(reader->arena, members.method);
        if (!out->method)
            return malformed(reader, "the method must be a string");
    } else if (!members.answer) {
        return malformed(reader, "a message needs a method");
    }
    if (!mcp_is_null(members.params))
        out->params = members.params;
    return read_id(reader, members.id, &out->id);
}

static bool read_batch(struct json_reader *reader, struct mcp_envelope *out)
{
    struct json_walk walk;
    json_begin(&walk, reader, '[');
    while (json_more(&walk)) {
        if (out->count == MCP_MESSAGES_MAX)
            return malformed(reader, "too many messages in one batch");
        if (!read_message(reader, &out->messages[out->count++]))
            return false;
    }
    return walk.whole && (out->count > 0 || malformed(reader, "empty batch"));
}

enum status_code mcp_read_envelope(struct arena *arena, struct mcp_text body, struct mcp_envelope *out,
                                   struct status *status)
{
    struct json_reader reader = mcp_reader(arena, body, status);
    bool batch = json_peek(&reader) == '[';
    *out = (struct mcp_envelope){.messages = ARENA_ARRAY(arena, struct mcp_message, batch ? MCP_MESSAGES_MAX : 1),
                                 .count = batch ? 0 : 1};
    if (!(batch ? read_batch(&reader, out) : read_message(&reader, out->messages)))
        return status->code;
    json_peek(&reader);
    if (reader.at != reader.end)
        malformed(&reader, "there is something behind the message");
    return reader.at == reader.end ? STATUS_OK : status->code;
}
