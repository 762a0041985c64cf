#include <string.h>

#include "base/secret.h"
#include "base/uid.h"
#include "speech/provider.h"

enum { BOUNDARY_SIZE = sizeof "memora-" + UID_UUID_LENGTH };

/* As browsers write names of files in forms (html.spec.whatwg.org, 4.10.21.8). */
static void add_filename(struct buf *out, const char *name)
{
    for (; *name; name++)
        if (*name == '"')
            buf_add_str(out, "%22");
        else if (*name == '\r')
            buf_add_str(out, "%0D");
        else if (*name == '\n')
            buf_add_str(out, "%0A");
        else
            buf_add_char(out, *name);
}

static void add_field(struct buf *out, const char *boundary, const char *name, const char *value)
{
    if (*value)
        buf_printf(out, "\r\n--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s", boundary, name, value);
}

static const char *read_text(struct arena *arena, const json_t *answer, struct status *status)
{
    const char *text = json_string_value(json_object_get(answer, "text"));
    if (!text)
        status_set(status, STATUS_INTERNAL, "the provider's answer has no text");
    return text ? arena_strdup(arena, text) : NULL;
}

enum status_code speech_openai(struct arena *arena, const struct speech_request *request,
                               const struct outbound_options *options, const char **text, struct status *status)
{
    char uuid[UID_UUID_LENGTH + 1], boundary[BOUNDARY_SIZE];
    struct buf head = buf_in(arena), rest = buf_in(arena);
    uid_uuid(uuid);
    snprintf(boundary, sizeof boundary, "memora-%s", uuid);
    buf_printf(&head, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"", boundary);
    add_filename(&head, *request->filename ? request->filename : "audio");
    buf_printf(&head, "\"\r\nContent-Type: %s\r\n\r\n", request->media_type);
    add_field(&rest, boundary, "model", request->model);
    add_field(&rest, boundary, "response_format", "json");
    add_field(&rest, boundary, "prompt", request->prompt);
    add_field(&rest, boundary, "language", request->language);
    buf_printf(&rest, "\r\n--%s--\r\n", boundary);
    const struct outbound_piece pieces[] = {
        {head.data, head.len, false}, {request->audio, request->length, false}, {rest.data, rest.len, false}};
    const char *const headers[] = {arena_printf(arena, "Content-Type: multipart/form-data; boundary=%s", boundary),
                                   NULL};
    char *authorization = arena_printf(arena, "Bearer %s", request->api_key);
    const struct outbound_request call = {.url = provider_url(arena, request->endpoint, "audio/transcriptions"),
                                          .headers = headers,
                                          .authorization = authorization,
                                          .pieces = pieces,
                                          .piece_count = sizeof pieces / sizeof pieces[0]};
    json_t *answer = NULL;
    enum status_code code = provider_ask(arena, &call, options, &answer, status);
    secret_wipe(authorization, strlen(authorization));
    if (!code)
        code = (*text = read_text(arena, answer, status)) ? STATUS_OK : STATUS_INTERNAL;
    json_decref(answer);
    return code;
}
