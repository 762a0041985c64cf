#include <stdlib.h>

#include "codec/json_text.h"
#include "mcp/internal.h"

struct json_reader mcp_reader(struct arena *arena, struct mcp_text json, struct status *status)
{
    static const struct codec_json_options options = {.rest_messages = true};
    if (!json.text) /* absent: reads as nothing */
        json = (struct mcp_text){"", 0};
    return (struct json_reader){.arena = arena,
                                .start = json.text,
                                .at = json.text,
                                .end = json.text + json.length,
                                .options = &options,
                                .depth_limit = MCP_DEPTH_MAX,
                                .status = status};
}

bool mcp_read_members(struct json_reader *reader, mcp_member_fn member, void *ctx)
{
    if (!json_open(reader, '{') || !json_enter(reader))
        return false;
    for (bool first = true, more;; first = false) {
        struct json_string key;
        if (!json_next(reader, '}', first, &more))
            return false;
        if (!more)
            break;
        if (!json_read_key(reader, &key) || !member(ctx, reader, &key))
            return false;
    }
    reader->depth--;
    return true;
}

bool mcp_read_value(struct json_reader *reader, struct mcp_text *value)
{
    json_peek(reader);
    value->text = reader->at;
    if (!json_skip_value(reader))
        return false;
    value->length = (size_t)(reader->at - value->text);
    return true;
}

const char *mcp_string(struct arena *arena, struct mcp_text json)
{
    struct status status;
    struct json_string string;
    if (!json.text || *json.text != '"')
        return NULL;
    struct json_reader reader = mcp_reader(arena, json, &status);
    if (!json_read_string(&reader, &string) || memchr(string.text, '\0', string.length))
        return NULL;
    return arena_strndup(arena, string.text, string.length);
}

bool mcp_is_null(struct mcp_text json)
{
    return !json.text || *json.text == 'n';
}

struct member {
    struct json_string key;
    struct mcp_text value;
};

struct members {
    struct arena *arena;
    struct member *list;
    size_t count, room;
};

static bool collect(void *ctx, struct json_reader *reader, const struct json_string *key)
{
    enum { FIRST_ROOM = 16 };
    struct members *members = ctx;
    if (members->count == members->room) {
        size_t room = members->room ? members->room * 2 : FIRST_ROOM;
        members->list = arena_grow(members->arena, members->list, members->room * sizeof *members->list,
                                   room * sizeof *members->list);
        members->room = room;
    }
    members->list[members->count].key = *key;
    return json_count_node(reader) && mcp_read_value(reader, &members->list[members->count++].value);
}

static int by_key(const void *a, const void *b)
{
    const struct json_string *left = &((const struct member *)a)->key, *right = &((const struct member *)b)->key;
    size_t shared = left->length < right->length ? left->length : right->length;
    int order = memcmp(left->text, right->text, shared);
    return order ? order : (left->length > right->length) - (left->length < right->length);
}

static bool add_sorted(struct json_reader *reader, struct buf *out);

static bool add_object(struct json_reader *reader, struct buf *out)
{
    struct members members = {.arena = reader->arena};
    if (!mcp_read_members(reader, collect, &members))
        return false;
    if (members.count)
        qsort(members.list, members.count, sizeof *members.list, by_key);
    buf_add_char(out, '{');
    for (size_t i = 0; i < members.count; i++) {
        struct json_reader value = *reader; /* for the bounds that go on counting */
        if (i)
            buf_add_char(out, ',');
        json_add_string(out, members.list[i].key.text, members.list[i].key.length);
        buf_add_char(out, ':');
        value.at = members.list[i].value.text;
        value.end = value.at + members.list[i].value.length;
        value.depth++;
        if (!add_sorted(&value, out))
            return false;
        reader->nodes = value.nodes;
    }
    buf_add_char(out, '}');
    return true;
}

static bool add_array(struct json_reader *reader, struct buf *out)
{
    if (!json_open(reader, '[') || !json_enter(reader))
        return false;
    buf_add_char(out, '[');
    for (bool first = true, more;; first = false) {
        if (!json_next(reader, ']', first, &more))
            return false;
        if (!more)
            break;
        if (!first)
            buf_add_char(out, ',');
        if (!add_sorted(reader, out))
            return false;
    }
    buf_add_char(out, ']');
    reader->depth--;
    return true;
}

static bool add_sorted(struct json_reader *reader, struct buf *out)
{
    struct mcp_text value;
    switch (json_peek(reader)) {
    case '{':
        return add_object(reader, out);
    case '[':
        return add_array(reader, out);
    default:
        if (!mcp_read_value(reader, &value))
            return false;
        buf_add(out, value.text, value.length);
        return true;
    }
}

bool mcp_add_sorted(struct arena *arena, struct buf *out, struct mcp_text json)
{
    struct status status;
    struct json_reader reader = mcp_reader(arena, json, &status);
    return add_sorted(&reader, out);
}
