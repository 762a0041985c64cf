/* Speech to text by a provider that the administrator configured (contract platform.md 4.7). */
#ifndef MEMORA_SPEECH_SPEECH_H
#define MEMORA_SPEECH_SPEECH_H

#include "base/arena.h"
#include "base/status.h"
#include "outbound/outbound.h"

enum { SPEECH_GEMINI_MAX = 14 * 1024 * 1024 }; /* bytes of audio that go to Gemini */

struct speech_request {
    const char *endpoint, *api_key;
    const char *model;             /* not "" */
    const char *language, *prompt; /* "" for none */
    const char *filename;          /* "" for none */
    const char *media_type;        /* without parameters, in lower case */
    const void *audio;             /* borrowed; it goes out from where it is */
    size_t length;
};

/* Blocks; only on a worker of the kind HTTP_CALLING. options: the time for all of it, whom to trust, whether to give
 * up; redirects are not followed, so that the key goes to the endpoint alone. *text is UTF-8 in the arena. Errors:
 * STATUS_CANCELLED: stopping; else STATUS_INTERNAL with what the provider or the network says. */
enum status_code speech_openai(struct arena *arena, const struct speech_request *request,
                               const struct outbound_options *options, const char **text, struct status *status);
enum status_code speech_gemini(struct arena *arena, const struct speech_request *request,
                               const struct outbound_options *options, const char **text, struct status *status);

#endif
