/* What the providers have in common; private to this folder. */
#ifndef MEMORA_SPEECH_PROVIDER_H
#define MEMORA_SPEECH_PROVIDER_H

#include <jansson.h>

#include "speech/speech.h"

/* "endpoint/path" with one slash between. */
const char *provider_url(struct arena *arena, const char *endpoint, const char *path);

/* Sends the request; the answer must be 200 and JSON. *out is the caller's: json_decref. */
enum status_code provider_ask(struct arena *arena, const struct outbound_request *request,
                              const struct outbound_options *options, json_t **out, struct status *status);

#endif
