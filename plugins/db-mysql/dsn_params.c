/* Parameters of the DSN. People bring those of Memos' driver along: what matters is honoured, what can do no harm here
 * is passed over, and what we don't know is refused rather than ignored. */
#include "driver.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_VALUE = 255, MAX_SECONDS = 86400, MAX_PARAMETERS = 64 };

struct parameter {
    char name[64], value[LONGEST_VALUE + 1];
};

static int bad(const struct parameter *parameter, const char *why, struct memora_error *error)
{
    return memora_fail(error, MEMORA_E_CONFIG, "dsn: parameter %s: %s", parameter->name, why);
}

static bool one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static bool is_true(const char *value)
{
    static const char *const words[] = {"true", "1", "TRUE", "True", "t", "T", NULL};
    return one_of(value, words);
}

/* "5s", "1m30s", "500ms", "0.5s" in whole seconds, rounded up. */
static int set_seconds(unsigned *out, const struct parameter *parameter, struct memora_error *error)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"s", 1}, {"m", 60}, {"h", 3600}};
    double total = 0;
    for (const char *at = parameter->value; *at;) {
        char *end;
        if (*at < '0' || *at > '9')
            return bad(parameter, "not a duration such as 5s", error);
        double number = strtod(at, &end);
        size_t unit = 0;
        while (unit < sizeof units / sizeof units[0] && strncmp(end, units[unit].name, strlen(units[unit].name)) != 0)
            unit++;
        if (unit == sizeof units / sizeof units[0])
            return bad(parameter, "not a duration such as 5s", error);
        total += number * units[unit].seconds;
        at = end + strlen(units[unit].name);
    }
    if (!(total <= MAX_SECONDS))
        return bad(parameter, "too long", error);
    *out = (unsigned)total + (total > (double)(unsigned)total);
    return MEMORA_OK;
}

static int set_tls(struct driver_dsn *dsn, const struct parameter *parameter, struct memora_error *error)
{
    static const char *const off[] = {"false", "0", "", NULL}, *const skip[] = {"skip-verify", NULL},
                             *const preferred[] = {"preferred", NULL};
    const char *value = parameter->value;
    dsn->tls_given = true;
    if (is_true(value))
        dsn->tls = DRIVER_TLS_VERIFIED;
    else if (one_of(value, off))
        dsn->tls = DRIVER_TLS_OFF;
    else if (one_of(value, skip))
        dsn->tls = DRIVER_TLS_UNVERIFIED;
    else if (one_of(value, preferred))
        dsn->tls = DRIVER_TLS_PREFERRED;
    else
        return bad(parameter, "must be true, false, skip-verify or preferred (a CA is given by the key tls_ca)", error);
    return MEMORA_OK;
}

/* A word that goes into SQL text as it is. */
static int set_word(char **out, const struct parameter *parameter, struct memora_error *error)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+:-/";
    const char *value = parameter->value;
    size_t length = strlen(value);
    if (length > 1 && value[0] == '\'' && value[length - 1] == '\'') { /* time_zone='+02:00' */
        value++;
        length -= 2;
    }
    if (length == 0 || strspn(value, plain) < length)
        return bad(parameter, "has characters that it may not have", error);
    free(*out);
    *out = strndup(value, length);
    return *out ? MEMORA_OK : memora_fail(error, MEMORA_E_NOMEM, "out of memory");
}

static int check_utf8mb4(const struct parameter *parameter, struct memora_error *error)
{
    return strncmp(parameter->value, "utf8mb4", 7) == 0 ? MEMORA_OK
                                                        : bad(parameter, "only utf8mb4 holds every character", error);
}

static int apply(struct driver_dsn *dsn, const struct parameter *parameter, struct memora_error *error)
{
    /* How Memos' driver talks and what types it gives out; nothing of that is different here. */
    static const char *const harmless[] = {"parseTime",
                                           "loc",
                                           "multiStatements",
                                           "interpolateParams",
                                           "clientFoundRows",
                                           "columnsWithAlias",
                                           "checkConnLiveness",
                                           "allowNativePasswords",
                                           "connectionAttributes",
                                           "rejectReadOnly",
                                           "timeTruncate",
                                           "maxAllowedPacket",
                                           "compress",
                                           "strict",
                                           "inTransactionWarning",
                                           NULL};
    static const char *const unsafe[] = {"allowAllFiles", "allowOldPasswords", NULL};
    const char *name = parameter->name;
    if (strcmp(name, "timeout") == 0)
        return set_seconds(&dsn->connect_timeout_s, parameter, error);
    if (strcmp(name, "readTimeout") == 0)
        return set_seconds(&dsn->read_timeout_s, parameter, error);
    if (strcmp(name, "writeTimeout") == 0)
        return set_seconds(&dsn->write_timeout_s, parameter, error);
    if (strcmp(name, "tls") == 0)
        return set_tls(dsn, parameter, error);
    if (strcmp(name, "charset") == 0)
        return check_utf8mb4(parameter, error);
    if (strcmp(name, "collation") == 0) {
        int result = check_utf8mb4(parameter, error);
        return result == MEMORA_OK ? set_word(&dsn->collation, parameter, error) : result;
    }
    if (strcmp(name, "time_zone") == 0)
        return set_word(&dsn->time_zone, parameter, error);
    if (strcmp(name, "allowCleartextPasswords") == 0) {
        dsn->clear_password = is_true(parameter->value);
        return MEMORA_OK;
    }
    if (strcmp(name, "allowFallbackToPlaintext") == 0)
        return is_true(parameter->value) ? bad(parameter, "write tls=preferred", error) : MEMORA_OK;
    if (one_of(name, unsafe))
        return is_true(parameter->value) ? bad(parameter, "is not safe and not supported", error) : MEMORA_OK;
    return one_of(name, harmless) ? MEMORA_OK : bad(parameter, "not known", error);
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "%2F" and the like; false if it is cut, holds a NUL, or does not fit. */
static bool unescape(const char *text, size_t length, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            int high = length - i > 2 ? hex(text[i + 1]) : -1, low = length - i > 2 ? hex(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (c == '\0' || used + 1 >= size)
            return false;
        out[used++] = c;
    }
    out[used] = '\0';
    return true;
}

int driver_dsn_parameters(struct driver_dsn *dsn, const char *text, struct memora_error *error)
{
    for (int count = 0; *text; count++) {
        struct parameter parameter = {.name = ""};
        size_t length = strcspn(text, "&");
        const char *equal = memchr(text, '=', length);
        size_t name = equal ? (size_t)(equal - text) : length;
        if (count == MAX_PARAMETERS)
            return memora_fail(error, MEMORA_E_CONFIG, "dsn: too many parameters");
        if (length) {
            if (!equal || name >= sizeof parameter.name)
                return memora_fail(error, MEMORA_E_CONFIG, "dsn: parameters must be name=value");
            memcpy(parameter.name, text, name);
            parameter.name[name] = '\0';
            if (!unescape(equal + 1, length - name - 1, parameter.value, sizeof parameter.value))
                return bad(&parameter, "is not written as in a URL, or too long", error);
            int result = apply(dsn, &parameter, error);
            if (result != MEMORA_OK)
                return result;
        }
        text += length + (text[length] == '&');
    }
    return MEMORA_OK;
}
