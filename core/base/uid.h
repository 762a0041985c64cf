/* Identifiers of the data: short UUIDs, UUIDs and the syntax of names that clients choose. */
#ifndef MEMORA_BASE_UID_H
#define MEMORA_BASE_UID_H

#include <stdbool.h>
#include <stddef.h>

enum { UID_SHORT_LENGTH = 22, UID_UUID_LENGTH = 36 };

/* 22 base-57 digits of a random version 4 UUID (contract memos.md 1.1), NUL-terminated. */
void uid_short(char out[UID_SHORT_LENGTH + 1]);

/* A random version 4 UUID in lower-case text (RFC 9562, section 5.4), NUL-terminated. */
void uid_uuid(char out[UID_UUID_LENGTH + 1]);

/* length characters of [0-9A-Za-z], evenly distributed, NUL-terminated. */
void uid_alphanumeric(char *out, size_t length);

/* 1..36 ASCII letters, digits and inner hyphens. */
bool uid_valid(const char *text);

#endif
