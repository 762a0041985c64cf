#include <string.h>

#include "filter/ast.h"

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n\f\v")] == '\0';
}

static enum status_code refuse(struct status *status, const char *text)
{
    return status_set(status, STATUS_INVALID_ARGUMENT, "failed to compile filter: %s", text);
}

enum status_code filter_compile(struct arena *arena, enum filter_schema schema, const char *text, int64_t now_s,
                                const struct memora_dialect *dialect, struct filter_sql *out, struct status *status)
{
    (void)dialect; /* what differs between databases is left to the fragments */
    *out = (struct filter_sql){.condition = ""};
    struct filter_source source = {
        .arena = arena, .schema = schema, .text = text, .length = strlen(text), .now_s = now_s};
    if (source.length == 0)
        return STATUS_OK;
    if (is_blank(text))
        return refuse(status, "filter expression is empty");
    if (source.length > FILTER_MAX_TEXT)
        return status_set(status, STATUS_INVALID_ARGUMENT, "failed to compile filter: longer than %d bytes",
                          FILTER_MAX_TEXT);
    struct filter_node *root = filter_parse(&source);
    if (!root || !filter_check(&source, root))
        return status_set(status, STATUS_INVALID_ARGUMENT, "failed to compile filter: failed to compile filter: %s",
                          filter_fault_text(&source));
    struct filter_condition *condition = filter_translate(&source, root);
    if (!condition || !filter_render(&source, condition, out))
        return refuse(status, source.problem ? source.problem : "unsupported expression");
    return STATUS_OK;
}
