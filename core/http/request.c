/* From libmicrohttpd's view of a request to struct wire_request, and the life of both. */
#include "base/clock.h"
#include "http/internal.h"

void arena_pool_init(struct arena_pool *pool)
{
    pthread_mutex_init(&pool->lock, NULL);
    pool->count = 0;
}

void arena_pool_destroy(struct arena_pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++)
        arena_destroy(pool->free[i]);
    pthread_mutex_destroy(&pool->lock);
}

static struct arena *arena_take(struct arena_pool *pool)
{
    struct arena *arena = NULL;
    pthread_mutex_lock(&pool->lock);
    if (pool->count > 0)
        arena = pool->free[--pool->count];
    pthread_mutex_unlock(&pool->lock);
    return arena ? arena : arena_create();
}

static void arena_give(struct arena_pool *pool, struct arena *arena)
{
    arena_reset(arena);
    pthread_mutex_lock(&pool->lock);
    if (pool->count < HTTP_FREE_ARENAS) {
        pool->free[pool->count++] = arena;
        arena = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    arena_destroy(arena);
}

static const struct http_request *request_of(const struct wire_request *wire)
{
    return wire->transport;
}

static const char *find_header(const struct wire_request *wire, const char *name)
{
    const char *value = NULL;
    if (MHD_lookup_connection_value_n(request_of(wire)->connection, MHD_HEADER_KIND, name, strlen(name), &value,
                                      NULL) != MHD_YES)
        return NULL;
    return value ? value : "";
}

struct walk {
    bool (*each)(void *ctx, const char *name, const char *value);
    void *ctx;
};

static enum MHD_Result walk_step(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    const struct walk *walk = cls;
    (void)kind;
    return walk->each(walk->ctx, name, value ? value : "") ? MHD_YES : MHD_NO;
}

static void each_header(const struct wire_request *wire, bool (*each)(void *ctx, const char *name, const char *value),
                        void *ctx)
{
    struct walk walk = {each, ctx};
    MHD_get_connection_values(request_of(wire)->connection, MHD_HEADER_KIND, walk_step, &walk);
}

/* The absolute form "http://host/path" (RFC 9112 3.2.2) is cut to its path. */
static const char *path_of(const char *uri)
{
    if (uri[0] == '/' || uri[0] == '*')
        return uri;
    const char *mark = strstr(uri, "://");
    if (!mark || strcspn(uri, "/?") < (size_t)(mark - uri))
        return uri;
    return mark + 3 + strcspn(mark + 3, "/?");
}

/* The address is copied here since libmicrohttpd cuts and unescapes the query in place afterwards. */
void *request_on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct http_server *server = ((struct http_loop *)cls)->server;
    struct arena *arena = arena_take(&server->arenas);
    struct http_request *request = ARENA_NEW(arena, struct http_request);
    request->server = server;
    request->connection = connection;
    request->from = connection_of(connection);
    connection_allow(request->from, server->config->idle_timeout_s, 0);
    struct wire_request *wire = &request->wire;
    wire->arena = arena;
    wire->transport = request;
    const char *path = path_of(uri ? uri : "");
    size_t length = strcspn(path, "?");
    wire->path = length ? arena_strndup(arena, path, length) : "/";
    wire->query = path[length] ? arena_strdup(arena, path + length + 1) : "";
    return request;
}

void request_begin(struct http_request *request, const char *method)
{
    struct http_server *server = request->server;
    struct wire_request *wire = &request->wire;
    wire->method = method;
    wire->peer = request->from->peer;
    wire->header = find_header;
    wire->each_header = each_header;
    wire->wake = stream_wake;
    wire->host = find_header(wire, "Host");
    if (!wire->host)
        wire->host = "";
    wire->body = "";
    if (server->large) {
        request->spools.area = server->large->area;
        wire->spools = &request->spools;
    }
    wire->id = atomic_fetch_add_explicit(&server->next_id, 1, memory_order_relaxed) + 1;
    wire->received_ns = clock_mono_ns();
    wire->deadline_ns = wire->received_ns + (int64_t)server->config->request_timeout_s * 1000000000;
    request->response.status = 200;
    request->response.body = buf_in(wire->arena);
    pthread_mutex_lock(&server->active_lock);
    server->active++;
    pthread_mutex_unlock(&server->active_lock);
    request->counted = true;
}

void request_on_completed(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_RequestTerminationCode why)
{
    struct http_server *server = ((struct http_loop *)cls)->server;
    struct http_request *request = *context;
    (void)connection;
    (void)why;
    if (!request)
        return;
    *context = NULL;
    struct wire_stream *stream = request->response.stream;
    if (stream && stream->close)
        stream->close(stream->ctx);
    stream_forget(request);
    body_release(request);
    connection_allow(request->from, 2 * (int64_t)server->config->idle_timeout_s, 0);
    bool counted = request->counted;
    arena_give(&server->arenas, request->wire.arena); /* the request itself lies in it */
    if (!counted)
        return;
    pthread_mutex_lock(&server->active_lock);
    if (--server->active == 0)
        pthread_cond_broadcast(&server->active_none);
    pthread_mutex_unlock(&server->active_lock);
}
