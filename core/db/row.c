/* Values in and out. */
#include "db/internal.h"

#include <stdlib.h>
#include <string.h>

struct memora_value db_text(const char *text)
{
    return text ? db_text_n(text, strlen(text)) : db_null();
}

uint32_t db_column_count(const struct db_rows *rows)
{
    return rows->columns;
}

const struct memora_value *db_column(const struct db_rows *rows, uint32_t index)
{
    static const struct memora_value null_value = {.type = MEMORA_NULL};
    return index < rows->columns ? &rows->values[index] : &null_value;
}

static bool has_bytes(const struct memora_value *value)
{
    return value->type == MEMORA_TEXT || value->type == MEMORA_BLOB;
}

/* Databases differ in what they make of a number (a count as text, a sum as double). */
static int64_t parse_int(const struct memora_value *value)
{
    enum { LONGEST = 20 };
    char digits[LONGEST + 1];
    size_t length = value->len < LONGEST ? value->len : LONGEST;
    memcpy(digits, value->u.p, length);
    digits[length] = '\0';
    return strtoll(digits, NULL, 10);
}

int64_t db_column_int(const struct db_rows *rows, uint32_t index)
{
    const struct memora_value *value = db_column(rows, index);
    switch (value->type) {
    case MEMORA_INT:
    case MEMORA_BOOL:
        return value->u.i;
    case MEMORA_DOUBLE:
        if (value->u.d >= 9223372036854775808.0)
            return INT64_MAX;
        return value->u.d > -9223372036854775808.0 ? (int64_t)value->u.d : INT64_MIN;
    case MEMORA_TEXT:
    case MEMORA_BLOB:
        return value->len ? parse_int(value) : 0;
    default:
        return 0;
    }
}

double db_column_double(const struct db_rows *rows, uint32_t index)
{
    const struct memora_value *value = db_column(rows, index);
    return value->type == MEMORA_DOUBLE ? value->u.d : (double)db_column_int(rows, index);
}

bool db_column_bool(const struct db_rows *rows, uint32_t index)
{
    return db_column_int(rows, index) != 0;
}

bool db_column_null(const struct db_rows *rows, uint32_t index)
{
    return db_column(rows, index)->type == MEMORA_NULL;
}

char *db_column_text(const struct db_rows *rows, uint32_t index, struct arena *arena)
{
    return db_column_bytes(rows, index, arena, NULL);
}

char *db_column_bytes(const struct db_rows *rows, uint32_t index, struct arena *arena, size_t *length)
{
    const struct memora_value *value = db_column(rows, index);
    char *copy;
    if (has_bytes(value))
        copy = arena_strndup(arena, value->len ? value->u.p : "", value->len);
    else if (value->type == MEMORA_INT || value->type == MEMORA_BOOL)
        copy = arena_printf(arena, "%lld", (long long)value->u.i);
    else if (value->type == MEMORA_DOUBLE)
        copy = arena_printf(arena, "%.17g", value->u.d);
    else
        copy = arena_strdup(arena, "");
    if (length)
        *length = has_bytes(value) ? value->len : strlen(copy);
    return copy;
}
