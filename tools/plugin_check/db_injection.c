/* Values are values: whatever they look like, they change nothing but what they are compared with or stored as. */
#include "db_session.h"

#define TABLE "memora_check_injection"

static const char *const hostile[] = {
    "'",
    "''",
    "\\'",
    "\\",
    "\"",
    "`",
    "' OR '1'='1",
    "x'; DROP TABLE " TABLE "; --",
    "\\'; DROP TABLE " TABLE "; -- ",
    "'); DELETE FROM " TABLE "; /*",
    "\xbf\x27; DROP TABLE " TABLE "; --" /* half a character of GBK before the quote; not UTF-8 */,
    "$1 $2 ? :name @name %s {0}",
    "$$; DROP TABLE " TABLE "; $$",
    "/* */ -- #",
    "U&'\\0041' E'\\n' X'41'",
    "%_%",
    "\x01\x02\x7f",
    "a\nb\r\nc\td",
};

static bool is_utf8(const char *text)
{
    return (unsigned char)text[0] != 0xbf;
}

static void check_one(struct session *session, const char *text)
{
    struct memora_error error = {0};
    uint32_t type = is_utf8(text) ? MEMORA_TEXT : MEMORA_BLOB;
    const char *column = is_utf8(text) ? "t" : "b";
    struct memora_value value = value_bytes(type, text, strlen(text)), out = {0};
    char sql[120], name[200];
    snprintf(sql, sizeof sql, "INSERT INTO " TABLE " (%s) VALUES (?)", column);
    int result = session_write(session, sql, &value, 1, &error);
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM " TABLE " WHERE %s = ?", column);
    int64_t count = session_number(session, sql, &value, 1, &error);
    snprintf(sql, sizeof sql, "SELECT %s FROM " TABLE " WHERE %s = ?", column, column);
    if (result == MEMORA_OK)
        result = session_row(session, sql, &value, 1, &out, 1, &error);
    check_quote(name, sizeof name, "as a value: ", text);
    bool same = result == MEMORA_ROW && out.len == strlen(text) && memcmp(out.u.p, text, out.len) == 0;
    check_that(session->check, same && count == 1, name, "%s, found %lld times, expected once: %s",
               check_code_name(result), (long long)count, error.message);
}

void check_db_injection(struct check *check)
{
    struct session session;
    struct memora_error error = {0};
    if (!session_open(check, &session))
        return;
    if (session_table(&session, TABLE, "id:ID, t:TEXT, b:BLOB, i:INT")) {
        size_t count = sizeof hostile / sizeof hostile[0];
        for (size_t i = 0; i < count; i++)
            check_one(&session, hostile[i]);
        int64_t rows = session_number(&session, "SELECT COUNT(*) FROM " TABLE, NULL, 0, &error);
        check_that(check, rows == (int64_t)count, "every row is still there", "%lld of %zu: %s", (long long)rows, count,
                   error.message);
        struct memora_value values[2] = {value_text("1 OR 1=1"), value_int(1)};
        struct memora_value page[2] = {value_int(3), value_int(1)};
        int64_t found =
            session_number(&session, "SELECT COUNT(*) FROM " TABLE " WHERE t = ? AND 1 = ?", values, 2, &error);
        check_that(check, found == 0, "a text is compared, not evaluated", "%lld rows: %s", (long long)found,
                   error.message);
        int result = session_run(&session, "SELECT t FROM " TABLE " ORDER BY id LIMIT ? OFFSET ?", page, 2, &error);
        check_code(check, result, MEMORA_OK, &error, "LIMIT and OFFSET take values");
    }
    session_drop(&session, TABLE);
    session_close(&session);
}
