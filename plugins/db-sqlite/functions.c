/* memos_unicode_lower(text) and regexp(pattern, text): SQLite has neither Unicode folding nor REGEXP, and the core's
 * own are handed over, so that every database finds the same memos. No stored object may use them (DIRECTONLY), hence
 * any tool can open the file. */
#include "sqlite.h"

#include <string.h>

static void unicode_lower(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
        return;
    const char *text = (const char *)sqlite3_value_text(argv[0]);
    if (!text) {
        sqlite3_result_error_nomem(context);
        return;
    }
    size_t length = (size_t)sqlite3_value_bytes(argv[0]);
    /* Folding rarely changes the length; where it grows, the second round has what the first one asked for. */
    size_t cap = length + 32;
    for (int round = 0; round < 2; round++) {
        char *folded = sqlite3_malloc64(cap);
        size_t need = 0;
        if (!folded) {
            sqlite3_result_error_nomem(context);
            return;
        }
        int result = sqlite_host()->utf8_fold(text, length, folded, cap, &need);
        if (result == MEMORA_OK && need <= cap) {
            sqlite3_result_text64(context, folded, need, sqlite3_free, SQLITE_UTF8);
            return;
        }
        sqlite3_free(folded);
        cap = need;
    }
    sqlite3_result_error(context, "case folding failed", -1);
}

/* X REGEXP Y calls regexp(Y, X). */
static void regexp(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL || sqlite3_value_type(argv[1]) == SQLITE_NULL)
        return;
    const char *pattern = (const char *)sqlite3_value_text(argv[0]);
    const char *text = (const char *)sqlite3_value_text(argv[1]);
    if (!pattern || !text) {
        sqlite3_result_error_nomem(context);
        return;
    }
    int matched = sqlite_host()->regex_match(pattern, (size_t)sqlite3_value_bytes(argv[0]), text,
                                             (size_t)sqlite3_value_bytes(argv[1]));
    if (matched < 0)
        sqlite3_result_error(context, "invalid regular expression", -1);
    else
        sqlite3_result_int(context, matched);
}

int sqlite_functions_register(sqlite3 *sqlite)
{
    enum { FLAGS = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY };
    int code =
        sqlite3_create_function_v2(sqlite, "memos_unicode_lower", 1, FLAGS, NULL, unicode_lower, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_create_function_v2(sqlite, "regexp", 2, FLAGS, NULL, regexp, NULL, NULL, NULL);
    return code;
}
