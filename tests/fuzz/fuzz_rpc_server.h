/* An RPC server with all methods, whose handlers give an empty answer. */
#ifndef MEMORA_TESTS_FUZZ_RPC_SERVER_H
#define MEMORA_TESTS_FUZZ_RPC_SERVER_H

#include "base/log.h"
#include "codec/codec.h"
#include "fuzz.h"
#include "rpc/rpc.h"

enum { MAX_METHODS = 128 };

static struct rpc_method methods[MAX_METHODS];

static enum status_code invoke(struct api_call *call, const ProtobufCMessage *request, ProtobufCMessage **response,
                               struct status *status)
{
    (void)status;
    for (unsigned i = 0; i < rpc_method_count; i++)
        if (methods[i].input == request->descriptor)
            *response = codec_new(call->arena, methods[i].output);
    struct buf packed = buf_in(call->arena);
    codec_write_proto(&packed, request); /* what was read can be written */
    return STATUS_OK;
}

static struct rpc_server *server_of_tests(void)
{
    static struct rpc_server *server;
    if (server)
        return server;
    log_set_level(LOG_LEVEL_ERROR);
    FUZZ_CHECK(rpc_method_count <= MAX_METHODS);
    memcpy(methods, rpc_methods, rpc_method_count * sizeof *rpc_methods);
    for (unsigned i = 0; i < rpc_method_count; i++)
        methods[i].invoke = invoke;
    const struct rpc_options options = {
        .methods = methods, .method_count = rpc_method_count, .max_message_bytes = 1 << 20};
    return server = rpc_server_create(&options);
}

#endif
