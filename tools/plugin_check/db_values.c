/* Every value comes back as it went in. */
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "db_session.h"

enum {
    LARGE_BLOB = 16 * 1024 * 1024 - 64 * 1024, /* the rest of a packet of 16 MiB, MariaDB's default */
    REUSES = 10000,
    REUSES_QUICK = 1000
};
#define TABLE "memora_check_values"
#define COLUMNS "id:ID, i:INT, d:DOUBLE, t:TEXT, b:BLOB, f:BOOL"

static const char insert_all[] = "INSERT INTO " TABLE " (i, d, t, b, f) VALUES (?, ?, ?, ?, ?)";
static const char select_last[] = "SELECT i, d, t, b, f FROM " TABLE " ORDER BY id DESC LIMIT 1";

/* Stores one value in the column and reads it back: MEMORA_ROW, or the error of one of both. */
static int round_trip(struct session *session, const char *column, struct memora_value in, struct memora_value *out,
                      struct memora_error *error)
{
    char sql[120];
    snprintf(sql, sizeof sql, "INSERT INTO " TABLE " (%s) VALUES (?)", column);
    int result = session_write(session, sql, &in, 1, error);
    if (result != MEMORA_OK)
        return result;
    snprintf(sql, sizeof sql, "SELECT %s FROM " TABLE " ORDER BY id DESC LIMIT 1", column);
    return session_row(session, sql, NULL, 0, out, 1, error);
}

static void check_integers(struct session *session)
{
    static const int64_t edges[] = {0,         1,         -1,        INT32_MAX,      INT32_MIN, (int64_t)INT32_MAX + 1,
                                    INT64_MAX, INT64_MIN, 1LL << 53, (1LL << 53) + 1};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        struct memora_error error = {0};
        struct memora_value out = {0};
        char name[64];
        int result = round_trip(session, "i", value_int(edges[i]), &out, &error);
        snprintf(name, sizeof name, "the integer %lld", (long long)edges[i]);
        check_that(session->check, result == MEMORA_ROW && out.type == MEMORA_INT && out.u.i == edges[i], name,
                   "%s, type %u, %lld: %s", check_code_name(result), out.type, (long long)out.u.i, error.message);
    }
}

static void check_doubles(struct session *session)
{
    static const double edges[] = {
        0.1, 1.0 / 3, -2.5, 1e300, -1e300, 2.2250738585072014e-308, 123456789.123456789, 5e-324 * 3};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        struct memora_error error = {0};
        struct memora_value out = {0};
        char name[64];
        int result = round_trip(session, "d", value_double(edges[i]), &out, &error);
        snprintf(name, sizeof name, "the double %.17g", edges[i]);
        check_that(session->check, result == MEMORA_ROW && out.type == MEMORA_DOUBLE && fabs(out.u.d - edges[i]) <= 0,
                   name, "%s, type %u, %.17g: %s", check_code_name(result), out.type, out.u.d, error.message);
    }
    struct memora_error error = {0};
    struct memora_value out = {0};
    int result = round_trip(session, "d", value_double((double)NAN), &out, &error);
    check_that(session->check, result < 0 || out.type == MEMORA_NULL || (out.type == MEMORA_DOUBLE && isnan(out.u.d)),
               "NaN is kept, NULL or refused, never a number", "type %u, %g", out.type, out.u.d);
}

static void check_bytes(struct session *session, const char *column, uint32_t type, const void *bytes, size_t length,
                        const char *name)
{
    struct memora_error error = {0};
    struct memora_value out = {0};
    int result = round_trip(session, column, value_bytes(type, bytes, length), &out, &error);
    bool same = result == MEMORA_ROW && out.type == type && out.len == length &&
                (length == 0 || memcmp(out.u.p, bytes, length) == 0);
    check_that(session->check, same, name, "%s, type %u (expected %u), %llu bytes (expected %zu): %s",
               check_code_name(result), out.type, type, (unsigned long long)out.len, length, error.message);
}

static void check_texts(struct session *session)
{
    static const char utf8[] = "\xf0\x9f\x93\x9d \xf0\x9d\x94\xa0 \xe6\xbc\xa2 e\xcc\x81 \xc3\xa9 \xef\xbf\xbd";
    unsigned char all[256];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)i;
    check_bytes(session, "t", MEMORA_TEXT, "", 0, "an empty text is not NULL");
    check_bytes(session, "t", MEMORA_TEXT, NULL, 0, "an empty text without an address is not NULL");
    check_bytes(session, "b", MEMORA_BLOB, "", 0, "an empty blob is not NULL");
    check_bytes(session, "b", MEMORA_BLOB, NULL, 0, "an empty blob without an address is not NULL");
    check_bytes(session, "t", MEMORA_TEXT, utf8, sizeof utf8 - 1, "UTF-8 of one to four bytes and combining marks");
    check_bytes(session, "t", MEMORA_TEXT, "abcdef", 3, "a text ends at its length, not at a NUL");
    check_bytes(session, "t", MEMORA_TEXT, "  a \t\r\n ", 8, "blanks and line ends at both ends of a text");
    check_bytes(session, "b", MEMORA_BLOB, all, sizeof all, "a blob with every byte, NUL among them");
    check_bytes(session, "b", MEMORA_BLOB, "\\x41", 4, "a blob that looks like hex digits");
    unsigned char *large = malloc(LARGE_BLOB);
    if (!large)
        check_bail_out(session->check, "out of memory");
    for (size_t i = 0; i < LARGE_BLOB; i++)
        large[i] = (unsigned char)(i * 2654435761u >> 13);
    check_bytes(session, "b", MEMORA_BLOB, large, LARGE_BLOB, "a blob of nearly 16 MiB");
    memset(large, 'x', LARGE_BLOB);
    check_bytes(session, "t", MEMORA_TEXT, large, LARGE_BLOB / 8, "a text of 2 MiB");
    free(large);
}

static void check_nulls(struct session *session)
{
    struct memora_error error = {0};
    struct memora_value nulls[5], out[5] = {{0}};
    for (size_t i = 0; i < 5; i++)
        nulls[i] = value_null();
    int result = session_write(session, insert_all, nulls, 5, &error);
    if (result == MEMORA_OK)
        result = session_row(session, select_last, NULL, 0, out, 5, &error);
    bool all = result == MEMORA_ROW;
    for (size_t i = 0; i < 5; i++)
        all &= out[i].type == MEMORA_NULL;
    check_that(session->check, all, "NULL in a column of each type", "%s, types %u %u %u %u %u: %s",
               check_code_name(result), out[0].type, out[1].type, out[2].type, out[3].type, out[4].type, error.message);
}

static void check_booleans(struct session *session)
{
    uint32_t wanted = session->dialect->features & MEMORA_SQL_NATIVE_BOOL ? MEMORA_BOOL : MEMORA_INT;
    for (int64_t i = 0; i <= 1; i++) {
        struct memora_error error = {0};
        struct memora_value out = {0}, in = {.type = MEMORA_BOOL, .u.i = i};
        int result = round_trip(session, "f", in, &out, &error);
        check_that(session->check, result == MEMORA_ROW && out.type == wanted && out.u.i == i, i ? "true" : "false",
                   "%s, type %u (expected %u), %lld: %s", check_code_name(result), out.type, wanted, (long long)out.u.i,
                   error.message);
    }
}

/* A whole row by one bind() and one row(), columns that are not asked for left out. */
static void check_whole_row(struct session *session)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    struct memora_value in[5] = {value_int(7),
                                 value_double(0.5),
                                 value_text("seven"),
                                 value_bytes(MEMORA_BLOB, "\0\1", 2),
                                 {.type = MEMORA_BOOL, .u.i = 1}};
    struct memora_value out[5];
    struct memora_stmt *stmt = NULL;
    int result = session_write(session, insert_all, in, 5, &error);
    if (result == MEMORA_OK)
        result = session_prepare(session, select_last, NULL, 0, &stmt, &error);
    if (result == MEMORA_OK)
        result = session->ops->step(stmt, &error);
    if (!check_code(check, result, MEMORA_ROW, &error, "a row of five columns"))
        return;
    out[1].type = 99;
    int columns = session->ops->row(stmt, out, 1);
    check_that(check, columns == 5 && out[0].u.i == 7 && out[1].type == 99,
               "row() fills what was asked for and gives the number of all columns", "%d columns, type behind %u",
               columns, out[1].type);
    columns = session->ops->row(stmt, out, 5);
    check_that(check, columns == 5 && out[0].u.i == 7 && value_is_text(&out[2], "seven") && out[3].len == 2,
               "row() can be asked again for the same row", "%d columns", columns);
    result = session->ops->step(stmt, &error);
    check_code(check, result, MEMORA_OK, &error, "step() after the last row");
    session->ops->finalize(stmt);
}

static void check_params(struct session *session)
{
    struct check *check = session->check;
    uint32_t most = session->dialect->max_params;
    struct memora_error error = {0};
    check_that(check, most >= 100, "at least 100 parameters", "max_params is %u", most);
    if (most > 65535)
        most = 65535; /* the most that the core writes */
    struct arena *arena = arena_create();
    struct buf sql = buf_in(arena);
    struct memora_value *values = ARENA_ARRAY(arena, struct memora_value, most);
    buf_add_str(&sql, "SELECT COUNT(*) FROM " TABLE " WHERE i IN (");
    for (uint32_t i = 0; i < most; i++) {
        buf_add_str(&sql, i ? ",?" : "?");
        values[i] = value_int(1000000 + (int64_t)i);
    }
    buf_add_str(&sql, ")");
    session_write(session, "INSERT INTO " TABLE " (i) VALUES (?)", &values[most - 1], 1, &error);
    int64_t count = session_number(session, buf_str(&sql), values, most, &error);
    check_that(check, count == 1, "max_params parameters in one statement", "%u parameters, count %lld: %s", most,
               (long long)count, error.message);
    arena_destroy(arena);
}

static void check_bind_counts(struct session *session)
{
    struct memora_value values[3] = {value_int(1), value_int(2), value_int(3)};
    const char *sql = "SELECT COUNT(*) FROM " TABLE " WHERE i = ? OR i = ?";
    struct memora_stmt *stmt = NULL;
    struct memora_error error = {0};
    const struct {
        uint32_t count;
        const char *name;
    } wrong[] = {{1, "too few values"}, {3, "too many values"}, {0, "no values"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int result = session_prepare(session, sql, values, wrong[i].count, &stmt, &error);
        check_code(session->check, result, MEMORA_E_ARG, &error, wrong[i].name);
        if (result == MEMORA_OK)
            session->ops->finalize(stmt);
    }
}

/* reset() makes a statement ready again, for ever. */
static void check_reuse(struct session *session)
{
    struct check *check = session->check;
    int rounds = check->quick ? REUSES_QUICK : REUSES, i = 0;
    struct memora_stmt *stmt = NULL;
    struct memora_error error = {0};
    struct memora_value value = value_int(0), out;
    int result = session_write(session, "INSERT INTO " TABLE " (i, t) VALUES (4242, 'reuse')", NULL, 0, &error);
    if (result == MEMORA_OK)
        result = session_prepare(session, "SELECT t FROM " TABLE " WHERE i = ?", &value, 1, &stmt, &error);
    if (!check_code(check, result, MEMORA_OK, &error, "a statement to be used again and again"))
        return;
    bool right = true;
    for (; i < rounds && right; i++) {
        session->ops->reset(stmt);
        value = value_int(i % 2 ? 4242 : -4242); /* every other time there is a row */
        right = session->ops->bind(stmt, &value, 1, &error) == MEMORA_OK;
        result = session->ops->step(stmt, &error);
        right &= result == (i % 2 ? MEMORA_ROW : MEMORA_OK);
        if (right && result == MEMORA_ROW)
            right = session->ops->row(stmt, &out, 1) == 1 && value_is_text(&out, "reuse");
    }
    check_that(check, right, "one statement, used many times", "round %d of %d: %s: %s", i, rounds,
               check_code_name(result), error.message);
    session->ops->finalize(stmt);
}

/* The core may read from one statement while it runs another. */
static void check_interleaved(struct session *session)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    struct memora_stmt *outer = NULL, *inner = NULL;
    struct memora_value first = {0}, out = {0};
    session_write(session, "INSERT INTO " TABLE " (i, t) VALUES (777, 'one')", NULL, 0, &error);
    session_write(session, "INSERT INTO " TABLE " (i, t) VALUES (777, 'two')", NULL, 0, &error);
    const char *sql = "SELECT t FROM " TABLE " WHERE i = 777 ORDER BY id";
    int result = session_prepare(session, sql, NULL, 0, &outer, &error);
    if (result == MEMORA_OK)
        result = session_prepare(session, sql, NULL, 0, &inner, &error);
    if (!check_code(check, result, MEMORA_OK, &error, "two statements at a time"))
        return;
    bool right = session->ops->step(outer, &error) == MEMORA_ROW && session->ops->row(outer, &first, 1) == 1;
    right &= session->ops->step(inner, &error) == MEMORA_ROW && session->ops->step(inner, &error) == MEMORA_ROW &&
             session->ops->row(inner, &out, 1) == 1 && value_is_text(&out, "two");
    check_that(check, right && value_is_text(&first, "one"), "a row stays as it is while another statement gives rows",
               "%s", error.message);
    right = session->ops->step(outer, &error) == MEMORA_ROW && session->ops->row(outer, &out, 1) == 1;
    check_that(check, right && value_is_text(&out, "two"), "two statements of one connection give rows in turns", "%s",
               error.message);
    session->ops->finalize(outer);
    session->ops->finalize(inner);
}

static void check_counts(struct session *session)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    struct memora_stmt *stmt = NULL;
    session_write(session, "DELETE FROM " TABLE, NULL, 0, &error);
    int64_t ids[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        bool returning = session->dialect->features & MEMORA_SQL_RETURNING;
        struct memora_value out = {0};
        int result = session_prepare(session,
                                     returning ? "INSERT INTO " TABLE " (i) VALUES (5) RETURNING id"
                                               : "INSERT INTO " TABLE " (i) VALUES (5)",
                                     NULL, 0, &stmt, &error);
        if (result != MEMORA_OK) {
            check_code(check, result, MEMORA_OK, &error, "an insert that gives its id");
            return;
        }
        result = session->ops->step(stmt, &error);
        if (result == MEMORA_ROW && session->ops->row(stmt, &out, 1) == 1)
            ids[i] = out.u.i;
        else if (result == MEMORA_OK)
            ids[i] = session->ops->last_id(stmt);
        while (result == MEMORA_ROW)
            result = session->ops->step(stmt, &error);
        session->ops->finalize(stmt);
    }
    int64_t found = session_number(session, "SELECT COUNT(*) FROM " TABLE " WHERE id = ?",
                                   (struct memora_value[]){value_int(ids[1])}, 1, &error);
    check_that(check, ids[0] > 0 && ids[1] > ids[0] && found == 1, "ids of inserted rows are known and ascend",
               "%lld, then %lld: %s", (long long)ids[0], (long long)ids[1], error.message);
    int result = session_prepare(session, "UPDATE " TABLE " SET i = 6 WHERE i = 5", NULL, 0, &stmt, &error);
    if (result == MEMORA_OK)
        result = session->ops->step(stmt, &error);
    int64_t affected = result == MEMORA_OK ? session->ops->affected(stmt) : -1;
    check_that(check, affected == 2, "affected() counts changed rows", "%lld, expected 2: %s", (long long)affected,
               error.message);
    if (result == MEMORA_OK)
        session->ops->finalize(stmt);
}

void check_db_values(struct check *check)
{
    struct session session;
    if (!session_open(check, &session))
        return;
    if (session_table(&session, TABLE, COLUMNS)) {
        check_integers(&session);
        check_doubles(&session);
        check_texts(&session);
        check_nulls(&session);
        check_booleans(&session);
        check_whole_row(&session);
        check_params(&session);
        check_bind_counts(&session);
        check_reuse(&session);
        check_interleaved(&session);
        check_counts(&session);
    }
    session_drop(&session, TABLE);
    session_close(&session);
}
