/* AIService.Transcribe (contract platform.md 4.7). */
#include <string.h>

#include "api/access.h"
#include "api/media_type.h"
#include "api/text.h"
#include "api_handlers.h"
#include "base/clock.h"
#include "base/quote.h"
#include "codec/codec.h"
#include "config/config.h"
#include "plugin/plugin.h"
#include "speech/speech.h"
#include "store/instance_setting.h"

enum { AUDIO_MAX = 25 * 1024 * 1024, FILENAME_MAX_BYTES = 255 };

static const int64_t default_timeout_ns = 300 * INT64_C(1000000000);
static const int64_t reply_time_ns = INT64_C(1000000000); /* what is left for the answer */

static bool is_supported(const char *media_type)
{
    static const char *const supported[] = {"audio/aac",  "audio/aiff",  "audio/flac",   "audio/mpeg",
                                            "audio/mp3",  "audio/mp4",   "audio/mpga",   "audio/ogg",
                                            "audio/wav",  "audio/x-wav", "audio/x-flac", "audio/x-m4a",
                                            "audio/webm", "video/mp4",   "video/mpeg",   "video/webm"};
    for (size_t i = 0; i < sizeof supported / sizeof supported[0]; i++)
        if (strcmp(supported[i], media_type) == 0)
            return true;
    return false;
}

/* What sniffing calls otherwise than the list does. */
static const char *sniff(const ProtobufCBinaryData *content)
{
    const char *type = media_type_sniff(content->data, content->len);
    if (strcmp(type, "application/ogg") == 0)
        return "audio/ogg";
    return strcmp(type, "audio/wave") == 0 ? "audio/wav" : type;
}

static enum status_code check_type(struct api_call *call, const Memos__Api__V1__TranscriptionAudio *audio,
                                   struct speech_request *out, struct status *status)
{
    const char *type = api_trimmed(call->arena, audio->content_type);
    if (!*type)
        type = sniff(&audio->content);
    out->media_type = media_type_parse(call->arena, type);
    if (out->media_type && is_supported(out->media_type))
        return STATUS_OK;
    return status_set(status, STATUS_INVALID_ARGUMENT, "audio content type %s is not supported",
                      text_quote(call->arena, type));
}

static enum status_code check_audio(struct api_call *call, const Memos__Api__V1__TranscriptionAudio *audio,
                                    struct speech_request *out, struct status *status)
{
    if (!audio)
        return status_set(status, STATUS_INVALID_ARGUMENT, "audio is required");
    if (audio->source_case == MEMOS__API__V1__TRANSCRIPTION_AUDIO__SOURCE_URI && *audio->uri)
        return status_set(status, STATUS_INVALID_ARGUMENT, "audio uri is not supported");
    if (audio->source_case != MEMOS__API__V1__TRANSCRIPTION_AUDIO__SOURCE_CONTENT || audio->content.len == 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "audio content is required");
    if (audio->content.len > AUDIO_MAX)
        return status_set(status, STATUS_INVALID_ARGUMENT, "audio file is too large; maximum size is 25 MiB");
    out->audio = audio->content.data;
    out->length = audio->content.len;
    out->filename = api_trimmed(call->arena, audio->filename);
    if (strlen(out->filename) > FILENAME_MAX_BYTES)
        return status_set(status, STATUS_INVALID_ARGUMENT, "filename is too long; maximum length is 255 characters");
    return check_type(call, audio, out, status);
}

static const char *model_or(const char *model, const char *otherwise)
{
    return *model ? model : otherwise;
}

static enum status_code choose_provider(struct api_call *call, Memos__Store__InstanceAISetting **setting,
                                        const Memos__Store__AIProviderConfig **out, struct status *status)
{
    if (store_instance_ai_setting(call->services->store, call->arena, setting, status))
        return status_prefix(status, "failed to get AI setting: ");
    const Memos__Store__TranscriptionConfig *config = (*setting)->transcription;
    if (!config || !*config->provider_id)
        return status_set(status, STATUS_FAILED_PRECONDITION, "transcription is not configured");
    for (size_t i = 0; i < (*setting)->n_providers; i++)
        if (strcmp((*setting)->providers[i]->id, config->provider_id) == 0) {
            *out = (*setting)->providers[i];
            return STATUS_OK;
        }
    return status_set(status, STATUS_FAILED_PRECONDITION, "transcription provider is not configured");
}

static bool is_stopping(void *ctx)
{
    (void)ctx;
    return plugin_host()->stopping();
}

static enum status_code transcribe(struct api_call *call, const Memos__Store__AIProviderConfig *provider,
                                   const Memos__Store__TranscriptionConfig *config, struct speech_request *request,
                                   const char **text, struct status *status)
{
    int64_t left_ns = call->deadline_ns ? call->deadline_ns - clock_mono_ns() - reply_time_ns : default_timeout_ns;
    const struct outbound_options options = {
        .ca_file = call->services->config->outbound_ca_file, .timeout_ns = left_ns, .stopping = is_stopping};
    bool gemini = provider->type == MEMOS__STORE__AIPROVIDER_TYPE__GEMINI;
    request->endpoint = provider->endpoint;
    request->api_key = provider->api_key;
    request->model = model_or(config->model, gemini ? "gemini-2.5-flash" : "whisper-1");
    request->language = config->language;
    request->prompt = config->prompt;
    enum status_code code = gemini ? speech_gemini(call->arena, request, &options, text, status)
                                   : speech_openai(call->arena, request, &options, text, status);
    if (code == STATUS_CANCELLED)
        return status_set(status, STATUS_UNAVAILABLE, "the server is stopping");
    return code ? status_prefix(status, "failed to transcribe audio: ") : STATUS_OK;
}

enum status_code api_ai_service_transcribe(struct api_call *call, const Memos__Api__V1__TranscribeRequest *request,
                                           Memos__Api__V1__TranscribeResponse **response, struct status *status)
{
    struct speech_request speech = {0};
    Memos__Store__InstanceAISetting *setting = NULL;
    const Memos__Store__AIProviderConfig *provider = NULL;
    const char *text = NULL;
    enum status_code code = api_require_user(call, status);
    if (!code)
        code = check_audio(call, request->audio, &speech, status);
    if (!code)
        code = choose_provider(call, &setting, &provider, status);
    if (!code)
        code = transcribe(call, provider, setting->transcription, &speech, &text, status);
    for (size_t i = 0; setting && i < setting->n_providers; i++)
        api_wipe(setting->providers[i]->api_key);
    if (code)
        return code;
    *response =
        CODEC_NEW(call->arena, Memos__Api__V1__TranscribeResponse, memos__api__v1__transcribe_response__descriptor);
    (*response)->text = arena_strdup(call->arena, text);
    return STATUS_OK;
}
