/* What an outage of the database does to those who read and write meanwhile: every request ends in bounded time, what
 * was acknowledged is there afterwards, and it goes on by itself. Included by one file per program, after db_fixture.h.
 */
#ifndef TEST_DB_OUTAGE_H
#define TEST_DB_OUTAGE_H

#include <pthread.h>
#include <stdatomic.h>

#include "patience.h"

enum { OUTAGE_THREADS = 6, OUTAGE_WRITES = 100000 };

struct outage {
    struct db *db;
    atomic_bool stop;
    atomic_int next, thread, wrong, written;
    atomic_int refused[OUTAGE_THREADS]; /* of each thread */
    atomic_bool acknowledged[OUTAGE_WRITES];
};

static inline enum status_code outage_read(struct db *db, int64_t *value, struct status *status)
{
    struct db_conn *conn;
    struct db_rows *rows;
    enum status_code code = db_read_begin(db, &conn, status);
    if (code)
        return code;
    code = db_query(conn, "SELECT COUNT(*) FROM t", NULL, 0, &rows, status);
    if (code == STATUS_OK) {
        if (db_next(rows, status))
            *value = db_column_int(rows, 0);
        code = status->code;
        db_rows_close(rows);
    }
    db_read_end(conn);
    return code;
}

static inline void *outage_work(void *argument)
{
    struct outage *outage = argument;
    int number, own = outage->thread++;
    while (!outage->stop && (number = outage->next++) < OUTAGE_WRITES) {
        struct memora_value value = db_int(number);
        struct one_statement one = {.sql = "INSERT INTO t (v) VALUES (?)", .params = &value, .count = 1};
        struct status status = {0};
        int64_t ignored;
        enum status_code code = number % 2 ? outage_read(outage->db, &ignored, &status)
                                           : db_write(outage->db, run_statement, &one, &status);
        outage->acknowledged[number] = code == STATUS_OK && number % 2 == 0;
        outage->written += outage->acknowledged[number];
        outage->refused[own] += code != STATUS_OK;
        if (code && code != STATUS_UNAVAILABLE && code != STATUS_DEADLINE_EXCEEDED && code != STATUS_UNKNOWN) {
            print_message("code %d: %s\n", (int)code, status.message);
            outage->wrong++;
        }
        usleep(code ? 50000 : 5000);
    }
    return NULL;
}

static inline int outage_count_missing(struct outage *outage)
{
    struct db_conn *conn;
    struct db_rows *rows;
    struct status status = {0};
    int missing = 0;
    for (int i = 0; i < OUTAGE_WRITES; i++)
        missing += outage->acknowledged[i];
    assert_int_equal(db_read_begin(outage->db, &conn, &status), STATUS_OK);
    assert_int_equal(db_query(conn, "SELECT v FROM t", NULL, 0, &rows, &status), STATUS_OK);
    while (db_next(rows, &status))
        missing -= outage->acknowledged[db_column_int(rows, 0)];
    db_rows_close(rows);
    db_read_end(conn);
    return missing;
}

static inline bool outage_is_felt_by_all(const struct outage *outage)
{
    for (int i = 0; i < OUTAGE_THREADS; i++)
        if (outage->refused[i] < 2)
            return false;
    return true;
}

static inline bool outage_is_over(struct db *db)
{
    struct status status = {0};
    int64_t ignored;
    return outage_read(db, &ignored, &status) == STATUS_OK;
}

/* begin(ctx) and later end(ctx) under load. The outage lasts until everybody has been refused twice: so nobody waits
 * for its end. Table t has an integer column v. */
static inline void outage_is_survived(struct db *db, void (*begin)(void *), void (*end)(void *), void *ctx)
{
    enum { WRITES = 20 };
    struct outage *outage = calloc(1, sizeof *outage);
    pthread_t threads[OUTAGE_THREADS];
    outage->db = db;
    for (int i = 0; i < OUTAGE_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, outage_work, outage), 0);
    AWAIT(outage->written >= WRITES);
    begin(ctx);
    AWAIT(outage_is_felt_by_all(outage));
    end(ctx);
    AWAIT(outage_is_over(db)); /* by itself */
    int before = outage->written;
    AWAIT(outage->written >= before + WRITES);
    outage->stop = true;
    for (int i = 0; i < OUTAGE_THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(outage->wrong, 0);
    assert_int_equal(outage_count_missing(outage), 0);
    free(outage);
}

#endif
