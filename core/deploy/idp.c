#include <strings.h>

#include "base/regex.h"
#include "base/uid.h"
#include "deploy/internal.h"

/* A scheme, and a host behind it. */
static bool is_absolute_http(const char *url)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        if (strncasecmp(url, schemes[i], length) == 0)
            return strcspn(url + length, "/?#") > 0 && strpbrk(url, " \t\r\n") == NULL;
    }
    return false;
}

static enum status_code check_oauth2(const Memos__Store__OAuth2Config *config, struct status *status)
{
    const struct {
        const char *name, *value;
        bool url;
    } fields[] = {{"clientId", config->client_id, false},
                  {"clientSecret", config->client_secret, false},
                  {"authUrl", config->auth_url, true},
                  {"tokenUrl", config->token_url, true},
                  {"userInfoUrl", config->user_info_url, true}};
    enum { COUNT = sizeof fields / sizeof fields[0] };
    for (size_t i = 0; i < COUNT; i++)
        if (*fields[i].value == '\0')
            return status_set(status, STATUS_INVALID_ARGUMENT, "config.oauth2Config.%s is required", fields[i].name);
    for (size_t i = 0; i < COUNT; i++)
        if (fields[i].url && !is_absolute_http(fields[i].value))
            return status_set(status, STATUS_INVALID_ARGUMENT, "config.oauth2Config.%s must be an absolute HTTP(S) URL",
                              fields[i].name);
    if (config->n_scopes == 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "config.oauth2Config.scopes is required");
    for (size_t i = 0; i < config->n_scopes; i++)
        if (*config->scopes[i] == '\0')
            return status_set(status, STATUS_INVALID_ARGUMENT, "config.oauth2Config.scopes[%zu] must not be empty", i);
    if (!config->field_mapping || *config->field_mapping->identifier == '\0')
        return status_set(status, STATUS_INVALID_ARGUMENT, "config.oauth2Config.fieldMapping.identifier is required");
    return STATUS_OK;
}

static bool regex_is_valid(const char *pattern)
{
    struct regex *regex = NULL;
    bool valid = *pattern == '\0' || regex_compile(pattern, strlen(pattern), &regex, NULL) == STATUS_OK;
    regex_free(regex);
    return valid;
}

enum status_code deploy_check_idp(const Memos__Store__IdentityProvider *provider, struct status *status)
{
    const char *problem = NULL;
    if (provider->id != 0)
        problem = "id must be omitted";
    else if (!uid_valid(provider->uid))
        problem = "uid is invalid";
    else if (*provider->name == '\0')
        problem = "name is required";
    else if (provider->type != MEMOS__STORE__IDENTITY_PROVIDER__TYPE__OAUTH2)
        problem = "type must be OAUTH2";
    else if (!regex_is_valid(provider->identifier_filter))
        problem = "identifierFilter must be a valid regular expression";
    else if (!provider->config ||
             provider->config->config_case != MEMOS__STORE__IDENTITY_PROVIDER_CONFIG__CONFIG_OAUTH2_CONFIG)
        problem = "config.oauth2Config is required";
    return problem ? status_set(status, STATUS_INVALID_ARGUMENT, "%s", problem)
                   : check_oauth2(provider->config->oauth2_config, status);
}
