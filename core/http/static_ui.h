/* The built web page, served from a directory (platform.md 8). Holds no state: files are opened for each
 * request, below the directory and through no symbolic link, so that an upgrade in place is seen at once. */
#ifndef MEMORA_HTTP_STATIC_UI_H
#define MEMORA_HTTP_STATIC_UI_H

#include "api/call.h"
#include "wire/exchange.h"

/* True for paths that belong to the API and never get the page, not even as a fallback. */
bool static_ui_reserved(const char *path);

/* True for paths that get index.html, for which the database is read. */
bool static_ui_is_page(const char *path);

struct static_ui {
    const char *dir;
    const struct api_services *services; /* NULL: the page goes out as it is, without start data */
};

/* A wire_handler; ctx is the struct static_ui. Serves the file, or index.html in place of a missing page, or 404. */
void static_ui_handle(void *ui, struct wire_request *request, struct wire_response *response);

/* The cache headers that every path outside the API carries, by the kind of its path. */
void static_ui_cache_headers(const char *path, struct wire_response *response);

#endif
