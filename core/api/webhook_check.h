/* What a webhook may be: its address and its signing secret (contract platform.md 3.9). */
#ifndef MEMORA_API_WEBHOOK_CHECK_H
#define MEMORA_API_WEBHOOK_CHECK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"

/* STATUS_INVALID_ARGUMENT unless url is absolute, http or https, and resolves only to public addresses (unless
 * allow_private). Asks the resolver, so it may wait. */
enum status_code api_check_webhook_url(struct arena *arena, const char *url, bool allow_private, struct status *status);

/* Printable ASCII; with the prefix whsec_ the rest is padded standard base64. */
enum status_code api_check_signing_secret(struct arena *arena, const char *secret, struct status *status);

/* "whsec_" and 32 random bytes in base64. */
char *api_make_signing_secret(struct arena *arena);

#endif
