/* What the core asks for by name in the words of MySQL and MariaDB; core/db/dialect.md has the list and its meanings.
 * JSON is read in the ways that both have: MariaDB has no JSON type to cast to, and keeps JSON as text. */
#include "driver.h"

#include <stdio.h>
#include <string.h>

#define JSON_AT "JSON_EXTRACT({0}, '$.{1}')"
/* Truth values are compared as text; NULL when absent. */
#define JSON_TRUE "JSON_UNQUOTE(" JSON_AT ") = 'true'"
/* The array as text, letter by letter. LIKE takes % and _ of the argument as wildcards, as the contract has it. */
#define JSON_LIKE(pattern) "(CAST(" JSON_AT " AS CHAR) COLLATE utf8mb4_bin LIKE " pattern ")"

static const char *const fragments[] = {
    /* clang-format off */
    "time_read", "UNIX_TIMESTAMP({0})",
    /* Beyond the range there is NULL, which would be refused for the wrong reason. */
    "time_write", "COALESCE(FROM_UNIXTIME({0}), 'beyond TIMESTAMP')",
    "now", "CURRENT_TIMESTAMP",
    "fold", "LOWER(REPLACE(REPLACE({0}, '\u00df', 'ss'), '\u1e9e', 'ss'))",
    "like", "({0} LIKE {1})",
    /* By the column's collation. It does not take sharp s for two s, as folding does with the pattern. */
    "like_fold", "(LOWER(REPLACE(REPLACE({0}, '\u00df', 'ss'), '\u1e9e', 'ss')) LIKE {1})",
    "regexp", "({0} REGEXP {1})",
    "text_length", "CHAR_LENGTH({0})",
    "json_text", "JSON_UNQUOTE(" JSON_AT ")",
    "json_bool", "(" JSON_TRUE ")",
    "json_flag", "COALESCE(" JSON_TRUE ", FALSE)",
    "json_array_has", "JSON_CONTAINS(" JSON_AT ", JSON_QUOTE({2}))",
    "json_array_has_prefix", JSON_LIKE("CONCAT('%\"', {2}, '%')"),
    "json_array_has_suffix", JSON_LIKE("CONCAT('%', {2}, '\"%')"),
    "json_array_has_part", JSON_LIKE("CONCAT('%', {2}, '%')"),
    "json_array_length", "COALESCE(JSON_LENGTH({0}, '$.{1}'), 0)",
    "json_elements", "JSON_TABLE({0}, '$.{1}[*]' COLUMNS (value VARCHAR(8000) PATH '$')) AS element",
    "json_element", "element.value COLLATE utf8mb4_bin",
    "year", "YEAR({0})",
    "month", "(MONTH({0}) - 1)",
    "day", "DAYOFMONTH({0})",
    "day_of_week", "(DAYOFWEEK({0}) - 1)",
    "day_of_year", "(DAYOFYEAR({0}) - 1)",
    "hour", "HOUR({0})",
    "minute", "MINUTE({0})",
    "second", "SECOND({0})",
    "upsert", "ON DUPLICATE KEY UPDATE {1} = VALUES({1})",
    "not_joined", "{0} IS NULL",
    "insert_ignore", "ON DUPLICATE KEY UPDATE {1} = {1}",
    "for_update", "FOR UPDATE",
    "count_tables", "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = {0}",
    "list_indexes", "SELECT DISTINCT index_name FROM information_schema.statistics "
                    "WHERE table_schema = DATABASE() AND index_name LIKE {0}",
    /* clang-format on */
    NULL,
};

struct version {
    unsigned major, minor, patch;
};

static bool at_least(struct version version, unsigned major, unsigned minor)
{
    return version.major > major || (version.major == major && version.minor >= minor);
}

int driver_dialect_fill(struct memora_dialect *dialect, const char *text, struct memora_error *error)
{
    struct version version = {0};
    bool mariadb = strstr(text, "MariaDB") != NULL;
    if (sscanf(text, "%u.%u.%u", &version.major, &version.minor, &version.patch) < 2)
        return memora_fail(error, MEMORA_E_UNSUPPORTED, "the server's version is not understood: %.100s", text);
    if (mariadb ? !at_least(version, 10, 6) : !at_least(version, 8, 0))
        return memora_fail(error, MEMORA_E_UNSUPPORTED,
                           "the server is %.100s; MariaDB 10.6 or MySQL 8.0 is the oldest that will do", text);
    *dialect = (struct memora_dialect){
        .struct_size = sizeof *dialect,
        .family = MEMORA_FAMILY_MYSQL,
        .features = MEMORA_SQL_ON_DUPLICATE | MEMORA_SQL_CTE | MEMORA_SQL_SKIP_LOCKED,
        .max_params = 65535,
        .quote = '`',
        .schema_dir = "mysql",
        .fragments = fragments,
    };
    if (mariadb)
        dialect->features |= MEMORA_SQL_RETURNING;
    return MEMORA_OK;
}
