/* Answers of OAuth2 providers: the first byte chooses status and type, the rest is the body. A token never has what
 * would end a header line, an error never comes with a token, and claims are texts. */
#include <stdlib.h>
#include <string.h>

#include "auth/oauth2_answer.h"
#include "base/utf8.h"
#include "fuzz.h"

static void check_token(struct arena *arena, unsigned choice, const char *body, size_t length)
{
    static const char *const types[] = {"", "application/json", "application/x-www-form-urlencoded",
                                        "text/plain; charset=utf-8"};
    struct status status = {0};
    char *token = NULL;
    enum status_code code =
        oauth2_read_token(arena, choice & 4 ? 400 : 200, types[choice & 3], body, length, &token, &status);
    FUZZ_CHECK((code == STATUS_OK) == (token != NULL));
    FUZZ_CHECK(code == STATUS_OK || (code == STATUS_INTERNAL && status.message[0]));
    FUZZ_CHECK(utf8_valid(status.message, strlen(status.message)));
    for (const char *at = token; at && *at; at++)
        FUZZ_CHECK((unsigned char)*at >= 0x20 && *at != 0x7F);
    FUZZ_CHECK(!token || (*token && !(choice & 4)));
}

static void check_profile(struct arena *arena, unsigned choice, const char *body, size_t length)
{
    Memos__Store__FieldMapping mapping = MEMOS__STORE__FIELD_MAPPING__INIT;
    struct oauth2_profile profile;
    struct status status = {0};
    mapping.identifier = (char *)"sub";
    mapping.display_name = (char *)"name";
    mapping.email = (char *)"e";
    enum status_code code =
        oauth2_read_profile(arena, &mapping, choice & 4 ? 500 : 200, body, length, &profile, &status);
    FUZZ_CHECK(utf8_valid(status.message, strlen(status.message)));
    if (code)
        return;
    FUZZ_CHECK(*profile.identifier && *profile.display_name && !*profile.avatar_url);
    FUZZ_CHECK(utf8_valid(profile.identifier, strlen(profile.identifier)));
    FUZZ_CHECK(utf8_valid(profile.email, strlen(profile.email)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena *arena = arena_create();
    /* Without a byte behind it, so that reading on is noticed. */
    char *body = malloc(size > 1 ? size - 1 : 1);
    memcpy(body, data + 1, size - 1);
    check_token(arena, data[0], body, size - 1);
    check_profile(arena, data[0], body, size - 1);
    free(body);
    arena_destroy(arena);
    return 0;
}
