/* Forms as browsers and curl send them: multipart/form-data (RFC 7578, RFC 2046 section 5.1). The parts stay where they
 * lie in the body; nothing nested, no transfer encodings, no preamble. */
#ifndef MEMORA_RPC_MULTIPART_H
#define MEMORA_RPC_MULTIPART_H

#include "base/spool.h"

enum {
    MULTIPART_PARTS_MAX = 16,
    MULTIPART_HEADER_MAX = 8 * 1024, /* bytes of all header lines of one part */
    MULTIPART_BOUNDARY_MAX = 70      /* RFC 2046 5.1.1 */
};

struct multipart_part {
    const char *name;
    const char *filename, *type; /* NULL: not told */
    const char *data;            /* in the body */
    size_t length;
};

struct multipart {
    unsigned count;
    struct multipart_part parts[MULTIPART_PARTS_MAX];
};

/* Whether a content type is multipart/form-data. */
bool multipart_is_form(const char *content_type);
/* The boundary of such a type; NULL if it has no valid one. */
const char *multipart_boundary(struct arena *arena, const char *content_type);

/* Reads a whole body. STATUS_INVALID_ARGUMENT, one line. spools: where the body may lie, or NULL. */
enum status_code multipart_read(struct arena *arena, const struct spool_list *spools, const char *boundary,
                                const char *body, size_t length, struct multipart *out, struct status *status);

/* The part of which only the beginning is among the first bytes of a body: *out has what came. False if none is. */
bool multipart_unfinished(struct arena *arena, const char *boundary, const char *body, size_t length,
                          struct multipart_part *out);

#endif
