/* Reading the answers of OAuth2 providers, and writing the forms that they take. What comes is not trusted. */
#ifndef MEMORA_AUTH_OAUTH2_ANSWER_H
#define MEMORA_AUTH_OAUTH2_ANSWER_H

#include "auth/oauth2.h"
#include "base/buf.h"

enum { OAUTH2_TOKEN_MAX = 65536, OAUTH2_EXCERPT_MAX = 512 /* bytes of a failing answer that are told */ };

/* Appends "name=value", after a '&' if there is something before it, encoded as a form. */
void oauth2_form_add(struct buf *form, const char *name, const char *value);

/* The access token of an answer that is JSON, or a form where its type says so. The caller wipes it. Errors:
 * STATUS_INTERNAL `oauth2: "invalid_grant" "description"`, `oauth2: cannot fetch token: 502` and so on; no token is in
 * them. */
enum status_code oauth2_read_token(struct arena *arena, int http_status, const char *content_type, const char *body,
                                   size_t length, char **token, struct status *status);

/* The mapped claims of an answer that must be a JSON object. mapping: of the provider, with an identifier. */
enum status_code oauth2_read_profile(struct arena *arena, const Memos__Store__FieldMapping *mapping, int http_status,
                                     const char *body, size_t length, struct oauth2_profile *out,
                                     struct status *status);

#endif
