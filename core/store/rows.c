#include "store/rows.h"

enum { FIRST_ROWS = 16 };

enum status_code store_collect_rows(struct arena *arena, struct db_rows *rows, const struct store_row_kind *kind,
                                    struct store_row_list *out, struct status *status)
{
    struct status problem = {0};
    char *items = NULL;
    size_t count = 0, room = 0;
    *out = (struct store_row_list){0};
    while (db_next(rows, &problem)) {
        if (count == room) {
            size_t grown = room ? room * 2 : FIRST_ROWS;
            items = arena_grow(arena, items, room * kind->size, grown * kind->size);
            room = grown;
        }
        if (kind->read(arena, rows, items + count * kind->size, &problem))
            break;
        count++;
    }
    if (problem.code)
        return status_set(status, problem.code, "%s", problem.message);
    *out = (struct store_row_list){items, count};
    return STATUS_OK;
}

enum status_code store_read_rows(struct db_conn *conn, struct arena *arena, const char *sql,
                                 const struct memora_value *params, uint32_t param_count,
                                 const struct store_row_kind *kind, struct store_row_list *out, struct status *status)
{
    struct db_rows *rows;
    *out = (struct store_row_list){0};
    enum status_code code = db_query(conn, sql, params, param_count, &rows, status);
    if (code)
        return code;
    code = store_collect_rows(arena, rows, kind, out, status);
    db_rows_close(rows);
    return code;
}
