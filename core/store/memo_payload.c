#include "store/memo.h"

#include "codec/codec.h"
#include "markdown/markdown.h"

Memos__Store__MemoPayload *store_memo_payload_build(struct arena *arena, const char *content, size_t length,
                                                    const Memos__Store__MemoPayload *previous)
{
    struct markdown_facts facts;
    markdown_extract(arena, content, length, &facts);

    Memos__Store__MemoPayload__Property *property =
        CODEC_NEW(arena, Memos__Store__MemoPayload__Property, memos__store__memo_payload__property__descriptor);
    property->has_link = facts.has_link;
    property->has_task_list = facts.has_task_list;
    property->has_code = facts.has_code;
    property->has_incomplete_tasks = facts.has_incomplete_tasks;
    property->title = arena_strdup(arena, facts.title);

    Memos__Store__MemoPayload *payload =
        CODEC_NEW(arena, Memos__Store__MemoPayload, memos__store__memo_payload__descriptor);
    payload->property = property;
    payload->location = previous ? previous->location : NULL;
    payload->n_tags = facts.tag_count;
    payload->tags = ARENA_ARRAY(arena, char *, facts.tag_count);
    for (size_t i = 0; i < facts.tag_count; i++)
        payload->tags[i] = arena_strdup(arena, facts.tags[i]);
    return payload;
}
