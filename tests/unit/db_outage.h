/* What an outage of the database does to those who read and write meanwhile: every request ends in bounded time, what
 * was acknowledged is there afterwards, and it goes on by itself. Included by one file per program, after db_fixture.h.
 */
#ifndef TEST_DB_OUTAGE_H
#define TEST_DB_OUTAGE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"

enum { OUTAGE_THREADS = 6, OUTAGE_WRITES = 4000 };

struct outage {
    struct db *db;
    atomic_bool stop;
    atomic_int next, refused, wrong;
    _Atomic int64_t slowest_ns;
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
    int number;
    while (!outage->stop && (number = outage->next++) < OUTAGE_WRITES) {
        struct memora_value value = db_int(number);
        struct one_statement one = {.sql = "INSERT INTO t (v) VALUES (?)", .params = &value, .count = 1};
        struct status status = {0};
        int64_t ignored, before = clock_mono_ns();
        enum status_code code = number % 2 ? outage_read(outage->db, &ignored, &status)
                                           : db_write(outage->db, run_statement, &one, &status);
        int64_t took = clock_mono_ns() - before;
        if (took > outage->slowest_ns)
            outage->slowest_ns = took;
        outage->acknowledged[number] = code == STATUS_OK && number % 2 == 0;
        outage->refused += code != STATUS_OK;
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

/* begin(ctx) and, after some seconds, end(ctx) under load. Table t has an integer column v. */
static inline void outage_is_survived(struct db *db, void (*begin)(void *), void (*end)(void *), void *ctx,
                                      unsigned seconds, int64_t longest_ns)
{
    struct outage *outage = calloc(1, sizeof *outage);
    pthread_t threads[OUTAGE_THREADS];
    outage->db = db;
    for (int i = 0; i < OUTAGE_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, outage_work, outage), 0);
    usleep(500000);
    int before = outage->next;
    begin(ctx);
    sleep(seconds);
    end(ctx);
    assert_true(before > 20 && outage->refused > 0);
    int64_t value, until = clock_mono_ns() + 10LL * 1000000000;
    struct status status = {0};
    while (outage_read(db, &value, &status) != STATUS_OK && clock_mono_ns() < until) {
        status = (struct status){0};
        usleep(50000);
    }
    assert_true(clock_mono_ns() < until); /* by itself */
    sleep(1);
    outage->stop = true;
    for (int i = 0; i < OUTAGE_THREADS; i++)
        pthread_join(threads[i], NULL);
    print_message("%d requests, %d refused, the slowest took %lld ms\n", (int)outage->next, (int)outage->refused,
                  (long long)(outage->slowest_ns / 1000000));
    assert_int_equal(outage->wrong, 0);
    assert_true(outage->slowest_ns < longest_ns);
    assert_int_equal(outage_count_missing(outage), 0);
    free(outage);
}

#endif
