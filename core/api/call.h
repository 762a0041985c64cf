/* One call of a method, as handlers see it: who calls, with what, where memory comes from. A handler can't tell which
 * transport carried the call. Handlers are declared in the generated api_handlers.h:
 *
 *   enum status_code api_<service>_<method>(struct api_call *call, const <Request> *request, <Response> **response,
 *                                           struct status *status);
 *
 * e.g. api_memo_service_get_memo. A method without such a function answers UNIMPLEMENTED. The response and all that it
 * points to live in call->arena or longer. Sub-messages that the client left out are NULL. */
#ifndef MEMORA_API_CALL_H
#define MEMORA_API_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

struct store;
struct blob;
struct auth;
struct config;
struct event_bus;
struct cache;
struct delivery;
struct spool_list;
struct outbound_options;

/* What handlers may use of the server; one per process, read-only. */
struct api_services {
    struct store *store;
    struct blob *blob;
    struct auth *auth;
    const struct config *config;
    struct event_bus *events;          /* may be NULL: no one listens */
    struct cache *snippets;            /* of memos by their content; may be NULL: computed each time */
    struct delivery *webhooks, *mails; /* may be NULL: what is written for them waits */
    /* How pages are fetched for previews of links. */
    const struct outbound_options *links;
};

enum api_role { API_ROLE_USER, API_ROLE_ADMIN, API_ROLE_UNKNOWN };

struct api_caller {
    int32_t user_id; /* 0 = anonymous */
    enum api_role role;
    const char *username; /* NULL = anonymous */
    bool by_access_token; /* false: personal access token */
    int64_t expires_ns;   /* the bearer token, by the wall clock; INT64_MAX = never, or another kind of credential */
};

enum { API_MAX_COOKIES = 2 };

struct api_call {
    struct arena *arena;
    const struct api_services *services;
    struct api_caller caller;
    bool
        caller_unknown; /* there is a credential, but the database could not be asked; the caller counts as anonymous */
    bool fired, mailed; /* wrote events for webhooks, notices for mail: api_deliver */
    bool mails;         /* notices go out by mail: api_memo_foresee_mail */
    int64_t deadline_ns; /* clock_mono_ns() */
    /* Bytes of the request may lie in one of these, which spool_find tells; NULL: all in memory. */
    struct spool_list *spools;

    /* Request metadata by lower-case name; NULL if absent. On REST only what that transport lets through. */
    const char *(*metadata)(const struct api_call *call, const char *name);
    const void *metadata_ctx;

    /* Set-Cookie values that the method wants to send. */
    unsigned cookie_count;
    const char *cookies[API_MAX_COOKIES];
};

/* What may be done with a method before a handler looks at it; auth/ has the table, rpc/ acts on it. */
enum rpc_method_flags {
    RPC_PUBLIC = 1,     /* anonymous callers may call it on a public instance */
    RPC_BOOTSTRAP = 2,  /* ... and on a private one */
    RPC_QUICK = 4,      /* may run on the HTTP thread: a few indexed reads, nothing that waits */
    RPC_FILES = 8,      /* its request may be large: it comes to lie in a spool, if the caller is known */
    RPC_CALLS_OUT = 16, /* waits for other servers; of those with a field sso_credentials, if that is set */
    RPC_PREVIEWS = 32   /* with RPC_CALLS_OUT: its callers name the servers */
};

static inline bool api_is_anonymous(const struct api_call *call)
{
    return call->caller.user_id == 0;
}

static inline bool api_is_admin(const struct api_call *call)
{
    return call->caller.user_id != 0 && call->caller.role == API_ROLE_ADMIN;
}

#endif
