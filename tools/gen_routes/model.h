/* What the plugin knows of the services it was asked to generate code for. */
#ifndef MEMORA_GEN_ROUTES_MODEL_H
#define MEMORA_GEN_ROUTES_MODEL_H

#include "base/arena.h"
#include "plugin.pb-c.h"

struct method {
    const char *procedure;      /* "/memos.api.v1.MemoService/GetMemo" */
    const char *handler;        /* memo_service_get_memo */
    const char *input, *output; /* C types */
    const char *input_descriptor, *output_descriptor;
    const char *input_type, *output_type;                /* ".memos.api.v1.GetMemoRequest" */
    const char *http_method, *http_template, *http_body; /* NULL without a binding */
    const char *comment;                                 /* above it in the .proto file; NULL: none */
};

struct model {
    struct arena *arena;
    struct method *methods; /* ordered by procedure */
    size_t method_count;
    const char **headers; /* "memos/api/v1/memo_service.pb-c.h" */
    size_t header_count;
};

/* Fills the model from the files to generate; NULL, or what is wrong with them. */
const char *model_build(struct model *model, struct arena *arena, const Memora__Protoc__CodeGeneratorRequest *request);

#endif
