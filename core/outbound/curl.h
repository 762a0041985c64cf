/* libcurl, loaded when it is first needed: with all that it brings along it costs a fifth of an idle server's memory,
 * and many servers send nothing. */
#ifndef MEMORA_OUTBOUND_CURL_H
#define MEMORA_OUTBOUND_CURL_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/status.h"

#define CURL_FUNCTIONS(X)                                                                                              \
    X(global_init)                                                                                                     \
    X(easy_init)                                                                                                       \
    X(easy_setopt)                                                                                                     \
    X(easy_perform)                                                                                                    \
    X(easy_getinfo)                                                                                                    \
    X(easy_strerror)                                                                                                   \
    X(easy_cleanup)                                                                                                    \
    X(slist_append)                                                                                                    \
    X(slist_free_all)                                                                                                  \
    X(url)                                                                                                             \
    X(url_set)                                                                                                         \
    X(url_get)                                                                                                         \
    X(url_cleanup)                                                                                                     \
    X(free)

/* curl_easy_init and so on, under their names without the prefix. */
struct curl_api {
#define CURL_MEMBER(name) __typeof__ (&curl_##name)(name);
    CURL_FUNCTIONS(CURL_MEMBER)
#undef CURL_MEMBER
};

/* Loads the library at the first call; it stays until the process ends. NULL with STATUS_FAILED_PRECONDITION if it is
 * not there. Thread-safe. */
const struct curl_api *curl_api_get(struct status *status);

#endif
