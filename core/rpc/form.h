/* A form with a file in place of a JSON body, for methods that take files (docs/api.md, "Uploading a file as a form").
 */
#ifndef MEMORA_RPC_FORM_H
#define MEMORA_RPC_FORM_H

#include "rpc/call.h"

enum { FORM_TEXT_MAX = 64 * 1024 /* bytes of a part that is not the file */ };

/* Reads the body of the match, whose boundary is set, into *body, a message of the method's body field; fields that
 * only the request has go there. STATUS_INVALID_ARGUMENT, one line. */
enum status_code form_read(struct arena *arena, const struct rpc_match *match, ProtobufCMessage *request,
                           ProtobufCMessage *body, struct status *status);
/* Where in the first bytes of such a body the file begins that does not end among them; 0: nowhere. */
size_t form_file_at(struct arena *arena, const char *boundary, const char *body, size_t length);

#endif
