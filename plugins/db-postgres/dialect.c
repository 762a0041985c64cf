/* PostgreSQL's way of saying what the core asks for by name; core/db/dialect.md has the list and its meanings. */
#include "postgres.h"

#define DATE_PART(part) "CAST(EXTRACT(" part " FROM to_timestamp({0}) AT TIME ZONE 'UTC') AS BIGINT)"
/* Some columns with JSON are TEXT, some JSONB; the cast of the latter costs nothing. */
#define AT_PATH "({0}::jsonb #> string_to_array('{1}', '.'))"
#define TEXT_AT_PATH "({0}::jsonb #>> string_to_array('{1}', '.'))"
#define IS_ARRAY "jsonb_typeof(" AT_PATH ") = 'array'"

static const char *const fragments[] = {
    /* clang-format off */
    "time_read", "{0}",
    "time_write", "{0}",
    "now", "CAST(FLOOR(EXTRACT(EPOCH FROM now())) AS BIGINT)",
    "fold", "LOWER({0})",
    "like", "({0} LIKE {1} ESCAPE '\\')",
    "like_fold", "({0} ILIKE {1} ESCAPE '\\')",
    "regexp", "({0} ~ {1})",
    "text_length", "CHAR_LENGTH({0})",
    "json_text", TEXT_AT_PATH,
    "json_bool", TEXT_AT_PATH "::boolean",
    "json_flag", "(" TEXT_AT_PATH "::boolean IS TRUE)",
    "json_array_has", "(" AT_PATH " @> to_jsonb({2}::text))",
    "json_array_has_prefix", "(" AT_PATH "::text LIKE '%\"' || {2} || '%')",
    "json_array_has_suffix", "(" AT_PATH "::text LIKE '%' || {2} || '\"%')",
    "json_array_has_part", "(" AT_PATH "::text LIKE '%' || {2} || '%')",
    "json_array_length", "(CASE WHEN " IS_ARRAY " THEN jsonb_array_length(" AT_PATH ") ELSE 0 END)",
    "json_elements",
    "jsonb_array_elements_text(CASE WHEN " IS_ARRAY " THEN " AT_PATH " ELSE '[]'::jsonb END) AS element",
    "json_element", "element.value",
    "year", DATE_PART("YEAR"),
    "month", "(" DATE_PART("MONTH") " - 1)",
    "day", DATE_PART("DAY"),
    "day_of_week", DATE_PART("DOW"),
    "day_of_year", "(" DATE_PART("DOY") " - 1)",
    "hour", DATE_PART("HOUR"),
    "minute", DATE_PART("MINUTE"),
    "second", DATE_PART("SECOND"),
    "upsert", "ON CONFLICT ({0}) DO UPDATE SET {1} = excluded.{1}",
    "insert_ignore", "ON CONFLICT ({0}) DO NOTHING",
    /* That a LEFT JOIN gave no row is what the planner thinks hardly ever happens. */
    "not_joined", "NOT EXISTS ({1})",
    "for_update", "FOR UPDATE",
    "read_committed", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "count_tables",
    "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = {0} "
    "AND table_schema NOT IN ('pg_catalog', 'information_schema')",
    "list_indexes",
    "SELECT indexname FROM pg_catalog.pg_indexes WHERE schemaname = ANY(current_schemas(false)) "
    "AND indexname::text LIKE {0} ESCAPE '\\'",
    /* clang-format on */
    NULL,
};

void postgres_dialect_fill(struct memora_dialect *dialect)
{
    *dialect = (struct memora_dialect){
        .struct_size = sizeof *dialect,
        .family = MEMORA_FAMILY_POSTGRES,
        .features = MEMORA_SQL_RETURNING | MEMORA_SQL_ON_CONFLICT | MEMORA_SQL_DOLLAR_PARAMS | MEMORA_SQL_DDL_IN_TX |
                    MEMORA_SQL_SKIP_LOCKED | MEMORA_SQL_NATIVE_BOOL | MEMORA_SQL_CTE,
        .max_params = MAX_PARAMS,
        .quote = '"',
        .schema_dir = "postgres",
        .fragments = fragments,
    };
}
