/* GET /file/users/{username}/avatar: pictures that users keep in their profile (contract platform.md 3.12). */
#ifndef MEMORA_HTTP_AVATAR_H
#define MEMORA_HTTP_AVATAR_H

#include "api/call.h"
#include "wire/exchange.h"

/* True for GET and HEAD requests of that form of path. */
bool avatar_owns(const struct wire_request *request);

/* A wire_handler that reads the database; ctx is a const struct api_services. */
void avatar_handle(void *services, struct wire_request *request, struct wire_response *response);

#endif
