/* The DSN as Memos takes it: [user[:password]@][protocol[(address)]]/database[?parameters]. A password may hold any
 * character: what is before the last '@' before the last '/' is user and password. */
#include "driver.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_PORT = 3306, MAX_PORT = 65535 };
static const char default_socket[] = "/tmp/mysql.sock"; /* of Memos' driver */

/* The same without the longer life: what stood in *at before is freed. */
static bool put(char **at, const char *text, size_t length)
{
    free(*at);
    *at = strndup(text, length);
    return *at != NULL;
}

static int out_of_memory(struct memora_error *error)
{
    return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
}

/* The last c within the length bytes, or NULL. */
static const char *last(const char *text, size_t length, char c)
{
    while (length)
        if (text[--length] == c)
            return text + length;
    return NULL;
}

static int parse_credentials(struct driver_dsn *dsn, const char *text, size_t length, struct memora_error *error)
{
    const char *colon = memchr(text, ':', length);
    size_t user = colon ? (size_t)(colon - text) : length;
    const char *password = colon ? colon + 1 : text + length;
    if (!put(&dsn->user, text, user) || !put(&dsn->password, password, (size_t)(text + length - password)))
        return out_of_memory(error);
    return MEMORA_OK;
}

static int parse_port(struct driver_dsn *dsn, const char *text, size_t length, struct memora_error *error)
{
    unsigned port = 0;
    for (size_t i = 0; i < length && port <= MAX_PORT; i++) {
        if (text[i] < '0' || text[i] > '9')
            return memora_fail(error, MEMORA_E_CONFIG, "dsn: the port is not a number");
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    if (port == 0 || port > MAX_PORT)
        return memora_fail(error, MEMORA_E_CONFIG, "dsn: the port must be 1 to %d", MAX_PORT);
    dsn->port = port;
    return MEMORA_OK;
}

/* host, host:port, [::1], [::1]:port */
static int parse_tcp(struct driver_dsn *dsn, const char *text, size_t length, struct memora_error *error)
{
    const char *end = text + length, *host_end = end, *colon;
    if (length && *text == '[') {
        host_end = memchr(text, ']', length);
        if (!host_end)
            return memora_fail(error, MEMORA_E_CONFIG, "dsn: '[' without ']' in the address");
        text++;
        colon = host_end + 1 < end ? host_end + 1 : NULL;
        if (colon && *colon != ':')
            return memora_fail(error, MEMORA_E_CONFIG, "dsn: the address is not host:port");
    } else {
        colon = last(text, length, ':');
        host_end = colon ? colon : end;
    }
    dsn->port = DEFAULT_PORT;
    if (!put(&dsn->host, host_end > text ? text : "127.0.0.1", host_end > text ? (size_t)(host_end - text) : 9))
        return out_of_memory(error);
    return colon ? parse_port(dsn, colon + 1, (size_t)(end - colon - 1), error) : MEMORA_OK;
}

static int parse_address(struct driver_dsn *dsn, const char *text, size_t length, struct memora_error *error)
{
    const char *open = memchr(text, '(', length);
    size_t protocol = open ? (size_t)(open - text) : length;
    const char *address = open ? open + 1 : text + length;
    size_t size = (size_t)(text + length - address);
    if (open && (size == 0 || address[--size] != ')'))
        return memora_fail(error, MEMORA_E_CONFIG, "dsn: '(' without ')' behind the protocol");
    if (protocol == 0 || (protocol == 3 && memcmp(text, "tcp", 3) == 0))
        return parse_tcp(dsn, address, size, error);
    if (protocol != 4 || memcmp(text, "unix", 4) != 0)
        return memora_fail(error, MEMORA_E_CONFIG, "dsn: the protocol must be tcp(host:port) or unix(/path)");
    if (size == 0) {
        address = default_socket;
        size = sizeof default_socket - 1;
    }
    return put(&dsn->socket, address, size) ? MEMORA_OK : out_of_memory(error);
}

static int parse_parts(struct driver_dsn *dsn, const char *text, const char *slash, struct memora_error *error)
{
    size_t before = (size_t)(slash - text);
    const char *at = last(text, before, '@');
    int result = parse_credentials(dsn, text, at ? (size_t)(at - text) : 0, error);
    const char *address = at ? at + 1 : text;
    if (result == MEMORA_OK)
        result = parse_address(dsn, address, (size_t)(slash - address), error);
    const char *query = strchr(slash, '?');
    size_t name = query ? (size_t)(query - slash - 1) : strlen(slash + 1);
    if (result == MEMORA_OK && name == 0)
        result = memora_fail(error, MEMORA_E_CONFIG, "dsn: no database is named behind the '/'");
    if (result == MEMORA_OK && !put(&dsn->database, slash + 1, name))
        result = out_of_memory(error);
    if (result == MEMORA_OK && !put(&dsn->time_zone, "+00:00", 6))
        result = out_of_memory(error);
    return result == MEMORA_OK && query ? driver_dsn_parameters(dsn, query + 1, error) : result;
}

int driver_dsn_parse(struct driver_dsn *dsn, const char *text, struct memora_error *error)
{
    /* Values of parameters may hold a '/' ("loc=Europe/Berlin"), a password a '?': the slash that counts is the last
     * one that an address can end at. */
    const char *close = strstr(text, ")/");
    const char *slash = close ? close + 1 : NULL;
    for (const char *next = slash; next && (next = strstr(next, ")/")) != NULL;)
        slash = ++next;
    if (!slash) {
        const char *query = strchr(text, '?');
        slash = last(text, query ? (size_t)(query - text) : strlen(text), '/');
    }
    if (!slash)
        return memora_fail(error, MEMORA_E_CONFIG, "dsn: not of the form user:password@tcp(host:port)/database");
    return parse_parts(dsn, text, slash, error);
}

void driver_dsn_clear(struct driver_dsn *dsn)
{
    if (dsn->password)
        driver_host()->wipe(dsn->password, strlen(dsn->password));
    char *texts[] = {dsn->user, dsn->password, dsn->host, dsn->socket, dsn->database, dsn->collation, dsn->time_zone};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    *dsn = (struct driver_dsn){0};
}
