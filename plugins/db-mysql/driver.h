/* What the files of this plugin share. The members of memora_db_ops keep the promises of memora/db.h; only what is
 * particular to MySQL and MariaDB is said here. */
#ifndef DB_MYSQL_DRIVER_H
#define DB_MYSQL_DRIVER_H

#include <memora/db.h>
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum driver_tls {
    DRIVER_TLS_OFF,
    DRIVER_TLS_PREFERRED,  /* encrypted if the server can, whoever it is */
    DRIVER_TLS_UNVERIFIED, /* encrypted, whoever it is */
    DRIVER_TLS_VERIFIED    /* encrypted; certificate and name are checked */
};

/* A DSN taken apart. Texts are the plugin's own. */
struct driver_dsn {
    char *user, *password, *host, *socket, *database; /* host or socket is NULL */
    char *collation, *time_zone;                      /* words of SQL without quotes in them; collation may be NULL */
    unsigned port;
    enum driver_tls tls;
    bool tls_given, clear_password;
    unsigned connect_timeout_s, read_timeout_s, write_timeout_s; /* 0 = the configuration's */
};

struct memora_db {
    struct driver_dsn dsn;
    const char *tls_ca, *tls_cert, *tls_key; /* "" = none */
    int64_t lock_timeout_s;
    struct memora_dialect dialect;
    _Atomic int64_t unreachable_until; /* monotonic; till then KILL is not tried, see interrupt.c */
};

struct memora_conn {
    struct memora_db *db;
    MYSQL *mysql;
    struct memora_stmt *statements; /* all that are not finalized */
    unsigned long server_thread;    /* what KILL takes */
    char server_name[128];          /* @@hostname: numbers of threads mean nothing to another server */
    unsigned long long max_packet;  /* bytes that the server takes at once */
    int socket;                     /* a duplicate that stays ours when the library closes its own */
    bool in_transaction;
    pthread_mutex_t mutex; /* guards the following */
    bool running, interrupted;
    bool whole; /* what runs is a commit or the like: an interrupt takes the connection, never half of it */
};

struct driver_column {
    enum memora_value_type type; /* INT, DOUBLE, TEXT or BLOB */
    union {
        int64_t i;
        double d;
    } number;
    char *bytes;
    unsigned long capacity, length;
    my_bool is_null, truncated;
};

struct memora_stmt {
    struct memora_conn *conn;
    struct memora_stmt *next, *prior; /* of conn->statements */
    MYSQL_STMT *mysql;
    uint32_t params, columns, column_room;
    MYSQL_BIND *in, *out; /* re-used from run to run */
    struct driver_column *column;
    bool executed;
    int64_t affected, id;
};

/* plugin.c */
const struct memora_host *driver_host(void);

/* dsn.c: "user:password@tcp(host:3306)/database?name=value&...", and unix(/path) in place of tcp(...). MEMORA_E_CONFIG
 * with a message that has no password. */
int driver_dsn_parse(struct driver_dsn *dsn, const char *text, struct memora_error *error);
void driver_dsn_clear(struct driver_dsn *dsn); /* wipes the password */
/* dsn_params.c: what follows the '?'. */
int driver_dsn_parameters(struct driver_dsn *dsn, const char *text, struct memora_error *error);

/* dialect.c: version is the server's, as in @@version. MEMORA_E_UNSUPPORTED if it is too old. */
int driver_dialect_fill(struct memora_dialect *dialect, const char *version, struct memora_error *error);

/* errors.c: each fills *error and returns the MEMORA_E_* code. */
int driver_error(struct memora_error *error, MYSQL *mysql);
int driver_stmt_error(struct memora_error *error, MYSQL_STMT *stmt);
int driver_error_of(struct memora_error *error, unsigned code, const char *sqlstate, const char *text);

/* setup.c: a session of the client library, ready for use. timeout_s > 0 takes the place of all configured ones. */
int driver_session_open(struct memora_db *db, unsigned timeout_s, MYSQL **out, struct memora_error *error);
/* Character set, SQL mode, time zone, isolation; reads server_thread, server_name and max_packet. */
int driver_session_set_up(struct memora_conn *conn, struct memora_error *error);
/* What the operator should know of server and database; fills the dialect. Once per instance. */
int driver_probe(struct memora_db *db, struct memora_conn *conn, struct memora_error *error);

/* conn.c */
int driver_connect(struct memora_db *db, struct memora_conn **out, struct memora_error *error);
void driver_disconnect(struct memora_conn *conn);
int driver_recycle(struct memora_conn *conn, struct memora_error *error);
int driver_begin(struct memora_conn *conn, uint32_t mode, struct memora_error *error);
int driver_commit(struct memora_conn *conn, struct memora_error *error);
int driver_rollback(struct memora_conn *conn, struct memora_error *error);
int driver_script(struct memora_conn *conn, const char *sql, size_t length, struct memora_error *error);
int driver_migrate_lock(struct memora_conn *conn, int64_t timeout_ns, struct memora_error *error);
void driver_migrate_unlock(struct memora_conn *conn);
int64_t driver_size_bytes(struct memora_db *db);
/* The first row of a statement without parameters; up to count columns are copied to out, each cut at size bytes. */
int driver_read_row(MYSQL *mysql, const char *sql, char *out, size_t size, unsigned count, struct memora_error *error);

/* interrupt.c: calls of the library that wait for the server stand between enter and leave. leave waits for an
 * interrupt that is under way; result is the call's and is given back, unless it was interrupted. */
void driver_enter(struct memora_conn *conn);
int driver_leave(struct memora_conn *conn, int result, struct memora_error *error);
void driver_interrupt(struct memora_conn *conn);

/* stmt.c */
int driver_prepare(struct memora_conn *conn, const char *sql, size_t length, struct memora_stmt **out,
                   struct memora_error *error);
int driver_step(struct memora_stmt *stmt, struct memora_error *error);
int64_t driver_affected(struct memora_stmt *stmt);
int64_t driver_last_id(struct memora_stmt *stmt);
void driver_reset(struct memora_stmt *stmt);
void driver_finalize(struct memora_stmt *stmt);

/* bind.c: values in and out. */
int driver_bind(struct memora_stmt *stmt, const struct memora_value *values, uint32_t n, struct memora_error *error);
int driver_row(struct memora_stmt *stmt, struct memora_value *out, uint32_t n);
/* Buffers for the columns of the result that has just come. */
int driver_bind_columns(struct memora_stmt *stmt, struct memora_error *error);
/* Grows the buffers that were too small for the current row, which is then to be fetched again. */
int driver_grow_columns(struct memora_stmt *stmt, struct memora_error *error);
/* Gives back buffers that one large value has made large. */
void driver_shrink_columns(struct memora_stmt *stmt);
void driver_free_columns(struct memora_stmt *stmt);

#endif
