/* The rules for saving AI settings (contract platform.md 4.3). */
#include "api/convert_setting.h"
#include "api/instance_setting.h"
#include "api/text.h"
#include "base/quote.h"
#include "base/uid.h"

enum { MAX_MODEL = 256, MAX_LANGUAGE = 32, MAX_PROMPT = 4096 };

static const Memos__Store__AIProviderConfig *provider_with(const Memos__Store__InstanceAISetting *setting, size_t count,
                                                           const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(setting->providers[i]->id, id) == 0)
            return setting->providers[i];
    return NULL;
}

static enum status_code prepare_provider(struct arena *arena, const Memos__Store__InstanceAISetting *stored,
                                         Memos__Store__AIProviderConfig *provider, struct status *status)
{
    if (*provider->title == '\0')
        return status_set(status, STATUS_INVALID_ARGUMENT, "provider title is required");
    const char *endpoint;
    switch (provider->type) {
    case MEMOS__STORE__AIPROVIDER_TYPE__OPENAI:
        endpoint = "https://api.openai.com/v1";
        break;
    case MEMOS__STORE__AIPROVIDER_TYPE__GEMINI:
        endpoint = "https://generativelanguage.googleapis.com/v1beta";
        break;
    default:
        return status_set(status, STATUS_INVALID_ARGUMENT, "provider %s has unsupported type",
                          text_quote(arena, provider->id));
    }
    if (*provider->endpoint == '\0')
        provider->endpoint = arena_strdup(arena, endpoint);
    if (*provider->api_key == '\0') {
        const Memos__Store__AIProviderConfig *old = provider_with(stored, stored->n_providers, provider->id);
        if (!old || *old->api_key == '\0')
            return status_set(status, STATUS_INVALID_ARGUMENT, "provider %s API key is required",
                              text_quote(arena, provider->id));
        provider->api_key = old->api_key;
    }
    return STATUS_OK;
}

static enum status_code prepare_providers(struct arena *arena, const Memos__Store__InstanceAISetting *stored,
                                          Memos__Store__InstanceAISetting *fresh, struct status *status)
{
    for (size_t i = 0; i < fresh->n_providers; i++) {
        Memos__Store__AIProviderConfig *provider = fresh->providers[i];
        provider->id = api_trimmed(arena, provider->id);
        provider->title = api_trimmed(arena, provider->title);
        provider->endpoint = api_trimmed(arena, provider->endpoint);
        if (*provider->id == '\0') {
            provider->id = arena_alloc(arena, UID_SHORT_LENGTH + 1);
            uid_short(provider->id);
        }
        if (provider_with(fresh, i, provider->id))
            return status_set(status, STATUS_INVALID_ARGUMENT, "duplicate provider ID %s",
                              text_quote(arena, provider->id));
        enum status_code code = prepare_provider(arena, stored, provider, status);
        if (code)
            return code;
    }
    return STATUS_OK;
}

static enum status_code check_length(const char *what, const char *text, size_t max, struct status *status)
{
    if (strlen(text) <= max)
        return STATUS_OK;
    return status_set(status, STATUS_INVALID_ARGUMENT, "transcription %s is too long; maximum length is %zu characters",
                      what, max);
}

static enum status_code prepare_transcription(struct arena *arena, const Memos__Store__InstanceAISetting *stored,
                                              Memos__Store__InstanceAISetting *fresh, struct status *status)
{
    if (!fresh->transcription)
        fresh->transcription = stored->transcription;
    Memos__Store__TranscriptionConfig *config = fresh->transcription;
    if (!config)
        return STATUS_OK;
    config->provider_id = api_trimmed(arena, config->provider_id);
    config->model = api_trimmed(arena, config->model);
    config->language = api_trimmed(arena, config->language);
    config->prompt = api_trimmed(arena, config->prompt);
    if (*config->provider_id && !provider_with(fresh, fresh->n_providers, config->provider_id))
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "transcription provider_id %s does not reference any configured provider",
                          text_quote(arena, config->provider_id));
    enum status_code code = check_length("model", config->model, MAX_MODEL, status);
    if (!code)
        code = check_length("language", config->language, MAX_LANGUAGE, status);
    return code ? code : check_length("prompt", config->prompt, MAX_PROMPT, status);
}

enum status_code api_ai_setting_prepare(struct arena *arena, const Memos__Api__V1__InstanceSetting__AISetting *wanted,
                                        const Memos__Store__InstanceAISetting *stored,
                                        Memos__Store__InstanceAISetting **out, struct status *status)
{
    if (!wanted)
        return status_set(status, STATUS_INVALID_ARGUMENT, "AI setting is required");
    Memos__Store__InstanceAISetting *fresh = (Memos__Store__InstanceAISetting *)api_recast(
        arena, &wanted->base, &memos__store__instance_aisetting__descriptor);
    enum status_code code = prepare_providers(arena, stored, fresh, status);
    if (!code)
        code = prepare_transcription(arena, stored, fresh, status);
    *out = fresh;
    return code;
}
