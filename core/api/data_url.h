/* Pictures of users kept as data URLs (RFC 2397; contract platform.md 3.4, 3.12). */
#ifndef MEMORA_API_DATA_URL_H
#define MEMORA_API_DATA_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Splits "data:<type>;base64,<data>" with neither part empty; data may be NULL. The type is not NUL-terminated. */
bool api_parse_data_url(const char *url, const char **type, size_t *type_length, const char **data);

/* PNG, JPEG, GIF and WebP, the only ones that are stored and served. */
bool api_avatar_type_known(const char *type, size_t length);

#endif
