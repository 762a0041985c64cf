/* Errors say what to do, and say it without secrets. */
#include "db_session.h"

#define TABLE "memora_check_errors"
#define SECRET_VALUE "xyzzy-7f3c-bound"

static bool one_line(const struct memora_error *error)
{
    bool ended = memchr(error->message, '\0', sizeof error->message) != NULL;
    if (!ended || !error->message[0])
        return false;
    for (const char *at = error->message; *at; at++)
        if ((unsigned char)*at < 0x20)
            return false;
    return true;
}

/* The code, and a message that is fit for a log. Then the connection must go on. */
static void check_error(struct session *session, const char *sql, const struct memora_value *values, uint32_t count,
                        int wanted, const char *name)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    int result = session_write(session, sql, values, count, &error);
    check_code(check, result, wanted, &error, name);
    if (result >= 0)
        return;
    char text[160];
    snprintf(text, sizeof text, "%s: message of one line", name);
    check_that(check, one_line(&error), text, "\"%.*s\"", (int)sizeof error.message, error.message);
    snprintf(text, sizeof text, "%s: no bound value in the message", name);
    check_that(check, !strstr(error.message, SECRET_VALUE), text, "%s", error.message);
    int64_t one = session_number(session, "SELECT COUNT(*) FROM " TABLE, NULL, 0, &error);
    snprintf(text, sizeof text, "%s: the connection goes on", name);
    check_that(check, one >= 0, text, "%s", error.message);
}

static void check_constraints(struct session *session)
{
    struct memora_error error = {0};
    struct memora_value same[2] = {value_text(SECRET_VALUE), value_int(1)};
    struct memora_value null[2] = {value_null(), value_int(1)};
    struct memora_value low[2] = {value_text(SECRET_VALUE "2"), value_int(-5)};
    const char *insert = "INSERT INTO " TABLE " (k, n) VALUES (?, ?)";
    session_write(session, insert, same, 2, &error);
    check_error(session, insert, same, 2, MEMORA_E_UNIQUE, "a unique key is in the way");
    int64_t id = session_number(session, "SELECT MIN(id) FROM " TABLE, NULL, 0, &error);
    struct memora_value primary[2] = {value_int(id), value_text("other")};
    check_error(session, "INSERT INTO " TABLE " (id, k, n) VALUES (?, ?, 1)", primary, 2, MEMORA_E_UNIQUE,
                "a primary key is in the way");
    check_error(session, insert, null, 2, MEMORA_E_CONSTRAINT, "NULL where none may be");
    check_error(session, insert, low, 2, MEMORA_E_CONSTRAINT, "a CHECK that fails");
}

static void check_syntax(struct session *session)
{
    check_error(session, "SELEKT 1", NULL, 0, MEMORA_E_SYNTAX, "nonsense");
    check_error(session, "SELECT * FROM memora_check_nowhere", NULL, 0, MEMORA_E_SYNTAX, "a table that is not there");
    check_error(session, "SELECT nosuchcolumn FROM " TABLE, NULL, 0, MEMORA_E_SYNTAX, "a column that is not there");
    check_error(session, "SELECT (", NULL, 0, MEMORA_E_SYNTAX, "half a statement");
    struct memora_error error = {0};
    int result = session_run(session, "SELECT 1; SELECT 2", NULL, 0, &error);
    check_that(session->check, result == MEMORA_E_ARG || result == MEMORA_E_SYNTAX, "two statements in one are refused",
               "%s", check_code_name(result));
}

static void check_script(struct session *session)
{
    struct check *check = session->check;
    struct memora_error error = {0};
    int result = session_script(session,
                                "INSERT INTO " TABLE " (k, n) VALUES ('s1;', 1);\n-- a comment; with a semicolon\n"
                                "INSERT INTO " TABLE " (k, n) VALUES ('s2''', 2);\n\n"
                                "UPDATE " TABLE " SET n = 3 WHERE k = 's1;';\n",
                                &error);
    check_code(check, result, MEMORA_OK, &error, "a script of several statements");
    int64_t found = session_number(session, "SELECT COUNT(*) FROM " TABLE " WHERE (k = 's1;' AND n = 3) OR k = 's2'''",
                                   NULL, 0, &error);
    check_that(check, found == 2, "all statements of a script have run", "%lld rows of 2", (long long)found);
    result = session_script(session, "INSERT INTO " TABLE " (k, n) VALUES ('s3', 1); SELEKT 1;", &error);
    check_code(check, result, MEMORA_E_SYNTAX, &error, "a script with a fault");
    session->ops->rollback(session->conn, NULL);
    found = session_number(session, "SELECT COUNT(*) FROM " TABLE " WHERE k = 's2'''", NULL, 0, &error);
    check_that(check, found == 1, "the connection goes on after a script that failed", "%s", error.message);
}

/* Whether another connection can end one: what tells its id. */
static const char *id_words(const struct session *session)
{
    return session->dialect->family == MEMORA_FAMILY_POSTGRES ? "SELECT pg_backend_pid()"
           : session->dialect->family == MEMORA_FAMILY_MYSQL  ? "SELECT CONNECTION_ID()"
                                                              : NULL;
}

static void end_connection(struct session *session, int64_t id, struct memora_error *error)
{
    char sql[80];
    if (session->dialect->family == MEMORA_FAMILY_POSTGRES) {
        snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%lld)", (long long)id);
        session_run(session, sql, NULL, 0, error);
    } else {
        snprintf(sql, sizeof sql, "KILL CONNECTION %lld", (long long)id);
        session_script(session, sql, error);
    }
}

static void check_lost(struct session *session)
{
    struct check *check = session->check;
    struct session victim;
    struct memora_error error = {0};
    const char *id_sql = id_words(session);
    if (!id_sql) {
        check_skip(check, "a connection that was ended gives MEMORA_E_CONN", "the database has none to end");
        return;
    }
    int result = session_share(session, &victim, &error);
    int64_t id = result == MEMORA_OK ? session_number(&victim, id_sql, NULL, 0, &error) : INT64_MIN;
    if (!check_that(check, id > 0, "a connection to be ended", "%s", error.message)) {
        session_close(&victim);
        return;
    }
    result = victim.ops->begin(victim.conn, MEMORA_TX_WRITE, &error);
    if (result == MEMORA_OK)
        result = session_run(&victim, "INSERT INTO " TABLE " (k, n) VALUES ('lost', 1)", NULL, 0, &error);
    check_code(check, result, MEMORA_OK, &error, "a transaction on it");
    end_connection(session, id, &error);
    error = (struct memora_error){0};
    result = victim.ops->commit(victim.conn, &error);
    check_code(check, result, MEMORA_E_CONN, &error, "commit() on a connection that was ended");
    result = session_row(&victim, "SELECT COUNT(*) FROM " TABLE, NULL, 0, &(struct memora_value){0}, 1, &error);
    check_code(check, result, MEMORA_E_CONN, &error, "a statement on a connection that was ended");
    session_close(&victim);
    result = session_share(session, &victim, &error);
    check_code(check, result, MEMORA_OK, &error, "connect() after a connection was lost");
    int64_t found = result == MEMORA_OK
                        ? session_number(&victim, "SELECT COUNT(*) FROM " TABLE " WHERE k = 'lost'", NULL, 0, &error)
                        : -1;
    check_that(check, found == 0, "what was not committed is not there", "%lld rows", (long long)found);
    session_close(&victim);
}

void check_db_errors(struct check *check)
{
    struct session session;
    if (!session_open(check, &session))
        return;
    if (session_table(&session, TABLE, "id:ID, k:KEY NOT NULL UNIQUE, n:INT CHECK (n >= 0)")) {
        check_constraints(&session);
        check_syntax(&session);
        check_script(&session);
        check_lost(&session);
    }
    session_drop(&session, TABLE);
    session_close(&session);
}
