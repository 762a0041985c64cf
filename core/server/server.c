#include "server/server.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "api/version.h"
#include "auth/auth.h"
#include "auth/permission.h"
#include "base/log.h"
#include "blob/blob.h"
#include "cache/cache.h"
#include "deploy/deploy.h"
#include "event/bus.h"
#include "event/jobs.h"
#include "server/parts.h"
#include "store/move.h"

enum {
    MALLOC_ARENAS = 2,               /* more of them cost memory for each thread and gain nothing here */
    MALLOC_MMAP_BYTES = 256 * 1024,  /* larger blocks (uploads) go back to the system when freed */
    MALLOC_TRIM_BYTES = 1024 * 1024, /* what may lie free at the end of the heap; else each request moves it */
    FILES_BESIDE_CONNECTIONS = 256,
    STATEMENTS_PER_CONNECTION = 128,
    BACKGROUND_READERS = 8,
    SNIPPETS = 16384 /* about 200 bytes each */
};

static const int64_t drain_ns = 10 * (int64_t)1000000000;
static const int64_t snippet_ttl_ns = 3600 * (int64_t)1000000000;

static void tune_process(const struct config *config)
{
    struct rlimit files;
    mallopt(M_ARENA_MAX, MALLOC_ARENAS);
    mallopt(M_MMAP_THRESHOLD, MALLOC_MMAP_BYTES);
    mallopt(M_TRIM_THRESHOLD, MALLOC_TRIM_BYTES);
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    rlim_t wanted = (rlim_t)config->max_connections + FILES_BESIDE_CONNECTIONS;
    if (files.rlim_cur >= wanted)
        return;
    files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < wanted)
        log_warn("only %llu files may be open; max_connections is %u", (unsigned long long)files.rlim_cur,
                 config->max_connections);
}

static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

static unsigned method_flags(void *ctx, const struct rpc_method *method)
{
    (void)ctx;
    return permission_method_flags(method->procedure);
}

/* An HTTP thread may read in place only when nothing can make it wait: the database is in this process, and there is a
 * connection for every thread. */
static enum status_code open_database(struct server *server, struct status *status)
{
    const struct config *config = server->config;
    unsigned readers = config->worker_threads + http_thread_count(config) + BACKGROUND_READERS;
    const struct db_options options = {.read_connections =
                                           config->read_connections ? config->read_connections : readers,
                                       .idle_connections = config->idle_connections,
                                       .idle_timeout_ns = config->idle_connection_s * (int64_t)1000000000,
                                       .statement_cache = STATEMENTS_PER_CONNECTION,
                                       .statement_timeout_ns = config->statement_timeout_s * (int64_t)1000000000,
                                       .slow_statement_ns = config->slow_statement_ms * (int64_t)1000000};
    const struct memora_config *checked;
    if (plugin_configure(server->database_plugin, &config->database, config, &checked, status) != STATUS_OK ||
        db_open(&server->database_plugin->ops.db, checked, &options, &server->db, status) != STATUS_OK)
        return status->code;
    server->reads_in_place =
        options.read_connections >= readers && (db_dialect(server->db)->features & MEMORA_SQL_SINGLE_WRITER) != 0;
    enum status_code code = db_migrate(server->db, status);
    return code ? code : store_move_check_complete(server->db, status);
}

static enum status_code load_plugins(struct server *server, struct status *status)
{
    const struct config *config = server->config;
    plugin_host_set_data_dir(config->data_dir);
    if (plugin_load(config->plugin_dir, MEMORA_KIND_DB, config->database_plugin, &server->database_plugin, status) ||
        plugin_load(config->plugin_dir, MEMORA_KIND_STORAGE, config->storage_plugin, &server->storage_plugin, status))
        return status->code;
    server->files_plugin = blob_files_plugin(config, server->storage_plugin);
    return config_make_data_dir(config->data_dir, status);
}

static void close_database(struct server *server)
{
    db_close(server->db);
}

static enum status_code make_events(struct server *server, struct status *status)
{
    (void)status;
    server->events = event_bus_create();
    sse_init(&server->sse, &server->services);
    return STATUS_OK;
}

static void destroy_events(struct server *server)
{
    sse_destroy(&server->sse);
    event_bus_destroy(server->events);
}

static enum status_code make_store(struct server *server, struct status *status)
{
    server->store = store_create(server->db);
    server->snippets = cache_create(SNIPPETS, snippet_ttl_ns);
    store_listen(server->store, sse_rights_changed, &server->sse);
    return deploy_load(server->config->deployment_dir, server->store, status);
}

static void destroy_store(struct server *server)
{
    cache_destroy(server->snippets);
    store_destroy(server->store);
}

static enum status_code open_storage(struct server *server, struct status *status)
{
    struct status problem = {0};
    if (blob_open(server->storage_plugin, server->config, &server->blob, status))
        return status->code;
    if (server->files_plugin && blob_add_files(server->blob, server->files_plugin, &problem))
        log_warn("%s", problem.message);
    return blob_check(server->blob, status);
}

static void close_storage(struct server *server)
{
    blob_close(server->blob);
}

static enum status_code make_services(struct server *server, struct status *status)
{
    const struct config *config = server->config;
    if (auth_create(server->store, config->demo, &server->auth, status))
        return status->code;
    server->services = (struct api_services){.store = server->store,
                                             .blob = server->blob,
                                             .auth = server->auth,
                                             .config = config,
                                             .events = server->events,
                                             .snippets = server->snippets};
    server_set_up_links(server);
    const struct rpc_options options = {.methods = rpc_methods,
                                        .method_count = rpc_method_count,
                                        .services = &server->services,
                                        .authenticate = auth_authenticate,
                                        .flags = method_flags,
                                        .ctx = server->auth,
                                        .public_instance = config_is_public(config),
                                        .max_message_bytes = config->max_body_bytes};
    server->rpc = rpc_server_create(&options);
    server->site = (struct site){config, server->store};
    server->feed = (struct feed){config, server->store};
    server->ui = (struct static_ui){config->ui_dir, &server->services};
    return mcp_create(server->rpc, config->instance_url, api_wire_version, &server->mcp, status);
}

static void destroy_services(struct server *server)
{
    mcp_destroy(server->mcp);
    rpc_server_destroy(server->rpc);
    auth_destroy(server->auth);
}

static enum status_code start_live_events(struct server *server, struct status *status)
{
    return sse_start(&server->sse, status);
}

static void stop_live_events(struct server *server)
{
    sse_stop(&server->sse);
}

static enum status_code start_http(struct server *server, struct status *status)
{
    const struct config *config = server->config;
    server->spools = spool_area_create(config->data_dir, config->max_spool_bytes);
    if (!blob_is_bucket(server->blob))
        spool_area_keep(server->spools);
    server->large = (struct http_large_bodies){server_judge_large, server, server->spools};
    return http_server_start(config, server_route, server, &server->large, &server->http, status);
}

static void stop_http(struct server *server)
{
    http_server_stop(server->http, drain_ns);
    spool_area_destroy(server->spools);
}

/* Started from first to last and stopped from last to first, so that all a part may call is there from its start to the
 * end of its stop: what stands above it, and nothing below. That holds for its threads, and for callbacks that it was
 * given. What is called back from below therefore comes in two parts, to make and to start: who wakes a job or tells of
 * changed rights may stand between them.
 *
 * A part that fails to start is stopped like the others: a stop takes what it finds. */
static const struct part {
    enum status_code (*start)(struct server *server, struct status *status);
    void (*stop)(struct server *server);
} parts[] = {
    {load_plugins, NULL},
    {open_database, close_database},
    {make_events, destroy_events},
    {make_store, destroy_store}, /* its last writes tell of rights */
    {server_make_jobs, server_destroy_jobs},
    {server_join, server_leave}, /* news wake jobs, and tell the store and the events */
    {open_storage, close_storage},
    {make_services, destroy_services},
    {server_fill_demo, NULL},
    {start_live_events, stop_live_events},
    {server_start_jobs, server_stop_jobs},
    {start_http, stop_http}, /* requests call all of the above */
};

enum { PARTS = sizeof parts / sizeof parts[0] };

static int signal_that_came(const sigset_t *signals)
{
    int number = sigtimedwait(signals, NULL, &(struct timespec){0});
    return number > 0 ? number : 0;
}

enum status_code server_run(const struct config *config, struct status *status)
{
    struct server server = {.config = config};
    sigset_t signals = stop_signals();
    int number = 0;
    log_set_level(config->log_level);
    tune_process(config);
    /* Blocked before the first thread starts, so that they are seen here only. */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    enum status_code code = STATUS_OK;
    size_t begun = 0;
    while (begun < PARTS && !code && !number) {
        code = parts[begun++].start(&server, status);
        number = signal_that_came(&signals);
    }
    if (!code && !number) {
        server_print_banner(config, http_server_port(server.http));
        sigwait(&signals, &number);
    }
    if (number)
        log_info("stopping: signal %d", number);
    /* A second signal during the drain ends the process at once; the database survives that by design. */
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    plugin_host_set_stopping();
    while (begun > 0)
        if (parts[--begun].stop)
            parts[begun].stop(&server);
    return code;
}
