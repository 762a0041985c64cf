/* What the tests of filters over SQLite share: runs a filter on a database and joins what it selects. Included by one
 * file per program, in place of db_fixture.h. */
#ifndef TEST_FILTER_FIXTURE_H
#define TEST_FILTER_FIXTURE_H

#include "db_fixture.h"
#include "db/db.h"
#include "filter/filter.h"

enum { NOW = 1795489931 }; /* 2026-11-24T03:12:11Z */

/* The first column of the rows of `head AND (condition) tail`, joined by blanks. */
static inline const char *selected(struct arena *arena, struct db *db, const char *head,
                                   const struct filter_sql *filter, const char *tail)
{
    const char *sql = arena_printf(arena, "%s%s%s%s %s", head, *filter->condition ? " AND (" : "", filter->condition,
                                   *filter->condition ? ")" : "", tail);
    struct db_conn *conn;
    struct db_rows *rows = NULL;
    struct status status = {0};
    struct buf out = buf_in(arena);
    assert_int_equal(db_read_begin(db, &conn, &status), STATUS_OK);
    if (db_query(conn, sql, filter->params, filter->param_count, &rows, &status))
        fail_msg("%s: %s", sql, status.message);
    while (db_next(rows, &status))
        buf_printf(&out, "%s%s", out.len ? " " : "", db_column_text(rows, 0, arena));
    if (status.code != STATUS_OK)
        fail_msg("%s: %s", sql, status.message);
    db_rows_close(rows);
    db_read_end(conn);
    return buf_str(&out);
}

static inline struct filter_sql compiled(struct arena *arena, struct db *db, enum filter_schema schema,
                                         const char *text)
{
    struct filter_sql filter;
    struct status status = {0};
    if (filter_compile(arena, schema, text, NOW, db_dialect(db), &filter, &status))
        fail_msg("%s: %s", text, status.message);
    return filter;
}

#endif
