/* The generated OpenAPI document: every method with a path is in it, and all references lead somewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/arena.h"
#include "rpc/rpc.h"

static json_t *document;

static int set_up(void **state)
{
    (void)state;
    document = json_load_file(MEMORA_TEST_PLUGIN_DIR "/../core/openapi.json", 0, NULL);
    return document ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(document);
    return 0;
}

static json_t *member(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    if (!value)
        fail_msg("no member %s", name);
    return value;
}

/* "#/components/schemas/Memo" */
static void assert_leads_somewhere(const char *reference)
{
    char copy[200], *save = NULL;
    json_t *at = document;
    assert_true(strncmp(reference, "#/", 2) == 0 && strlen(reference) < sizeof copy);
    strcpy(copy, reference + 2);
    for (char *part = strtok_r(copy, "/", &save); part; part = strtok_r(NULL, "/", &save))
        at = member(at, part);
}

static unsigned check_references(json_t *value)
{
    unsigned count = 0;
    const char *name;
    json_t *inner;
    size_t index;
    json_object_foreach(value, name, inner)
    {
        if (strcmp(name, "$ref") == 0) {
            assert_leads_somewhere(json_string_value(inner));
            count++;
        } else {
            count += check_references(inner);
        }
    }
    json_array_foreach(value, index, inner) count += check_references(inner);
    return count;
}

static void test_references(void **state)
{
    (void)state;
    assert_true(check_references(document) > 100);
}

static void test_every_method(void **state)
{
    (void)state;
    unsigned operations = 0, bound = 0;
    const char *path;
    json_t *item;
    for (unsigned i = 0; i < rpc_method_count; i++)
        bound += rpc_methods[i].http_template != NULL;
    json_object_foreach(member(document, "paths"), path, item)
    {
        assert_null(strchr(path, '*'));
        operations += (unsigned)json_object_size(item);
    }
    assert_int_equal(operations, bound);
}

static json_t *parameter(json_t *operation, const char *name)
{
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(operation, "parameters"), index, item)
    {
        if (strcmp(json_string_value(member(item, "name")), name) == 0)
            return item;
    }
    return NULL;
}

static void test_update_memo(void **state)
{
    (void)state;
    json_t *operation = member(member(member(document, "paths"), "/api/v1/memos/{memo}"), "patch");
    assert_string_equal(json_string_value(member(operation, "operationId")), "MemoService_UpdateMemo");
    assert_string_equal(json_string_value(member(parameter(operation, "memo"), "in")), "path");
    assert_string_equal(json_string_value(member(parameter(operation, "updateMask"), "in")), "query");
    json_t *body = member(member(member(member(operation, "requestBody"), "content"), "application/json"), "schema");
    assert_string_equal(json_string_value(member(body, "$ref")), "#/components/schemas/Memo");
}

static void test_memo_schema(void **state)
{
    (void)state;
    json_t *memo = member(member(member(member(document, "components"), "schemas"), "Memo"), "properties");
    assert_string_equal(json_string_value(member(member(memo, "content"), "type")), "string");
    assert_string_equal(json_string_value(member(member(memo, "tags"), "type")), "array");
    assert_non_null(json_object_get(member(memo, "createTime"), "anyOf")); /* null while it isn't set */
    assert_non_null(json_object_get(member(memo, "location"), "$ref"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_every_method),
        cmocka_unit_test(test_update_memo),
        cmocka_unit_test(test_memo_schema),
    };
    return cmocka_run_group_tests_name("openapi", tests, set_up, tear_down);
}
