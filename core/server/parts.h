/* The server object, shared by the files of server/. In which order its parts start and stop stands in server.c. */
#ifndef MEMORA_SERVER_PARTS_H
#define MEMORA_SERVER_PARTS_H

#include "api/call.h"
#include "config/config.h"
#include "event/notice.h"
#include "event/webhook.h"
#include "http/feed.h"
#include "http/http.h"
#include "http/site.h"
#include "http/sse.h"
#include "http/static_ui.h"
#include "mcp/mcp.h"
#include "plugin/plugin.h"
#include "rpc/rpc.h"

/* The lease of all work that is not part of a request and is to run on one server: removing objects, clean-up. */
#define SERVER_BACKGROUND "background"

struct server {
    const struct config *config;
    const struct plugin *database_plugin, *storage_plugin;
    const struct plugin *files_plugin; /* where another is configured; NULL: none */
    struct db *db;
    struct store *store;
    struct blob *blob;
    struct auth *auth;
    struct event_bus *events;
    struct leases *leases; /* of SERVER_BACKGROUND */
    struct jobs *jobs;
    unsigned removal_job;
    struct webhook_sender webhook_sender;
    struct notice_sender notice_sender;
    struct delivery *webhooks, *mails;
    struct cache *snippets;
    struct outbound_options links;
    struct api_services services;
    struct rpc_server *rpc;
    struct mcp *mcp;
    bool reads_in_place; /* quick methods may read the database on an HTTP thread */
    struct site site;
    struct feed feed;
    struct static_ui ui;
    struct sse sse;
    struct spool_area *spools;
    struct http_large_bodies large;
    struct http_server *http;
};

/* Joins the other servers of the database: what is changed here and there is heard there and here. */
enum status_code server_join(struct server *server, struct status *status);
/* Lets another one take over the background work, and sends what waits. */
void server_leave(struct server *server);

/* An http_route_fn; ctx is the struct server. */
struct http_route_target server_route(void *ctx, const struct wire_request *request);

/* Its counterpart for large bodies. */
enum http_large server_judge_large(void *ctx, struct wire_request *request, size_t *file_at);

/* How handlers may fetch pages. */
void server_set_up_links(struct server *server);

/* The jobs of what the server does in the background: they can be woken from here on. */
enum status_code server_make_jobs(struct server *server, struct status *status);
void server_destroy_jobs(struct server *server);

/* Starts them, and what sends webhooks and mail. */
enum status_code server_start_jobs(struct server *server, struct status *status);
void server_stop_jobs(struct server *server);

/* The line of news that there are objects to remove, and what it does. */
#define SERVER_REMOVALS_DUE "removals"
void server_hear_of_removals(const struct server *server);

/* Fills an empty database with sample data, if this is a demo. The store must be there. */
enum status_code server_fill_demo(struct server *server, struct status *status);

/* What the operator sees on stdout after a start (platform.md 6.4). */
void server_print_banner(const struct config *config, int port);

#endif
