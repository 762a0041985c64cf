#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/internal.h"

enum { UNIX_SOCKET_MODE = 0660, PORT_TEXT = 8, ADDRESS_TEXT = 256 };

static int bound_port(int fd)
{
    struct sockaddr_storage at;
    socklen_t length = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &length) != 0)
        return 0;
    if (at.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)(const void *)&at)->sin_port);
    return ntohs(((const struct sockaddr_in6 *)(const void *)&at)->sin6_port);
}

/* Gives the socket or -1 with errno. */
static int listen_on(const struct sockaddr *address, socklen_t length, bool dual_stack)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int on = 1, v6_only = dual_stack ? 0 : 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (address->sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only) != 0) ||
        bind(fd, address, length) != 0 || listen(fd, HTTP_BACKLOG) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int listen_everywhere(int port)
{
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in6addr_any};
    int fd = listen_on((const struct sockaddr *)&any6, sizeof any6, true);
    if (fd >= 0 || errno == EADDRINUSE || errno == EACCES)
        return fd;
    /* A machine without IPv6. */
    struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return listen_on((const struct sockaddr *)&any4, sizeof any4, false);
}

/* The first address of the name that can be bound, IPv4 before IPv6 as clients try them for "localhost". */
static int listen_at(const char *name, int port, const char **reason)
{
    char host[ADDRESS_TEXT], service[PORT_TEXT];
    size_t length = strlen(name);
    bool brackets = length >= 2 && name[0] == '[' && name[length - 1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(brackets ? length - 2 : length), name + brackets);
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *list = NULL;
    int failed = getaddrinfo(host, service, &hints, &list);
    if (failed) {
        *reason = gai_strerror(failed);
        return -1;
    }
    int fd = -1;
    for (int pass = 0; pass < 2 && fd < 0; pass++)
        for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
            if ((at->ai_family == AF_INET) == (pass == 0))
                fd = listen_on(at->ai_addr, at->ai_addrlen, false);
    if (fd < 0)
        *reason = strerror(errno);
    freeaddrinfo(list);
    return fd;
}

static int listen_unix(const char *path, const char **reason)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at.sun_path) {
        *reason = "the path is too long for a unix socket";
        return -1;
    }
    memcpy(at.sun_path, path, strlen(path) + 1);
    /* The mode is narrowed by the umask before the name exists, so that no one else can connect in between. */
    mode_t before = umask(0777 & ~UNIX_SOCKET_MODE);
    int fd = listen_on((const struct sockaddr *)&at, sizeof at, false);
    umask(before);
    if (fd < 0)
        *reason = strerror(errno);
    return fd;
}

enum status_code listener_open(const struct config *config, int *fd, int *port, struct status *status)
{
    const char *reason = NULL;
    *port = 0;
    if (config->unix_socket[0]) {
        *fd = listen_unix(config->unix_socket, &reason);
        if (*fd < 0)
            return status_set(status, STATUS_UNAVAILABLE, "cannot listen on unix socket %s: %s", config->unix_socket,
                              reason);
        return STATUS_OK;
    }
    if (config->address[0]) {
        *fd = listen_at(config->address, config->port, &reason);
    } else {
        *fd = listen_everywhere(config->port);
        reason = strerror(errno);
    }
    if (*fd < 0)
        return status_set(status, STATUS_UNAVAILABLE, "cannot listen on %s:%d: %s", config->address, config->port,
                          reason);
    *port = bound_port(*fd);
    return STATUS_OK;
}
