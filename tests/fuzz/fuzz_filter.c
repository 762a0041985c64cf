/* Filters: what compiles has as many marks as values and no text of the filter in its SQL; what does not, says why. */
#include <string.h>

#include "filter/filter.h"
#include "fuzz.h"

enum { NOW = 1795489931, MOST_VALUES = 500 };

static void compile(struct arena *arena, enum filter_schema schema, const char *text)
{
    struct filter_sql sql;
    struct status status = {0};
    enum status_code code = filter_compile(arena, schema, text, NOW, NULL, &sql, &status);
    FUZZ_CHECK(code == STATUS_OK || (code == STATUS_INVALID_ARGUMENT && status.message[0]));
    uint32_t marks = 0;
    for (const char *c = sql.condition; *c; c++)
        marks += *c == '?';
    FUZZ_CHECK(marks == sql.param_count && marks <= MOST_VALUES);
    FUZZ_CHECK(!strpbrk(sql.condition, "'\";\\"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    const char *text = arena_strndup(arena, (const char *)data, size), *username;
    struct status status = {0};
    compile(arena, FILTER_MEMO, text);
    compile(arena, FILTER_ATTACHMENT, text);
    enum status_code code = filter_compile_user(arena, text, &username, &status);
    FUZZ_CHECK(code == STATUS_OK || (code == STATUS_INVALID_ARGUMENT && !username));
    arena_destroy(arena);
    return 0;
}
