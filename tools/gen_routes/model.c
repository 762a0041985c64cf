#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "google/api/http.pb-c.h"
#include "names.h"
#include "types.h"

enum { HTTP_EXTENSION = 72295728 };            /* google.api.http, google/api/annotations.proto */
enum { FILE_SERVICE = 6, SERVICE_METHOD = 2 }; /* descriptor.proto, numbers of fields */

/* protobuf-c keeps extensions as unknown fields, with the length before the data. */
static Google__Api__HttpRule *read_http_rule(const ProtobufCMessageUnknownField *field)
{
    size_t at = 0;
    while (at < field->len && field->data[at] >= 0x80)
        at++;
    at++;
    return at > field->len ? NULL : google__api__http_rule__unpack(NULL, field->len - at, field->data + at);
}

static const char *bind_rule(struct arena *arena, struct method *method, const Google__Api__HttpRule *rule)
{
    if (rule->base.n_unknown_fields)
        return arena_printf(arena, "%s: the google.api.http option has fields that are not supported",
                            method->procedure);
    static const char *const verbs[] = {[GOOGLE__API__HTTP_RULE__PATTERN_GET] = "GET",
                                        [GOOGLE__API__HTTP_RULE__PATTERN_PUT] = "PUT",
                                        [GOOGLE__API__HTTP_RULE__PATTERN_POST] = "POST",
                                        [GOOGLE__API__HTTP_RULE__PATTERN_DELETE] = "DELETE",
                                        [GOOGLE__API__HTTP_RULE__PATTERN_PATCH] = "PATCH"};
    size_t pattern = (size_t)rule->pattern_case;
    if (pattern >= sizeof verbs / sizeof verbs[0] || !verbs[pattern])
        return arena_printf(arena, "%s: unsupported pattern", method->procedure);
    /* All members of the union are strings. */
    method->http_method = verbs[pattern];
    method->http_template = arena_strdup(arena, rule->get);
    method->http_body = arena_strdup(arena, rule->body);
    return NULL;
}

static const char *bind_http(struct arena *arena, struct method *method, const Google__Protobuf__MethodOptions *options)
{
    for (unsigned i = 0; options && i < options->base.n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *field = &options->base.unknown_fields[i];
        if (field->tag != HTTP_EXTENSION)
            continue;
        Google__Api__HttpRule *rule = read_http_rule(field);
        if (!rule)
            return arena_printf(arena, "%s: unreadable google.api.http option", method->procedure);
        const char *fault = bind_rule(arena, method, rule);
        google__api__http_rule__free_unpacked(rule, NULL);
        return fault;
    }
    return NULL;
}

static const char *add_method(struct model *model, const char *package, const char *service,
                              const Google__Protobuf__MethodDescriptorProto *source, const char *comment)
{
    struct arena *arena = model->arena;
    if (source->client_streaming || source->server_streaming)
        return NULL; /* streams have no place in the table: they answer as unknown methods */
    struct method *method = &model->methods[model->method_count++];
    *method = (struct method){
        .procedure = arena_printf(arena, "/%s%s%s/%s", package, *package ? "." : "", service, source->name),
        .handler = arena_printf(arena, "%s_%s", name_snake(arena, service), name_snake(arena, source->name)),
        .input = name_c_type(arena, source->input_type),
        .output = name_c_type(arena, source->output_type),
        .input_descriptor = name_c_lower(arena, source->input_type),
        .output_descriptor = name_c_lower(arena, source->output_type),
        .input_type = arena_strdup(arena, source->input_type),
        .output_type = arena_strdup(arena, source->output_type),
        .comment = comment};
    return bind_http(arena, method, source->options);
}

static const char *add_file(struct model *model, const Google__Protobuf__FileDescriptorProto *file)
{
    size_t stem = strlen(file->name) - strlen(".proto");
    model->headers[model->header_count++] = arena_printf(model->arena, "%.*s.pb-c.h", (int)stem, file->name);
    for (size_t i = 0; i < file->n_service; i++) {
        const Google__Protobuf__ServiceDescriptorProto *service = file->service[i];
        for (size_t j = 0; j < service->n_method; j++) {
            const int32_t path[] = {FILE_SERVICE, (int32_t)i, SERVICE_METHOD, (int32_t)j};
            const char *fault = add_method(model, file->package ? file->package : "", service->name, service->method[j],
                                           file_comment(model->arena, file, path, sizeof path / sizeof path[0]));
            if (fault)
                return fault;
        }
    }
    return NULL;
}

static int compare_methods(const void *a, const void *b)
{
    return strcmp(((const struct method *)a)->procedure, ((const struct method *)b)->procedure);
}

const char *model_build(struct model *model, struct arena *arena, const Memora__Protoc__CodeGeneratorRequest *request)
{
    size_t most = 0;
    for (size_t i = 0; i < request->n_proto_file; i++)
        for (size_t j = 0; j < request->proto_file[i]->n_service; j++)
            most += request->proto_file[i]->service[j]->n_method;
    *model = (struct model){.arena = arena,
                            .methods = ARENA_ARRAY(arena, struct method, most),
                            .headers = ARENA_ARRAY(arena, const char *, request->n_proto_file)};
    for (size_t i = 0; i < request->n_proto_file; i++)
        for (size_t j = 0; j < request->n_file_to_generate; j++) {
            if (strcmp(request->proto_file[i]->name, request->file_to_generate[j]) != 0)
                continue;
            const char *fault = add_file(model, request->proto_file[i]);
            if (fault)
                return fault;
        }
    qsort(model->methods, model->method_count, sizeof *model->methods, compare_methods);
    return NULL;
}
