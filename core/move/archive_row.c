#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "db/migrate.h"
#include "move/internal.h"

static json_t *value_json(const struct memora_value *value)
{
    switch (value->type) {
    case MEMORA_NULL:
        return json_null();
    case MEMORA_BOOL:
        return json_boolean(value->u.i != 0);
    case MEMORA_TEXT:
        return json_stringn(value->len ? value->u.p : "", value->len); /* NULL if it is not UTF-8 */
    default:
        return json_integer(value->u.i);
    }
}

static json_t *content_json(enum move_row_content content, uint64_t size)
{
    if (content == MOVE_CONTENT_FOLLOWS)
        return json_integer((json_int_t)size);
    return content == MOVE_CONTENT_MISSING ? json_string("missing") : json_null();
}

enum status_code move_row_write(struct buf *out, const struct store_move_table *table, const struct store_move_row *row,
                                enum move_row_content content, uint64_t size, struct status *status)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < table->columns; i++) {
        json_t *value = value_json(&row->values[i]);
        if (!value) {
            json_decref(object);
            return status_set(status, STATUS_DATA_LOSS, "table %s, column %s, row %" PRId64 " is not UTF-8",
                              table->name, table->column[i].name, row->values[0].u.i);
        }
        json_object_set_new(object, table->column[i].name, value);
    }
    if (table == &store_move_tables[STORE_MOVE_ATTACHMENT])
        json_object_set_new(object, "content", content_json(content, size));
    char *text = json_dumps(object, JSON_COMPACT);
    buf_add_str(out, text);
    buf_add_char(out, '\n');
    free(text);
    json_decref(object);
    return STATUS_OK;
}

static bool value_of(struct arena *arena, const struct store_move_column *column, const json_t *json,
                     struct memora_value *out)
{
    if (json_is_null(json)) {
        *out = db_null();
        return column->nullable;
    }
    switch (column->kind) {
    case STORE_MOVE_INT:
    case STORE_MOVE_TIME:
        *out = db_int(json_integer_value(json));
        return json_is_integer(json);
    case STORE_MOVE_BOOL:
        *out = db_bool(json_is_true(json));
        return json_is_boolean(json);
    default:
        if (!json_is_string(json))
            return false;
        *out = db_text_n(arena_strndup(arena, json_string_value(json), json_string_length(json)),
                         json_string_length(json));
        return true;
    }
}

static bool content_of(const json_t *json, enum move_row_content *content, uint64_t *size)
{
    *size = 0;
    *content = MOVE_CONTENT_NONE;
    if (json_is_integer(json)) {
        *content = MOVE_CONTENT_FOLLOWS;
        *size = (uint64_t)json_integer_value(json);
        return json_integer_value(json) >= 0;
    }
    if (json_is_string(json))
        *content = MOVE_CONTENT_MISSING;
    return json_is_null(json) || (json_is_string(json) && strcmp(json_string_value(json), "missing") == 0);
}

enum status_code move_row_read(struct arena *arena, const struct store_move_table *table, const char *line,
                               size_t length, struct store_move_row *row, enum move_row_content *content,
                               uint64_t *size, struct status *status)
{
    json_error_t error;
    const char *bad = NULL;
    json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    bool attachment = table == &store_move_tables[STORE_MOVE_ATTACHMENT];
    memset(row, 0, sizeof *row);
    *content = MOVE_CONTENT_NONE;
    *size = 0;
    if (!json_is_object(object)) {
        json_decref(object);
        return status_set(status, STATUS_DATA_LOSS, "a row of table %s is not JSON", table->name);
    }
    if (json_object_size(object) != table->columns + (attachment ? 1U : 0U))
        bad = "the columns";
    for (unsigned i = 0; !bad && i < table->columns; i++)
        if (!value_of(arena, &table->column[i], json_object_get(object, table->column[i].name), &row->values[i]))
            bad = table->column[i].name;
    if (!bad && attachment && !content_of(json_object_get(object, "content"), content, size))
        bad = "content";
    json_decref(object);
    if (bad)
        return status_set(status, STATUS_DATA_LOSS, "a row of table %s is wrong in %s", table->name, bad);
    return STATUS_OK;
}

static json_t *sum_json(const struct move_sum *sum)
{
    char hex[MOVE_SUM_HEX_SIZE];
    move_sum_hex(sum, hex);
    return json_pack("{s:I,s:s}", "count", (json_int_t)sum->count, "sha256", hex);
}

static bool sum_of(const json_t *json, struct move_sum *sum)
{
    const char *hex = json_string_value(json_object_get(json, "sha256"));
    json_int_t count = json_integer_value(json_object_get(json, "count"));
    return hex && count >= 0 && move_sum_parse(sum, hex, (uint64_t)count);
}

char *move_manifest_write(struct arena *arena, const struct move_totals *totals)
{
    json_t *tables = json_object();
    for (unsigned i = 0; i < STORE_MOVE_TABLES; i++)
        json_object_set_new(tables, store_move_tables[i].name, sum_json(&totals->tables[i]));
    json_t *manifest = json_pack("{s:i,s:s,s:o,s:o,s:I,s:I}", "format", MOVE_FORMAT_VERSION, "schema",
                                 SCHEMA_VERSION_TEXT, "tables", tables, "contents", sum_json(&totals->contents),
                                 "contentBytes", (json_int_t)totals->bytes, "missing", (json_int_t)totals->missing);
    char *text = json_dumps(manifest, JSON_INDENT(2)), *copy = arena_printf(arena, "%s\n", text);
    free(text);
    json_decref(manifest);
    return copy;
}

static enum status_code check_versions(const json_t *json, struct status *status)
{
    const char *schema = json_string_value(json_object_get(json, "schema"));
    const json_t *format = json_object_get(json, "format");
    if (!json_is_integer(format) || !schema)
        return status_set(status, STATUS_DATA_LOSS, "this is not a backup of Memora");
    if (json_integer_value(format) != MOVE_FORMAT_VERSION)
        return status_set(status, STATUS_DATA_LOSS, "the archive has format %lld; this program reads format %d",
                          (long long)json_integer_value(format), MOVE_FORMAT_VERSION);
    if (strcmp(schema, SCHEMA_VERSION_TEXT) != 0)
        return status_set(status, STATUS_DATA_LOSS, "the archive has schema version %.64s; this program reads %s",
                          schema, SCHEMA_VERSION_TEXT);
    return STATUS_OK;
}

enum status_code move_manifest_read(const char *text, size_t length, struct move_totals *totals, struct status *status)
{
    json_t *manifest = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *tables = json_object_get(manifest, "tables");
    json_int_t missing = json_integer_value(json_object_get(manifest, "missing"));
    json_int_t bytes = json_integer_value(json_object_get(manifest, "contentBytes"));
    memset(totals, 0, sizeof *totals);
    bool good = missing >= 0 && bytes >= 0 && json_object_size(tables) == STORE_MOVE_TABLES &&
                sum_of(json_object_get(manifest, "contents"), &totals->contents);
    for (unsigned i = 0; good && i < STORE_MOVE_TABLES; i++)
        good = sum_of(json_object_get(tables, store_move_tables[i].name), &totals->tables[i]);
    totals->missing = (uint64_t)missing;
    totals->bytes = (uint64_t)bytes;
    enum status_code code = good ? check_versions(manifest, status)
                                 : status_set(status, STATUS_DATA_LOSS, "the manifest of the archive is wrong");
    json_decref(manifest);
    return code;
}

const char *move_header_write(struct arena *arena)
{
    return arena_printf(arena, "{\"format\": %d, \"schema\": \"%s\"}\n", MOVE_FORMAT_VERSION, SCHEMA_VERSION_TEXT);
}

enum status_code move_header_read(const char *text, size_t length, struct status *status)
{
    json_t *header = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    enum status_code code = check_versions(header, status);
    json_decref(header);
    return code;
}
