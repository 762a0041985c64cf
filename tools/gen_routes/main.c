/* protoc plugin (plugin.proto):
 * --routes_out=prefix=api,table=rpc_methods,count=rpc_method_count:DIR writes DIR/<prefix>_handlers.h and
 * DIR/<table>.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"

struct parameters {
    const char *prefix, *table, *count;
};

static struct buf read_all(struct arena *arena, FILE *file)
{
    struct buf in = buf_in(arena);
    size_t got;
    do {
        buf_reserve(&in, 64 * 1024);
        got = fread(in.data + in.len, 1, in.cap - in.len, file);
        in.len += got;
    } while (got > 0);
    return in;
}

/* "a=b,c=d"; NULL, or what is wrong. */
static const char *read_parameters(struct arena *arena, const char *text, struct parameters *out)
{
    *out = (struct parameters){"api", "rpc_methods", "rpc_method_count"};
    char *copy = arena_strdup(arena, text ? text : ""), *save = NULL;
    for (char *part = strtok_r(copy, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
        char *value = strchr(part, '=');
        if (!value)
            return arena_printf(arena, "parameter without a value: %s", part);
        *value++ = '\0';
        if (strcmp(part, "prefix") == 0)
            out->prefix = value;
        else if (strcmp(part, "table") == 0)
            out->table = value;
        else if (strcmp(part, "count") == 0)
            out->count = value;
        else
            return arena_printf(arena, "unknown parameter: %s", part);
    }
    return NULL;
}

static void answer(struct arena *arena, const char *fault, Memora__Protoc__CodeGeneratorResponse__File **files,
                   size_t file_count)
{
    Memora__Protoc__CodeGeneratorResponse response = MEMORA__PROTOC__CODE_GENERATOR_RESPONSE__INIT;
    response.error = fault ? arena_strdup(arena, fault) : NULL;
    response.has_supported_features = 1;
    response.supported_features = 1;
    response.n_file = fault ? 0 : file_count;
    response.file = files;
    size_t size = memora__protoc__code_generator_response__get_packed_size(&response);
    uint8_t *packed = arena_alloc(arena, size);
    memora__protoc__code_generator_response__pack(&response, packed);
    fwrite(packed, 1, size, stdout);
}

static void generate(struct arena *arena, const Memora__Protoc__CodeGeneratorRequest *request)
{
    struct parameters parameters;
    struct model model;
    const char *fault = read_parameters(arena, request->parameter, &parameters);
    if (!fault)
        fault = model_build(&model, arena, request);
    if (fault) {
        answer(arena, fault, NULL, 0);
        return;
    }
    struct buf handlers = buf_in(arena), table = buf_in(arena);
    emit_handlers(&handlers, &model, parameters.prefix);
    emit_table(&table, &model, parameters.prefix, parameters.table, parameters.count);
    Memora__Protoc__CodeGeneratorResponse__File header = MEMORA__PROTOC__CODE_GENERATOR_RESPONSE__FILE__INIT;
    Memora__Protoc__CodeGeneratorResponse__File source = header;
    header.name = arena_printf(arena, "%s_handlers.h", parameters.prefix);
    header.content = (char *)buf_str(&handlers);
    source.name = arena_printf(arena, "%s.c", parameters.table);
    source.content = (char *)buf_str(&table);
    Memora__Protoc__CodeGeneratorResponse__File *files[] = {&header, &source};
    answer(arena, NULL, files, 2);
}

int main(void)
{
    struct arena *arena = arena_create();
    struct buf in = read_all(arena, stdin);
    Memora__Protoc__CodeGeneratorRequest *request =
        memora__protoc__code_generator_request__unpack(NULL, in.len, (const uint8_t *)in.data);
    int code = EXIT_FAILURE;
    if (request) {
        generate(arena, request);
        memora__protoc__code_generator_request__free_unpacked(request, NULL);
        code = fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    } else {
        fputs("gen_routes: no CodeGeneratorRequest on the standard input\n", stderr);
    }
    arena_destroy(arena);
    return code;
}
