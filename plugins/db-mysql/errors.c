/* Error numbers of server and library in terms of what the core should do. */
#include "driver.h"

#include <stdio.h>
#include <string.h>

static const struct {
    unsigned first, last;
    int result;
} meanings[] = {
    {1004, 1016, MEMORA_E_IO},         /* files that cannot be made, opened, ... */
    {1020, 1020, MEMORA_E_RETRY},      /* the row has changed since it was read */
    {1021, 1021, MEMORA_E_FULL},       /* disk full */
    {1022, 1022, MEMORA_E_UNIQUE},     /* duplicate key */
    {1023, 1036, MEMORA_E_IO},         /* errors of files; read-only table */
    {1037, 1038, MEMORA_E_NOMEM},      /* out of memory, of sort memory */
    {1040, 1040, MEMORA_E_CONN},       /* too many connections */
    {1041, 1041, MEMORA_E_NOMEM},      /* out of memory */
    {1043, 1043, MEMORA_E_CONN},       /* bad handshake */
    {1044, 1045, MEMORA_E_AUTH},       /* access denied */
    {1047, 1047, MEMORA_E_RETRY},      /* Galera: the node is not ready */
    {1049, 1049, MEMORA_E_CONFIG},     /* unknown database */
    {1053, 1053, MEMORA_E_CONN},       /* shutdown in progress */
    {1062, 1062, MEMORA_E_UNIQUE},     /* duplicate entry */
    {1064, 1064, MEMORA_E_SYNTAX},     /* parse error */
    {1077, 1081, MEMORA_E_CONN},       /* shutdown, aborted connection, no socket */
    {1114, 1114, MEMORA_E_FULL},       /* table full */
    {1129, 1130, MEMORA_E_AUTH},       /* host blocked, host not allowed */
    {1142, 1143, MEMORA_E_AUTH},       /* command denied */
    {1152, 1152, MEMORA_E_CONN},       /* aborted connection */
    {1153, 1153, MEMORA_E_RANGE},      /* packet larger than max_allowed_packet */
    {1154, 1161, MEMORA_E_CONN},       /* network */
    {1169, 1169, MEMORA_E_UNIQUE},     /* unique constraint */
    {1180, 1180, MEMORA_E_CONN},       /* the commit went wrong (Galera: no majority); its outcome is not known */
    {1184, 1184, MEMORA_E_CONN},       /* aborted connection */
    {1203, 1203, MEMORA_E_CONN},       /* the user has too many connections */
    {1205, 1205, MEMORA_E_RETRY},      /* lock wait timeout */
    {1206, 1206, MEMORA_E_NOMEM},      /* lock table full */
    {1207, 1207, MEMORA_E_IO},         /* read-only transaction */
    {1213, 1213, MEMORA_E_RETRY},      /* deadlock */
    {1226, 1226, MEMORA_E_CONN},       /* the user has used up a limit */
    {1227, 1227, MEMORA_E_AUTH},       /* privilege needed */
    {1264, 1264, MEMORA_E_RANGE},      /* number out of range */
    {1290, 1290, MEMORA_E_IO},         /* --read-only and the like */
    {1292, 1292, MEMORA_E_RANGE},      /* not a time, not a number */
    {1317, 1317, MEMORA_E_CANCELLED},  /* query interrupted */
    {1406, 1406, MEMORA_E_RANGE},      /* data too long */
    {1461, 1461, MEMORA_E_NOMEM},      /* too many prepared statements */
    {1615, 1615, MEMORA_E_RETRY},      /* statement must be prepared again */
    {1690, 1690, MEMORA_E_RANGE},      /* out of range in an expression */
    {1698, 1698, MEMORA_E_AUTH},       /* access denied, no password */
    {1792, 1792, MEMORA_E_IO},         /* read-only transaction */
    {1836, 1836, MEMORA_E_IO},         /* running in read-only mode */
    {1927, 1927, MEMORA_E_CONN},       /* MariaDB: connection was killed */
    {1969, 1969, MEMORA_E_CANCELLED},  /* MariaDB: max_statement_time */
    {2002, 2006, MEMORA_E_CONN},       /* cannot connect, gone away */
    {2008, 2008, MEMORA_E_NOMEM},      /* the library is out of memory */
    {2012, 2013, MEMORA_E_CONN},       /* handshake, lost during the query */
    {2014, 2014, MEMORA_E_ARG},        /* commands out of sync */
    {2020, 2020, MEMORA_E_RANGE},      /* packet too large for the library */
    {2026, 2027, MEMORA_E_CONN},       /* TLS, malformed packet */
    {2048, 2048, MEMORA_E_CONN},       /* invalid connection handle */
    {2055, 2055, MEMORA_E_CONN},       /* lost, with the system's error */
    {2056, 2056, MEMORA_E_CONN},       /* statement closed with its connection */
    {2058, 2061, MEMORA_E_AUTH},       /* authentication plugins */
    {3024, 3024, MEMORA_E_CANCELLED},  /* MySQL: max_execution_time */
    {3101, 3101, MEMORA_E_RETRY},      /* MySQL group replication: rolled back during commit */
    {3140, 3141, MEMORA_E_CONSTRAINT}, /* invalid JSON */
    {3572, 3572, MEMORA_E_RETRY},      /* NOWAIT */
    {4025, 4025, MEMORA_E_CONSTRAINT}, /* MariaDB: CHECK */
    {4031, 4031, MEMORA_E_CONN},       /* MySQL: the client was inactive for too long */
};

static int classify_state(const char *state)
{
    static const struct {
        char prefix[6];
        int result;
    } states[] = {{"40001", MEMORA_E_RETRY},    {"23", MEMORA_E_CONSTRAINT}, {"22", MEMORA_E_RANGE},
                  {"28", MEMORA_E_AUTH},        {"08", MEMORA_E_CONN},       {"42", MEMORA_E_SYNTAX},
                  {"70100", MEMORA_E_CANCELLED}};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strncmp(state, states[i].prefix, strlen(states[i].prefix)) == 0)
            return states[i].result;
    return MEMORA_E_INTERNAL;
}

static int classify(unsigned code, const char *state, const char *text)
{
    int result = MEMORA_E_INTERNAL;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (code >= meanings[i].first && code <= meanings[i].last)
            result = meanings[i].result;
    if (result == MEMORA_E_INTERNAL)
        result = classify_state(state);
    /* Storage engines hand the system's number on within texts of many kinds: "Got error 28". */
    if (strstr(text, "error 28 ") || strstr(text, "errno: 28") || strstr(text, "error: 28"))
        result = MEMORA_E_FULL;
    return result;
}

/* Some texts quote what was bound: "Duplicate entry 'alice' for key 'username'". What is before the quotes and from the
 * last " for " on remains. */
static void without_values(unsigned code, const char *text, char *out, size_t size)
{
    bool quotes = code == 1062 || code == 1366 || code == 1292 || code == 1525 || code == 1411 || code == 1367;
    const char *open = quotes ? strchr(text, '\'') : NULL, *behind = NULL;
    for (const char *at = open; at && (at = strstr(at, "' for ")) != NULL; at++)
        behind = at + 1;
    if (!open)
        snprintf(out, size, "%s", text);
    else
        snprintf(out, size, "%.*s...%s", (int)(open - text), text, behind ? behind : "");
}

int driver_error_of(struct memora_error *error, unsigned code, const char *sqlstate, const char *text)
{
    char shown[400];
    int result = classify(code, sqlstate, text);
    if (!error)
        return result;
    without_values(code, text, shown, sizeof shown);
    error->native_code = (int32_t)code;
    snprintf(error->sqlstate, sizeof error->sqlstate, "%.5s", sqlstate);
    return memora_fail(error, result, "%s (%u)", *shown ? shown : "unknown error", code);
}

int driver_error(struct memora_error *error, MYSQL *mysql)
{
    return driver_error_of(error, mysql_errno(mysql), mysql_sqlstate(mysql), mysql_error(mysql));
}

int driver_stmt_error(struct memora_error *error, MYSQL_STMT *stmt)
{
    return driver_error_of(error, mysql_stmt_errno(stmt), mysql_stmt_sqlstate(stmt), mysql_stmt_error(stmt));
}
