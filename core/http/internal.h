/* What the files of http/ share: the server object and one request in flight. */
#ifndef MEMORA_HTTP_INTERNAL_H
#define MEMORA_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/cors.h"
#include "http/http.h"

enum {
    HTTP_FREE_ARENAS = 64,       /* arenas kept for re-use */
    HTTP_DRAIN_FACTOR = 2,       /* a body over the limit is read and dropped up to this many times the limit */
    HTTP_BODY_BUDGET_FACTOR = 4, /* all bodies in memory together, in units of the limit for one */
    HTTP_RETRY_AFTER_S = 1,
    HTTP_LEAST_RATE = 1024, /* bytes per second, on average, that a client must take or send of a body */
    HTTP_MAX_LOOPS = 256,
    HTTP_BACKLOG = 1024
};

/* One TCP or unix connection, from accept to close. */
struct http_connection {
    struct http_loop *loop;
    struct http_connection *next, *previous; /* of the loop; under its lock */
    int fd;
    atomic_int_fast64_t deadline_ns; /* when the client is given up; INT64_MAX while it is not its turn */
    bool loopback;                   /* over TCP from this machine */
    atomic_bool in_body;             /* bytes of a body have come, and not yet all */
    char peer[INET6_ADDRSTRLEN];
};

/* One epoll thread of libmicrohttpd with its share of the connections. */
struct http_loop {
    struct http_server *server;
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    struct http_connection *first;
    unsigned count; /* connections, also those on their way from accept */
    pthread_mutex_t stream_lock;
    struct http_request *streams; /* requests whose stream has waited; under stream_lock */
    int watch_fd;                 /* epoll: what suspended ones of them wait for */
    pthread_mutex_t body_lock;    /* guards body_busy of its requests, and is held while that and suspending change */
};

/* The rests of an endless stream; under stream_lock of its loop. */
struct http_rest {
    struct http_request *next, *previous;
    bool listed;
    bool suspended; /* the connection is, and whoever clears this resumes it */
    bool woken;     /* while it was not suspended */
    bool gone;      /* the client is */
    int watched;    /* while suspended: the descriptor whose turn ends the rest; 0: none */
};

enum http_phase {
    HTTP_HEADERS, /* the request line is known, headers are being read */
    HTTP_BODY,
    HTTP_WORKING, /* a worker has it; the connection is suspended */
    HTTP_READY,   /* the answer is complete but not handed to libmicrohttpd */
    HTTP_SENDING
};

/* How a body is received; from its first byte on it can only go down this list. */
enum http_body {
    BODY_IN_MEMORY,
    BODY_JUDGED, /* in memory for good */
    BODY_IN_SPOOL,
    BODY_LOST /* wire.body_failure says why */
};

struct http_request {
    struct wire_request wire;
    struct wire_response response;
    struct http_route_target target;
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_connection *from;
    struct http_request *next; /* in the queue of the workers */
    uint64_t turn;             /* there: lower ones came before */
    struct http_rest rest;
    enum http_phase phase;
    enum http_body body_state;
    bool body_busy; /* a worker has it; the connection is suspended. Under body_lock of the loop */
    char *body;     /* malloc family; wire.body points here, until all is in the spool */
    size_t body_cap;
    struct spool_list spools;
    struct spool *spool;  /* what came before the bytes in body; NULL: nothing */
    uint64_t body_seen;   /* bytes that came, also those that were dropped */
    uint64_t body_charge; /* bytes taken from the server's budget */
    bool body_refused;    /* the budget for all bodies was spent */
    bool counted;         /* is part of server->active */
};

struct arena_pool {
    pthread_mutex_t lock;
    unsigned count;
    struct arena *free[HTTP_FREE_ARENAS];
};

struct worker_pool;

struct http_server {
    const struct config *config;
    http_route_fn route;
    void *route_ctx;
    const struct http_large_bodies *large; /* NULL: none */
    struct cors_policy cors;
    struct http_loop *loops;
    unsigned loop_count;
    struct worker_pool *workers;
    struct arena_pool arenas;
    pthread_t acceptor;
    bool accepting;
    int wake_fd; /* eventfd that tells the acceptor of stopping and drained */
    int listen_fd;
    int port;
    bool unix_bound;      /* config->unix_socket is ours and has to be removed */
    atomic_bool stopping; /* no newcomers; what runs may come to its end */
    atomic_bool drained;  /* nothing may rest any more */
    atomic_uint_fast64_t next_id;
    atomic_uint_fast64_t body_bytes; /* held by all requests */
    pthread_mutex_t active_lock;
    pthread_cond_t active_none;
    unsigned active; /* requests between the end of their headers and the end of their answer */
};

/* listener.c: a bound and listening socket, or an error that names the address. */
enum status_code listener_open(const struct config *config, int *fd, int *port, struct status *status);

/* acceptor.c: takes connections and hands each to the loop that has the fewest; gives up on clients that are too slow.
 * libmicrohttpd's own accepting is not used: it spreads unevenly, and its quiesce races with its epoll threads. */
enum status_code acceptor_start(struct http_server *server, struct status *status);
/* Soon closes the listening socket: new clients are refused from then on. Those that are there are still looked after.
 */
void acceptor_drain(struct http_server *server);
/* Ends it, and lets nothing rest any more. */
void acceptor_stop(struct http_server *server);

/* connection.c: callback of libmicrohttpd; cls is the loop. */
void connection_notify(void *cls, struct MHD_Connection *connection, void **context,
                       enum MHD_ConnectionNotificationCode what);
struct http_connection *connection_of(struct MHD_Connection *connection);
/* The client has this long for its next step, more when bytes have to move at HTTP_LEAST_RATE. */
void connection_allow(struct http_connection *from, int64_t seconds, uint64_t bytes);
/* Bytes of a body came: they buy time at HTTP_LEAST_RATE. */
void connection_prolong(struct http_connection *from, uint64_t bytes);
void connection_allow_any(struct http_connection *from);
/* Much will be sent. */
void connection_expect_bulk(const struct http_connection *from);
/* Cuts the connections of clients that have passed their deadline, and has those looked at that left amid a body. */
void connection_reap(struct http_loop *loop, int64_t now_ns);

/* request.c: callbacks of libmicrohttpd; cls is the loop. */
void *request_on_uri(void *cls, const char *uri, struct MHD_Connection *connection);
void request_on_completed(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_RequestTerminationCode why);
/* Completes wire from the headers. */
void request_begin(struct http_request *request, const char *method);
void arena_pool_init(struct arena_pool *pool);
void arena_pool_destroy(struct arena_pool *pool);

/* body.c */
enum body_verdict {
    BODY_READ,   /* go on reading */
    BODY_ANSWER, /* answer now, without the rest */
    BODY_BROKEN  /* not HTTP that is safe to go on with: 400 and close */
};
enum body_verdict body_begin(struct http_request *request);
/* Takes some or all of *length bytes and leaves the number of the others there. False: give up on the connection. */
bool body_add(struct http_request *request, const char *bytes, size_t *length);
/* A worker is at what came so far. */
bool body_is_busy(struct http_request *request);
/* On a worker: what is in memory goes where a large body goes; then reading goes on. */
void body_move_on(struct http_request *request);
/* On a worker, when all has come: a body in a spool is there whole. */
void body_complete(struct http_request *request);
void body_release(struct http_request *request);

/* serve.c */
enum MHD_Result serve_access(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                             const char *version, const char *upload, size_t *upload_size, void **context);
/* Runs the handler of a routed request; on a worker or in place. */
void serve_run(struct http_request *request);
void serve_overloaded(struct http_request *request);

/* response.c: hands the answer to libmicrohttpd; MHD_NO closes the connection. */
enum MHD_Result response_send(struct http_request *request);

/* stream.c: content reader of libmicrohttpd; cls is the request. */
ssize_t stream_read(void *cls, uint64_t position, char *out, size_t cap);
/* wire_request.wake */
void stream_wake(const struct wire_request *wire);
/* The stream is closed: nothing of it is kept. */
void stream_forget(struct http_request *request);
/* Reads again the streams for which loop->watch_fd is readable. */
void stream_look(struct http_loop *loop);
/* Reads again the streams whose time has come and ends those whose client is gone. */
void stream_sweep(struct http_loop *loop, int64_t now_ns);
/* The server is stopping: ends the rest of those that have no end of their own, or, once it is drained, of all. */
void stream_end_all(struct http_loop *loop);

/* worker.c */
enum status_code worker_pool_create(unsigned threads, unsigned queue, struct worker_pool **out, struct status *status);
/* False when the queue is full; else the connection is suspended, and the request belongs to the pool until it resumes
 * it. In phase HTTP_BODY that is for body_move_on, else to be served. */
bool worker_submit(struct worker_pool *pool, struct http_request *request);
/* Answers what is still queued with 503 and waits for what runs; takes no more. */
void worker_pool_stop(struct worker_pool *pool);
/* When no thread submits any more. */
void worker_pool_destroy(struct worker_pool *pool);

#endif
