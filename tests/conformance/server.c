/* The server under test: reads what the runner wants from stdin, listens, says where, serves until SIGTERM. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/codec.h"
#include "connectrpc/conformance/v1/conformance.pb-c.h"
#include "http/http.h"
#include "rpc/rpc.h"

enum { MAX_REQUEST_BYTES = 1024 * 1024, BODY_LIMIT = 16 * 1024 * 1024 };

extern const struct rpc_method conformance_methods[];
extern const unsigned conformance_method_count;

static void fail(const char *text)
{
    fprintf(stderr, "conformance-server: %s\n", text);
    exit(1);
}

/* Messages on stdin and stdout follow their size in four bytes, big-endian. */
static Connectrpc__Conformance__V1__ServerCompatRequest *read_request(struct arena *arena)
{
    unsigned char head[4];
    if (fread(head, 1, sizeof head, stdin) != sizeof head)
        fail("no request on stdin");
    size_t size = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (size > MAX_REQUEST_BYTES)
        fail("request is too large");
    void *data = arena_alloc(arena, size);
    ProtobufCMessage *message = NULL;
    struct status status = {0};
    if (fread(data, 1, size, stdin) != size)
        fail("request is cut off");
    if (codec_read_proto(arena, &connectrpc__conformance__v1__server_compat_request__descriptor, data, size, &message,
                         &status) != STATUS_OK)
        fail(status.message);
    return (Connectrpc__Conformance__V1__ServerCompatRequest *)message;
}

static void write_response(struct arena *arena, int port)
{
    Connectrpc__Conformance__V1__ServerCompatResponse response =
        CONNECTRPC__CONFORMANCE__V1__SERVER_COMPAT_RESPONSE__INIT;
    struct buf packed = buf_in(arena);
    response.host = "127.0.0.1";
    response.port = (uint32_t)port;
    codec_write_proto(&packed, &response.base);
    const unsigned char head[4] = {0, 0, (unsigned char)(packed.len >> 8), (unsigned char)packed.len};
    if (fwrite(head, 1, sizeof head, stdout) != sizeof head ||
        fwrite(packed.data, 1, packed.len, stdout) != packed.len || fflush(stdout) != 0)
        fail("cannot write the response");
}

static struct http_route_target route(void *ctx, const struct wire_request *request)
{
    (void)request;
    return (struct http_route_target){.handler = rpc_handle, .ctx = ctx, .quick = false};
}

int main(void)
{
    struct arena *arena = arena_create();
    sigset_t signals;
    int number;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    log_set_level(LOG_LEVEL_WARN);

    const Connectrpc__Conformance__V1__ServerCompatRequest *wanted = read_request(arena);
    const struct rpc_options options = {.methods = conformance_methods,
                                        .method_count = conformance_method_count,
                                        .max_message_bytes =
                                            wanted->message_receive_limit ? wanted->message_receive_limit : BODY_LIMIT};
    const struct config config = {.address = "127.0.0.1",
                                  .unix_socket = "",
                                  .instance_url = "",
                                  .log_level = LOG_LEVEL_WARN,
                                  .max_body_bytes = BODY_LIMIT,
                                  .max_header_bytes = 65536,
                                  .request_timeout_s = 60,
                                  .idle_timeout_s = 60,
                                  .max_connections = 256,
                                  .http_threads = 2,
                                  .worker_threads = 16,
                                  .worker_queue = 256};
    struct status status = {0};
    struct http_server *http = NULL;
    struct rpc_server *rpc = rpc_server_create(&options);
    if (http_server_start(&config, route, rpc, NULL, &http, &status) != STATUS_OK)
        fail(status.message);
    write_response(arena, http_server_port(http));
    sigwait(&signals, &number);
    http_server_stop(http, 1000000000);
    rpc_server_destroy(rpc);
    arena_destroy(arena);
    return 0;
}
