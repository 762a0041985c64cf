/* Opening and sending one file of the web page. */
#ifndef MEMORA_HTTP_STATIC_FILE_H
#define MEMORA_HTTP_STATIC_FILE_H

#include "wire/exchange.h"

enum static_encoding { STATIC_IDENTITY, STATIC_GZIP, STATIC_BR };

struct static_file {
    int fd; /* -1: none */
    uint64_t size;
    int64_t modified_ns;
    enum static_encoding encoding;
};

/* Opens a regular file below dir; path is decoded, without leading slash, with no empty, "." or ".." segment. Takes
 * the precompressed sibling that the client accepts (path.br, path.gz) when there is one. */
bool static_file_open(const char *dir, const char *path, const char *accept_encoding, bool whole,
                      struct static_file *out);

/* Answers with the file and closes it: entity tag, 304, one range, HEAD. status is that of a whole answer. */
void static_file_send(struct static_file *file, const char *path, struct wire_request *request,
                      struct wire_response *response);

/* MIME type by the extension of the last segment. */
const char *static_file_type(const char *path);

#endif
