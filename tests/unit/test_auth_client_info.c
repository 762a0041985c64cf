#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "auth/client_info.h"
#include "auth/internal.h"
#include "codec/codec.h"

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static void assert_agent(struct arena *arena, const char *agent, const char *device, const char *os,
                         const char *browser)
{
    auth_client_info *info =
        CODEC_NEW(arena, auth_client_info, memos__store__refresh_tokens_user_setting__client_info__descriptor);
    auth_parse_user_agent(arena, agent, info);
    assert_string_equal(info->user_agent, agent);
    assert_string_equal(info->device_type, device);
    assert_string_equal(info->os, os);
    assert_string_equal(info->browser, browser);
}

static void reads_user_agents(void **state)
{
    assert_agent(
        *state, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
        "desktop", "Linux", "Chrome 120.0.0.0");
    assert_agent(*state,
                 "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 "
                 "Safari/537.36 Edg/119.0.2151.97",
                 "desktop", "Windows 10/11", "Edge 119.0.2151.97");
    assert_agent(*state, "Mozilla/5.0 (Windows NT 6.1; rv:109.0) Gecko/20100101 Firefox/115.0", "desktop", "Windows 7",
                 "Firefox 115.0");
    assert_agent(*state, "Mozilla/5.0 (Windows NT 6.3; Trident/7.0) like Gecko", "desktop", "Windows 8.1", "");
    assert_agent(*state, "Mozilla/5.0 (Windows NT 5.1)", "desktop", "Windows", "");
    assert_agent(*state,
                 "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                 "Version/16.5 Mobile/15E148 Safari/604.1",
                 "mobile", "iOS 16.5.1", "Safari 16.5");
    assert_agent(*state, "Mozilla/5.0 (iPad; CPU OS 15_0 like Mac OS X) AppleWebKit/605.1.15 Version/15.0 Safari/604.1",
                 "tablet", "iOS 15.0", "Safari 15.0");
    assert_agent(*state,
                 "Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 "
                 "Mobile Safari/537.36",
                 "mobile", "Android 13", "Chrome 116.0.0.0");
    assert_agent(*state, "Mozilla/5.0 (Android) Tablet", "tablet", "Android", "");
    assert_agent(*state, "Dalvik/2.1.0 (Linux; U; Android 12)", "mobile", "Android 12", "");
    assert_agent(*state,
                 "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                 "Version/17.1 Safari/605.1.15",
                 "desktop", "macOS 10.15.7", "Safari 17.1");
    assert_agent(*state, "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)", "desktop", "Chrome OS", "");
    assert_agent(*state, "Opera/9.80", "desktop", "", "Opera");
    assert_agent(*state, "curl/8.0", "desktop", "", "");
}

static void leaves_all_empty_without_agent(void **state)
{
    assert_agent(*state, "", "", "", "");
}

struct headers {
    const char *agent, *forwarded, *real;
};

static const char *metadata(const struct api_call *call, const char *name)
{
    const struct headers *headers = call->metadata_ctx;
    if (strcmp(name, "user-agent") == 0)
        return headers->agent;
    if (strcmp(name, "x-forwarded-for") == 0)
        return headers->forwarded;
    return strcmp(name, "x-real-ip") == 0 ? headers->real : NULL;
}

static const char *address(struct arena *arena, const char *forwarded, const char *real)
{
    struct headers headers = {.forwarded = forwarded, .real = real};
    struct api_call call = {.arena = arena, .metadata = metadata, .metadata_ctx = &headers};
    return auth_client_info_of(&call)->ip_address;
}

static void takes_the_address_from_the_proxy(void **state)
{
    assert_string_equal(address(*state, " 10.0.0.1 , 10.0.0.2", "10.0.0.3"), "10.0.0.1");
    assert_string_equal(address(*state, NULL, "10.0.0.3"), "10.0.0.3");
    assert_string_equal(address(*state, "", "10.0.0.3"), "10.0.0.3");
    assert_string_equal(address(*state, NULL, NULL), "");
}

static void finds_cookies(void **state)
{
    const char *header = "a=1; memos_refresh_old=x;memos_refresh=abc.def ; memos_refresh=second";
    assert_string_equal(auth_cookie_value(*state, header, "memos_refresh"), "abc.def");
    assert_string_equal(auth_cookie_value(*state, header, "a"), "1");
    assert_string_equal(auth_cookie_value(*state, "q=\"quoted\"", "q"), "quoted");
    assert_string_equal(auth_cookie_value(*state, "q=", "q"), "");
    assert_null(auth_cookie_value(*state, header, "b"));
    assert_null(auth_cookie_value(*state, "memos_refresh", "memos_refresh"));
    assert_null(auth_cookie_value(*state, "", "memos_refresh"));
    assert_null(auth_cookie_value(*state, ";;; ;", "memos_refresh"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_user_agents, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_all_empty_without_agent, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_the_address_from_the_proxy, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_cookies, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
