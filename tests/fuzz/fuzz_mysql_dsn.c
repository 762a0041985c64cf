/* DSNs of db-mysql: taken apart into what is safe to use, or refused without showing them. */
#include <string.h>

#include "driver.h"
#include "fuzz.h"

static void wipe(void *memory, size_t size)
{
    memset(memory, 0, size);
}

const struct memora_host *driver_host(void)
{
    static const struct memora_host host = {.struct_size = sizeof host, .wipe = wipe};
    return &host;
}

/* Texts that are put between quotes in SQL. */
static void check_words(const char *text)
{
    FUZZ_CHECK(!text || !strpbrk(text, "'\"`\\;\n"));
}

static void check_dsn(const struct driver_dsn *dsn)
{
    FUZZ_CHECK(dsn->user && dsn->password && dsn->database && *dsn->database);
    FUZZ_CHECK(!dsn->host != !dsn->socket);
    FUZZ_CHECK(!dsn->host || (*dsn->host && dsn->port >= 1 && dsn->port <= 65535));
    FUZZ_CHECK(dsn->time_zone);
    check_words(dsn->time_zone);
    check_words(dsn->collation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char secret[] = "sEcReT-7f3c";
    struct driver_dsn dsn = {0};
    struct memora_error error = {0};
    char *text = malloc(size + sizeof secret + 3);
    memcpy(text, data, size);
    text[size] = '\0';
    if (driver_dsn_parse(&dsn, text, &error) == MEMORA_OK)
        check_dsn(&dsn);
    driver_dsn_clear(&dsn);
    /* The same behind a password. */
    snprintf(text, size + sizeof secret + 3, "u:%s@%.*s", secret, (int)strnlen((const char *)data, size),
             (const char *)data);
    error = (struct memora_error){0};
    int result = driver_dsn_parse(&dsn, text, &error);
    if (result == MEMORA_OK)
        check_dsn(&dsn);
    else
        FUZZ_CHECK((result == MEMORA_E_CONFIG || result == MEMORA_E_NOMEM) && error.message[0]);
    if (!memmem(data, size, secret, sizeof secret - 1)) /* what is no password may be shown */
        FUZZ_CHECK(!strstr(error.message, secret));
    driver_dsn_clear(&dsn);
    free(text);
    return 0;
}
