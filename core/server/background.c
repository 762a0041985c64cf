/* The jobs of the server. */
#include "base/address.h"
#include "blob/blob.h"
#include "db/news.h"
#include "event/jobs.h"
#include "event/lease.h"
#include "server/parts.h"

enum { WEBHOOK_THREADS = 4, MAIL_THREADS = 2, CLAIM_MS = 40 * 1000 }; /* the claim outlasts the time limits */

static const int64_t webhook_timeout_ns = 30 * INT64_C(1000000000);
static const int64_t link_timeout_ns = 5 * INT64_C(1000000000);
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

/* Here or where the lease is. */
static void wake_removal(void *ctx)
{
    const struct server *server = ctx;
    server_hear_of_removals(server);
    db_tell_soon(server->db, SERVER_REMOVALS_DUE "\n");
}

void server_hear_of_removals(const struct server *server)
{
    jobs_wake(server->jobs, server->removal_job);
}

/* Once, not once on each server of the database. */
static bool may_run(void *ctx, const char *name)
{
    (void)name;
    const struct server *server = ctx;
    return lease_held(server->leases, SERVER_BACKGROUND);
}

static bool may_remove(void *ctx)
{
    return may_run(ctx, NULL);
}

static bool is_stopping(void *ctx)
{
    (void)ctx;
    return plugin_host()->stopping();
}

void server_set_up_links(struct server *server)
{
    server->links = (struct outbound_options){.refuses = address_is_reserved,
                                              .ca_file = server->config->outbound_ca_file,
                                              .timeout_ns = link_timeout_ns,
                                              .stopping = is_stopping};
    server->services.links = &server->links;
}

static enum status_code start_webhooks(struct server *server, struct status *status)
{
    server->webhook_sender = (struct webhook_sender){
        .store = server->store,
        .options = {.refuses = server->config->allow_private_webhooks ? NULL : address_is_reserved,
                    .refusal = "webhook URL must not resolve to a reserved or private IP address",
                    .ca_file = server->config->outbound_ca_file,
                    .timeout_ns = webhook_timeout_ns,
                    .stopping = is_stopping}};
    const struct delivery_kind kind = {.kind = store_outbox_webhook,
                                       .what = "webhook",
                                       .send = webhook_send,
                                       .ctx = &server->webhook_sender,
                                       .threads = WEBHOOK_THREADS,
                                       .claim_ms = CLAIM_MS};
    enum status_code code = delivery_start(server->store, &kind, &server->webhooks, status);
    server->services.webhooks = server->webhooks;
    return code;
}

static enum status_code start_mails(struct server *server, struct status *status)
{
    server->notice_sender = (struct notice_sender){.store = server->store,
                                                   .instance_url = server->config->instance_url,
                                                   .ca_file = server->config->outbound_ca_file,
                                                   .stopping = is_stopping};
    const struct delivery_kind kind = {.kind = store_outbox_mail,
                                       .what = "mail",
                                       .send = notice_send,
                                       .ctx = &server->notice_sender,
                                       .threads = MAIL_THREADS,
                                       .claim_ms = CLAIM_MS};
    enum status_code code = delivery_start(server->store, &kind, &server->mails, status);
    server->services.mails = server->mails;
    return code;
}

enum status_code server_make_jobs(struct server *server, struct status *status)
{
    (void)status;
    server->jobs = jobs_create();
    server->removal_job = jobs_add(server->jobs, "object-removal", remove_objects, server);
    jobs_add(server->jobs, "object-links", sign_links, server);
    jobs_set_gate(server->jobs, may_run, server);
    return STATUS_OK;
}

void server_destroy_jobs(struct server *server)
{
    jobs_destroy(server->jobs);
}

enum status_code server_start_jobs(struct server *server, struct status *status)
{
    blob_use_outbox(server->blob, server->store, wake_removal, server);
    blob_remove_while(server->blob, may_remove, server);
    enum status_code code = jobs_start(server->jobs, status);
    if (!code)
        code = start_webhooks(server, status);
    return code ? code : start_mails(server, status);
}

void server_stop_jobs(struct server *server)
{
    delivery_stop(server->webhooks);
    delivery_stop(server->mails);
    jobs_stop(server->jobs);
}
