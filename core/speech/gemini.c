#include <string.h>

#include "base/secret.h"
#include "codec/json_text.h"
#include "speech/provider.h"

static const char instruction[] = "Transcribe the audio accurately. Return only the transcript, without any comment, "
                                  "title or formatting of your own.";

/* The names that Gemini knows formats by. */
static const char *gemini_type(const char *media_type)
{
    static const char *const known[][2] = {{"audio/wav", "audio/wav"},   {"audio/x-wav", "audio/wav"},
                                           {"audio/mp3", "audio/mp3"},   {"audio/mpeg", "audio/mp3"},
                                           {"audio/mpga", "audio/mp3"},  {"audio/aiff", "audio/aiff"},
                                           {"audio/aac", "audio/aac"},   {"audio/ogg", "audio/ogg"},
                                           {"audio/flac", "audio/flac"}, {"audio/x-flac", "audio/flac"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i][0], media_type) == 0)
            return known[i][1];
    return NULL;
}

static const char *instructions(struct arena *arena, const struct speech_request *request)
{
    struct buf out = buf_in(arena);
    buf_add_str(&out, instruction);
    if (*request->language)
        buf_printf(&out, "\n\nThe input language is %s.", request->language);
    if (*request->prompt)
        buf_printf(&out, "\n\nContext and spelling hints:\n%s", request->prompt);
    return buf_str(&out);
}

/* A segment of a path; "models/x" is the same as "x". */
static const char *method_path(struct arena *arena, const char *model)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    struct buf out = buf_in(arena);
    if (strncmp(model, "models/", strlen("models/")) == 0)
        model += strlen("models/");
    buf_add_str(&out, "models/");
    for (; *model; model++)
        if (strchr(plain, *model))
            buf_add_char(&out, *model);
        else
            buf_printf(&out, "%%%02X", (unsigned)(unsigned char)*model);
    buf_add_str(&out, ":generateContent");
    return buf_str(&out);
}

/* The text of the first candidate, which must have been finished. */
static enum status_code read_text(struct arena *arena, const json_t *answer, const char **text, struct status *status)
{
    const json_t *candidate = json_array_get(json_object_get(answer, "candidates"), 0);
    const json_t *parts = json_object_get(json_object_get(candidate, "content"), "parts");
    const char *reason = json_string_value(json_object_get(candidate, "finishReason"));
    struct buf out = buf_in(arena);
    if (reason && strcmp(reason, "STOP") != 0)
        return status_set(status, STATUS_INTERNAL, "transcription incomplete (finish reason: %.64s)", reason);
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        const char *piece = json_string_value(json_object_get(part, "text"));
        if (piece && !json_is_true(json_object_get(part, "thought")))
            buf_add_str(&out, piece);
    }
    *text = buf_str(&out);
    if ((*text)[strspn(*text, " \t\r\n")] == '\0')
        return status_set(status, STATUS_INTERNAL, "transcription response did not include text");
    return STATUS_OK;
}

static enum status_code ask(struct arena *arena, const struct speech_request *request, const char *media_type,
                            const struct outbound_options *options, json_t **answer, struct status *status)
{
    struct buf head = buf_in(arena);
    const char *text = instructions(arena, request);
    static const char tail[] = "\"}}]}],\"generationConfig\":{\"temperature\":0}}";
    buf_add_str(&head, "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":");
    json_add_string(&head, text, strlen(text));
    buf_printf(&head, "},{\"inlineData\":{\"mimeType\":\"%s\",\"data\":\"", media_type);
    const struct outbound_piece pieces[] = {
        {head.data, head.len, false}, {request->audio, request->length, true}, {tail, sizeof tail - 1, false}};
    char *key = arena_printf(arena, "x-goog-api-key: %s", request->api_key);
    const char *const headers[] = {"Content-Type: application/json", key, NULL};
    const struct outbound_request call = {
        .url = provider_url(arena, request->endpoint, method_path(arena, request->model)),
        .headers = headers,
        .pieces = pieces,
        .piece_count = sizeof pieces / sizeof pieces[0]};
    enum status_code code = provider_ask(arena, &call, options, answer, status);
    secret_wipe(key, strlen(key));
    return code;
}

enum status_code speech_gemini(struct arena *arena, const struct speech_request *request,
                               const struct outbound_options *options, const char **text, struct status *status)
{
    const char *media_type = gemini_type(request->media_type);
    json_t *answer = NULL;
    if (!media_type)
        return status_set(status, STATUS_INTERNAL, "Gemini does not take audio of the type \"%s\"",
                          request->media_type);
    if (request->length > SPEECH_GEMINI_MAX)
        return status_set(status, STATUS_INTERNAL, "audio is too large for Gemini; maximum size is 14 MiB");
    enum status_code code = ask(arena, request, media_type, options, &answer, status);
    if (!code)
        code = read_text(arena, answer, text, status);
    json_decref(answer);
    return code;
}
