#include "emit.h"

#include <ctype.h>

static void add_upper(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_add_char(out, (char)toupper((unsigned char)*text));
}

static void add_signature(struct buf *out, const struct method *method, const char *prefix)
{
    buf_printf(out,
               "enum status_code %s_%s(struct api_call *call, const %s *request,\n"
               "    %s **response, struct status *status)",
               prefix, method->handler, method->input, method->output);
}

void emit_handlers(struct buf *out, const struct model *model, const char *prefix)
{
    /* Templates contain the two characters that begin a C comment, hence the other form below. */
    buf_add_str(out,
                "/* Generated from the .proto files by gen_routes: what the methods' handlers look like. */\n#ifndef ");
    add_upper(out, prefix);
    buf_add_str(out, "_HANDLERS_H\n#define ");
    add_upper(out, prefix);
    buf_add_str(out, "_HANDLERS_H\n\n#include \"api/call.h\"\n");
    for (size_t i = 0; i < model->header_count; i++)
        buf_printf(out, "#include \"%s\"\n", model->headers[i]);
    for (size_t i = 0; i < model->method_count; i++) {
        const struct method *method = &model->methods[i];
        buf_printf(out, "\n// %s", method->procedure);
        if (method->http_method)
            buf_printf(out, "  %s %s", method->http_method, method->http_template);
        buf_add_char(out, '\n');
        add_signature(out, method, prefix);
        buf_add_str(out, ";\n");
    }
    buf_add_str(out, "\n#endif\n");
}

static void add_thunk(struct buf *out, const struct method *method, const char *prefix)
{
    buf_printf(out,
               "\n#pragma weak %s_%s\n"
               "static enum status_code invoke_%s(struct api_call *call, const ProtobufCMessage *request,\n"
               "    ProtobufCMessage **response, struct status *status)\n"
               "{\n"
               "    if (!%s_%s)\n"
               "        return status_set(status, STATUS_UNIMPLEMENTED, \"%s is not implemented\");\n"
               "    %s *typed = NULL;\n"
               "    enum status_code code = %s_%s(call, (const %s *)request, &typed, status);\n"
               "    *response = typed ? &typed->base : NULL;\n"
               "    return code;\n"
               "}\n",
               prefix, method->handler, method->handler, prefix, method->handler, method->procedure + 1, method->output,
               prefix, method->handler, method->input);
}

static void add_literal(struct buf *out, const char *text)
{
    if (text)
        buf_printf(out, ", \"%s\"", text);
    else
        buf_add_str(out, ", NULL");
}

void emit_table(struct buf *out, const struct model *model, const char *prefix, const char *table, const char *count)
{
    buf_printf(
        out,
        "/* Generated from the .proto files by gen_routes: every method with its handler and its HTTP binding. */\n"
        "#include \"rpc/rpc.h\"\n"
        "#include \"%s_handlers.h\"\n"
        "\n"
        "extern const struct rpc_method %s[];\n"
        "extern const unsigned %s;\n",
        prefix, table, count);
    for (size_t i = 0; i < model->method_count; i++)
        add_thunk(out, &model->methods[i], prefix);
    buf_printf(out, "\nconst struct rpc_method %s[] = {\n", table);
    for (size_t i = 0; i < model->method_count; i++) {
        const struct method *method = &model->methods[i];
        buf_printf(out, "    {\"%s\", &%s__descriptor, &%s__descriptor, invoke_%s", method->procedure,
                   method->input_descriptor, method->output_descriptor, method->handler);
        add_literal(out, method->http_method);
        add_literal(out, method->http_template);
        add_literal(out, method->http_body);
        buf_add_str(out, "},\n");
    }
    buf_printf(out, "};\n\nconst unsigned %s = %zu;\n", count, model->method_count);
}
