/* Values in and out. Parameters are read where they lie; columns go through buffers that are kept between runs. */
#include "driver.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_CAPACITY = 64,       /* bytes of a text column's buffer; it grows with what is met */
    KEPT_CAPACITY = 16 * 1024, /* larger ones are given back after use */
    PACKET_OVERHEAD = 1024,
    BINARY_CHARSET = 63
};

static int bind_one(MYSQL_BIND *bind, const struct memora_value *value)
{
    *bind = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_NULL};
    switch (value->type) {
    case MEMORA_NULL:
        return MEMORA_OK;
    case MEMORA_INT:
    case MEMORA_BOOL:
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = (void *)(uintptr_t)&value->u.i;
        return MEMORA_OK;
    case MEMORA_DOUBLE:
        bind->buffer_type = MYSQL_TYPE_DOUBLE;
        bind->buffer = (void *)(uintptr_t)&value->u.d;
        return MEMORA_OK;
    case MEMORA_TEXT:
    case MEMORA_BLOB:
        bind->buffer_type = value->type == MEMORA_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_LONG_BLOB;
        bind->buffer = value->len ? (void *)(uintptr_t)value->u.p : "";
        bind->buffer_length = (unsigned long)value->len;
        return MEMORA_OK;
    default:
        return MEMORA_E_ARG;
    }
}

int driver_bind(struct memora_stmt *stmt, const struct memora_value *values, uint32_t n, struct memora_error *error)
{
    unsigned long long bytes = 0;
    if (n != stmt->params)
        return memora_fail(error, MEMORA_E_ARG, "the statement has %u parameters, %u values were given", stmt->params,
                           n);
    for (uint32_t i = 0; i < n; i++) {
        if (bind_one(&stmt->in[i], &values[i]) != MEMORA_OK)
            return memora_fail(error, MEMORA_E_ARG, "parameter %u is of an unknown type", i + 1);
        bytes += stmt->in[i].buffer_length;
    }
    /* The server would break the connection. */
    if (bytes + PACKET_OVERHEAD > stmt->conn->max_packet && bytes > PACKET_OVERHEAD)
        return memora_fail(error, MEMORA_E_RANGE, "%llu bytes are more than the server's max_allowed_packet of %llu",
                           bytes, stmt->conn->max_packet);
    if (n && mysql_stmt_bind_param(stmt->mysql, stmt->in))
        return driver_stmt_error(error, stmt->mysql);
    return MEMORA_OK;
}

static enum memora_value_type type_of(const MYSQL_FIELD *field)
{
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
        return MEMORA_INT;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
        return MEMORA_DOUBLE;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL: /* what SUM() of integers gives */
        return field->decimals == 0 ? MEMORA_INT : MEMORA_DOUBLE;
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_BIT:
        return field->charsetnr == BINARY_CHARSET ? MEMORA_BLOB : MEMORA_TEXT;
    default:
        return MEMORA_TEXT; /* JSON, dates, enumerations */
    }
}

static bool grow(struct driver_column *column, unsigned long need)
{
    unsigned long capacity = column->capacity ? column->capacity : FIRST_CAPACITY;
    while (capacity < need)
        capacity = capacity > ULONG_MAX / 2 ? need : capacity * 2;
    if (column->bytes && capacity == column->capacity)
        return true;
    free(column->bytes); /* what it holds is fetched again */
    column->bytes = malloc(capacity);
    column->capacity = column->bytes ? capacity : 0;
    return column->bytes != NULL;
}

static void point_to(MYSQL_BIND *bind, struct driver_column *column)
{
    bool number = column->type == MEMORA_INT || column->type == MEMORA_DOUBLE;
    *bind = (MYSQL_BIND){.is_null = &column->is_null, .length = &column->length, .error = &column->truncated};
    bind->buffer_type = column->type == MEMORA_INT      ? MYSQL_TYPE_LONGLONG
                        : column->type == MEMORA_DOUBLE ? MYSQL_TYPE_DOUBLE
                        : column->type == MEMORA_BLOB   ? MYSQL_TYPE_LONG_BLOB
                                                        : MYSQL_TYPE_STRING;
    bind->buffer = number ? (void *)&column->number : column->bytes;
    bind->buffer_length = number ? sizeof column->number : column->capacity;
}

static bool make_room(struct memora_stmt *stmt)
{
    if (stmt->column_room >= stmt->columns)
        return true;
    driver_free_columns(stmt);
    stmt->column = calloc(stmt->columns, sizeof *stmt->column);
    stmt->out = calloc(stmt->columns, sizeof *stmt->out);
    if (!stmt->column || !stmt->out)
        return false;
    stmt->column_room = stmt->columns;
    return true;
}

int driver_bind_columns(struct memora_stmt *stmt, struct memora_error *error)
{
    if (!make_room(stmt))
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    MYSQL_RES *result = mysql_stmt_result_metadata(stmt->mysql);
    if (!result)
        return driver_stmt_error(error, stmt->mysql);
    const MYSQL_FIELD *fields = mysql_fetch_fields(result);
    bool enough = true;
    for (uint32_t i = 0; i < stmt->columns && enough; i++) {
        struct driver_column *column = &stmt->column[i];
        column->type = type_of(&fields[i]);
        if (column->type == MEMORA_TEXT || column->type == MEMORA_BLOB)
            enough = grow(column, 0);
        point_to(&stmt->out[i], column);
    }
    mysql_free_result(result);
    if (!enough)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    return mysql_stmt_bind_result(stmt->mysql, stmt->out) ? driver_stmt_error(error, stmt->mysql) : MEMORA_OK;
}

int driver_grow_columns(struct memora_stmt *stmt, struct memora_error *error)
{
    for (uint32_t i = 0; i < stmt->columns; i++) {
        struct driver_column *column = &stmt->column[i];
        bool text = column->type == MEMORA_TEXT || column->type == MEMORA_BLOB;
        if (!text || column->is_null || column->length <= column->capacity)
            continue;
        if (!grow(column, column->length))
            return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
        point_to(&stmt->out[i], column);
    }
    return mysql_stmt_bind_result(stmt->mysql, stmt->out) ? driver_stmt_error(error, stmt->mysql) : MEMORA_OK;
}

static void read_one(const struct driver_column *column, struct memora_value *value)
{
    *value = (struct memora_value){.type = MEMORA_NULL};
    if (column->is_null)
        return;
    value->type = column->type;
    if (column->type == MEMORA_INT) {
        value->u.i = column->number.i;
    } else if (column->type == MEMORA_DOUBLE) {
        value->u.d = column->number.d;
    } else {
        value->u.p = column->bytes;
        value->len = column->length;
    }
}

int driver_row(struct memora_stmt *stmt, struct memora_value *out, uint32_t n)
{
    for (uint32_t i = 0; i < stmt->columns && i < n; i++)
        read_one(&stmt->column[i], &out[i]);
    return (int)stmt->columns;
}

void driver_shrink_columns(struct memora_stmt *stmt)
{
    for (uint32_t i = 0; i < stmt->column_room; i++)
        if (stmt->column[i].capacity > KEPT_CAPACITY) {
            free(stmt->column[i].bytes);
            stmt->column[i].bytes = NULL;
            stmt->column[i].capacity = 0;
        }
}

void driver_free_columns(struct memora_stmt *stmt)
{
    for (uint32_t i = 0; i < stmt->column_room; i++)
        free(stmt->column[i].bytes);
    free(stmt->column);
    free(stmt->out);
    stmt->column = NULL;
    stmt->out = NULL;
    stmt->column_room = 0;
}
