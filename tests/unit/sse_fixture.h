/* What the tests of the live event stream share: a server that has nothing but it, over the recorded database, and
 * clients that listen. Included by one file per program. */
#ifndef TEST_SSE_FIXTURE_H
#define TEST_SSE_FIXTURE_H

#include "api_fixture.h"
#include "http_client.h"
#include "patience.h"

#include <pthread.h>

#include "event/bus.h"
#include "http/sse.h"

enum { LISTENERS_MOST = 500, TEXT_CAP = 64 * 1024, STOP_NS = 1000000000 };

struct fixture {
    struct api_fixture *api;
    struct config config;
    struct sse sse;
    struct http_server *server;
    int port;
    atomic_bool gate, blocked;
};

static inline void echo(void *ctx, struct wire_request *request, struct wire_response *response)
{
    (void)ctx;
    wire_response_text(response, 200, "text/plain", request->path);
}

/* Holds the HTTP thread itself. */
static inline void block(void *ctx, struct wire_request *request, struct wire_response *response)
{
    struct fixture *fixture = ctx;
    atomic_store(&fixture->blocked, true);
    while (!atomic_load(&fixture->gate))
        usleep(1000);
    echo(ctx, request, response);
}

static inline struct http_route_target route(void *ctx, const struct wire_request *request)
{
    struct fixture *fixture = ctx;
    if (sse_owns_path(request->path))
        return (struct http_route_target){sse_handle, &fixture->sse, false, "OPTIONS, GET", HTTP_CHANGING};
    if (strcmp(request->path, "/block") == 0)
        return (struct http_route_target){block, ctx, true, NULL, HTTP_CHANGING};
    return (struct http_route_target){echo, ctx, strcmp(request->path, "/worker") != 0, NULL, HTTP_CHANGING};
}

static inline void start(struct fixture *fixture)
{
    sse_init(&fixture->sse, &fixture->api->services);
    fixture->sse.heartbeat_ns = 10 * PATIENCE_NS; /* none comes in between where the machine is slow */
    store_listen(fixture->api->store, sse_rights_changed, &fixture->sse);
    assert_int_equal(sse_start(&fixture->sse, &fixture->api->status), STATUS_OK);
    fixture->server = start_server(&fixture->config, route, fixture);
    fixture->port = http_server_port(fixture->server);
}

static inline void restart(struct fixture *fixture)
{
    http_server_stop(fixture->server, STOP_NS);
    sse_stop(&fixture->sse);
    sse_destroy(&fixture->sse);
    start(fixture);
}

static inline int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->config = test_config();
    fixture->config.worker_queue = LISTENERS_MOST;
    fixture_recorded(state);
    fixture->api = *state;
    fixture->api->config.max_connections = fixture->config.max_connections;
    fixture->api->services.events = event_bus_create();
    start(fixture);
    *state = fixture;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;
    void *api = fixture->api;
    atomic_store(&fixture->gate, true);
    http_server_stop(fixture->server, STOP_NS);
    store_listen(fixture->api->store, NULL, NULL);
    sse_stop(&fixture->sse);
    sse_destroy(&fixture->sse);
    event_bus_destroy(fixture->api->services.events);
    fixture_close(&api);
    free(fixture);
    return 0;
}

static inline const char *token_of(struct fixture *fixture, const char *username)
{
    struct store_user user;
    struct auth_grant grant;
    struct api_call *call = fixture_call(fixture->api, username);
    struct status *status = &fixture->api->status;
    if (store_user_get_by_username(fixture->api->store, NULL, call->arena, username, &user, status) ||
        auth_begin_session(fixture->api->auth, call, &user, &grant, status))
        fail_msg("%s: %s", username, status->message);
    return grant.access_token;
}

/* A client that has sent its request; text is what came of the stream and was not taken yet. */
struct listener {
    struct client *client;
    char text[TEXT_CAP];
    size_t length;
    bool ended;
};

static inline struct listener *ask_to_listen(struct fixture *fixture, const char *token)
{
    struct listener *listener = calloc(1, sizeof *listener);
    assert_non_null(listener);
    listener->client = client_new(fixture->port);
    client_send(
        listener->client->fd,
        arena_printf(fixture->api->arena,
                     "GET /api/v1/sse HTTP/1.1\r\nHost: h\r\nOrigin: http://o\r\nAuthorization: Bearer %s\r\n\r\n",
                     token));
    return listener;
}

static inline void stop_listening(struct listener *listener)
{
    client_free(listener->client);
    free(listener);
}

/* Moves one chunk (RFC 9112 7.1) from the bytes that came to the text; false if there is no whole one yet. */
static inline bool take_chunk(struct listener *listener)
{
    struct client *client = listener->client;
    client->buffer[client->held] = '\0';
    char *end = strstr(client->buffer, "\r\n");
    if (!end)
        return false;
    size_t size = strtoul(client->buffer, NULL, 16), lead = (size_t)(end - client->buffer) + 2;
    if (client->held < lead + size + 2)
        return false;
    assert_true(listener->length + size < sizeof listener->text);
    memcpy(listener->text + listener->length, client->buffer + lead, size);
    listener->length += size;
    listener->ended = size == 0;
    client->held -= lead + size + 2;
    memmove(client->buffer, client->buffer + lead + size + 2, client->held);
    return true;
}

/* The next frame is exactly this. */
static inline void hear(struct listener *listener, const char *frame)
{
    size_t length = strlen(frame);
    while (listener->length < length && !listener->ended && (take_chunk(listener) || client_fill(listener->client)))
        ;
    if (listener->length < length || memcmp(listener->text, frame, length) != 0)
        fail_msg("expected %s got %.*s", frame, (int)listener->length, listener->text);
    listener->length -= length;
    memmove(listener->text, listener->text + length, listener->length);
}

static inline bool hears_end(struct listener *listener)
{
    while (!listener->ended && (take_chunk(listener) || client_fill(listener->client)))
        ;
    return listener->ended && listener->length == 0;
}

static inline void assert_silent(struct listener *listener)
{
    struct pollfd ready = {.fd = listener->client->fd, .events = POLLIN};
    assert_false(take_chunk(listener));
    assert_int_equal(listener->length, 0);
    assert_int_equal(poll(&ready, 1, 50), 0);
}

static inline struct listener *listen_as(struct fixture *fixture, const char *token)
{
    struct listener *listener = ask_to_listen(fixture, token);
    struct answer answer = client_read(listener->client);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    hear(listener, ": connected\n\n");
    return listener;
}

static inline void publish(struct fixture *fixture, const char *name, bool for_everyone, int32_t owner_id)
{
    event_bus_publish(
        fixture->api->services.events,
        &(struct event){.type = "memo.created", .name = name, .for_everyone = for_everyone, .owner_id = owner_id});
}

static inline void wait_until_open(struct fixture *fixture, unsigned count)
{
    AWAIT(atomic_load(&fixture->sse.open) == count);
}

#endif
