/* Values to and from the server's types, in their binary form where one is known: texts and blobs go as they lie in
 * memory. The formats are those of the types' send and receive functions in PostgreSQL. */
#include "postgres.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Object ids of built-in types; they never change (catalog/pg_type.dat). */
enum {
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_NAME = 19,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
    TYPE_OID = 26,
    TYPE_JSON = 114,
    TYPE_FLOAT4 = 700,
    TYPE_FLOAT8 = 701,
    TYPE_UNKNOWN = 705,
    TYPE_BPCHAR = 1042,
    TYPE_VARCHAR = 1043,
    TYPE_NUMERIC = 1700,
    TYPE_JSONB = 3802
};
enum { FORMAT_TEXT = 0, FORMAT_BINARY = 1, NUMERIC_NEGATIVE = 0x4000, NUMERIC_BASE = 10000, NUMERIC_HEADER = 8 };

Oid postgres_wide_integer(void)
{
    return TYPE_INT8;
}

bool postgres_parameters_init(struct parameters *params, int count)
{
    size_t n = count > 0 ? (size_t)count : 1;
    params->count = count;
    params->types = calloc(n, sizeof *params->types);
    params->values = calloc(n, sizeof *params->values);
    params->lengths = calloc(n, sizeof *params->lengths);
    params->formats = calloc(n, sizeof *params->formats);
    params->scratch = calloc(n, sizeof *params->scratch);
    params->copies = calloc(n, sizeof *params->copies);
    return params->types && params->values && params->lengths && params->formats && params->scratch && params->copies;
}

void postgres_parameters_free(struct parameters *params)
{
    for (int i = 0; params->copies && i < params->count; i++)
        free(params->copies[i]);
    free(params->types);
    free(params->values);
    free(params->lengths);
    free(params->formats);
    free(params->scratch);
    free(params->copies);
}

static bool holds_text(Oid type)
{
    return type == TYPE_TEXT || type == TYPE_VARCHAR || type == TYPE_BPCHAR || type == TYPE_NAME || type == TYPE_JSON ||
           type == TYPE_UNKNOWN;
}

static void put_bytes(char *out, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        out[i] = (char)(value >> (8 * (size - 1 - i)));
}

static uint64_t get_bytes(const char *in, int size)
{
    uint64_t value = 0;
    for (int i = 0; i < size; i++)
        value = value << 8 | (unsigned char)in[i];
    return value;
}

static void give(struct parameters *params, int index, const char *value, size_t length, int format)
{
    params->values[index] = value;
    params->lengths[index] = (int)length;
    params->formats[index] = format;
}

static int encode_int(struct parameters *params, int index, int64_t value)
{
    char *scratch = params->scratch[index];
    int size = 8;
    switch (params->types[index]) {
    case TYPE_INT2:
    case TYPE_INT4:
        size = params->types[index] == TYPE_INT2 ? 2 : 4;
        if (value < (size == 2 ? INT16_MIN : INT32_MIN) || value > (size == 2 ? INT16_MAX : INT32_MAX))
            return MEMORA_E_RANGE;
        break;
    case TYPE_INT8:
        break;
    case TYPE_BOOL:
        scratch[0] = value != 0;
        give(params, index, scratch, 1, FORMAT_BINARY);
        return MEMORA_OK;
    default:
        snprintf(scratch, sizeof params->scratch[index], "%lld", (long long)value);
        give(params, index, scratch, 0, FORMAT_TEXT);
        return MEMORA_OK;
    }
    put_bytes(scratch, (uint64_t)value, size);
    give(params, index, scratch, (size_t)size, FORMAT_BINARY);
    return MEMORA_OK;
}

static void encode_double(struct parameters *params, int index, double value)
{
    char *scratch = params->scratch[index];
    uint64_t bits;
    if (params->types[index] != TYPE_FLOAT8) {
        snprintf(scratch, sizeof params->scratch[index], "%.17g", value);
        give(params, index, scratch, 0, FORMAT_TEXT);
        return;
    }
    memcpy(&bits, &value, sizeof bits);
    put_bytes(scratch, bits, 8);
    give(params, index, scratch, 8, FORMAT_BINARY);
}

/* What the server has to parse is sent as text, which ends at a NUL. */
static int encode_bytes(struct parameters *params, int index, const struct memora_value *value)
{
    const char *bytes = value->len ? value->u.p : "";
    if (value->len > INT32_MAX)
        return MEMORA_E_RANGE;
    if (params->types[index] == TYPE_BYTEA || holds_text(params->types[index])) {
        give(params, index, bytes, value->len, FORMAT_BINARY);
        return MEMORA_OK;
    }
    if (memchr(bytes, '\0', value->len))
        return MEMORA_E_RANGE;
    params->copies[index] = strndup(bytes, value->len);
    if (!params->copies[index])
        return MEMORA_E_NOMEM;
    give(params, index, params->copies[index], 0, FORMAT_TEXT);
    return MEMORA_OK;
}

int postgres_encode(struct parameters *params, int index, const struct memora_value *value)
{
    free(params->copies[index]);
    params->copies[index] = NULL;
    switch (value->type) {
    case MEMORA_NULL:
        give(params, index, NULL, 0, FORMAT_TEXT);
        return MEMORA_OK;
    case MEMORA_INT:
    case MEMORA_BOOL:
        return encode_int(params, index, value->u.i);
    case MEMORA_DOUBLE:
        encode_double(params, index, value->u.d);
        return MEMORA_OK;
    case MEMORA_TEXT:
    case MEMORA_BLOB:
        return encode_bytes(params, index, value);
    default:
        return MEMORA_E_ARG;
    }
}

bool postgres_has_binary_form(Oid type)
{
    return holds_text(type) || type == TYPE_BOOL || type == TYPE_BYTEA || type == TYPE_INT8 || type == TYPE_INT2 ||
           type == TYPE_INT4 || type == TYPE_OID || type == TYPE_FLOAT4 || type == TYPE_FLOAT8 ||
           type == TYPE_NUMERIC || type == TYPE_JSONB;
}

static void set_int(struct memora_value *out, int64_t value)
{
    out->type = MEMORA_INT;
    out->u.i = value;
}

static void set_double(struct memora_value *out, double value)
{
    out->type = MEMORA_DOUBLE;
    out->u.d = value;
}

/* Sums and averages: digits to the base of 10000 after the header (count, weight, sign, scale). A whole number that
 * fits is an integer. */
static void decode_numeric(const char *in, int length, struct memora_value *out)
{
    int digits = (int)get_bytes(in, 2), weight = (int16_t)get_bytes(in + 2, 2), sign = (int)get_bytes(in + 4, 2);
    double value = 0;
    int64_t whole = 0;
    bool fits = digits <= weight + 1 && weight <= 3; /* below 10^16 */
    if (digits == 0 || length < NUMERIC_HEADER + 2 * digits || (sign != 0 && sign != NUMERIC_NEGATIVE)) {
        if (sign == 0)
            set_int(out, 0);
        else
            set_double(out, NAN);
        return;
    }
    for (int i = 0; i < digits || (fits && i <= weight); i++) {
        int digit = i < digits ? (int)get_bytes(in + NUMERIC_HEADER + 2 * i, 2) : 0;
        if (fits)
            whole = whole * NUMERIC_BASE + digit;
        value += digit * pow(NUMERIC_BASE, weight - i);
    }
    if (fits)
        set_int(out, sign ? -whole : whole);
    else
        set_double(out, sign ? -value : value);
}

static void decode_float(const char *in, Oid type, struct memora_value *out)
{
    double value;
    float narrow;
    uint64_t bits = get_bytes(in, type == TYPE_FLOAT4 ? 4 : 8);
    uint32_t narrow_bits = (uint32_t)bits;
    if (type == TYPE_FLOAT4) {
        memcpy(&narrow, &narrow_bits, sizeof narrow);
        value = narrow;
    } else {
        memcpy(&value, &bits, sizeof value);
    }
    set_double(out, value);
}

static void set_bytes(struct memora_value *out, enum memora_value_type type, const char *bytes, int length)
{
    out->type = type;
    out->u.p = bytes;
    out->len = (uint64_t)length;
}

static void decode_binary(Oid type, const char *in, int length, struct memora_value *out)
{
    switch (type) {
    case TYPE_BOOL:
        out->type = MEMORA_BOOL;
        out->u.i = *in != 0;
        return;
    case TYPE_INT8:
        set_int(out, (int64_t)get_bytes(in, 8));
        return;
    case TYPE_INT4:
        set_int(out, (int32_t)get_bytes(in, 4));
        return;
    case TYPE_INT2:
        set_int(out, (int16_t)get_bytes(in, 2));
        return;
    case TYPE_OID:
        set_int(out, (int64_t)get_bytes(in, 4));
        return;
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
        decode_float(in, type, out);
        return;
    case TYPE_NUMERIC:
        decode_numeric(in, length, out);
        return;
    case TYPE_JSONB: /* a version byte comes first */
        set_bytes(out, MEMORA_TEXT, in + 1, length > 0 ? length - 1 : 0);
        return;
    default:
        set_bytes(out, type == TYPE_BYTEA ? MEMORA_BLOB : MEMORA_TEXT, in, length);
    }
}

static void decode_text(Oid type, const char *in, int length, struct memora_value *out)
{
    switch (type) {
    case TYPE_BOOL:
        out->type = MEMORA_BOOL;
        out->u.i = *in == 't';
        return;
    case TYPE_INT8:
    case TYPE_INT4:
    case TYPE_INT2:
    case TYPE_OID:
        set_int(out, strtoll(in, NULL, 10));
        return;
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
        set_double(out, strtod(in, NULL));
        return;
    default:
        set_bytes(out, MEMORA_TEXT, in, length);
    }
}

void postgres_decode(const PGresult *result, int row, int column, bool binary, struct memora_value *out)
{
    *out = (struct memora_value){.type = MEMORA_NULL};
    if (PQgetisnull(result, row, column))
        return;
    const char *in = PQgetvalue(result, row, column);
    int length = PQgetlength(result, row, column);
    if (binary)
        decode_binary(PQftype(result, column), in, length, out);
    else
        decode_text(PQftype(result, column), in, length, out);
}
