/* Handing a message to a mail server (RFC 5321), by libcurl. */
#ifndef MEMORA_EVENT_SMTP_H
#define MEMORA_EVENT_SMTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"

struct smtp_server {
    const char *host;
    int port;
    const char *username, *password; /* both "": no authentication */
    bool tls;                        /* from the first byte; wins over starttls */
    bool starttls;                   /* must be offered */
    const char *ca_file;             /* certificates to trust; NULL or "" = those of the system */
    bool (*stopping)(void *ctx);     /* true: give up within about a second; NULL: never */
    void *ctx;
};

/* Blocks for at most 15 seconds until the server is ready and 30 in all. Addresses must be mail_address_valid. Errors:
 * STATUS_UNAVAILABLE, STATUS_DEADLINE_EXCEEDED: the next time may be better; STATUS_CANCELLED: stopping;
 * STATUS_FAILED_PRECONDITION: it will not. No password is in the text. */
enum status_code smtp_send(struct arena *arena, const struct smtp_server *server, const char *from, const char *to,
                           const char *message, size_t length, struct status *status);

#endif
