#include "sqlstate.h"

#include <memora/plugin.h>
#include <stddef.h>
#include <string.h>

/* The first entry that the code begins with counts: single codes before their class. */
static const struct {
    const char *prefix;
    int result;
} meanings[] = {
    {"08", MEMORA_E_CONN},         {"0A", MEMORA_E_UNSUPPORTED}, {"22", MEMORA_E_RANGE}, /* data exception */
    {"23505", MEMORA_E_UNIQUE},    {"23", MEMORA_E_CONSTRAINT},  {"25006", MEMORA_E_IO}, /* the database is read-only */
    {"25P03", MEMORA_E_CONN},                                /* idle in a transaction for too long: disconnected */
    {"26", MEMORA_E_CONN},                                   /* our prepared statements are gone: begin anew */
    {"28", MEMORA_E_AUTH},         {"3D", MEMORA_E_CONFIG},  /* no such database */
    {"40003", MEMORA_E_CONN},                                /* nobody knows whether it was done */
    {"40", MEMORA_E_RETRY},        {"42501", MEMORA_E_AUTH}, /* not allowed */
    {"42", MEMORA_E_SYNTAX},       {"53100", MEMORA_E_FULL},     {"53200", MEMORA_E_NOMEM},
    {"53300", MEMORA_E_CONN},                                 /* too many connections */
    {"53", MEMORA_E_FULL},         {"54", MEMORA_E_RANGE},    /* a limit of the program */
    {"55006", MEMORA_E_RETRY},     {"55P03", MEMORA_E_RETRY}, /* in use, locked */
    {"57014", MEMORA_E_CANCELLED}, {"57P", MEMORA_E_CONN},    /* shutting down, starting */
    {"58", MEMORA_E_IO},           {"XX001", MEMORA_E_IO},    /* damaged data */
    {"XX002", MEMORA_E_IO},
};

int sqlstate_result(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strncmp(sqlstate, meanings[i].prefix, strlen(meanings[i].prefix)) == 0)
            return meanings[i].result;
    return MEMORA_E_INTERNAL;
}
