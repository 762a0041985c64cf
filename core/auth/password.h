/* Passwords: bcrypt with cost 10 (contract platform.md 2.1). A call takes tens of milliseconds of CPU. */
#ifndef MEMORA_AUTH_PASSWORD_H
#define MEMORA_AUTH_PASSWORD_H

#include <stdbool.h>

#include "base/status.h"

enum { PASSWORD_MAX_BYTES = 72, PASSWORD_HASH_SIZE = 61 };

/* "$2a$10$..." with a fresh salt. More than 72 bytes are STATUS_INTERNAL, with the text of the contract. */
enum status_code password_hash(const char *password, char out[PASSWORD_HASH_SIZE], struct status *status);

/* Compares in constant time. With hash NULL (no such user) it takes as long and gives false. */
bool password_matches(const char *password, const char *hash);

#endif
