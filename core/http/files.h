/* GET /file/attachments/{uid}/{filename}: the bytes of attachments for browsers (contract memos.md 5.7). */
#ifndef MEMORA_HTTP_FILES_H
#define MEMORA_HTTP_FILES_H

#include "api/call.h"
#include "wire/exchange.h"

/* True for GET and HEAD requests of that form of path. */
bool files_owns(const struct wire_request *request);

/* True if it is for a thumbnail that has to be made. Looks for it in the file system. */
bool files_needs_decoding(const struct api_services *services, const struct wire_request *request);

/* A wire_handler that reads the database and files; ctx is a const struct api_services. */
void files_handle(void *services, struct wire_request *request, struct wire_response *response);

#endif
