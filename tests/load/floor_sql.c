/* usage: memora-floor-postgres|mysql NAME get|full|list CONNECTIONS SECONDS MEMOS WHERE
 * Runs the statements of one memo or of a page of 20 on each of the connections, a thread for each, and prints the
 * rate as memora-load does. They are what Memora runs: one for a memo that is without attachments, reactions and
 * relations (get: bench-NNNNNNNN), four for one that has all of them (full: full-NNNNNNNN) and for a page. A
 * request's later statements take their parameters from the rows of the first. */
#include "floor_sql.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS(parent)                                                                                                \
    "SELECT memo.id, memo.uid, memo.creator_id, @memo.created_ts@, @memo.updated_ts@, memo.row_status, "               \
    "memo.visibility, memo.pinned, memo.payload, " parent ", memo.content"
#define PARENT                                                                                                         \
    "(SELECT parent.uid FROM memo_relation AS parent_relation JOIN memo AS parent ON parent.id = "                     \
    "parent_relation.related_memo_id WHERE parent_relation.memo_id = memo.id AND " IS_COMMENT(                         \
        "parent_relation") " LIMIT 1)"
#define JOIN_PARENT                                                                                                    \
    " FROM memo LEFT JOIN memo_relation AS parent_relation ON parent_relation.memo_id = memo.id AND "                  \
    "COALESCE(" IS_COMMENT(                                                                                            \
        "parent_relation") ", FALSE) LEFT JOIN memo AS parent ON parent.id = parent_relation.related_memo_id "
#define IS_COMMENT(relation) relation ".type = 'COMMENT'"
#define PARTS                                                                                                          \
    ", EXISTS (SELECT 1 FROM attachment WHERE attachment.memo_id = memo.id), EXISTS (SELECT 1 FROM reaction WHERE "    \
    "reaction.content_id = ?), EXISTS (SELECT 1 FROM memo_relation AS away WHERE away.memo_id = memo.id) OR EXISTS "   \
    "(SELECT 1 FROM memo_relation AS here WHERE here.related_memo_id = memo.id)"
#define ATTACHMENTS(marks)                                                                                             \
    "SELECT attachment.id, attachment.uid, attachment.creator_id, @attachment.created_ts@, "                           \
    "@attachment.updated_ts@, attachment.filename, attachment.type, attachment.size, attachment.memo_id, memo.uid, "   \
    "attachment.storage_type, attachment.reference, attachment.payload FROM attachment LEFT JOIN memo ON memo.id = "   \
    "attachment.memo_id WHERE attachment.memo_id IN (" marks ") ORDER BY attachment.updated_ts DESC, "                 \
    "attachment.id DESC"
#define REACTIONS(marks)                                                                                               \
    "SELECT id, @created_ts@, creator_id, content_id, reaction_type FROM reaction WHERE content_id IN (" marks         \
    ") ORDER BY id"
#define VISIBLE(marks)                                                                                                 \
    " IN (" marks ") AND (source.creator_id = ? OR source.visibility IN ('PUBLIC', 'PROTECTED')) AND "                 \
    "(target.creator_id = ? OR target.visibility IN ('PUBLIC', 'PROTECTED'))"
#define SIDE(number, column, marks, more)                                                                              \
    "SELECT " number ", r.memo_id, r.related_memo_id, r.type, source.uid, target.uid" more " FROM memo_relation AS r " \
    "JOIN memo AS source ON source.id = r.memo_id JOIN memo AS target ON target.id = r.related_memo_id WHERE "         \
    "r." column                                                                                                        \
    VISIBLE(marks)
#define RELATIONS(marks, more) SIDE("1", "memo_id", marks, more) " UNION ALL " SIDE("2", "related_memo_id", marks, more)
#define MARKS "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

static const char *const get_sql[FLOOR_STATEMENTS] = {COLUMNS(PARENT) PARTS " FROM memo WHERE memo.uid = ?",
                                                      ATTACHMENTS("?"), REACTIONS("?"),
                                                      RELATIONS("?", ", source.content, target.content")};
static const char *const list_sql[FLOOR_STATEMENTS] = {
    COLUMNS("parent.uid") JOIN_PARENT "WHERE memo.row_status = 'NORMAL' AND COALESCE(memo.creator_id = ? OR "
                                      "memo.visibility IN ('PUBLIC', 'PROTECTED'), FALSE) AND @@ ORDER BY "
                                      "memo.created_ts DESC, memo.id DESC LIMIT ? OFFSET ?",
    ATTACHMENTS(MARKS), REACTIONS(MARKS), RELATIONS(MARKS, "")};

enum { SQL_SIZE = 4096, NAME_SIZE = FLOOR_UID + 8, PAGE = 20, USER = 1 };

static bool is_list, is_full, is_one_statement;
static unsigned memos;
static const char *where;
static atomic_ullong done;
static atomic_bool stop;
static pthread_barrier_t ready;

_Noreturn void floor_fail(const char *what, const char *why)
{
    fprintf(stderr, "floor: %s: %s\n", what, why);
    exit(1);
}

/* Puts the dialect's reading of a time in place of each @column@, and its way to leave out comments in place of @@. */
static void prepare(struct floor_conn *conn, unsigned slot, const char *text)
{
    char sql[SQL_SIZE], column[64];
    size_t used = 0;
    while (*text) {
        const char *end = *text == '@' ? strchr(text + 1, '@') : NULL;
        if (!end) {
            sql[used++] = *text++;
            continue;
        }
        snprintf(column, sizeof column, "%.*s", (int)(end - text - 1), text + 1);
        text = end + 1;
        if (!*column) {
            used += (size_t)snprintf(sql + used, sizeof sql - used, "%s", floor_no_comment);
            continue;
        }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        used += (size_t)snprintf(sql + used, sizeof sql - used, floor_time, column);
#pragma GCC diagnostic pop
    }
    sql[used] = '\0';
    floor_prepare(conn, slot, sql);
}

static void request(struct floor_conn *conn, unsigned *random)
{
    struct floor_row rows[FLOOR_ROWS];
    char uid[FLOOR_UID], name[NAME_SIZE], names[FLOOR_ROWS][NAME_SIZE];
    snprintf(uid, sizeof uid, "%s-%08u", is_full ? "full" : "bench", (unsigned)rand_r(random) % memos);
    snprintf(name, sizeof name, "memos/%s", uid);
    const struct floor_param by_uid[] = {{name, 0}, {uid, 0}}, page[] = {{NULL, USER}, {NULL, PAGE + 1}, {NULL, 0}};
    size_t count = is_list ? floor_run(conn, 0, page, 3, rows) : floor_run(conn, 0, by_uid, 2, rows);
    if (count == 0 || (is_list && count < PAGE))
        floor_fail(uid, "not enough rows");
    if (is_one_statement)
        return;
    struct floor_param ids[FLOOR_ROWS], reactions[FLOOR_ROWS], relations[2 * (FLOOR_ROWS + 2)];
    const struct floor_param user = {NULL, USER};
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "memos/%s", rows[i].uid);
        reactions[i] = (struct floor_param){names[i], 0};
        ids[i] = relations[i] = relations[count + 2 + i] = (struct floor_param){NULL, rows[i].id};
    }
    relations[count] = relations[count + 1] = relations[2 * count + 2] = relations[2 * count + 3] = user;
    floor_run(conn, 1, ids, (unsigned)count, NULL);
    floor_run(conn, 2, reactions, (unsigned)count, NULL);
    floor_run(conn, 3, relations, (unsigned)(2 * (count + 2)), NULL);
}

static void *loop(void *arg)
{
    unsigned random = *(const unsigned *)arg;
    struct floor_conn *conn = floor_connect(where);
    for (unsigned i = 0; i < FLOOR_STATEMENTS; i++)
        prepare(conn, i, is_list ? list_sql[i] : get_sql[i]);
    request(conn, &random);
    pthread_barrier_wait(&ready);
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        request(conn, &random);
        atomic_fetch_add_explicit(&done, 1, memory_order_relaxed);
    }
    floor_disconnect(conn);
    return NULL;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    enum { MOST_THREADS = 256 };
    pthread_t threads[MOST_THREADS];
    unsigned seeds[MOST_THREADS], count = argc == 7 ? (unsigned)atoi(argv[3]) : 0;
    double seconds = argc == 7 ? atof(argv[4]) : 0;
    if (argc != 7 || count < 1 || count > MOST_THREADS || atoi(argv[5]) < 1) {
        fputs("usage: memora-floor-postgres|mysql NAME get|full|list CONNECTIONS SECONDS MEMOS WHERE\n", stderr);
        return 2;
    }
    is_list = strcmp(argv[2], "list") == 0;
    is_full = strcmp(argv[2], "full") == 0;
    is_one_statement = strcmp(argv[2], "get") == 0;
    memos = (unsigned)atoi(argv[5]);
    where = argv[6];
    pthread_barrier_init(&ready, NULL, count + 1);
    for (unsigned i = 0; i < count; i++) {
        seeds[i] = i + 1;
        if (pthread_create(&threads[i], NULL, loop, &seeds[i]) != 0)
            floor_fail("pthread_create", "no thread");
    }
    pthread_barrier_wait(&ready);
    double begin = now();
    usleep((useconds_t)(seconds * 1e6));
    unsigned long long total = atomic_load(&done);
    double took = now() - begin;
    atomic_store(&stop, true);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    double rate = (double)total / took;
    printf("{\"name\":\"%s\",\"requests\":%llu,\"errors\":0,\"seconds\":%.3f,\"per_second\":%.0f,\"p50_us\":%.0f,"
           "\"p99_us\":0}\n",
           argv[1], total, took, rate, rate > 0 ? count * 1e6 / rate : 0);
    return 0;
}
