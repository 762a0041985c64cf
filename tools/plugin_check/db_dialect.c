/* Each fragment of core/db/dialect.md, executed and compared with the answer that it must give. */
#include <time.h>

#include "db_session.h"
#include "db/internal.h"

#define TABLE "memora_check_memo"
#define FROM " FROM " TABLE " WHERE id = 1"

static const char *const names[] = {"time_read",
                                    "time_write",
                                    "now",
                                    "fold",
                                    "like",
                                    "like_fold",
                                    "regexp",
                                    "text_length",
                                    "json_text",
                                    "json_bool",
                                    "json_flag",
                                    "json_array_has",
                                    "json_array_has_prefix",
                                    "json_array_has_suffix",
                                    "json_array_has_part",
                                    "json_array_length",
                                    "json_elements",
                                    "json_element",
                                    "year",
                                    "month",
                                    "day",
                                    "hour",
                                    "minute",
                                    "second",
                                    "day_of_week",
                                    "day_of_year",
                                    "upsert",
                                    "insert_ignore",
                                    "for_update",
                                    "count_tables",
                                    "list_indexes"};

/* 2024-02-29 12:34:56 UTC, a Thursday; noon, so that the day is the same in every zone that people live in. */
static const int64_t LEAP_DAY_S = 1709210096;
static const char payload[] = "{\"tags\":[\"work\",\"work/plan\",\"\xc3\x9c"
                              "berraschung\",\"50%\"],"
                              "\"property\":{\"title\":\"Plan \\\"A\\\"\",\"hasLink\":true,\"hasCode\":false}}";

/* Each is the condition of a SELECT COUNT over row 1 (all columns) and row 2 (payload {}, the text "other"). */
static const struct condition {
    const char *fragment, *sql;
    const char *value; /* of the one parameter; NULL = none */
    int64_t rows;
} conditions[] = {
    {"fold", "{fold:content} = {fold:?}",
     "m\xc3\xa9mo 50% \xc3\xbc"
     "ber\\_x",
     1},
    {"fold", "{fold:content} = {fold:?}", "memo", 0},
    {"like", "{like:content|?}", "%50\\% %", 1},
    {"like", "{like:content|?}", "%5\\%0%", 0},
    {"like", "{like:content|?}", "%\\\\\\_x", 1},
    {"like_fold", "{like_fold:content|?}", "%m\xc3\xa9mo%", 1},
    {"like_fold", "{like_fold:content|?}",
     "%\xc3\xbc"
     "ber%",
     1},
    {"like_fold", "{like_fold:content|?}", "%nothing%", 0},
    {"regexp", "{regexp:content|?}", "[0-9]+%", 1},
    {"regexp", "{regexp:content|?}", "^oth.r$", 1},
    {"regexp", "{regexp:content|?}", "^the", 0},
    {"text_length", "{text_length:content} = 16", NULL, 1},
    {"json_text", "{json_text:payload|property.title} = ?", "Plan \"A\"", 1},
    {"json_text, absent is NULL", "{json_text:payload|property.title} IS NULL", NULL, 1},
    {"json_flag, true", "{json_flag:payload|property.hasLink}", NULL, 1},
    {"json_flag, not true", "NOT {json_flag:payload|property.hasLink}", NULL, 1},
    {"json_flag, false", "{json_flag:payload|property.hasCode}", NULL, 0},
    {"json_flag, not false or absent", "NOT {json_flag:payload|property.hasCode}", NULL, 2},
    {"json_bool, absent is NULL", "{json_bool:payload|property.hasCode} IS NULL", NULL, 1},
    {"json_array_has", "{json_array_has:payload|tags|?}", "work", 1},
    {"json_array_has, an element with a slash", "{json_array_has:payload|tags|?}", "work/plan", 1},
    {"json_array_has, beyond ASCII", "{json_array_has:payload|tags|?}",
     "\xc3\x9c"
     "berraschung",
     1},
    {"json_array_has, part of an element", "{json_array_has:payload|tags|?}", "wor", 0},
    {"json_array_has, absent is NULL", "{json_array_has:payload|tags|?} IS NULL", "work", 1},
    {"json_array_has_prefix", "{json_array_has_prefix:payload|tags|?}", "work/", 1},
    {"json_array_has_prefix, the middle", "{json_array_has_prefix:payload|tags|?}", "plan", 0},
    {"json_array_has_suffix", "{json_array_has_suffix:payload|tags|?}", "plan", 1},
    {"json_array_has_suffix, the middle", "{json_array_has_suffix:payload|tags|?}", "work/", 0},
    {"json_array_has_part", "{json_array_has_part:payload|tags|?}", "rk/pl", 1},
    {"json_array_has_part, none", "{json_array_has_part:payload|tags|?}", "zzz", 0},
    {"json_array_length", "{json_array_length:payload|tags} = 4", NULL, 1},
    {"json_array_length, absent is 0", "{json_array_length:payload|tags} = 0", NULL, 1},
    {"json_elements", "EXISTS (SELECT 1 FROM {json_elements:" TABLE ".payload|tags} WHERE {json_element} = ?)",
     "work/plan", 1},
    {"json_elements, no such element",
     "EXISTS (SELECT 1 FROM {json_elements:" TABLE ".payload|tags} WHERE {json_element} = ?)", "plan", 0},
};

static void check_conditions(struct session *session)
{
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        const struct condition *condition = &conditions[i];
        struct memora_error error = {0};
        char sql[300];
        snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM " TABLE " WHERE %s", condition->sql);
        struct memora_value value = value_text(condition->value ? condition->value : "");
        int64_t rows = session_number(session, sql, &value, condition->value ? 1 : 0, &error);
        check_that(session->check, rows == condition->rows, condition->fragment,
                   "%s with \"%s\": %lld rows, expected %lld: %s", condition->sql,
                   condition->value ? condition->value : "", (long long)rows, (long long)condition->rows,
                   error.message);
    }
    struct memora_error error = {0};
    for (int64_t i = 0; i <= 1; i++) {
        struct memora_value flag = {.type = MEMORA_BOOL, .u.i = i};
        int64_t rows =
            session_number(session,
                           i ? "SELECT COUNT(*) FROM " TABLE " WHERE {json_bool:payload|property.hasLink} = ?"
                             : "SELECT COUNT(*) FROM " TABLE " WHERE {json_bool:payload|property.hasCode} = ?",
                           &flag, 1, &error);
        check_that(session->check, rows == 1, i ? "json_bool equals true" : "json_bool equals false", "%lld rows: %s",
                   (long long)rows, error.message);
    }
}

static void check_names(struct session *session)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!fragment_find(session->dialect, names[i], strlen(names[i])))
            check_that(session->check, false, "every fragment is there", "\"%s\" is missing", names[i]);
    const struct memora_dialect *dialect = session->dialect;
    check_that(session->check, dialect->struct_size >= sizeof *dialect || session->check->plugin->table->abi_minor == 0,
               "the dialect's size", "%u", dialect->struct_size);
    check_that(session->check, dialect->quote == '"' || dialect->quote == '`', "the quote", "'%c'", dialect->quote);
    check_that(session->check, dialect->schema_dir && dialect->schema_dir[0], "the folder of schemas", "is missing");
    check_that(session->check,
               dialect->family == MEMORA_FAMILY_SQLITE || dialect->family == MEMORA_FAMILY_MYSQL ||
                   dialect->family == MEMORA_FAMILY_POSTGRES || dialect->family == MEMORA_FAMILY_OTHER,
               "the family", "is %u", dialect->family);
}

static bool fill(struct session *session)
{
    struct memora_error error = {0};
    const char *insert = "INSERT INTO " TABLE " (content, created_ts, payload) VALUES (?, {time_write:?}, ?)";
    struct memora_value first[3] = {value_text("M\xc3\xa9mo 50% \xc3\x9c"
                                               "ber\\_x"),
                                    value_int(LEAP_DAY_S), value_text(payload)};
    struct memora_value second[3] = {value_text("other"), value_int(0x7ffffffe), value_text("{}")};
    int result = session_write(session, insert, first, 3, &error);
    if (result == MEMORA_OK)
        result = session_write(session, insert, second, 3, &error);
    return check_code(session->check, result, MEMORA_OK, &error, "time_write, and JSON as a bound text");
}

static void check_times(struct session *session)
{
    static const struct {
        const char *name;
        int64_t wanted;
        bool any_zone;
    } parts[] = {{"year", 2024, true},      {"month", 1, true},  {"day", 29, true},     {"day_of_week", 4, true},
                 {"day_of_year", 59, true}, {"hour", 12, false}, {"minute", 34, false}, {"second", 56, true}};
    struct check *check = session->check;
    struct memora_error error = {0};
    int64_t read = session_number(session, "SELECT {time_read:created_ts}" FROM, NULL, 0, &error);
    check_that(check, read == LEAP_DAY_S, "time_read gives what time_write took", "%lld, expected %lld: %s",
               (long long)read, (long long)LEAP_DAY_S, error.message);
    read = session_number(session, "SELECT {time_read:created_ts} FROM " TABLE " WHERE id = 2", NULL, 0, &error);
    check_that(check, read == 0x7ffffffe, "the last seconds of a 32-bit time", "%lld: %s", (long long)read,
               error.message);
    session_write(session, "UPDATE " TABLE " SET updated_ts = {now} WHERE id = 1", NULL, 0, &error);
    read = session_number(session, "SELECT {time_read:updated_ts}" FROM, NULL, 0, &error);
    int64_t off = read - (int64_t)time(NULL);
    check_that(check, off >= -60 && off <= 60, "now is the present", "%lld s away: %s", (long long)off, error.message);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char sql[80];
        struct memora_value value = {0};
        snprintf(sql, sizeof sql, "SELECT {%s:created_ts}" FROM, parts[i].name);
        int result = session_row(session, sql, NULL, 0, &value, 1, &error);
        bool right = result == MEMORA_ROW && value.type == MEMORA_INT;
        if (parts[i].any_zone || session->dialect->family != MEMORA_FAMILY_MYSQL) /* there it is the session's zone */
            right &= value.u.i == parts[i].wanted;
        check_that(check, right, parts[i].name, "type %u, %lld, expected an integer, %lld: %s", value.type,
                   (long long)value.u.i, (long long)parts[i].wanted, error.message);
    }
}

static void check_inserts(struct session *session)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    struct memora_value pair[2] = {value_text("key"), value_text("first")}, out = {0};
    const char *upsert = "INSERT INTO memora_check_setting (name, value) VALUES (?, ?) {upsert:name|value}";
    const char *ignore = "INSERT INTO memora_check_setting (name, value) VALUES (?, ?) {insert_ignore:name|name}";
    const char *select = "SELECT value FROM memora_check_setting WHERE name = 'key'";
    int result = session_write(session, upsert, pair, 2, &error);
    pair[1] = value_text("second");
    if (result == MEMORA_OK)
        result = session_write(session, upsert, pair, 2, &error);
    check_code(check, result, MEMORA_OK, &error, "upsert");
    result = session_row(session, select, NULL, 0, &out, 1, &error);
    check_that(check, result == MEMORA_ROW && value_is_text(&out, "second"), "upsert takes over the new value", "%s",
               error.message);
    pair[1] = value_text("third");
    result = session_write(session, ignore, pair, 2, &error);
    check_code(check, result, MEMORA_OK, &error, "insert_ignore");
    result = session_row(session, select, NULL, 0, &out, 1, &error);
    check_that(check, result == MEMORA_ROW && value_is_text(&out, "second"), "insert_ignore keeps what is there", "%s",
               error.message);
    int64_t rows = session_number(session, "SELECT COUNT(*) FROM memora_check_setting", NULL, 0, &error);
    check_that(check, rows == 1, "neither makes a second row", "%lld rows", (long long)rows);
}

static void check_catalogue(struct session *session)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    struct memora_value name = value_text(TABLE), pattern = value_text("memora\\_check\\_by\\_%"), out = {0};
    int64_t count = session_number(session, "{count_tables:?}", &name, 1, &error);
    check_that(check, count == 1, "count_tables finds a table", "%lld: %s", (long long)count, error.message);
    name = value_text("memora_check_nowhere");
    count = session_number(session, "{count_tables:?}", &name, 1, &error);
    check_that(check, count == 0, "count_tables finds no table", "%lld: %s", (long long)count, error.message);
    int result = session_script(session, "CREATE INDEX memora_check_by_time ON " TABLE " (created_ts)", &error);
    if (result == MEMORA_OK)
        result = session_row(session, "{list_indexes:?}", &pattern, 1, &out, 1, &error);
    check_that(check, result == MEMORA_ROW && value_is_text(&out, "memora_check_by_time"),
               "list_indexes finds an index, as text", "%s, type %u: %s", check_code_name(result), out.type,
               error.message);
    result = session->ops->begin(session->conn, MEMORA_TX_WRITE, &error);
    if (result == MEMORA_OK)
        result = session_row(session, "SELECT content" FROM " {for_update}", NULL, 0, &out, 1, &error);
    check_code(check, result, MEMORA_ROW, &error, "for_update");
    session->ops->rollback(session->conn, NULL);
    result = session_row(session, "SELECT `memora_check_memo`.`content` FROM `" TABLE "` WHERE `id` = 1", NULL, 0, &out,
                         1, &error);
    check_code(check, result, MEMORA_ROW, &error, "quoted identifiers");
}

void check_db_dialect(struct check *check)
{
    struct session session;
    if (!session_open(check, &session))
        return;
    check_names(&session);
    if (session_table(&session, TABLE, "id:ID, content:TEXT, created_ts:TIME, updated_ts:TIME, payload:JSON") &&
        session_table(&session, "memora_check_setting", "name:KEY PRIMARY KEY, value:TEXT") && fill(&session)) {
        check_times(&session);
        check_conditions(&session);
        check_inserts(&session);
        check_catalogue(&session);
    }
    session_drop(&session, "memora_check_setting");
    session_drop(&session, TABLE);
    session_close(&session);
}
