/* A connection of the plugin and short ways to run statements on it. SQL is written as in core/db/dialect.md. */
#ifndef PLUGIN_CHECK_DB_SESSION_H
#define PLUGIN_CHECK_DB_SESSION_H

#include "check.h"

enum { SESSION_COLUMNS_MAX = 16, SESSION_ROWS_MAX = 100000 };

struct session {
    struct check *check;
    const struct memora_db_ops *ops;
    const struct memora_dialect *dialect;
    struct memora_db *db;
    struct memora_conn *conn;
    struct arena *arena; /* of rewritten text and of rows; reset by each session_run and session_row */
    bool owns_db;
};

/* Opens an instance and connects. False, with a failed check, if that is not possible. */
bool session_open(struct check *check, struct session *session);
/* One more connection of the same instance; for any thread. The result is the plugin's. */
int session_share(const struct session *other, struct session *session, struct memora_error *error);
void session_close(struct session *session);

/* Prepares and binds; the caller finalizes. MEMORA_E_INTERNAL if the rewriter refuses the text. */
int session_prepare(struct session *session, const char *sql, const struct memora_value *values, uint32_t count,
                    struct memora_stmt **out, struct memora_error *error);
/* Runs a statement to its end; rows are dropped. MEMORA_OK or the first error. */
int session_run(struct session *session, const char *sql, const struct memora_value *values, uint32_t count,
                struct memora_error *error);
/* The first row, copied: MEMORA_ROW, or MEMORA_OK if there is none, or an error. */
int session_row(struct session *session, const char *sql, const struct memora_value *values, uint32_t count,
                struct memora_value *out, uint32_t columns, struct memora_error *error);
/* The one number that the statement gives; INT64_MIN if it does not. */
int64_t session_number(struct session *session, const char *sql, const struct memora_value *values, uint32_t count,
                       struct memora_error *error);
/* In a write transaction of its own, from the start again after MEMORA_E_RETRY. */
int session_write(struct session *session, const char *sql, const struct memora_value *values, uint32_t count,
                  struct memora_error *error);
int session_script(struct session *session, const char *sql, struct memora_error *error);

/* Drops the table if it is there and makes it: columns in the words of the family, see type_of. A failed check if that
 * is not possible. */
bool session_table(struct session *session, const char *table, const char *columns);
void session_drop(struct session *session, const char *table);

enum session_type { TYPE_ID, TYPE_INT, TYPE_DOUBLE, TYPE_TEXT, TYPE_KEY, TYPE_BLOB, TYPE_BOOL, TYPE_TIME, TYPE_JSON };
const char *session_type_name(const struct session *session, enum session_type type);

static inline struct memora_value value_int(int64_t i)
{
    return (struct memora_value){.type = MEMORA_INT, .u.i = i};
}

static inline struct memora_value value_double(double d)
{
    return (struct memora_value){.type = MEMORA_DOUBLE, .u.d = d};
}

static inline struct memora_value value_null(void)
{
    return (struct memora_value){.type = MEMORA_NULL};
}

static inline struct memora_value value_bytes(uint32_t type, const void *bytes, size_t length)
{
    return (struct memora_value){.type = type, .len = length, .u.p = bytes};
}

static inline struct memora_value value_text(const char *text)
{
    return value_bytes(MEMORA_TEXT, text, strlen(text));
}

static inline bool value_is_text(const struct memora_value *value, const char *text)
{
    return value->type == MEMORA_TEXT && value->len == strlen(text) &&
           (value->len == 0 || memcmp(value->u.p, text, value->len) == 0);
}

#endif
