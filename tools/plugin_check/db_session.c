#include "db_session.h"

#include <time.h>

#include "base/buf.h"
#include "db/internal.h"

enum { WRITE_ATTEMPTS = 200, BACK_OFF_MAX_MS = 20 };

const char *session_type_name(const struct session *session, enum session_type type)
{
    static const char *const sqlite[] = {
        "INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT", "DOUBLE", "TEXT", "TEXT", "BLOB", "BOOLEAN", "BIGINT", "TEXT"};
    static const char *const mysql[] = {"BIGINT AUTO_INCREMENT PRIMARY KEY",
                                        "BIGINT",
                                        "DOUBLE",
                                        "LONGTEXT",
                                        "VARCHAR(191)",
                                        "LONGBLOB",
                                        "BOOLEAN",
                                        "TIMESTAMP NULL",
                                        "JSON"};
    static const char *const postgres[] = {
        "BIGSERIAL PRIMARY KEY", "BIGINT", "DOUBLE PRECISION", "TEXT", "TEXT", "BYTEA", "BOOLEAN", "BIGINT", "JSONB"};
    switch (session->dialect->family) {
    case MEMORA_FAMILY_MYSQL:
        return mysql[type];
    case MEMORA_FAMILY_POSTGRES:
        return postgres[type];
    default:
        return sqlite[type];
    }
}

bool session_open(struct check *check, struct session *session)
{
    struct memora_error error = {0};
    *session =
        (struct session){.check = check, .ops = &check->plugin->ops.db, .arena = arena_create(), .owns_db = true};
    int result = session->ops->open(check->config, &session->db, &error);
    if (result != MEMORA_OK) {
        check_code(check, result, MEMORA_OK, &error, "the database opens");
        session->db = NULL;
        session_close(session);
        return false;
    }
    result = session->ops->connect(session->db, &session->conn, &error);
    session->dialect = session->ops->dialect(session->db); /* features may be found out at connect() */
    if (result != MEMORA_OK || !session->dialect) {
        check_code(check, result, MEMORA_OK, &error, "the database can be connected to");
        session->conn = NULL;
        session_close(session);
        return false;
    }
    return true;
}

int session_share(const struct session *other, struct session *session, struct memora_error *error)
{
    *session = *other;
    session->owns_db = false;
    session->conn = NULL;
    session->arena = arena_create();
    int result = session->ops->connect(session->db, &session->conn, error);
    if (result != MEMORA_OK)
        session->conn = NULL;
    return result;
}

void session_close(struct session *session)
{
    if (session->conn)
        session->ops->disconnect(session->conn);
    if (session->owns_db && session->db)
        session->ops->close(session->db);
    arena_destroy(session->arena);
    *session = (struct session){0};
}

static const struct memora_value *reorder(struct session *session, const struct rewritten *text,
                                          const struct memora_value *values)
{
    if (!text->order)
        return values;
    struct memora_value *ordered = ARENA_ARRAY(session->arena, struct memora_value, text->bind_count);
    for (uint32_t i = 0; i < text->bind_count; i++)
        ordered[i] = values[text->order[i]];
    return ordered;
}

int session_prepare(struct session *session, const char *sql, const struct memora_value *values, uint32_t count,
                    struct memora_stmt **out, struct memora_error *error)
{
    struct status status = {0};
    struct rewritten text;
    if (rewrite_sql(session->dialect, sql, strlen(sql), session->arena, &text, &status))
        return memora_fail(error, MEMORA_E_INTERNAL, "%s", status.message);
    struct memora_stmt *stmt = NULL;
    int result = session->ops->prepare(session->conn, text.sql, text.length, &stmt, error);
    if (result != MEMORA_OK)
        return result;
    const struct memora_value *bound = count == text.param_count ? reorder(session, &text, values) : values;
    result = session->ops->bind(stmt, bound, count == text.param_count ? text.bind_count : count, error);
    if (result != MEMORA_OK) {
        session->ops->finalize(stmt);
        return result;
    }
    *out = stmt;
    return MEMORA_OK;
}

int session_run(struct session *session, const char *sql, const struct memora_value *values, uint32_t count,
                struct memora_error *error)
{
    struct memora_stmt *stmt = NULL;
    arena_reset(session->arena);
    int result = session_prepare(session, sql, values, count, &stmt, error);
    if (result != MEMORA_OK)
        return result;
    int rows = 0;
    while ((result = session->ops->step(stmt, error)) == MEMORA_ROW && rows < SESSION_ROWS_MAX)
        rows++;
    session->ops->finalize(stmt);
    return result;
}

int session_row(struct session *session, const char *sql, const struct memora_value *values, uint32_t count,
                struct memora_value *out, uint32_t columns, struct memora_error *error)
{
    struct memora_stmt *stmt = NULL;
    arena_reset(session->arena);
    int result = session_prepare(session, sql, values, count, &stmt, error);
    if (result != MEMORA_OK)
        return result;
    result = session->ops->step(stmt, error);
    if (result == MEMORA_ROW) {
        int found = session->ops->row(stmt, out, columns);
        if (found < (int)columns)
            result = memora_fail(error, MEMORA_E_INTERNAL, "row() gives %d columns, expected %u", found, columns);
        for (uint32_t i = 0; found >= (int)columns && i < columns; i++)
            if ((out[i].type == MEMORA_TEXT || out[i].type == MEMORA_BLOB) && out[i].len > 0)
                out[i].u.p = memcpy(arena_alloc(session->arena, out[i].len), out[i].u.p, out[i].len);
    }
    session->ops->finalize(stmt);
    return result;
}

int64_t session_number(struct session *session, const char *sql, const struct memora_value *values, uint32_t count,
                       struct memora_error *error)
{
    struct memora_value value;
    int result = session_row(session, sql, values, count, &value, 1, error);
    if (result != MEMORA_ROW || (value.type != MEMORA_INT && value.type != MEMORA_BOOL))
        return INT64_MIN;
    return value.u.i;
}

static void back_off(int attempt)
{
    int ms = 1 + attempt % BACK_OFF_MAX_MS;
    nanosleep(&(struct timespec){.tv_nsec = (long)ms * CHECK_NS_PER_MS}, NULL);
}

int session_write(struct session *session, const char *sql, const struct memora_value *values, uint32_t count,
                  struct memora_error *error)
{
    int result = MEMORA_E_RETRY;
    for (int attempt = 0; attempt < WRITE_ATTEMPTS && result == MEMORA_E_RETRY; attempt++) {
        if (attempt)
            back_off(attempt);
        result = session->ops->begin(session->conn, MEMORA_TX_WRITE, error);
        if (result != MEMORA_OK)
            continue;
        result = session_run(session, sql, values, count, error);
        if (result == MEMORA_OK)
            result = session->ops->commit(session->conn, error);
        if (result != MEMORA_OK && result != MEMORA_E_CONN)
            session->ops->rollback(session->conn, NULL);
    }
    return result;
}

int session_script(struct session *session, const char *sql, struct memora_error *error)
{
    struct status status = {0};
    struct rewritten text;
    arena_reset(session->arena);
    if (rewrite_sql(session->dialect, sql, strlen(sql), session->arena, &text, &status))
        return memora_fail(error, MEMORA_E_INTERNAL, "%s", status.message);
    return session->ops->script(session->conn, text.sql, text.length, error);
}

/* "id:ID, name:KEY UNIQUE" becomes "id BIGSERIAL PRIMARY KEY, name TEXT UNIQUE". */
static void expand_types(const struct session *session, const char *columns, struct buf *out)
{
    static const char *const names[] = {":ID", ":INT", ":DOUBLE", ":TEXT", ":KEY", ":BLOB", ":BOOL", ":TIME", ":JSON"};
    while (*columns) {
        size_t type = 0, count = sizeof names / sizeof names[0];
        while (type < count && strncmp(columns, names[type], strlen(names[type])) != 0)
            type++;
        if (type == count) {
            buf_add_char(out, *columns++);
            continue;
        }
        buf_add_char(out, ' ');
        buf_add_str(out, session_type_name(session, (enum session_type)type));
        columns += strlen(names[type]);
    }
}

bool session_table(struct session *session, const char *table, const char *columns)
{
    struct memora_error error = {0};
    struct arena *arena = arena_create();
    struct buf sql = buf_in(arena);
    session_drop(session, table);
    buf_printf(&sql, "CREATE TABLE %s (", table);
    expand_types(session, columns, &sql);
    buf_add_str(&sql, ")");
    if (session->dialect->family == MEMORA_FAMILY_MYSQL)
        buf_add_str(&sql, " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    int result = session_script(session, buf_str(&sql), &error);
    arena_destroy(arena);
    return result == MEMORA_OK || check_code(session->check, result, MEMORA_OK, &error, "a table can be made");
}

void session_drop(struct session *session, const char *table)
{
    char sql[100];
    snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS %s", table);
    session_script(session, sql, NULL);
}
