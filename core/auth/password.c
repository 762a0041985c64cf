#include "auth/password.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/secret.h"

enum { COST = 10, SALT_BYTES = 16, PREFIX = 4 };

/* Stands in for a user who does not exist; a hash of random bytes that were thrown away. */
static const char nobody[] = "$2a$10$j5aCx0RtBJ.iTLrR2IC5Du90jSTYF5E1LrqYR1sSXrPmN.rxY7qWK";

/* libxcrypt's own "$2a$" departs from bcrypt for a few passwords with bytes above 0x7F (a guard against hashes of an
 * old bug); its "$2y$" never does. All that is stored here says "$2a$" and means plain bcrypt, so the prefix is swapped
 * on the way in. Bytes after the 72nd do not count in bcrypt, and crypt refuses more than 511. */
static bool bcrypt(const char *password, const char *setting, char out[PASSWORD_HASH_SIZE])
{
    char own_setting[PASSWORD_HASH_SIZE] = "$2y$", key[PASSWORD_MAX_BYTES + 1] = {0};
    if (strlen(setting) >= sizeof own_setting || strncmp(setting, "$2", 2) != 0 || setting[3] != '$')
        return false;
    strcpy(own_setting + PREFIX, setting + PREFIX);
    memcpy(key, password, strnlen(password, PASSWORD_MAX_BYTES));
    struct crypt_data *data = memory_zalloc(sizeof *data);
    const char *hash = crypt_r(key, own_setting, data);
    bool done = hash && strlen(hash) == PASSWORD_HASH_SIZE - 1;
    if (done)
        memcpy(out, hash, PASSWORD_HASH_SIZE);
    secret_wipe(data, sizeof *data);
    free(data);
    secret_wipe(key, sizeof key);
    return done;
}

enum status_code password_hash(const char *password, char out[PASSWORD_HASH_SIZE], struct status *status)
{
    if (strlen(password) > PASSWORD_MAX_BYTES)
        return status_set(status, STATUS_INTERNAL,
                          "failed to generate password hash: bcrypt: password length exceeds %d bytes",
                          PASSWORD_MAX_BYTES);
    char salt[SALT_BYTES], setting[CRYPT_GENSALT_OUTPUT_SIZE];
    random_bytes(salt, sizeof salt);
    if (!crypt_gensalt_rn("$2y$", COST, salt, sizeof salt, setting, sizeof setting) || !bcrypt(password, setting, out))
        return status_set(status, STATUS_INTERNAL, "failed to generate password hash: bcrypt is not available");
    memcpy(out, "$2a$", PREFIX);
    return STATUS_OK;
}

bool password_matches(const char *password, const char *hash)
{
    char made[PASSWORD_HASH_SIZE];
    bool exists = hash && strlen(hash) == PASSWORD_HASH_SIZE - 1;
    const char *against = exists ? hash : nobody;
    bool equal = bcrypt(password, against, made) &&
                 secret_equal(made + PREFIX, against + PREFIX, PASSWORD_HASH_SIZE - 1 - PREFIX);
    secret_wipe(made, sizeof made);
    return exists && equal;
}
