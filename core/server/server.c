#include "server/server.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/log.h"
#include "server/parts.h"

enum {
    MALLOC_ARENAS = 2,              /* more of them cost memory for each thread and gain nothing here */
    MALLOC_MMAP_BYTES = 256 * 1024, /* larger blocks (uploads) go back to the system when freed */
    FILES_BESIDE_CONNECTIONS = 256
};

static const int64_t drain_ns = 10 * (int64_t)1000000000;

static void tune_process(const struct config *config)
{
    struct rlimit files;
    mallopt(M_ARENA_MAX, MALLOC_ARENAS);
    mallopt(M_MMAP_THRESHOLD, MALLOC_MMAP_BYTES);
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

static enum status_code start(struct server *server, struct status *status)
{
    const struct config *config = server->config;
    if (server_make_data_dir(config->data_dir, status) != STATUS_OK)
        return status->code;
    server->site = (struct site){config, &server->store};
    return http_server_start(config, server_route, server, &server->http, status);
}

/* The reverse of start; every part may be missing. */
static void stop(struct server *server)
{
    http_server_stop(server->http, drain_ns);
}

enum status_code server_run(const struct config *config, struct status *status)
{
    struct server server = {.config = config};
    sigset_t signals = stop_signals();
    int number = 0;
    log_set_level(config->log_level);
    tune_process(config);
    /* Blocked before the first thread starts, so that only sigwait below sees them. */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    enum status_code code = start(&server, status);
    if (code == STATUS_OK) {
        server_print_banner(config, http_server_port(server.http));
        sigwait(&signals, &number);
        log_info("stopping: signal %d", number);
    }
    /* A second signal during the drain ends the process at once; the database survives that by design. */
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    stop(&server);
    return code;
}
