/* Sending the bytes of an attachment: conditional requests and ranges (RFC 9110 13 and 14). */
#ifndef MEMORA_HTTP_FILE_SEND_H
#define MEMORA_HTTP_FILE_SEND_H

#include "blob/blob.h"
#include "wire/exchange.h"

struct file_body {
    struct blob_content *content; /* becomes the response's, which closes it */
    uint64_t at, size;            /* the part of it that is the file */
    int64_t modified_s;           /* 0 = unknown */
    const char *type;             /* for Content-Type */
};

/* Answers with 200, 206, 304, 412 or 416, or 500 when the bytes cannot be read. Headers that the answer must carry in
 * any case are in response already. */
void file_send(const struct file_body *body, struct wire_request *request, struct wire_response *response);

/* The status that the conditions of the request (RFC 9110, section 13) ask for: 304, 412, or 0 where they let it
 * through. modified_s: as in file_body. */
int file_check_conditions(int64_t modified_s, const struct wire_request *request);
/* Last-Modified; nothing where the time is unknown. */
void file_add_modified(int64_t modified_s, struct wire_request *request, struct wire_response *response);

#endif
