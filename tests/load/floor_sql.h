/* The floor of the reads over a database server: a bare loop of the client library. floor_sql.c has the statements and
 * the threads, floor_postgres.c and floor_mysql.c the library. Any failure ends the program. */
#ifndef MEMORA_FLOOR_SQL_H
#define MEMORA_FLOOR_SQL_H

#include <stddef.h>

enum { FLOOR_STATEMENTS = 4, FLOOR_PARAMS = 48, FLOOR_UID = 64, FLOOR_ROWS = 20 };

struct floor_param {
    const char *text; /* NULL: number */
    int number;
};

struct floor_row { /* what the first statement's rows begin with */
    int id;
    char uid[FLOOR_UID];
};

struct floor_conn;
extern const char floor_time[];       /* of a time column, with one %s */
extern const char floor_no_comment[]; /* condition of a list */
struct floor_conn *floor_connect(const char *where);
/* sql has ? for each parameter; slot is below FLOOR_STATEMENTS. */
void floor_prepare(struct floor_conn *conn, unsigned slot, const char *sql);
/* Runs it and reads every value of every row; rows (NULL: not wanted) takes the first FLOOR_ROWS. Gives their number.
 */
size_t floor_run(struct floor_conn *conn, unsigned slot, const struct floor_param *params, unsigned count,
                 struct floor_row *rows);
void floor_disconnect(struct floor_conn *conn);
_Noreturn void floor_fail(const char *what, const char *why);

#endif
