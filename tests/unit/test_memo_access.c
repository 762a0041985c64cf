#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/memo_access.h"

enum { OWNER = 7, OTHER = 8, BOSS = 9 };

static const struct api_caller anonymous = {.user_id = 0, .role = API_ROLE_ADMIN};
static const struct api_caller owner = {.user_id = OWNER, .role = API_ROLE_USER};
static const struct api_caller stranger = {.user_id = OTHER, .role = API_ROLE_USER};
static const struct api_caller admin = {.user_id = BOSS, .role = API_ROLE_ADMIN};

static enum status_code check(const struct api_caller *caller, enum memo_action action,
                              enum store_visibility visibility, enum store_row_status row_status)
{
    const struct store_memo memo = {.creator_id = OWNER, .visibility = visibility, .row_status = row_status};
    struct status status = {0};
    enum status_code code = memo_access_check(caller, action, &memo, &status);
    assert_int_equal(code, status.code);
    return code;
}

/* Rows of contract memos.md, appendix A: anonymous, user, creator, admin. */
static const struct {
    enum memo_action action;
    enum store_visibility visibility;
    enum store_row_status row_status;
    enum status_code expected[4];
} rows[] = {
    {MEMO_READ, STORE_PUBLIC, STORE_NORMAL, {STATUS_OK, STATUS_OK, STATUS_OK, STATUS_OK}},
    {MEMO_READ, STORE_PROTECTED, STORE_NORMAL, {STATUS_UNAUTHENTICATED, STATUS_OK, STATUS_OK, STATUS_OK}},
    {MEMO_READ,
     STORE_PRIVATE,
     STORE_NORMAL,
     {STATUS_UNAUTHENTICATED, STATUS_PERMISSION_DENIED, STATUS_OK, STATUS_PERMISSION_DENIED}},
    {MEMO_READ, STORE_VISIBILITY_UNKNOWN, STORE_NORMAL, {STATUS_UNAUTHENTICATED, STATUS_OK, STATUS_OK, STATUS_OK}},
    {MEMO_READ, STORE_PUBLIC, STORE_ARCHIVED, {STATUS_NOT_FOUND, STATUS_NOT_FOUND, STATUS_OK, STATUS_NOT_FOUND}},
    {MEMO_READ, STORE_PRIVATE, STORE_ARCHIVED, {STATUS_NOT_FOUND, STATUS_NOT_FOUND, STATUS_OK, STATUS_NOT_FOUND}},
    {MEMO_RELATED, STORE_PUBLIC, STORE_ARCHIVED, {STATUS_OK, STATUS_OK, STATUS_OK, STATUS_OK}},
    {MEMO_RELATED, STORE_PROTECTED, STORE_NORMAL, {STATUS_UNAUTHENTICATED, STATUS_OK, STATUS_OK, STATUS_OK}},
    {MEMO_RELATED,
     STORE_PRIVATE,
     STORE_NORMAL,
     {STATUS_UNAUTHENTICATED, STATUS_PERMISSION_DENIED, STATUS_OK, STATUS_OK}},
    {MEMO_CHANGE, STORE_PUBLIC, STORE_NORMAL, {STATUS_UNAUTHENTICATED, STATUS_PERMISSION_DENIED, STATUS_OK, STATUS_OK}},
    {MEMO_CHANGE,
     STORE_PRIVATE,
     STORE_ARCHIVED,
     {STATUS_UNAUTHENTICATED, STATUS_PERMISSION_DENIED, STATUS_OK, STATUS_OK}},
};

static void test_table(void **state)
{
    (void)state;
    const struct api_caller *const callers[4] = {&anonymous, &stranger, &owner, &admin};
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++)
        for (int caller = 0; caller < 4; caller++)
            assert_int_equal(check(callers[caller], rows[row].action, rows[row].visibility, rows[row].row_status),
                             rows[row].expected[caller]);
}

static void test_lists_show_what_may_be_read(void **state)
{
    (void)state;
    assert_int_equal(memo_access_viewer(&anonymous).kind, STORE_VIEWER_ANYONE_PUBLIC);
    assert_int_equal(memo_access_viewer(&admin).kind, STORE_VIEWER_USER);
    assert_int_equal(memo_access_viewer(&stranger).user_id, OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_lists_show_what_may_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
