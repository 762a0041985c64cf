/* The conformance service: answers as the request says, and tells what it saw of the request. */
#include <string.h>
#include <strings.h>
#include <time.h>

#include "codec/codec.h"
#include "codec/descriptor.h"
#include "conformance_handlers.h"
#include "rpc/rpc.h"

typedef Connectrpc__Conformance__V1__Header Header;
typedef Connectrpc__Conformance__V1__UnaryResponseDefinition Definition;
typedef Connectrpc__Conformance__V1__ConformancePayload Payload;
typedef Connectrpc__Conformance__V1__ConformancePayload__RequestInfo RequestInfo;

const ProtobufCMessageDescriptor *const codec_any_types[] = {
    &connectrpc__conformance__v1__unary_request__descriptor,
    &connectrpc__conformance__v1__idempotent_unary_request__descriptor,
    &connectrpc__conformance__v1__header__descriptor,
    &connectrpc__conformance__v1__conformance_payload__request_info__descriptor, NULL};

static Google__Protobuf__Any *any_of(struct arena *arena, const ProtobufCMessage *message)
{
    Google__Protobuf__Any *any = CODEC_NEW(arena, Google__Protobuf__Any, google__protobuf__any__descriptor);
    struct buf packed = buf_in(arena);
    codec_write_proto(&packed, message);
    any->type_url = arena_printf(arena, "type.googleapis.com/%s", message->descriptor->name);
    any->value = (ProtobufCBinaryData){packed.len, (uint8_t *)packed.data};
    return any;
}

struct header_list {
    struct arena *arena;
    RequestInfo *info;
};

/* The entry of a name, made if it is new. */
static Header *header_named(const struct header_list *list, const char *name)
{
    unsigned nodes = 0;
    for (size_t i = 0; i < list->info->n_request_headers; i++)
        if (strcasecmp(list->info->request_headers[i]->name, name) == 0)
            return list->info->request_headers[i];
    Header *header = CODEC_NEW(list->arena, Header, connectrpc__conformance__v1__header__descriptor);
    header->name = arena_strdup(list->arena, name);
    void *slot = codec_append(list->arena, &list->info->base, &list->info->base.descriptor->fields[0], &nodes);
    codec_set_pointer(slot, header);
    return header;
}

static bool add_header(void *ctx, const char *name, const char *value)
{
    const struct header_list *list = ctx;
    unsigned nodes = 0;
    Header *header = header_named(list, name);
    void *slot = codec_append(list->arena, &header->base, &header->base.descriptor->fields[1], &nodes);
    codec_set_pointer(slot, arena_strdup(list->arena, value));
    return true;
}

static RequestInfo *request_info(struct api_call *call, const ProtobufCMessage *request)
{
    const struct wire_request *wire = rpc_wire_request(call);
    RequestInfo *info =
        CODEC_NEW(call->arena, RequestInfo, connectrpc__conformance__v1__conformance_payload__request_info__descriptor);
    struct header_list list = {call->arena, info};
    wire->each_header(wire, add_header, &list);
    if (wire->header(wire, "Connect-Timeout-Ms") || wire->header(wire, "Grpc-Timeout")) {
        info->timeout_ms = (call->deadline_ns - wire->received_ns) / 1000000;
        info->optional_timeout_ms_case =
            CONNECTRPC__CONFORMANCE__V1__CONFORMANCE_PAYLOAD__REQUEST_INFO__OPTIONAL_TIMEOUT_MS_TIMEOUT_MS;
    }
    info->requests = ARENA_NEW(call->arena, Google__Protobuf__Any *);
    info->requests[0] = any_of(call->arena, request);
    info->n_requests = 1;
    return info;
}

static void add_pairs(struct api_call *call, Header *const *headers, size_t count,
                      void (*add)(struct api_call *call, const char *name, const char *value))
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < headers[i]->n_value; j++)
            add(call, headers[i]->name, headers[i]->value[j]);
}

static enum status_code answer_error(struct api_call *call, const Connectrpc__Conformance__V1__Error *error,
                                     const RequestInfo *info, struct status *status)
{
    for (size_t i = 0; i < error->n_details; i++) {
        const Google__Protobuf__Any *detail = error->details[i];
        const char *slash = strrchr(detail->type_url, '/');
        rpc_add_error_detail(call, slash ? slash + 1 : detail->type_url, detail->value.data, detail->value.len);
    }
    struct buf packed = buf_in(call->arena);
    codec_write_proto(&packed, &info->base);
    rpc_add_error_detail(call, info->base.descriptor->name, packed.data, packed.len);
    const char *message = error->optional_message_case ? error->message : "";
    return status_set(status, (enum status_code)error->code, "%s", message);
}

static void wait_ms(uint32_t ms)
{
    const struct timespec delay = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&delay, NULL);
}

static enum status_code unary(struct api_call *call, const ProtobufCMessage *request, const Definition *definition,
                              Payload **out, struct status *status)
{
    RequestInfo *info = request_info(call, request);
    Payload *payload = CODEC_NEW(call->arena, Payload, connectrpc__conformance__v1__conformance_payload__descriptor);
    payload->request_info = info;
    *out = payload;
    if (!definition)
        return STATUS_OK;
    add_pairs(call, definition->response_headers, definition->n_response_headers, rpc_add_header);
    add_pairs(call, definition->response_trailers, definition->n_response_trailers, rpc_add_trailer);
    wait_ms(definition->response_delay_ms);
    switch (definition->response_case) {
    case CONNECTRPC__CONFORMANCE__V1__UNARY_RESPONSE_DEFINITION__RESPONSE_ERROR:
        return answer_error(call, definition->error, info, status);
    case CONNECTRPC__CONFORMANCE__V1__UNARY_RESPONSE_DEFINITION__RESPONSE_RESPONSE_DATA:
        payload->data = definition->response_data;
        return STATUS_OK;
    default:
        return STATUS_OK;
    }
}

enum status_code conformance_conformance_service_unary(struct api_call *call,
                                                       const Connectrpc__Conformance__V1__UnaryRequest *request,
                                                       Connectrpc__Conformance__V1__UnaryResponse **response,
                                                       struct status *status)
{
    *response = CODEC_NEW(call->arena, Connectrpc__Conformance__V1__UnaryResponse,
                          connectrpc__conformance__v1__unary_response__descriptor);
    return unary(call, &request->base, request->response_definition, &(*response)->payload, status);
}

enum status_code conformance_conformance_service_idempotent_unary(
    struct api_call *call, const Connectrpc__Conformance__V1__IdempotentUnaryRequest *request,
    Connectrpc__Conformance__V1__IdempotentUnaryResponse **response, struct status *status)
{
    *response = CODEC_NEW(call->arena, Connectrpc__Conformance__V1__IdempotentUnaryResponse,
                          connectrpc__conformance__v1__idempotent_unary_response__descriptor);
    return unary(call, &request->base, request->response_definition, &(*response)->payload, status);
}
