#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "auth/permission.h"
#include "rpc/rpc.h"

/* platform.md 1.4, written down a second time: what anonymous callers may call, and on a private instance, too. */
static const struct {
    const char *procedure;
    bool bootstrap;
} public_methods[] = {
    {"/memos.api.v1.AuthService/SignIn", true},
    {"/memos.api.v1.AuthService/RefreshToken", true},
    {"/memos.api.v1.InstanceService/GetInstanceProfile", true},
    {"/memos.api.v1.InstanceService/GetInstanceSetting", true},
    {"/memos.api.v1.InstanceService/BatchGetInstanceSettings", true},
    {"/memos.api.v1.UserService/CreateUser", true},
    {"/memos.api.v1.UserService/GetUser", false},
    {"/memos.api.v1.UserService/BatchGetUsers", false},
    {"/memos.api.v1.UserService/GetUserStats", false},
    {"/memos.api.v1.UserService/ListAllUserStats", false},
    {"/memos.api.v1.IdentityProviderService/ListIdentityProviders", true},
    {"/memos.api.v1.MemoService/GetMemo", false},
    {"/memos.api.v1.MemoService/ListMemos", false},
    {"/memos.api.v1.MemoService/ListMemoComments", false},
    {"/memos.api.v1.MemoService/GetLinkMetadata", false},
    {"/memos.api.v1.MemoService/BatchGetLinkMetadata", false},
    {"/memos.api.v1.MemoService/GetSharedMemo", true},
};
enum { PUBLIC_COUNT = sizeof public_methods / sizeof public_methods[0] };

static int find(const char *procedure)
{
    for (int i = 0; i < PUBLIC_COUNT; i++)
        if (strcmp(public_methods[i].procedure, procedure) == 0)
            return i;
    return -1;
}

static void opens_exactly_the_public_methods(void **state)
{
    (void)state;
    int opened = 0;
    for (unsigned i = 0; i < rpc_method_count; i++) {
        unsigned flags = permission_method_flags(rpc_methods[i].procedure);
        int entry = find(rpc_methods[i].procedure);
        bool is_public = flags & RPC_PUBLIC, is_bootstrap = flags & RPC_BOOTSTRAP;
        if (is_public != (entry >= 0) || is_bootstrap != (entry >= 0 && public_methods[entry].bootstrap))
            fail_msg("%s has the flags %u", rpc_methods[i].procedure, flags);
        opened += is_public;
    }
    assert_int_equal(opened, PUBLIC_COUNT); /* and each of them exists */
}

static void unknown_methods_are_closed(void **state)
{
    (void)state;
    assert_int_equal(permission_method_flags("/memos.api.v1.MemoService/NoSuchMethod"), 0);
    assert_int_equal(permission_method_flags(""), 0);
    assert_int_equal(permission_method_flags("/memos.api.v1.MemoService/GetMem"), 0);
    assert_int_equal(permission_method_flags("/memos.api.v1.MemoService/GetMemoX"), 0);
}

/* Whatever waits for something else than the database's cache must not hold up an HTTP thread. */
static void slow_methods_are_not_quick(void **state)
{
    (void)state;
    static const char *const slow[] = {
        "/memos.api.v1.AuthService/SignIn",
        "/memos.api.v1.AuthService/RefreshToken",
        "/memos.api.v1.UserService/CreateUser",
        "/memos.api.v1.UserService/UpdateUser",
        "/memos.api.v1.UserService/CreateUserWebhook",
        "/memos.api.v1.InstanceService/GetInstanceStats",
        "/memos.api.v1.MemoService/CreateMemo",
        "/memos.api.v1.UserService/ListAllUserStats",
    };
    for (size_t i = 0; i < sizeof slow / sizeof slow[0]; i++)
        assert_false(permission_method_flags(slow[i]) & RPC_QUICK);
    assert_true(permission_method_flags("/memos.api.v1.MemoService/GetMemo") & RPC_QUICK);
    for (unsigned i = 0; i < rpc_method_count; i++)
        if ((permission_method_flags(rpc_methods[i].procedure) & (RPC_QUICK | RPC_CALLS_OUT)) ==
            (RPC_QUICK | RPC_CALLS_OUT))
            fail_msg("%s waits for others on an HTTP thread", rpc_methods[i].procedure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_exactly_the_public_methods),
        cmocka_unit_test(unknown_methods_are_closed),
        cmocka_unit_test(slow_methods_are_not_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
