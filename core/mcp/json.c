#include <stdlib.h>
#include <string.h>

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
    struct json_walk walk;
    json_begin(&walk, reader, '{');
    while (json_more(&walk)) {
        struct json_string key;
        if (!json_read_key(reader, &key) || !member(ctx, reader, &key))
            return false;
    }
    return walk.whole;
}

bool mcp_is_named(const struct json_string *key, const char *name)
{
    return strlen(name) == key->length && memcmp(name, key->text, key->length) == 0;
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

struct wanted {
    const char *name;
    struct mcp_text value;
};

static bool find_member(void *ctx, struct json_reader *reader, const struct json_string *key)
{
    struct wanted *wanted = ctx;
    struct mcp_text other;
    return mcp_read_value(reader, mcp_is_named(key, wanted->name) ? &wanted->value : &other);
}

struct mcp_text mcp_member(struct arena *arena, struct mcp_text object, const char *name)
{
    struct status status;
    struct wanted wanted = {.name = name};
    struct json_reader reader = mcp_reader(arena, object, &status);
    bool read = object.text && mcp_read_members(&reader, find_member, &wanted);
    return read ? wanted.value : (struct mcp_text){0};
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
    struct json_walk walk;
    buf_add_char(out, '[');
    json_begin(&walk, reader, '[');
    while (json_more(&walk)) {
        if (walk.count > 1)
            buf_add_char(out, ',');
        if (!add_sorted(reader, out))
            return false;
    }
    buf_add_char(out, ']');
    return walk.whole;
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
