#include "speech/provider.h"

#include <string.h>

enum { HTTP_OK = 200, EXPLANATION_MAX = 300 };

const char *provider_url(struct arena *arena, const char *endpoint, const char *path)
{
    size_t length = strlen(endpoint);
    while (length > 0 && endpoint[length - 1] == '/')
        length--;
    return arena_printf(arena, "%.*s/%s", (int)length, endpoint, path);
}

/* Both kinds of provider put it into error.message. */
static enum status_code explain(int http_status, const json_t *answer, struct status *status)
{
    const json_t *error = json_object_get(answer, "error");
    const char *message = json_string_value(json_is_string(error) ? error : json_object_get(error, "message"));
    if (!message)
        return status_set(status, STATUS_INTERNAL, "the provider answered with status %d", http_status);
    return status_set(status, STATUS_INTERNAL, "the provider answered with status %d: %.*s", http_status,
                      EXPLANATION_MAX, message);
}

enum status_code provider_ask(struct arena *arena, const struct outbound_request *request,
                              const struct outbound_options *options, json_t **out, struct status *status)
{
    struct outbound_options own = *options;
    struct outbound_answer answer;
    own.stays = true;
    *out = NULL;
    enum status_code code = outbound_send(arena, request, &own, &answer, status);
    if (code)
        return code == STATUS_CANCELLED ? code : status_set(status, STATUS_INTERNAL, "%s", status->message);
    json_t *json = json_loadb(answer.body.len ? answer.body.data : "", answer.body.len, 0, NULL);
    if (answer.http_status != HTTP_OK)
        code = explain(answer.http_status, json, status);
    else if (!json_is_object(json))
        code = status_set(status, STATUS_INTERNAL, "the provider's answer is no JSON object");
    if (code)
        json_decref(json);
    else
        *out = json;
    return code;
}
