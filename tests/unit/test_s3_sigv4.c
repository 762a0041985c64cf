/* AWS's published examples: "Signature Calculations for the Authorization Header" and "Authenticating Requests: Using
 * Query Parameters" of the S3 API Reference, and get-vanilla of the Signature Version 4 test suite. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../plugins/storage-s3/text.c"
#include "../../plugins/storage-s3/sigv4.c"

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
static struct s3_credentials example = {.access_key = (char[]){"AKIAIOSFODNN7EXAMPLE"},
                                        .secret_key = (char[]){"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
                                        .session_token = (char[]){""},
                                        .region = (char[]){"us-east-1"}};
#define TIME "20130524T000000Z"
#define HOST                                                                                                           \
    {                                                                                                                  \
        "host", "examplebucket.s3.amazonaws.com"                                                                       \
    }
#define DATE_HEADER                                                                                                    \
    {                                                                                                                  \
        "x-amz-date", TIME                                                                                             \
    }

/* The suite's secret has a '+' where that of the S3 pages has a '/'. */
static struct s3_credentials suite = {.access_key = (char[]){"AKIDEXAMPLE"},
                                      .secret_key = (char[]){"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
                                      .session_token = (char[]){""},
                                      .region = (char[]){"us-east-1"}};

static void assert_signature(struct sigv4_request request, const char *wanted)
{
    char signature[SIGV4_HASH_HEX];
    request.service = request.service ? request.service : "s3";
    assert_int_equal(sigv4_sign(strcmp(request.service, "s3") == 0 ? &example : &suite, &request, signature), 0);
    assert_string_equal(signature, wanted);
}

static void test_get_object(void **state)
{
    (void)state;
    const struct s3_param headers[] = {HOST, {"range", "bytes=0-9"}, {"x-amz-content-sha256", EMPTY_HASH}, DATE_HEADER};
    assert_signature((struct sigv4_request){.method = "GET",
                                            .path = "/test.txt",
                                            .headers = headers,
                                            .header_count = 4,
                                            .payload_hash = EMPTY_HASH,
                                            .time = TIME},
                     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void test_put_object(void **state)
{
    (void)state;
    char hash[SIGV4_HASH_HEX];
    sigv4_hash("Welcome to Amazon S3.", 21, hash);
    assert_string_equal(hash, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    const struct s3_param headers[] = {{"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                                       {"date", "Fri, 24 May 2013 00:00:00 GMT"},
                                       DATE_HEADER,
                                       {"x-amz-content-sha256", hash},
                                       HOST};
    struct s3_text path = {0};
    s3_text_encode(&path, "/test$file.text", true);
    assert_signature((struct sigv4_request){.method = "PUT",
                                            .path = path.data,
                                            .headers = headers,
                                            .header_count = 5,
                                            .payload_hash = hash,
                                            .time = TIME},
                     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    s3_text_free(&path);
}

static void test_bucket_requests(void **state)
{
    (void)state;
    const struct s3_param headers[] = {HOST, {"x-amz-content-sha256", EMPTY_HASH}, DATE_HEADER};
    const struct s3_param lifecycle[] = {{"lifecycle", ""}}, list[] = {{"prefix", "J"}, {"max-keys", "2"}};
    struct sigv4_request request = {.method = "GET",
                                    .path = "/",
                                    .headers = headers,
                                    .header_count = 3,
                                    .params = lifecycle,
                                    .param_count = 1,
                                    .payload_hash = EMPTY_HASH,
                                    .time = TIME};
    assert_signature(request, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    request.params = list;
    request.param_count = 2;
    assert_signature(request, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void test_presigned(void **state)
{
    (void)state;
    const struct s3_param headers[] = {HOST};
    const struct s3_param params[] = {{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
                                      {"X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"},
                                      {"X-Amz-Date", TIME},
                                      {"X-Amz-Expires", "86400"},
                                      {"X-Amz-SignedHeaders", "host"}};
    assert_signature((struct sigv4_request){.method = "GET",
                                            .path = "/test.txt",
                                            .headers = headers,
                                            .header_count = 1,
                                            .params = params,
                                            .param_count = 5,
                                            .payload_hash = SIGV4_UNSIGNED_PAYLOAD,
                                            .time = TIME},
                     "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

static void test_vanilla(void **state)
{
    (void)state;
    const struct s3_param headers[] = {{"x-amz-date", "20150830T123600Z"}, {"host", "example.amazonaws.com"}};
    assert_signature((struct sigv4_request){.method = "GET",
                                            .service = "service",
                                            .path = "/",
                                            .headers = headers,
                                            .header_count = 2,
                                            .payload_hash = EMPTY_HASH,
                                            .time = "20150830T123600Z"},
                     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

static void test_limits(void **state)
{
    (void)state;
    struct s3_param many[SIGV4_PAIRS_MAX + 1];
    char signature[SIGV4_HASH_HEX], time[SIGV4_TIME];
    for (size_t i = 0; i <= SIGV4_PAIRS_MAX; i++)
        many[i] = (struct s3_param){"a", "b"};
    struct sigv4_request request = {.method = "GET",
                                    .service = "s3",
                                    .path = "/",
                                    .params = many,
                                    .param_count = SIGV4_PAIRS_MAX + 1,
                                    .payload_hash = EMPTY_HASH,
                                    .time = TIME};
    assert_int_equal(sigv4_sign(&example, &request, signature), -1);
    sigv4_time(1369353600, time);
    assert_string_equal(time, TIME);
    sigv4_time(INT64_MAX, time);
    assert_string_equal(time, "19700101T000000Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_object), cmocka_unit_test(test_put_object), cmocka_unit_test(test_bucket_requests),
        cmocka_unit_test(test_presigned),  cmocka_unit_test(test_vanilla),    cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
