/* What the files of this plugin share. The members of memora_db_ops keep the promises of memora/db.h; only what is
 * particular to PostgreSQL is said here.
 *
 * Everything that goes to the server is a command (command.c): it is sent without blocking, and the thread waits for
 * the answer in short ticks, so that an interrupt is seen and a dead network cannot hold it for ever. */
#ifndef DB_POSTGRES_H
#define DB_POSTGRES_H

#include <libpq-fe.h>
#include <memora/db.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* The protocol takes 65535 parameters. But libpq 15.18, for one, takes the description of a statement for nonsense, and
 * the connection for lost, when it is longer than 30000 bytes: 6, and 4 for each parameter. */
enum { MAX_PARAMS = 7000, MAX_DISCARDED = 64, MAX_CONNECT_OPTIONS = 16 };

struct listener;

struct memora_db {
    const char *dsn, *sslmode, *sslrootcert; /* the configuration's; "" = not set */
    char connect_timeout[16], network_timeout_ms[24];
    struct memora_dialect dialect;
    pthread_mutex_t mutex; /* guards listener */
    struct listener *listener;
};

struct cancel;

struct memora_conn {
    struct memora_db *db;
    PGconn *pq;
    struct memora_stmt *statements; /* all that are not finalized */
    struct memora_stmt *stream;     /* the one whose rows are still coming in */
    _Atomic int state;              /* command.c: idle, running, interrupted */
    struct cancel *cancel;          /* under way for the running command */
    int64_t give_up_ns;             /* when an interrupted command is given up; 0 = not interrupted */
    bool dead, gave_up;
    unsigned last_name;                /* number of the newest prepared statement */
    unsigned discarded[MAX_DISCARDED]; /* finalized here, not yet on the server */
    unsigned discarded_count;
    bool migrating; /* holds the migration lock */
};

/* A parameter as libpq wants it. */
struct parameters {
    int count;
    Oid *types; /* what the server takes them for */
    const char **values;
    int *lengths, *formats;
    char (*scratch)[32]; /* numbers */
    char **copies;       /* texts that need a NUL behind them */
};

struct memora_stmt {
    struct memora_conn *conn;
    struct memora_stmt *next, *prior; /* of conn->statements */
    unsigned name;
    char *sql;
    struct parameters params;
    int columns;
    bool binary; /* format of the result */
    bool large;  /* the last result was: read it row by row */
    bool executed;
    PGresult *result; /* the current one; row is in it */
    int row;
    PGresult **waiting; /* single rows that were taken in to free the connection for another command */
    size_t waiting_count, waiting_next, waiting_capacity;
    int waiting_code; /* how that ended */
    struct memora_error waiting_error;
    int64_t affected;
};

/* plugin.c */
const struct memora_host *postgres_host(void);

/* dialect.c */
void postgres_dialect_fill(struct memora_dialect *dialect);

/* connect.c: *out is NULL on an error. */
int postgres_open_session(struct memora_db *db, PGconn **out, struct memora_error *error);

/* errors.c: fill *error and return the MEMORA_E_* code. */
int postgres_error(struct memora_conn *conn, const PGresult *result, struct memora_error *error);
int postgres_connect_error(PGconn *pq, struct memora_error *error);

/* command.c. Between postgres_command_begin and _end: PQsend..., then results until NULL. */
int postgres_command_begin(struct memora_conn *conn, struct memora_error *error);
PGresult *postgres_command_next(struct memora_conn *conn);
void postgres_command_end(struct memora_conn *conn);
/* After PQsend... said sent: all results, and the end. The last result, or NULL and *code. */
PGresult *postgres_command_finish(struct memora_conn *conn, int sent, int *code, struct memora_error *error);
int postgres_run(struct memora_conn *conn, const char *sql, struct memora_error *error);
/* A statement with text parameters and at most one value as its result, copied to value. */
int postgres_run_params(struct memora_conn *conn, const char *sql, int count, const char *const *params, char *value,
                        size_t size, struct memora_error *error);
bool postgres_is_error(const PGresult *result);

/* conn.c */
int postgres_connect(struct memora_db *db, struct memora_conn **out, struct memora_error *error);
void postgres_disconnect(struct memora_conn *conn);
int postgres_recycle(struct memora_conn *conn, struct memora_error *error);
void postgres_interrupt(struct memora_conn *conn);
int postgres_begin(struct memora_conn *conn, uint32_t mode, struct memora_error *error);
int postgres_commit(struct memora_conn *conn, struct memora_error *error);
int postgres_rollback(struct memora_conn *conn, struct memora_error *error);
int postgres_script(struct memora_conn *conn, const char *sql, size_t length, struct memora_error *error);
int postgres_migrate_lock(struct memora_conn *conn, int64_t timeout_ns, struct memora_error *error);
void postgres_migrate_unlock(struct memora_conn *conn);
int64_t postgres_size_bytes(struct memora_db *db);

/* stmt.c */
int postgres_prepare(struct memora_conn *conn, const char *sql, size_t length, struct memora_stmt **out,
                     struct memora_error *error);
int postgres_bind(struct memora_stmt *stmt, const struct memora_value *values, uint32_t n, struct memora_error *error);
int postgres_step(struct memora_stmt *stmt, struct memora_error *error);
int postgres_row(struct memora_stmt *stmt, struct memora_value *out, uint32_t n);
int64_t postgres_affected(struct memora_stmt *stmt);
int64_t postgres_last_id(struct memora_stmt *stmt);
void postgres_reset(struct memora_stmt *stmt);
void postgres_finalize(struct memora_stmt *stmt);
/* Sends the bound statement, ready to take its result. False: libpq's error. */
bool postgres_send(struct memora_stmt *stmt);
void postgres_keep_result(struct memora_stmt *stmt, PGresult *result);
/* Takes in what is still coming for conn->stream, so that the connection can do something else. */
void postgres_stream_store(struct memora_conn *conn);

/* pipeline.c */
int postgres_execute_all(struct memora_stmt *const *statements, uint32_t count, struct memora_error *error);

/* types.c */
bool postgres_parameters_init(struct parameters *params, int count);
void postgres_parameters_free(struct parameters *params);
/* MEMORA_E_RANGE: the number does not fit the type that the server expects. */
int postgres_encode(struct parameters *params, int index, const struct memora_value *value);
bool postgres_has_binary_form(Oid type);
void postgres_decode(const PGresult *result, int row, int column, bool binary, struct memora_value *out);
Oid postgres_wide_integer(void);

/* notify.c */
int postgres_notify(struct memora_conn *conn, const char *channel, const char *payload, struct memora_error *error);
int postgres_listen(struct memora_db *db, const char *channel, void (*callback)(void *, const char *, size_t),
                    void *ctx, struct memora_error *error);
void postgres_listener_stop(struct memora_db *db);

#endif
