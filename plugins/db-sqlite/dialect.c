/* SQLite's way of saying what the core asks for by name; core/db/dialect.md has the list and its meanings. */
#include "sqlite.h"

enum { SINCE_RETURNING = 3035000 };

#define DATE_PART(format) "CAST(strftime('" format "', {0}, 'unixepoch') AS INTEGER)"

static const char *const fragments[] = {
    /* clang-format off */
    "time_read", "{0}",
    "time_write", "{0}",
    "now", "CAST(strftime('%s', 'now') AS INTEGER)",
    "fold", "memos_unicode_lower({0})",
    "like", "({0} LIKE {1} ESCAPE '\\')",
    "like_fold", "(memos_unicode_lower({0}) LIKE {1} ESCAPE '\\')",
    "regexp", "({0} REGEXP {1})",
    "text_length", "LENGTH({0})",
    "json_text", "json_extract({0}, '$.{1}')",
    "json_bool", "json_extract({0}, '$.{1}')",
    "json_flag", "(json_extract({0}, '$.{1}') IS TRUE)",
    "json_array_has", "(json_extract({0}, '$.{1}') LIKE '%\"' || {2} || '\"%')",
    "json_array_has_prefix", "(json_extract({0}, '$.{1}') LIKE '%\"' || {2} || '%')",
    "json_array_has_suffix", "(json_extract({0}, '$.{1}') LIKE '%' || {2} || '\"%')",
    "json_array_has_part", "(json_extract({0}, '$.{1}') LIKE '%' || {2} || '%')",
    "json_array_length", "COALESCE(json_array_length({0}, '$.{1}'), 0)",
    "json_elements", "json_each({0}, '$.{1}') AS element",
    "json_element", "element.value",
    "year", DATE_PART("%Y"),
    "month", "(" DATE_PART("%m") " - 1)",
    "day", DATE_PART("%d"),
    "day_of_week", DATE_PART("%w"),
    "day_of_year", "(" DATE_PART("%j") " - 1)",
    "hour", DATE_PART("%H"),
    "minute", DATE_PART("%M"),
    "second", DATE_PART("%S"),
    "upsert", "ON CONFLICT ({0}) DO UPDATE SET {1} = excluded.{1}",
    "insert_ignore", "ON CONFLICT ({0}) DO NOTHING",
    "not_joined", "{0} IS NULL",
    "for_update", "",
    "count_tables", "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = {0}",
    "list_indexes", "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE {0} ESCAPE '\\'",
    /* clang-format on */
    NULL,
};

void sqlite_dialect_fill(struct memora_dialect *dialect)
{
    *dialect = (struct memora_dialect){
        .struct_size = sizeof *dialect,
        .family = MEMORA_FAMILY_SQLITE,
        .features = MEMORA_SQL_ON_CONFLICT | MEMORA_SQL_DDL_IN_TX | MEMORA_SQL_CTE | MEMORA_SQL_SINGLE_WRITER,
        .max_params = 32766,
        .quote = '"',
        .schema_dir = "sqlite",
        .fragments = fragments,
    };
    if (sqlite3_libversion_number() >= SINCE_RETURNING)
        dialect->features |= MEMORA_SQL_RETURNING;
}
