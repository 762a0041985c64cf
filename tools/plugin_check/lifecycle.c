/* Instances come and go without a trace, also where memory runs out on the way. */
#include "check.h"

#include <string.h>

#include "db_session.h"
#include "storage_object.h"

enum { WARM_UP = 50, ROUNDS = 1000, ROUNDS_QUICK = 200, FAULTS_MAX = 400, GROWTH_PER_ROUND = 12, GROWTH_NOISE = 8192 };

static int open_close(struct check *check, struct memora_error *error)
{
    int result;
    if (check->plugin->table->kind == MEMORA_KIND_DB) {
        struct memora_db *db = NULL;
        result = check->plugin->ops.db.open(check->config, &db, error);
        if (result == MEMORA_OK)
            check->plugin->ops.db.close(db);
    } else {
        struct memora_storage *storage = NULL;
        result = check->plugin->ops.storage.open(check->config, &storage, error);
        if (result == MEMORA_OK)
            check->plugin->ops.storage.close(storage);
    }
    return result;
}

static void check_rounds(struct check *check)
{
    struct memora_error error = {0};
    int rounds = check->quick ? ROUNDS_QUICK : ROUNDS, result = MEMORA_OK, i = 0;
    int64_t before = 0;
    int descriptors = 0;
    for (; i < WARM_UP + rounds && result == MEMORA_OK; i++) {
        if (i == WARM_UP) { /* what a library keeps for ever is there by now */
            before = memory_in_use();
            descriptors = memory_descriptors();
        }
        result = open_close(check, &error);
    }
    int64_t growth = memory_in_use() - before;
    check_code(check, result, MEMORA_OK, &error, "open() and close(), many times");
    check_that(check, growth < (int64_t)rounds * GROWTH_PER_ROUND + GROWTH_NOISE, "open() and close() keep no memory",
               "%lld bytes more after %d rounds", (long long)growth, rounds);
    check_that(check, memory_descriptors() <= descriptors, "open() and close() keep no descriptor", "%d, before %d",
               memory_descriptors(), descriptors);
}

static void check_two_storages(struct check *check)
{
    const struct memora_storage_ops *ops = &check->plugin->ops.storage;
    struct memora_storage *first = NULL, *second = NULL;
    struct memora_error error = {0};
    int result = ops->open(check->config, &first, &error);
    if (result == MEMORA_OK)
        result = ops->open(check->config, &second, &error);
    if (check_code(check, result, MEMORA_OK, &error, "two instances at once")) {
        check_code(check, ops->check(second, &error), MEMORA_OK, &error, "check() of the second");
        ops->close(second);
        check_code(check, ops->check(first, &error), MEMORA_OK, &error, "check() of the first after the other closed");
    }
    if (first)
        ops->close(first);
}

/* A database may refuse a second instance of the same file; what it may not do is to spoil the first. */
static void check_two_databases(struct check *check)
{
    struct session first, second;
    struct memora_error error = {0};
    struct memora_db *db = NULL;
    if (!session_open(check, &first))
        return;
    int result = first.ops->open(check->config, &db, &error);
    check_that(check, result == MEMORA_OK || result == MEMORA_E_IO,
               "a second instance works, or is refused with MEMORA_E_IO", "%s: %s", check_code_name(result),
               error.message);
    if (result == MEMORA_OK)
        first.ops->close(db);
    result = session_share(&first, &second, &error);
    check_code(check, result, MEMORA_OK, &error, "the first instance goes on");
    session_close(&second);
    session_close(&first);
}

/* open(), a little work, close(): the first error, with everything given back. */
static int work(struct check *check, struct memora_error *error)
{
    if (check->plugin->table->kind == MEMORA_KIND_STORAGE)
        return storage_work_once(check, error);
    const struct memora_db_ops *ops = &check->plugin->ops.db;
    struct session session = {.check = check, .ops = ops, .arena = arena_create(), .owns_db = true};
    int result = ops->open(check->config, &session.db, error);
    if (result != MEMORA_OK)
        session.db = NULL;
    if (result == MEMORA_OK && (result = ops->connect(session.db, &session.conn, error)) != MEMORA_OK)
        session.conn = NULL;
    if (result == MEMORA_OK) {
        struct memora_value name = value_text("memora_check_nowhere"), out;
        session.dialect = ops->dialect(session.db);
        result = session_row(&session, "{count_tables:?}", &name, 1, &out, 1, error);
        result = result == MEMORA_ROW ? MEMORA_OK : result;
    }
    session_close(&session);
    return result;
}

/* Each allocation in turn fails, all in one process. Gives how many there are. */
static int run_faults(struct check *check, bool report)
{
    int n = 1;
    for (; n <= FAULTS_MAX; n++) {
        struct memora_error error = {0};
        memory_fail_at(n);
        int result = work(check, &error);
        bool reached = memory_failed();
        memory_fail_at(0);
        if (!reached)
            return n - 1;
        if (report && result != MEMORA_OK && result != MEMORA_E_NOMEM)
            check_that(check, false, "running out of memory gives MEMORA_E_NOMEM", "allocation %d: %s: %s", n,
                       check_code_name(result), error.message);
    }
    return FAULTS_MAX;
}

static void check_faults(struct check *check)
{
    struct memora_error error = {0};
    if (!memory_can_fail(check))
        printf("# the plugin itself calls no allocator that can be made to fail; only host->alloc fails\n");
    if (!check_code(check, work(check, &error), MEMORA_OK, &error, "the work that is repeated without memory"))
        return;
    int count = run_faults(check, true);
    run_faults(check, false);
    int64_t before = memory_in_use(), handed = host_bytes_handed();
    int descriptors = memory_descriptors();
    run_faults(check, false);
    int64_t growth = memory_in_use() - before;
    check_that(check, growth < (int64_t)count * GROWTH_PER_ROUND + GROWTH_NOISE, "running out of memory leaks none",
               "%lld bytes more after each of %d allocations failed", (long long)growth, count);
    check_that(check, memory_descriptors() <= descriptors, "running out of memory leaks no descriptor", "%d, before %d",
               memory_descriptors(), descriptors);
    check_that(check, host_bytes_handed() == handed, "what host->alloc gave came back to host->free", "%lld bytes",
               (long long)(host_bytes_handed() - handed));
    check_code(check, work(check, &error), MEMORA_OK, &error, "afterwards it works as before");
}

static int try_open(struct check *check, const struct memora_config *config, struct memora_error *error)
{
    const struct memora_config *good = check->config;
    check->config = config;
    int result = open_close(check, error);
    check->config = good;
    return result;
}

/* What passed the key table may still be nonsense; then the message says which key. */
static void check_bad_values(struct check *check)
{
    const struct memora_plugin *table = check->plugin->table;
    for (uint32_t i = 0; i < table->config_key_count; i++) {
        const struct memora_config_key *key = &table->config_keys[i];
        struct memora_error error = {0};
        char name[100];
        if ((key->type != MEMORA_KEY_STRING && key->type != MEMORA_KEY_PATH) || key->allowed)
            continue;
        const struct memora_config *bad =
            check_configure(check, key->name, "/nonexistent-memora-check/\xf0\x9f\x93\x9d \"'%s", NULL);
        int result = bad ? try_open(check, bad, &error) : MEMORA_E_CONFIG;
        snprintf(name, sizeof name, "nonsense for %s is taken, or refused in words", key->name);
        check_that(check, !bad || result == MEMORA_OK || error.message[0], name, "%s without a message",
                   check_code_name(result));
        if (bad && result == MEMORA_E_CONFIG) {
            snprintf(name, sizeof name, "MEMORA_E_CONFIG names the key %s", key->name);
            check_that(check, strstr(error.message, key->name) != NULL, name, "%s", error.message);
        }
        if (key->flags & MEMORA_KEY_SECRET) {
            snprintf(name, sizeof name, "no message has the value of %s", key->name);
            check_that(check,
                       !strstr(error.message, "nonexistent-memora-check") && !host_logged("memora-check/\xf0\x9f"),
                       name, "%s", error.message);
        }
    }
}

void check_lifecycle(struct check *check)
{
    check_rounds(check);
    if (check->plugin->table->kind == MEMORA_KIND_DB)
        check_two_databases(check);
    else
        check_two_storages(check);
    check_bad_values(check);
    check_faults(check);
    check_that(check, !host_misused(), "log() gets one line and a known level", "%u lines were logged",
               host_lines_logged());
}
