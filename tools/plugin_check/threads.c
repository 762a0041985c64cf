/* The declared thread model, used to its limit. Worth most when plugin and check are built with -fsanitize=thread. */
#include <pthread.h>
#include <string.h>

#include "db_session.h"
#include "storage_object.h"

enum { THREADS = 4, ROUNDS = 60, ROUNDS_QUICK = 20, LISTED_MAX = 50 };
#define TABLE "memora_check_threads"

struct worker {
    struct check *check;
    struct session session;
    struct store *store;
    pthread_mutex_t *serial; /* MEMORA_THREADS_SERIAL: the core's lock; else NULL */
    unsigned number;
    int rounds, result;
    struct memora_error error;
};

static void lock(const struct worker *worker)
{
    if (worker->serial)
        pthread_mutex_lock(worker->serial);
}

static void unlock(const struct worker *worker)
{
    if (worker->serial)
        pthread_mutex_unlock(worker->serial);
}

static int db_round(struct worker *worker, int i)
{
    struct memora_value values[2] = {value_int(worker->number), value_int(i)};
    int result =
        session_write(&worker->session, "INSERT INTO " TABLE " (n, i) VALUES (?, ?)", values, 2, &worker->error);
    if (result == MEMORA_OK && session_number(&worker->session, "SELECT COUNT(*) FROM " TABLE " WHERE n = ? AND i = ?",
                                              values, 2, &worker->error) != 1)
        result = memora_fail(&worker->error, MEMORA_E_INTERNAL, "a row that was written is not there");
    if (result == MEMORA_OK)
        session_run(&worker->session, "SELECT * FROM memora_check_nowhere", NULL, 0, NULL);
    if (result == MEMORA_OK && i % 8 == 7)
        result = worker->session.ops->recycle(worker->session.conn, &worker->error);
    return result;
}

static int few(void *ctx, const char *key, const struct memora_object *object)
{
    (void)key, (void)object;
    return ++*(int *)ctx >= LISTED_MAX;
}

static int storage_round(struct worker *worker, int i)
{
    struct store *store = worker->store;
    char key[60];
    uint64_t got = 0;
    int listed = 0;
    snprintf(key, sizeof key, STORAGE_PREFIX "threads/%u-%d", worker->number, i % 4);
    uint64_t size = 1000 + (uint64_t)i * 977;
    int result = store_put_pattern(store, key, size, worker->number, &worker->error);
    if (result == MEMORA_OK)
        result = store_compare(store, key, 0, UINT64_MAX, worker->number, &got, NULL, &worker->error);
    if (result == MEMORA_OK && got != size)
        result = memora_fail(&worker->error, MEMORA_E_INTERNAL, "an object has another size");
    if (result == MEMORA_OK && (store->features & MEMORA_STORAGE_LIST))
        result = store->ops->list(store->storage, STORAGE_PREFIX "threads/", "", few, &listed, &worker->error);
    if (result == MEMORA_OK)
        result = store->ops->remove(store->storage, key, &worker->error);
    return result;
}

static void *work(void *ctx)
{
    struct worker *worker = ctx;
    for (int i = 0; i < worker->rounds && worker->result == MEMORA_OK; i++) {
        lock(worker);
        worker->result = worker->store ? storage_round(worker, i) : db_round(worker, i);
        unlock(worker);
    }
    return NULL;
}

/* Starts the workers, joins them and tells what became of each. */
static void run(struct check *check, struct worker workers[THREADS])
{
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
            check_bail_out(check, "no thread");
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        check_code(check, workers[i].result, MEMORA_OK, &workers[i].error, "a thread among several");
    }
}

static void check_storage(struct check *check, pthread_mutex_t *serial, int rounds)
{
    struct worker workers[THREADS];
    struct store store;
    if (!store_open(check, &store))
        return;
    for (unsigned i = 0; i < THREADS; i++)
        workers[i] =
            (struct worker){.check = check, .store = &store, .serial = serial, .number = i + 1, .rounds = rounds};
    run(check, workers);
    store_close(&store);
}

static void check_db(struct check *check, pthread_mutex_t *serial, int rounds)
{
    struct worker workers[THREADS];
    struct session session;
    struct memora_error error = {0};
    if (!session_open(check, &session))
        return;
    if (session_table(&session, TABLE, "id:ID, n:INT, i:INT")) {
        for (unsigned i = 0; i < THREADS; i++) {
            workers[i] = (struct worker){.check = check, .serial = serial, .number = i + 1, .rounds = rounds};
            workers[i].result = session_share(&session, &workers[i].session, &workers[i].error);
        }
        run(check, workers);
        for (unsigned i = 0; i < THREADS; i++)
            session_close(&workers[i].session); /* on another thread than the one that used it */
        int64_t rows = session_number(&session, "SELECT COUNT(*) FROM " TABLE, NULL, 0, &error);
        check_that(check, rows == (int64_t)THREADS * rounds, "the rows of all threads are there", "%lld of %d",
                   (long long)rows, THREADS * rounds);
    }
    session_drop(&session, TABLE);
    session_close(&session);
}

void check_threads(struct check *check)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_t *serial = check->plugin->table->threads == MEMORA_THREADS_SERIAL ? &mutex : NULL;
    int rounds = check->quick ? ROUNDS_QUICK : ROUNDS;
    if (check->plugin->table->kind == MEMORA_KIND_DB)
        check_db(check, serial, rounds);
    else
        check_storage(check, serial, rounds);
}
