#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "auth/password.h"

static void hashes_and_checks(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_SIZE], again[PASSWORD_HASH_SIZE];
    struct status status = {0};
    assert_int_equal(password_hash("correct horse", hash, &status), STATUS_OK);
    assert_int_equal(strlen(hash), PASSWORD_HASH_SIZE - 1);
    assert_memory_equal(hash, "$2a$10$", 7);
    assert_true(password_matches("correct horse", hash));
    assert_false(password_matches("correct horsf", hash));
    assert_false(password_matches("", hash));
    assert_int_equal(password_hash("correct horse", again, &status), STATUS_OK);
    assert_string_not_equal(hash, again); /* salted */
}

static void reads_hashes_made_elsewhere(void **state)
{
    (void)state;
    /* From the recorded database; the password is the one its README names. */
    assert_true(password_matches("fixture-Pass1", "$2a$10$N0sk/XjGO5dNv09fTF6CI.DKmYnKtmQzH1ddGlMr6sLubDOv9DNka"));
    assert_true(password_matches("fixture-Pass1", "$2b$10$N0sk/XjGO5dNv09fTF6CI.DKmYnKtmQzH1ddGlMr6sLubDOv9DNka"));
    assert_false(password_matches("fixture-pass1", "$2a$10$N0sk/XjGO5dNv09fTF6CI.DKmYnKtmQzH1ddGlMr6sLubDOv9DNka"));
}

static void is_plain_bcrypt_for_bytes_above_ascii(void **state)
{
    (void)state;
    /* A password for which libxcrypt's own $2a$ differs from bcrypt: vectors of crypt_blowfish's test program, where
     * the same text under $2y$ gives the plain result. */
    static const char password[] = "\xff\xa3"
                                   "345";
    static const char plain[] = "$2a$05$/OK.fbVrR/bpIqNJ5ianF.nRht2l/HRhr6zmCp9vYUvvsqynflf9e";
    assert_true(password_matches(password, plain));
}

static void knows_the_limit_of_72_bytes(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_SIZE], text[1001];
    struct status status = {0};
    memset(text, 'p', sizeof text);
    text[73] = '\0';
    assert_int_equal(password_hash(text, hash, &status), STATUS_INTERNAL);
    assert_string_equal(status.message, "failed to generate password hash: bcrypt: password length exceeds 72 bytes");
    text[72] = '\0';
    assert_int_equal(password_hash(text, hash, &status), STATUS_OK);
    assert_true(password_matches(text, hash));
    text[71] = '\0';
    assert_false(password_matches(text, hash));
    memset(text, 'p', sizeof text - 1); /* what follows the 72nd byte does not count, as in the reference */
    text[1000] = '\0';
    assert_true(password_matches(text, hash));
}

static void refuses_what_is_no_hash(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "x",
                                      "plain text",
                                      "$2a$10$short",
                                      "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
                                      "$2a$99$N0sk/XjGO5dNv09fTF6CI.DKmYnKtmQzH1ddGlMr6sLubDOv9DNka",
                                      "$2a$10$N0sk/XjGO5dNv09fTF6CI.DKmYnKtmQzH1ddGlMr6sLubDOv9DNkaX"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(password_matches("fixture-Pass1", bad[i]));
}

/* Processor time of this thread: how long it waited for a processor does not count. */
static int64_t cost_of(const char *hash)
{
    struct timespec start, end;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    assert_false(password_matches("wrong", hash));
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return (end.tv_sec - start.tv_sec) * INT64_C(1000000000) + end.tv_nsec - start.tv_nsec;
}

static void an_unknown_user_takes_as_long(void **state)
{
    (void)state;
    int64_t known = cost_of("$2a$10$N0sk/XjGO5dNv09fTF6CI.DKmYnKtmQzH1ddGlMr6sLubDOv9DNka");
    assert_true(cost_of(NULL) > known / 4); /* a skipped hash would be some 10,000 times faster */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_and_checks),
        cmocka_unit_test(reads_hashes_made_elsewhere),
        cmocka_unit_test(is_plain_bcrypt_for_bytes_above_ascii),
        cmocka_unit_test(knows_the_limit_of_72_bytes),
        cmocka_unit_test(refuses_what_is_no_hash),
        cmocka_unit_test(an_unknown_user_takes_as_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
