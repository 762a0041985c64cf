/* Forms with files: what is read, what is refused, and that it makes no difference where the bytes lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "rpc/multipart.h"

static struct arena *arena;
static struct spool_list spools;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create();
    spools = (struct spool_list){.area = spool_area_create("/tmp", UINT64_C(1) << 30)};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spool_list_close(&spools);
    spool_area_destroy(spools.area);
    arena_destroy(arena);
    return 0;
}

/* In memory and in a spool the outcome is the same; the one in the spool is given. */
static enum status_code read_form(const char *body, size_t length, struct multipart *form, struct status *status)
{
    struct multipart other;
    struct status problem = {0};
    struct spool *spool = NULL;
    const char *mapped = NULL;
    *status = (struct status){0};
    enum status_code code = multipart_read(arena, NULL, "b", body, length, &other, &problem);
    assert_int_equal(spool_create(&spools, &spool, status), STATUS_OK);
    assert_int_equal(spool_write(spool, body, length, status), STATUS_OK);
    assert_int_equal(spool_map(spool, &mapped, status), STATUS_OK);
    assert_int_equal(multipart_read(arena, &spools, "b", mapped, length, form, status), code);
    assert_string_equal(status->message, problem.message);
    if (code == STATUS_OK) {
        assert_int_equal(form->count, other.count);
        for (unsigned i = 0; i < form->count; i++) {
            assert_string_equal(form->parts[i].name, other.parts[i].name);
            assert_int_equal(form->parts[i].length, other.parts[i].length);
            assert_ptr_equal(form->parts[i].data - mapped + body, other.parts[i].data);
        }
    }
    return code;
}

static struct multipart form_of(const char *body)
{
    struct multipart form;
    struct status status;
    if (read_form(body, strlen(body), &form, &status))
        fail_msg("%s: %s", body, status.message);
    return form;
}

static void assert_data(const struct multipart_part *part, const char *expected)
{
    assert_int_equal(part->length, strlen(expected));
    assert_memory_equal(part->data, expected, part->length);
}

#define HEAD "Content-Disposition: form-data; name=a\r\n\r\n"

static void test_parts(void **state)
{
    (void)state;
    struct multipart form =
        form_of("--b\r\ncontent-disposition:form-data; name=\"x\"; filename=\"f\"\r\nContent-Type: text/plain \r\n"
                "X-Other: 1\r\n\r\none\r\n--b \t\r\n" HEAD "\r\n--b--\r\nwhat follows does not count");
    assert_int_equal(form.count, 2);
    assert_string_equal(form.parts[0].name, "x");
    assert_string_equal(form.parts[0].filename, "f");
    assert_string_equal(form.parts[0].type, "text/plain");
    assert_data(&form.parts[0], "one");
    assert_string_equal(form.parts[1].name, "a");
    assert_null(form.parts[1].filename);
    assert_null(form.parts[1].type);
    assert_data(&form.parts[1], "");
    assert_int_equal(form_of("--b--").count, 0);
}

static void test_what_is_no_delimiter(void **state)
{
    static const char *const texts[] = {"\r\n--",  "--bb",     "\r\n--bb\r\n", "\r\n--b x\r\n",
                                        "\n--b--", "\r\n--b-", "\r--b\r\n",    "\r\n-\r\n--\r\n"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct multipart form = form_of(arena_printf(arena, "--b\r\n" HEAD "%s\r\n--b--", texts[i]));
        assert_int_equal(form.count, 1);
        assert_data(&form.parts[0], texts[i]);
    }
    struct multipart empty = form_of("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--");
    assert_data(&empty.parts[0], "");
}

static void test_names(void **state)
{
    static const struct {
        const char *parameters, *name, *filename;
    } cases[] = {
        {"; name=\"a b\"; filename=\"x;y=z\"", "a b", "x;y=z"},
        {"; name=a; filename=\"a\\\"b\\\\c\"", "a", "a\"b\\c"},
        {"; name=\"%22%0d%0A%41\"; filename=\"C:\\dir\\f\"", "\"\r\n%41", "C:\\dir\\f"},
        {";name=a;filename=\xC3\xA9;", "a", "\xC3\xA9"},
        {"; FileName=f; NAME=\"\"", "", "f"},
        {"; name=a; filename*=UTF-8''x", "a", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct multipart form = form_of(
            arena_printf(arena, "--b\r\nContent-Disposition: form-data%s\r\n\r\n\r\n--b--", cases[i].parameters));
        assert_string_equal(form.parts[0].name, cases[i].name);
        if (cases[i].filename)
            assert_string_equal(form.parts[0].filename, cases[i].filename);
        else
            assert_null(form.parts[0].filename);
    }
}

static void assert_refused_n(const char *body, size_t length)
{
    struct multipart form;
    struct status status;
    assert_int_equal(read_form(body, length, &form, &status), STATUS_INVALID_ARGUMENT);
    assert_memory_equal(status.message, "multipart: ", 11);
}

static void test_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "--",
        "--b",
        "--b\r",
        "--bx\r\n",
        "\r\n--b--",
        "x\r\n--b--",
        "--b\r\n",
        "--b\r\n\r\n",
        "--b\r\n\r\n\r\n--b--",
        "--b\r\n" HEAD,
        "--b\r\n" HEAD "x",
        "--b\r\n" HEAD "x\r\n--b",
        "--b\r\n" HEAD "x\r\n--b\r\n",
        "--b\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data x; name=a\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n" HEAD "\r\n--b--",
        "--b\r\nno colon\r\n" HEAD "\r\n--b--",
        "--b\r\n: x\r\n" HEAD "\r\n--b--",
        "--b\r\nX Y: x\r\n" HEAD "\r\n--b--",
        "--b\r\nX: \xFF\r\n" HEAD "\r\n--b--",
        "--b\r\nContent-Transfer-Encoding: base64\r\n" HEAD "\r\n--b--",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        assert_refused_n(bodies[i], strlen(bodies[i]));
    static const char nul[] = "--b\r\nX: \0\r\n" HEAD "\r\n--b--";
    assert_refused_n(nul, sizeof nul - 1);
}

static void test_bounds(void **state)
{
    struct buf body = buf_in(arena);
    struct multipart form;
    struct status status;
    (void)state;
    for (int i = 0; i < MULTIPART_PARTS_MAX; i++)
        buf_add_str(&body, "--b\r\n" HEAD "x\r\n");
    size_t most = body.len;
    buf_add_str(&body, "--b--");
    assert_int_equal(read_form(body.data, body.len, &form, &status), STATUS_OK);
    assert_int_equal(form.count, MULTIPART_PARTS_MAX);
    body.len = most;
    buf_add_str(&body, "--b\r\n" HEAD "x\r\n--b--");
    assert_refused_n(body.data, body.len);

    for (int too_long = 0; too_long < 2; too_long++) {
        body.len = 0;
        buf_add_str(&body, "--b\r\nX:");
        for (size_t i = 0; i < MULTIPART_HEADER_MAX - 4 - strlen(HEAD) + (size_t)too_long; i++)
            buf_add_char(&body, 'x');
        buf_add_str(&body, "\r\n" HEAD "\r\n--b--");
        assert_int_equal(read_form(body.data, body.len, &form, &status),
                         too_long ? STATUS_INVALID_ARGUMENT : STATUS_OK);
    }
}

/* The delimiter is found wherever it lies, also across the steps in which the body is looked at. */
static void test_large(void **state)
{
    (void)state;
    for (size_t off = 0; off < 12; off++) {
        struct buf body = buf_in(arena);
        struct multipart form;
        struct status status;
        size_t length = 2 * SPOOL_STEP - 60 + off;
        buf_add_str(&body, "--b\r\n" HEAD);
        for (size_t i = 0; i < length; i++)
            buf_add_char(&body, "\r\n--"[i % 4]);
        buf_add_str(&body, "\r\n--b\r\n" HEAD "y\r\n--b--");
        assert_int_equal(read_form(body.data, body.len, &form, &status), STATUS_OK);
        assert_int_equal(form.count, 2);
        assert_int_equal(form.parts[0].length, length);
        assert_data(&form.parts[1], "y");
        spool_list_close(&spools);
    }
}

static void test_content_type(void **state)
{
    (void)state;
    assert_true(multipart_is_form("multipart/form-data; boundary=b"));
    assert_true(multipart_is_form(" Multipart/Form-Data"));
    assert_false(multipart_is_form("multipart/form-datax"));
    assert_false(multipart_is_form("multipart/mixed; boundary=b"));
    assert_false(multipart_is_form(NULL));
    assert_string_equal(multipart_boundary(arena, "multipart/form-data; charset=utf-8; Boundary=\"a b\""), "a b");
    assert_string_equal(multipart_boundary(arena, "multipart/form-data;boundary=----x'()+_,-./:?"), "----x'()+_,-./:?");
    static const char *const bad[] = {"multipart/form-data",
                                      "multipart/form-data; boundary",
                                      "multipart/form-data; boundary=",
                                      "multipart/form-data; boundary=\"\"",
                                      "multipart/form-data; boundary=\"a \"",
                                      "multipart/form-data; boundary=a@b",
                                      "multipart/form-data; boundary=a; boundary=b",
                                      "multipart/form-data; boundary=\"a",
                                      "multipart/form-data; boundary=a\xC3\xA9"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(multipart_boundary(arena, bad[i]));
    char *longest = arena_printf(arena, "multipart/form-data; boundary=%070d", 1);
    assert_int_equal(strlen(multipart_boundary(arena, longest)), MULTIPART_BOUNDARY_MAX);
    assert_null(multipart_boundary(arena, arena_printf(arena, "multipart/form-data; boundary=%071d", 1)));
}

/* Wherever a form is cut off, the part is found that has begun and not ended. */
static void test_unfinished(void **state)
{
    (void)state;
    static const char before[] = "--b\r\nContent-Disposition: form-data; name=t\r\n\r\ntext\r\n"
                                 "--b\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\n",
                      file[] = "content\r\n--bb\r\n-", behind[] = "\r\n--b\r\n" HEAD "x\r\n--b--";
    const char *body = arena_printf(arena, "%s%s%s", before, file, behind);
    size_t text = strlen("--b\r\nContent-Disposition: form-data; name=t\r\n\r\n"), begin = sizeof before - 1,
           end = begin + sizeof file - 1, whole = strlen(body);
    for (size_t length = 0; length <= whole; length++) {
        struct multipart_part part = {0};
        const char *copy = arena_strndup(arena, body, length); /* nothing behind it is looked at */
        bool found = multipart_unfinished(arena, "b", copy, length, &part);
        size_t at = found ? (size_t)(part.data - copy) : 0;
        if (length < text || length == whole)
            assert_false(found);
        else if (length < text + 4 + 3)
            assert_true(found && at == text && strcmp(part.name, "t") == 0);
        if (length >= begin && length < end + strlen("\r\n--b\r\n")) {
            assert_true(found && at == begin && strcmp(part.name, "file") == 0);
            assert_int_equal(part.length, length - begin);
        }
    }
    struct multipart_part part;
    assert_false(multipart_unfinished(arena, "b", "no form", 7, &part));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),        cmocka_unit_test(test_what_is_no_delimiter),
        cmocka_unit_test(test_names),        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_bounds),       cmocka_unit_test(test_large),
        cmocka_unit_test(test_content_type), cmocka_unit_test(test_unfinished),
    };
    return cmocka_run_group_tests_name("multipart", tests, set_up, tear_down);
}
