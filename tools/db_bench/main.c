/* memora-db-bench [memos [threads [seconds]]]: durable writes a second through db_write, and reads a second through
 * db_query beside a bare sqlite3 loop with the same statements. The database lies in a new directory below TMPDIR. */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "plugin/plugin.h"

static const char insert_sql[] =
    "INSERT INTO memo (uid, creator_id, created_ts, updated_ts, row_status, content, visibility, pinned, payload) "
    "VALUES (?, ?, {time_write:?}, {time_write:?}, ?, ?, ?, ?, ?)";
static const char get_sql[] =
    "SELECT memo.id, memo.uid, memo.creator_id, memo.created_ts, memo.updated_ts, memo.row_status, memo.visibility, "
    "memo.pinned, memo.payload, memo.content FROM memo WHERE memo.uid = ?";
static const char list_sql[] =
    "SELECT memo.id, memo.uid, memo.creator_id, memo.created_ts, memo.updated_ts, memo.row_status, memo.visibility, "
    "memo.pinned, memo.payload, parent.uid, memo.content FROM memo LEFT JOIN memo_relation AS parent_relation ON "
    "parent_relation.memo_id = memo.id AND parent_relation.type = 'COMMENT' LEFT JOIN memo AS parent ON parent.id = "
    "parent_relation.related_memo_id WHERE 1 = 1 AND memo.row_status = 'NORMAL' AND (memo.creator_id = ? OR "
    "memo.visibility IN ('PUBLIC', 'PROTECTED')) AND parent.uid IS NULL ORDER BY memo.created_ts DESC, memo.id DESC "
    "LIMIT 20";

enum { UID_SIZE = 32, CONTENT_SIZE = 400, MAX_THREADS = 256, LOAD_CHUNK = 1000 };

struct bench {
    char path[256], content[CONTENT_SIZE];
    struct db *db;
    unsigned memos, threads, round;
    int64_t seconds;
    atomic_bool stop;
    const char *sql; /* read by the readers */
    bool by_uid;
};

struct worker {
    pthread_t thread;
    struct bench *bench;
    unsigned number;
    uint64_t done;
};

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "memora-db-bench: %s: %s\n", what, why);
    exit(1);
}

static enum status_code insert(struct db_conn *conn, const struct bench *bench, const char *uid, int64_t created,
                               struct status *status)
{
    int64_t id;
    const struct memora_value params[] = {db_text(uid),      db_int(1),         db_int(created),
                                          db_int(created),   db_text("NORMAL"), db_text_n(bench->content, CONTENT_SIZE),
                                          db_text("PUBLIC"), db_bool(false),    db_text("{\"property\":{}}")};
    return db_insert(conn, insert_sql, params, 9, &id, status);
}

struct load {
    const struct bench *bench;
    unsigned first, end;
};

static enum status_code load_chunk(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct load *load = ctx;
    enum status_code code = STATUS_OK;
    for (unsigned i = load->first; i < load->end && code == STATUS_OK; i++) {
        char uid[UID_SIZE];
        snprintf(uid, sizeof uid, "memo-%u", i);
        code = insert(conn, load->bench, uid, 1700000000 + i, status);
    }
    return code;
}

static void open_db(struct bench *bench)
{
    const struct plugin *plugin;
    const struct memora_config *checked;
    struct status status = {0};
    const struct config_entry entry = {.key = "dsn", .value = bench->path, .file = "command line"};
    const struct config_section section = {.name = "database", .entries = &entry, .count = 1};
    const struct config config = {.data_dir = "/tmp"};
    const struct db_options options = {
        .read_connections = 8, .statement_cache = 64, .statement_timeout_ns = 30LL * 1000000000};
    if (plugin_load(MEMORA_BENCH_PLUGIN_DIR, MEMORA_KIND_DB, "sqlite", &plugin, &status) ||
        plugin_configure(plugin, &section, &config, &checked, &status) ||
        db_open(&plugin->ops.db, checked, &options, &bench->db, &status) || db_migrate(bench->db, &status))
        die("open", status.message);
}

static void fill(struct bench *bench)
{
    struct status status = {0};
    for (unsigned i = 0; i < bench->memos; i += LOAD_CHUNK) {
        struct load load = {bench, i, i + LOAD_CHUNK < bench->memos ? i + LOAD_CHUNK : bench->memos};
        if (db_write(bench->db, load_chunk, &load, &status))
            die("load", status.message);
    }
}

/* Resident memory of this process in KiB. */
static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void time_start(struct bench *bench)
{
    long before = resident_kib();
    int64_t start = clock_mono_ns();
    open_db(bench);
    printf("%-32s %.1f ms, %ld KiB\n", "load, open and check schema", (double)(clock_mono_ns() - start) / 1e6,
           resident_kib() - before);
}

struct one {
    const struct bench *bench;
    char uid[UID_SIZE];
};

static enum status_code write_one(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct one *one = ctx;
    return insert(conn, one->bench, one->uid, clock_wall_s(), status);
}

static void *writer(void *argument)
{
    struct worker *worker = argument;
    struct one one = {.bench = worker->bench};
    struct status status = {0};
    while (!atomic_load_explicit(&worker->bench->stop, memory_order_relaxed)) {
        snprintf(one.uid, sizeof one.uid, "w%u-%u-%llu", worker->bench->round, worker->number,
                 (unsigned long long)worker->done);
        if (db_write(worker->bench->db, write_one, &one, &status))
            die("write", status.message);
        worker->done++;
    }
    return NULL;
}

/* A cheap walk over the memos in no order. */
static struct memora_value next_param(const struct bench *bench, uint64_t *seed, char uid[UID_SIZE])
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    if (!bench->by_uid)
        return db_int(1);
    snprintf(uid, UID_SIZE, "memo-%u", (unsigned)((*seed >> 33) % bench->memos));
    return db_text(uid);
}

static void *reader(void *argument)
{
    struct worker *worker = argument;
    struct bench *bench = worker->bench;
    struct arena *arena = arena_create();
    struct status status = {0};
    uint64_t seed = worker->number;
    char uid[UID_SIZE];
    while (!atomic_load_explicit(&bench->stop, memory_order_relaxed)) {
        struct memora_value param = next_param(bench, &seed, uid);
        struct db_conn *conn;
        struct db_rows *rows;
        if (db_read_begin(bench->db, &conn, &status) || db_query(conn, bench->sql, &param, 1, &rows, &status))
            die("read", status.message);
        while (db_next(rows, &status))
            for (uint32_t i = 0; i < db_column_count(rows); i++)
                if (db_column(rows, i)->type == MEMORA_TEXT)
                    db_column_text(rows, i, arena);
        db_rows_close(rows);
        db_read_end(conn);
        arena_reset(arena);
        worker->done++;
    }
    arena_destroy(arena);
    return NULL;
}

/* The same with nothing between it and SQLite. */
static void *bare_reader(void *argument)
{
    struct worker *worker = argument;
    struct bench *bench = worker->bench;
    struct arena *arena = arena_create();
    sqlite3 *sqlite;
    sqlite3_stmt *stmt;
    uint64_t seed = worker->number;
    char uid[UID_SIZE];
    if (sqlite3_open_v2(bench->path, &sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_prepare_v3(sqlite, bench->sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
        die("bare", sqlite3_errmsg(sqlite));
    while (!atomic_load_explicit(&bench->stop, memory_order_relaxed)) {
        struct memora_value param = next_param(bench, &seed, uid);
        if (param.type == MEMORA_TEXT)
            sqlite3_bind_text(stmt, 1, param.u.p, (int)param.len, SQLITE_STATIC);
        else
            sqlite3_bind_int64(stmt, 1, param.u.i);
        while (sqlite3_step(stmt) == SQLITE_ROW)
            for (int i = 0; i < sqlite3_column_count(stmt); i++)
                if (sqlite3_column_type(stmt, i) == SQLITE_TEXT)
                    arena_strndup(arena, (const char *)sqlite3_column_text(stmt, i),
                                  (size_t)sqlite3_column_bytes(stmt, i));
        sqlite3_reset(stmt);
        arena_reset(arena);
        worker->done++;
    }
    sqlite3_finalize(stmt);
    sqlite3_close(sqlite);
    arena_destroy(arena);
    return NULL;
}

static double cpu_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

static double measure(struct bench *bench, const char *name, unsigned threads, void *(*run)(void *))
{
    static struct worker workers[MAX_THREADS];
    uint64_t done = 0;
    atomic_store(&bench->stop, false);
    bench->round++;
    int64_t start = clock_mono_ns();
    double cpu = cpu_seconds();
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (struct worker){.bench = bench, .number = i};
        if (pthread_create(&workers[i].thread, NULL, run, &workers[i]) != 0)
            die("thread", "cannot start");
    }
    sleep((unsigned)bench->seconds);
    atomic_store(&bench->stop, true);
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        done += workers[i].done;
    }
    double rate = (double)done * 1e9 / (double)(clock_mono_ns() - start);
    printf("%-32s %3u threads %10.0f/s %8.2f us CPU each\n", name, threads, rate,
           (cpu_seconds() - cpu) * 1e6 / (double)(done ? done : 1));
    fflush(stdout);
    return rate;
}

static void compare(struct bench *bench, const char *name, const char *sql, bool by_uid)
{
    char label[64];
    bench->sql = sql;
    bench->by_uid = by_uid;
    for (unsigned threads = 1; threads <= 2; threads++) {
        snprintf(label, sizeof label, "%s, bare sqlite3", name);
        double bare = measure(bench, label, threads, bare_reader);
        snprintf(label, sizeof label, "%s, db_query", name);
        double ours = measure(bench, label, threads, reader);
        printf("%-32s %.2f of bare\n", "", ours / bare);
    }
}

static unsigned argument(int argc, char **argv, int index, unsigned fallback)
{
    unsigned long value = index < argc ? strtoul(argv[index], NULL, 10) : fallback;
    return value > 0 && value <= 10000000 ? (unsigned)value : fallback;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    char dir[128], command[256];
    const char *base = getenv("TMPDIR");
    bench.memos = argument(argc, argv, 1, 10000);
    bench.threads = argument(argc, argv, 2, 32);
    bench.seconds = argument(argc, argv, 3, 3);
    if (bench.threads > MAX_THREADS)
        bench.threads = MAX_THREADS;
    memset(bench.content, 'x', sizeof bench.content);
    snprintf(dir, sizeof dir, "%.80s/memora-db-bench-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(dir))
        die(dir, "cannot be made");
    snprintf(bench.path, sizeof bench.path, "%s/memos_prod.db", dir);
    log_set_level(LOG_LEVEL_WARN);
    open_db(&bench);
    fill(&bench);
    db_close(bench.db);
    printf("%u memos in %s\n", bench.memos, bench.path);
    time_start(&bench);
    compare(&bench, "get one", get_sql, true);
    compare(&bench, "list 20", list_sql, false);
    measure(&bench, "create, durable", 1, writer);
    measure(&bench, "create, durable", bench.threads, writer);
    printf("%-32s %ld KiB\n", "resident in the end", resident_kib());
    db_close(bench.db);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 ? 0 : 1;
}
