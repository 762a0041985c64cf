/* The core's schema is made by the plugin, then what the core does with it, see db_golden.c. */
#include "db_store.h"

#include "db/migrate.h"
#include "db_session.h"

enum { STATEMENTS_KEPT = 32, CONNECTIONS = 4 };
static const int64_t statement_timeout_ns = 60LL * 1000000000;

/* Those that refer to others first. */
static const char *const tables[] = {
    "memo_share",   "memo_relation", "reaction", "attachment",     "inbox",         "idp",           "user_identity",
    "user_setting", "memo",          "user",     "system_setting", "memora_outbox", "memora_change", "memora_lease"};
enum { TABLE_COUNT = sizeof tables / sizeof tables[0] };

/* Somebody's notes must not go. */
static bool is_empty(struct session *session)
{
    struct memora_error error = {0};
    int64_t found = 0;
    for (size_t i = 0; i < TABLE_COUNT && found == 0; i++) {
        struct memora_value name = value_text(tables[i]);
        found = session_number(session, "{count_tables:?}", &name, 1, &error);
    }
    return check_that(session->check, found == 0, "the database is empty, as the schema needs it", "%s",
                      found < 0 ? error.message : "tables of a server are there; give a database of its own");
}

static void drop_all(struct session *session)
{
    char sql[100];
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS `%s`", tables[i]);
        session_script(session, sql, NULL);
    }
}

void transcript_code(struct transcript *transcript, const char *what, enum status_code code)
{
    buf_printf(&transcript->text, "%s: %s\n", what, code == STATUS_OK ? "ok" : status_code_camel(code));
}

/* The first line that differs. */
static void check_transcript(struct check *check, const struct golden *golden, const char *got)
{
    const char *wanted = golden->expected;
    size_t same = 0, line = 0;
    for (; got[same] && got[same] == wanted[same]; same++)
        if (got[same] == '\n')
            line = same + 1;
    check_that(check, got[same] == wanted[same], golden->name, "expected \"%.*s\"\ngot      \"%.*s\"",
               (int)strcspn(wanted + line, "\n"), wanted + line, (int)strcspn(got + line, "\n"), got + line);
}

static void run_goldens(struct check *check, struct db *db, const struct golden *goldens)
{
    struct store *store = store_create(db);
    for (const struct golden *golden = goldens; golden->name; golden++) {
        struct arena *arena = arena_create();
        struct transcript transcript = {.db = db, .store = store, .arena = arena, .text = buf_in(arena)};
        golden->run(&transcript);
        check_transcript(check, golden, buf_str(&transcript.text));
        arena_destroy(arena);
    }
    store_destroy(store);
}

static int64_t count_all(struct db *db)
{
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    int64_t total = 0;
    if (db_read_begin(db, &conn, &status))
        return -1;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        struct memora_value name = db_text(tables[i]);
        if (db_query(conn, "{count_tables:?}", &name, 1, &rows, &status))
            break;
        total += db_next(rows, &status) ? db_column_int(rows, 0) : 0;
        db_rows_close(rows);
    }
    db_read_end(conn);
    return status.code ? -1 : total;
}

static void check_schema(struct check *check)
{
    const struct db_options options = {.read_connections = CONNECTIONS,
                                       .statement_cache = STATEMENTS_KEPT,
                                       .statement_timeout_ns = statement_timeout_ns};
    struct status status = {0};
    struct db *db = NULL;
    if (!check_that(check, db_open(&check->plugin->ops.db, check->config, &options, &db, &status) == STATUS_OK,
                    "the core opens the database", "%s", status.message))
        return;
    if (check_that(check, db_migrate(db, &status) == STATUS_OK, "the core makes its schema", "%s", status.message)) {
        int64_t made = count_all(db);
        enum status_code again = db_migrate(db, &status);
        check_that(check, again == STATUS_OK && made > 0 && count_all(db) == made, "a schema is made once", "%s",
                   status.message);
        run_goldens(check, db, golden_notes);
        run_goldens(check, db, golden_around);
    }
    db_close(db);
}

void check_db_store(struct check *check)
{
    struct session session;
    if (!session_open(check, &session))
        return;
    bool empty = is_empty(&session);
    session_close(&session); /* a database that takes one program at a time is the core's now */
    if (!empty)
        return;
    check_schema(check);
    if (!session_open(check, &session))
        return;
    drop_all(&session);
    session_close(&session);
}
