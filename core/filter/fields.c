/* The names a filter may use (contract memos.md 4.3 and 4.5). */
#include <string.h>

#include "filter/ast.h"

static const struct filter_field memo_fields[] = {
    {.name = "content",
     .kind = FILTER_FIELD_TEXT,
     .type = FILTER_TYPE_STRING,
     .column = "memo.content",
     .ordered = true,
     .searchable = true,
     .listable = true},
    {.name = "creator",
     .kind = FILTER_FIELD_CREATOR,
     .type = FILTER_TYPE_STRING,
     .column = "`user`.username",
     .listable = true},
    {.name = "creator_id",
     .kind = FILTER_FIELD_NUMBER,
     .type = FILTER_TYPE_INT,
     .column = "memo.creator_id",
     .listable = true},
    {.name = "created_ts",
     .kind = FILTER_FIELD_TIME,
     .type = FILTER_TYPE_TIMESTAMP,
     .column = "memo.created_ts",
     .ordered = true},
    {.name = "updated_ts",
     .kind = FILTER_FIELD_TIME,
     .type = FILTER_TYPE_TIMESTAMP,
     .column = "memo.updated_ts",
     .ordered = true},
    {.name = "pinned", .kind = FILTER_FIELD_BOOL, .type = FILTER_TYPE_BOOL, .column = "memo.pinned"},
    {.name = "visibility",
     .kind = FILTER_FIELD_TEXT,
     .type = FILTER_TYPE_STRING,
     .column = "memo.visibility",
     .listable = true},
    {.name = "tags", .kind = FILTER_FIELD_TAGS, .type = FILTER_TYPE_LIST},
    {.name = "tag", .kind = FILTER_FIELD_TAG, .type = FILTER_TYPE_STRING},
    {.name = "has_link", .kind = FILTER_FIELD_PROPERTY, .type = FILTER_TYPE_BOOL, .column = "property.hasLink"},
    {.name = "has_code", .kind = FILTER_FIELD_PROPERTY, .type = FILTER_TYPE_BOOL, .column = "property.hasCode"},
    /* Recorded: `has_task_list == false` finds nothing, unlike its neighbours. */
    {.name = "has_task_list",
     .kind = FILTER_FIELD_PROPERTY,
     .type = FILTER_TYPE_BOOL,
     .column = "property.hasTaskList",
     .absent_unknown = true},
    {.name = "has_incomplete_tasks",
     .kind = FILTER_FIELD_PROPERTY,
     .type = FILTER_TYPE_BOOL,
     .column = "property.hasIncompleteTasks"},
};

static const struct filter_field attachment_fields[] = {
    {.name = "filename",
     .kind = FILTER_FIELD_TEXT,
     .type = FILTER_TYPE_STRING,
     .column = "attachment.filename",
     .ordered = true,
     .searchable = true,
     .listable = true},
    {.name = "mime_type",
     .kind = FILTER_FIELD_TEXT,
     .type = FILTER_TYPE_STRING,
     .column = "attachment.type",
     .ordered = true,
     .searchable = true,
     .listable = true},
    {.name = "create_time",
     .kind = FILTER_FIELD_TIME,
     .type = FILTER_TYPE_TIMESTAMP,
     .column = "attachment.created_ts",
     .ordered = true},
    {.name = "memo_id",
     .kind = FILTER_FIELD_NUMBER,
     .type = FILTER_TYPE_DYN,
     .column = "attachment.memo_id",
     .listable = true},
};

const struct filter_field *filter_field_named(enum filter_schema schema, const char *name)
{
    bool memo = schema == FILTER_MEMO;
    const struct filter_field *fields = memo ? memo_fields : attachment_fields;
    size_t count =
        memo ? sizeof memo_fields / sizeof memo_fields[0] : sizeof attachment_fields / sizeof attachment_fields[0];
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}
