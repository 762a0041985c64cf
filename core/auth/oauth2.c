#include "auth/oauth2.h"

#include <string.h>

#include "auth/oauth2_answer.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/secret.h"
#include "outbound/outbound.h"
#include "plugin/plugin.h"

static const int64_t request_timeout_ns = 10 * INT64_C(1000000000);

static bool is_stopping(void *ctx)
{
    (void)ctx;
    return plugin_host()->stopping();
}

static struct outbound_options outbound_options_of(const struct oauth2_options *options)
{
    int64_t left_ns = options->deadline_ns ? options->deadline_ns - clock_mono_ns() : request_timeout_ns;
    return (struct outbound_options){.ca_file = options->ca_file,
                                     .timeout_ns = left_ns < request_timeout_ns ? left_ns : request_timeout_ns,
                                     .secret = true,
                                     .stopping = is_stopping};
}

/* Of time limits only the caller's own stays one. */
static enum status_code ask(struct arena *arena, const struct outbound_request *request,
                            const struct outbound_options *limits, struct outbound_answer *answer,
                            struct status *status)
{
    enum status_code code = outbound_send(arena, request, limits, answer, status);
    if (code == STATUS_DEADLINE_EXCEEDED)
        code = limits->timeout_ns < request_timeout_ns
                   ? status_set(status, STATUS_DEADLINE_EXCEEDED, "context deadline exceeded")
                   : status_set(status, STATUS_UNAVAILABLE, "%s", status->message);
    return code;
}

static void wipe(struct buf *text)
{
    if (text->len)
        secret_wipe(text->data, text->len);
    text->len = 0;
}

static enum status_code check_config(const Memos__Store__OAuth2Config *provider, struct status *status)
{
    const Memos__Store__FieldMapping *mapping = provider->field_mapping;
    const struct {
        const char *name, *value;
    } fields[] = {{"clientId", provider->client_id},
                  {"clientSecret", provider->client_secret},
                  {"tokenUrl", provider->token_url},
                  {"userInfoUrl", provider->user_info_url},
                  {"fieldMapping.identifier", mapping ? mapping->identifier : ""}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (!*fields[i].value)
            return status_set(
                status, STATUS_INTERNAL,
                "failed to create oauth2 identity provider, error: the field \"%s\" is empty but required",
                fields[i].name);
    return STATUS_OK;
}

/* "Basic " and id and secret, each encoded as in a form (RFC 6749, section 2.3.1). */
static void write_basic(struct arena *arena, const Memos__Store__OAuth2Config *provider, struct buf *out)
{
    struct buf id = buf_in(arena), secret = buf_in(arena);
    size_t encoded = 3 * (strlen(provider->client_id) + strlen(provider->client_secret)) + 2;
    buf_reserve(&id, encoded); /* for each at once, so that no copy is left behind */
    buf_reserve(&secret, encoded);
    oauth2_form_add(&id, "", provider->client_id); /* "=id" */
    oauth2_form_add(&secret, "", provider->client_secret);
    buf_add_char(&id, ':');
    buf_add(&id, secret.data + 1, secret.len - 1);
    buf_reserve(out, 2 * encoded + 16);
    buf_add_str(out, "Basic ");
    base64_encode(out, id.data + 1, id.len - 1);
    buf_str(out);
    wipe(&id);
    wipe(&secret);
}

static size_t form_room(const Memos__Store__OAuth2Config *provider, const struct oauth2_grant *grant)
{
    return 256 + 3 * (strlen(grant->code) + strlen(grant->code_verifier) + strlen(grant->redirect_uri) +
                      strlen(provider->client_id) + strlen(provider->client_secret));
}

/* In the order of the names. */
static void write_form(const Memos__Store__OAuth2Config *provider, const struct oauth2_grant *grant, bool with_client,
                       struct buf *out)
{
    buf_reserve(out, form_room(provider, grant));
    if (with_client) {
        oauth2_form_add(out, "client_id", provider->client_id);
        oauth2_form_add(out, "client_secret", provider->client_secret);
    }
    oauth2_form_add(out, "code", grant->code);
    if (*grant->code_verifier)
        oauth2_form_add(out, "code_verifier", grant->code_verifier);
    oauth2_form_add(out, "grant_type", "authorization_code");
    if (*grant->redirect_uri)
        oauth2_form_add(out, "redirect_uri", grant->redirect_uri);
}

/* One request for a token, with the client's secret in a header or in the body. *answered: there is no use in asking
 * again unless the provider has said something. */
static enum status_code request_token(struct arena *arena, const Memos__Store__OAuth2Config *provider,
                                      const struct oauth2_grant *grant, const struct oauth2_options *options,
                                      bool by_header, char **token, bool *answered, struct status *status)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    struct outbound_options limits = outbound_options_of(options);
    struct outbound_answer answer;
    struct buf form = buf_in(arena), basic = buf_in(arena);
    write_form(provider, grant, !by_header, &form);
    if (by_header)
        write_basic(arena, provider, &basic);
    const struct outbound_request request = {.url = provider->token_url,
                                             .headers = headers,
                                             .authorization = by_header ? basic.data : NULL,
                                             .body = form.data,
                                             .body_length = form.len};
    limits.same_host = true;
    enum status_code code = ask(arena, &request, &limits, &answer, status);
    *answered = !code;
    wipe(&form);
    wipe(&basic);
    if (!code && answer.cut_off)
        code = status_set(status, STATUS_INTERNAL, "oauth2: cannot fetch token: the answer is too large");
    else if (!code)
        code = oauth2_read_token(arena, answer.http_status, answer.content_type,
                                 answer.body.len ? answer.body.data : "", answer.body.len, token, status);
    wipe(&answer.body);
    return code;
}

/* Every failure that is not our own is the provider's, whatever its kind. */
static enum status_code explain(const char *what, struct status *status)
{
    if (status->code == STATUS_CANCELLED)
        return status_set(status, STATUS_UNAVAILABLE, "the server is stopping");
    if (status->code == STATUS_DEADLINE_EXCEEDED)
        return STATUS_DEADLINE_EXCEEDED;
    return status_set(status, STATUS_INTERNAL, "%s%s", what, status->message);
}

static enum status_code exchange_code(struct arena *arena, const Memos__Store__OAuth2Config *provider,
                                      const struct oauth2_grant *grant, const struct oauth2_options *options,
                                      char **token, struct status *status)
{
    bool answered;
    enum status_code code = request_token(arena, provider, grant, options, true, token, &answered, status);
    if (code && answered)
        code = request_token(arena, provider, grant, options, false, token, &answered, status);
    return code ? explain("failed to exchange token, error: failed to exchange access token: ", status) : STATUS_OK;
}

static enum status_code request_profile(struct arena *arena, const Memos__Store__OAuth2Config *provider,
                                        const char *token, const struct oauth2_options *options,
                                        struct oauth2_profile *out, struct status *status)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    static const char kind[] = "Bearer ";
    const struct outbound_options limits = outbound_options_of(options);
    struct outbound_answer answer;
    struct buf bearer = buf_in(arena);
    buf_reserve(&bearer, sizeof kind + strlen(token));
    buf_add_str(&bearer, kind);
    buf_add_str(&bearer, token);
    const struct outbound_request request = {
        .url = provider->user_info_url, .headers = headers, .authorization = buf_str(&bearer)};
    enum status_code code = ask(arena, &request, &limits, &answer, status);
    wipe(&bearer);
    if (!code && answer.cut_off)
        code = status_set(status, STATUS_INTERNAL, "the userinfo response is too large");
    if (!code)
        code = oauth2_read_profile(arena, provider->field_mapping, answer.http_status,
                                   answer.body.len ? answer.body.data : "", answer.body.len, out, status);
    return code ? explain("failed to get user info, error: ", status) : STATUS_OK;
}

enum status_code oauth2_fetch_profile(struct arena *arena, const Memos__Store__OAuth2Config *provider,
                                      const struct oauth2_grant *grant, const struct oauth2_options *options,
                                      struct oauth2_profile *out, struct status *status)
{
    char *token = NULL;
    enum status_code code = check_config(provider, status);
    if (!code)
        code = exchange_code(arena, provider, grant, options, &token, status);
    if (code)
        return code;
    code = request_profile(arena, provider, token, options, out, status);
    secret_wipe(token, strlen(token));
    return code;
}
