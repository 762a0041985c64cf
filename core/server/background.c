/* The jobs of the server. */
#include "blob/blob.h"
#include "event/jobs.h"
#include "event/lease.h"
#include "server/parts.h"

static const int64_t sign_pause_ns = 12 * 3600 * INT64_C(1000000000);

static int64_t remove_objects(void *ctx)
{
    const struct server *server = ctx;
    return blob_remove_due(server->blob);
}

static int64_t sign_links(void *ctx)
{
    const struct server *server = ctx;
    blob_sign_anew(server->blob, server->store);
    return sign_pause_ns;
}

static void wake_removal(void *ctx)
{
    const struct server *server = ctx;
    jobs_wake(server->jobs, server->removal_job);
}

/* Once, not once on each server of the database. */
static bool may_run(void *ctx, const char *name)
{
    (void)name;
    const struct server *server = ctx;
    return lease_held(server->leases, SERVER_BACKGROUND);
}

enum status_code server_start_jobs(struct server *server, struct status *status)
{
    server->removal_job = jobs_add(server->jobs, "object-removal", remove_objects, server);
    jobs_add(server->jobs, "object-links", sign_links, server);
    jobs_set_gate(server->jobs, may_run, server);
    blob_use_outbox(server->blob, server->store, wake_removal, server);
    return jobs_start(server->jobs, status);
}
