#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "move/internal.h"

static void add_digest(struct move_sum *sum, const unsigned char digest[HASH_SHA256_SIZE])
{
    for (size_t i = 0; i < 4; i++) {
        uint64_t word = 0;
        for (size_t byte = 0; byte < 8; byte++)
            word = word << 8 | digest[i * 8 + byte];
        sum->words[i] += word;
    }
    sum->count++;
}

static void add_number(struct buf *buf, uint64_t number)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(number >> (56 - 8 * i));
    buf_add(buf, bytes, sizeof bytes);
}

static void add_bytes(struct buf *buf, char kind, const void *bytes, size_t length)
{
    buf_add_char(buf, kind);
    add_number(buf, length);
    buf_add(buf, bytes, length);
}

/* Databases write JSON anew: without blanks and with sorted members it is the same again. */
static void add_json(struct buf *buf, const struct memora_value *value)
{
    json_t *json = json_loadb(value->len ? value->u.p : "", value->len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
    if (text)
        add_bytes(buf, 'j', text, strlen(text));
    else
        add_bytes(buf, 't', value->u.p, value->len);
    free(text);
    json_decref(json);
}

static void add_value(struct buf *buf, const struct store_move_column *column, const struct memora_value *value)
{
    if (value->type == MEMORA_NULL) {
        buf_add_char(buf, 'n');
    } else if (column->kind == STORE_MOVE_JSON) {
        add_json(buf, value);
    } else if (column->kind == STORE_MOVE_TEXT) {
        add_bytes(buf, 't', value->u.p, value->len);
    } else {
        buf_add_char(buf, 'i');
        add_number(buf, (uint64_t)value->u.i);
    }
}

void move_sum_row(struct move_sum *sum, const struct store_move_table *table, const struct store_move_row *row)
{
    unsigned char digest[HASH_SHA256_SIZE];
    struct arena *arena = arena_create();
    struct buf buf = buf_in(arena);
    for (unsigned i = 0; i < table->columns; i++)
        if (!table->column[i].place)
            add_value(&buf, &table->column[i], &row->values[i]);
    hash_sha256(buf.data, buf.len, digest);
    arena_destroy(arena);
    add_digest(sum, digest);
}

void move_sum_content(struct move_sum *sum, int64_t id, uint64_t size, const unsigned char digest[HASH_SHA256_SIZE])
{
    unsigned char whole[16 + HASH_SHA256_SIZE], mixed[HASH_SHA256_SIZE];
    for (size_t i = 0; i < 8; i++) {
        whole[i] = (unsigned char)((uint64_t)id >> (56 - 8 * i));
        whole[8 + i] = (unsigned char)(size >> (56 - 8 * i));
    }
    memcpy(whole + 16, digest, HASH_SHA256_SIZE);
    hash_sha256(whole, sizeof whole, mixed);
    add_digest(sum, mixed);
}

bool move_sum_equal(const struct move_sum *a, const struct move_sum *b)
{
    return a->count == b->count && memcmp(a->words, b->words, sizeof a->words) == 0;
}

void move_sum_hex(const struct move_sum *sum, char out[MOVE_SUM_HEX_SIZE])
{
    snprintf(out, MOVE_SUM_HEX_SIZE, "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64, sum->words[0],
             sum->words[1], sum->words[2], sum->words[3]);
}

bool move_sum_parse(struct move_sum *sum, const char *hex, uint64_t count)
{
    enum { DIGITS = 16 };
    if (strlen(hex) != MOVE_SUM_HEX_SIZE - 1 || strspn(hex, "0123456789abcdef") != MOVE_SUM_HEX_SIZE - 1)
        return false;
    for (size_t i = 0; i < 4; i++) {
        char word[DIGITS + 1] = "";
        memcpy(word, hex + i * DIGITS, DIGITS);
        sum->words[i] = strtoull(word, NULL, 16);
    }
    sum->count = count;
    return true;
}

enum status_code move_totals_compare(const struct move_totals *expected, const struct move_totals *found,
                                     const char *what, struct status *status)
{
    for (unsigned i = 0; i < STORE_MOVE_TABLES; i++) {
        const struct move_sum *a = &expected->tables[i], *b = &found->tables[i];
        const char *name = store_move_tables[i].name;
        if (a->count != b->count)
            return status_set(status, STATUS_DATA_LOSS, "%s: table %s has %" PRIu64 " rows instead of %" PRIu64, what,
                              name, b->count, a->count);
        if (!move_sum_equal(a, b))
            return status_set(status, STATUS_DATA_LOSS, "%s: rows of table %s differ (SHA-256)", what, name);
    }
    if (expected->contents.count != found->contents.count)
        return status_set(status, STATUS_DATA_LOSS, "%s: %" PRIu64 " attachments have content instead of %" PRIu64,
                          what, found->contents.count, expected->contents.count);
    if (!move_sum_equal(&expected->contents, &found->contents))
        return status_set(status, STATUS_DATA_LOSS, "%s: contents of attachments differ (SHA-256)", what);
    return STATUS_OK;
}
