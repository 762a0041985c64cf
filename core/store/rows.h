/* Collecting the rows of a query; shared by the files of store/. */
#ifndef MEMORA_STORE_ROWS_H
#define MEMORA_STORE_ROWS_H

#include "store/store.h"

/* One kind of row: the size of its struct, and what fills one from the current row; texts go to the arena. */
struct store_row_kind {
    size_t size;
    enum status_code (*read)(struct arena *arena, const struct db_rows *rows, void *out, struct status *status);
};

struct store_row_list {
    void *items; /* NULL if there are none */
    size_t count;
};

/* Runs the query and reads all of its rows into the arena. *out is empty after an error. */
enum status_code store_read_rows(struct db_conn *conn, struct arena *arena, const char *sql,
                                 const struct memora_value *params, uint32_t param_count,
                                 const struct store_row_kind *kind, struct store_row_list *out, struct status *status);

/* The rest of a query's rows, in two steps for queries that run with others. */
enum status_code store_collect_rows(struct arena *arena, struct db_rows *rows, const struct store_row_kind *kind,
                                    struct store_row_list *out, struct status *status);

#endif
