/* Opening sessions: what the library is told before, and the server after. */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TLS_FAILED = 2026 };

/* Ways to prove who we are that do not hand the password itself to whoever answers. */
static const char safe_authentication[] =
    "mysql_native_password,client_ed25519,parsec,caching_sha2_password,sha256_password,auth_gssapi_client";

static void set_tls(MYSQL *mysql, const struct memora_db *db, enum driver_tls tls)
{
    my_bool yes = 1, no = 0;
    if (tls == DRIVER_TLS_OFF)
        return;
    mysql_ssl_set(mysql, *db->tls_key ? db->tls_key : NULL, *db->tls_cert ? db->tls_cert : NULL,
                  *db->tls_ca ? db->tls_ca : NULL, NULL, NULL);
    mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
    mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, tls == DRIVER_TLS_VERIFIED ? &yes : &no);
}

static void set_options(MYSQL *mysql, const struct memora_db *db, enum driver_tls tls, unsigned timeout_s)
{
    const struct driver_dsn *dsn = &db->dsn;
    unsigned connect = timeout_s ? timeout_s : dsn->connect_timeout_s;
    unsigned reading = timeout_s ? timeout_s : dsn->read_timeout_s;
    unsigned writing = timeout_s ? timeout_s : dsn->write_timeout_s;
    unsigned no_local_files = 0;
    my_bool no = 0;
    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &reading);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &writing);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no_local_files);
    mysql_options(mysql, MYSQL_OPT_RECONNECT, &no);
    mysql_options(mysql, MYSQL_REPORT_DATA_TRUNCATION, &(my_bool){1});
    if (!dsn->clear_password)
        mysql_options(mysql, MARIADB_OPT_RESTRICTED_AUTH, safe_authentication);
    set_tls(mysql, db, tls);
}

/* Which server and database, for messages. */
static void describe(const struct driver_dsn *dsn, char *out, size_t size)
{
    if (dsn->socket)
        snprintf(out, size, "database %s at %s", dsn->database, dsn->socket);
    else
        snprintf(out, size, "database %s at %s port %u", dsn->database, dsn->host, dsn->port);
}

static int open_session(struct memora_db *db, enum driver_tls tls, unsigned timeout_s, MYSQL **out,
                        struct memora_error *error)
{
    /* Rows that an UPDATE finds count, also where they were like that before: other databases have it so. */
    enum { FLAGS = CLIENT_FOUND_ROWS };
    const struct driver_dsn *dsn = &db->dsn;
    MYSQL *mysql = mysql_init(NULL);
    if (!mysql)
        return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
    set_options(mysql, db, tls, timeout_s);
    /* The library takes "localhost" for the default socket. */
    const char *host = dsn->socket ? "localhost" : strcmp(dsn->host, "localhost") == 0 ? "127.0.0.1" : dsn->host;
    if (dsn->host && strcmp(dsn->host, "localhost") == 0 && tls == DRIVER_TLS_VERIFIED) {
        /* Then the name matters: it must be the one in the certificate. */
        enum mysql_protocol_type tcp = MYSQL_PROTOCOL_TCP;
        mysql_options(mysql, MYSQL_OPT_PROTOCOL, &tcp);
        host = dsn->host;
    }
    if (!mysql_real_connect(mysql, host, dsn->user, dsn->password, dsn->database, dsn->port, dsn->socket, FLAGS)) {
        struct memora_error cause = {0};
        char where[256];
        int result = driver_error(&cause, mysql);
        mysql_close(mysql);
        describe(dsn, where, sizeof where);
        if (error) {
            *error = cause;
            memora_fail(error, result, "%s: %.220s", where, cause.message);
        }
        return result;
    }
    /* The library checks this by itself only where it is to verify the server. */
    if (tls == DRIVER_TLS_UNVERIFIED && !mysql_get_ssl_cipher(mysql)) {
        mysql_close(mysql);
        return memora_fail(error, MEMORA_E_CONFIG, "dsn: tls=skip-verify, but the server does not speak TLS");
    }
    *out = mysql;
    return MEMORA_OK;
}

int driver_session_open(struct memora_db *db, unsigned timeout_s, MYSQL **out, struct memora_error *error)
{
    struct memora_error cause = {0};
    int result = open_session(db, db->dsn.tls, timeout_s, out, &cause);
    if (result != MEMORA_OK && db->dsn.tls == DRIVER_TLS_PREFERRED && cause.native_code == TLS_FAILED)
        result = open_session(db, DRIVER_TLS_OFF, timeout_s, out, &cause);
    if (result != MEMORA_OK && error)
        *error = cause;
    return result;
}

static int run(MYSQL *mysql, const char *sql, struct memora_error *error)
{
    return mysql_real_query(mysql, sql, strlen(sql)) ? driver_error(error, mysql) : MEMORA_OK;
}

int driver_session_set_up(struct memora_conn *conn, struct memora_error *error)
{
    enum { SIZE = 128, COLUMNS = 3 };
    const struct driver_dsn *dsn = &conn->db->dsn;
    char sql[512], values[COLUMNS][SIZE];
    /* Strict, so that what does not fit is refused and not cut; UTC, so that parts of times are those of other
     * databases and no hour comes twice. */
    snprintf(sql, sizeof sql,
             "SET NAMES utf8mb4%s%s, SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', "
             "SESSION time_zone = '%s', SESSION innodb_lock_wait_timeout = %lld",
             dsn->collation ? " COLLATE " : "", dsn->collation ? dsn->collation : "", dsn->time_zone,
             (long long)conn->db->lock_timeout_s);
    int result = run(conn->mysql, sql, error);
    /* Within transactions reading takes share locks, so that what a write is based on cannot change before it; of two
     * that get in each other's way one is rolled back and run again. Statements outside take no locks. */
    if (result == MEMORA_OK)
        result = run(conn->mysql, "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", error);
    if (result == MEMORA_OK)
        result = driver_read_row(conn->mysql, "SELECT CONNECTION_ID(), @@max_allowed_packet, @@hostname", values[0],
                                 SIZE, COLUMNS, error);
    if (result != MEMORA_OK)
        return result;
    conn->server_thread = strtoul(values[0], NULL, 10);
    conn->max_packet = strtoull(values[1], NULL, 10);
    memcpy(conn->server_name, values[2], SIZE);
    return MEMORA_OK;
}
_Static_assert(sizeof((struct memora_conn *)0)->server_name == 128, "server_name takes a value as it is read");

int driver_probe(struct memora_db *db, struct memora_conn *conn, struct memora_error *error)
{
    enum { SIZE = 128, COLUMNS = 2 };
    char values[COLUMNS][SIZE];
    int result =
        driver_read_row(conn->mysql, "SELECT @@version, @@character_set_database", values[0], SIZE, COLUMNS, error);
    if (result != MEMORA_OK)
        return result;
    memora_log(driver_host(), MEMORA_LOG_DEBUG, "database server: %s", values[0]);
    if (strcmp(values[1], "utf8mb4") != 0)
        memora_log(driver_host(), MEMORA_LOG_WARN,
                   "the character set of database %s is %s: tables that are made in it cannot hold every character; "
                   "ALTER DATABASE ... CHARACTER SET utf8mb4",
                   db->dsn.database, values[1]);
    return driver_dialect_fill(&db->dialect, values[0], error);
}
