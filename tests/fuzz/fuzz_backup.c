/* What a backup says of itself: its header, its manifest, and rows of every table. What is taken for a row comes out
 * the same when it is written and read again. */
#include "fuzz.h"

#include <string.h>

#include "move/internal.h"

static void one_row(struct arena *arena, const struct store_move_table *table, const char *text, size_t length)
{
    struct store_move_row row, again;
    enum move_row_content content, content_again;
    uint64_t size, size_again;
    struct status status = {0};
    if (move_row_read(arena, table, text, length, &row, &content, &size, &status))
        return;
    struct buf written = buf_in(arena);
    struct move_sum before = {0}, after = {0};
    if (move_row_write(&written, table, &row, content, size, &status) ||
        move_row_read(arena, table, written.data, written.len - 1, &again, &content_again, &size_again, &status))
        abort();
    move_sum_row(&before, table, &row);
    move_sum_row(&after, table, &again);
    if (!move_sum_equal(&before, &after) || content != content_again || size != size_again)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct move_totals totals;
    struct status status = {0};
    const char *text = (const char *)data;
    for (unsigned i = 0; i < STORE_MOVE_TABLES; i++)
        one_row(arena, &store_move_tables[i], text, size);
    if (move_manifest_read(text, size, &totals, &status) == STATUS_OK) {
        const char *written = move_manifest_write(arena, &totals);
        struct move_totals again;
        if (move_manifest_read(written, strlen(written), &again, &status) ||
            move_totals_compare(&totals, &again, "", &status))
            abort();
    }
    (void)move_header_read(text, size, &status);
    arena_destroy(arena);
    return 0;
}
