/* Taking requests' addresses apart (RFC 3986). */
#ifndef MEMORA_HTTP_URI_H
#define MEMORA_HTTP_URI_H

#include <stddef.h>

#include "base/arena.h"

/* The first value of a parameter of an encoded query ("a=1&b=x+y"), decoded, '+' being a blank; NULL if it is absent or
 * broken. */
char *uri_query_value(struct arena *arena, const char *query, const char *name);

#endif
