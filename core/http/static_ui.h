/* The built web page, served from a directory (platform.md 8). Holds no state but the path: files are opened for each
 * request, below the directory and through no symbolic link, so that an upgrade in place is seen at once. */
#ifndef MEMORA_HTTP_STATIC_UI_H
#define MEMORA_HTTP_STATIC_UI_H

#include "wire/exchange.h"

/* True for paths that belong to the API and never get the page, not even as a fallback. */
bool static_ui_reserved(const char *path);

/* A wire_handler; ctx is the directory (const char *). Serves the file, or index.html in place of a missing page, or
 * 404. */
void static_ui_handle(void *dir, struct wire_request *request, struct wire_response *response);

/* The cache headers that every path outside the API carries, by the kind of its path. */
void static_ui_cache_headers(const char *path, struct wire_response *response);

#endif
