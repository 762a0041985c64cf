/* protoc plugin (plugin.proto):
 * --routes_out=prefix=api,table=rpc_methods,count=rpc_method_count:DIR writes DIR/<prefix>_handlers.h and
 * DIR/<table>.c; with openapi=NAME and mcp=NAME also DIR/NAME.json of each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "mcp.h"
#include "openapi.h"

enum { MOST_FILES = 4 };

struct parameters {
    const char *prefix, *table, *count, *openapi, *mcp;
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
    *out = (struct parameters){"api", "rpc_methods", "rpc_method_count", NULL, NULL};
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
        else if (strcmp(part, "openapi") == 0)
            out->openapi = value;
        else if (strcmp(part, "mcp") == 0)
            out->mcp = value;
        else
            return arena_printf(arena, "unknown parameter: %s", part);
    }
    return NULL;
}

struct file {
    const char *name;
    struct buf *content;
};

static Memora__Protoc__CodeGeneratorResponse__File *response_file(struct arena *arena, const struct file *file)
{
    Memora__Protoc__CodeGeneratorResponse__File *out = arena_alloc(arena, sizeof *out);
    memora__protoc__code_generator_response__file__init(out);
    out->name = arena_strdup(arena, file->name);
    out->content = arena_strdup(arena, buf_str(file->content));
    return out;
}

static void answer(struct arena *arena, const char *fault, const struct file *files, size_t file_count)
{
    Memora__Protoc__CodeGeneratorResponse response = MEMORA__PROTOC__CODE_GENERATOR_RESPONSE__INIT;
    response.error = fault ? arena_strdup(arena, fault) : NULL;
    response.has_supported_features = 1;
    response.supported_features = 1;
    response.n_file = file_count;
    response.file = ARENA_ARRAY(arena, Memora__Protoc__CodeGeneratorResponse__File *, file_count);
    for (size_t i = 0; i < file_count; i++)
        response.file[i] = response_file(arena, &files[i]);
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
    struct buf handlers = buf_in(arena), table = buf_in(arena), openapi = buf_in(arena), mcp = buf_in(arena);
    struct types types;
    emit_handlers(&handlers, &model, parameters.prefix);
    emit_table(&table, &model, parameters.prefix, parameters.table, parameters.count);
    types_build(&types, arena, request);
    struct file files[MOST_FILES] = {{arena_printf(arena, "%s_handlers.h", parameters.prefix), &handlers},
                                     {arena_printf(arena, "%s.c", parameters.table), &table}};
    size_t count = 2;
    if (parameters.openapi) {
        emit_openapi(&openapi, &model, &types);
        files[count++] = (struct file){arena_printf(arena, "%s.json", parameters.openapi), &openapi};
    }
    if (parameters.mcp) {
        fault = emit_mcp(&mcp, &model, &types);
        files[count++] = (struct file){arena_printf(arena, "%s.json", parameters.mcp), &mcp};
    }
    answer(arena, fault, files, fault ? 0 : count);
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
