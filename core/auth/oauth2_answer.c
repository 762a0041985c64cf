#include "auth/oauth2_answer.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "base/quote.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "wire/percent.h"

static bool is_success(int http_status)
{
    return http_status >= 200 && http_status <= 299;
}

/* Letters, digits and "-._~" stay, a blank is '+' (application/x-www-form-urlencoded). */
static void add_encoded(struct buf *form, const char *text)
{
    static const char digits[] = "0123456789ABCDEF", plain[] = "-._~";
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || strchr(plain, c)) {
            buf_add_char(form, *at);
        } else if (c == ' ') {
            buf_add_char(form, '+');
        } else {
            const char escape[] = {'%', digits[c >> 4], digits[c & 15]};
            buf_add(form, escape, sizeof escape);
        }
    }
}

void oauth2_form_add(struct buf *form, const char *name, const char *value)
{
    if (form->len)
        buf_add_char(form, '&');
    add_encoded(form, name);
    buf_add_char(form, '=');
    add_encoded(form, value);
}

/* ---- tokens ---- */

/* What of a token answer matters; texts of the arena, NULL if missing. */
struct token_answer {
    char *access_token;
    const char *error, *description, *uri;
};

static char *copy_member(struct arena *arena, const json_t *root, const char *name)
{
    const char *text = json_string_value(json_object_get(root, name));
    return text ? arena_strdup(arena, text) : NULL;
}

/* The library's memory is wiped of the token, too, since it is nobody else's. */
static void wipe_member(const json_t *root, const char *name)
{
    const json_t *value = json_object_get(root, name);
    if (json_is_string(value))
        secret_wipe((char *)json_string_value(value), json_string_length(value));
}

static enum status_code read_json(struct arena *arena, const char *body, size_t length, struct token_answer *out,
                                  struct status *status)
{
    static const char *const secrets[] = {"access_token", "refresh_token", "id_token"};
    json_error_t error;
    json_t *root = json_loadb(body, length, 0, &error);
    if (!json_is_object(root)) {
        bool parsed = root != NULL;
        json_decref(root);
        /* Its own text may hold some of the answer, and so of a token. */
        return status_set(status, STATUS_INTERNAL, "oauth2: cannot parse json: %s",
                          parsed ? "not an object" : "invalid syntax");
    }
    out->access_token = copy_member(arena, root, "access_token");
    out->error = copy_member(arena, root, "error");
    out->description = copy_member(arena, root, "error_description");
    out->uri = copy_member(arena, root, "error_uri");
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        wipe_member(root, secrets[i]);
    json_decref(root);
    return STATUS_OK;
}

static enum status_code read_form(struct arena *arena, const char *body, size_t length, struct token_answer *out,
                                  struct status *status)
{
    for (const char *at = body, *end = body + length; at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at)), *next = stop ? stop + 1 : end;
        size_t size = (size_t)((stop ? stop : end) - at);
        const char *equals = memchr(at, '=', size);
        size_t name_length = equals ? (size_t)(equals - at) : size;
        const char *raw = equals ? equals + 1 : at + size;
        char *name = wire_percent_decode_text(arena, at, name_length, true);
        char *value = wire_percent_decode_text(arena, raw, (size_t)(at + size - raw), true);
        if (!name || !value)
            return status_set(status, STATUS_INTERNAL, "oauth2: cannot parse response: invalid form");
        if (strcmp(name, "access_token") == 0 && !out->access_token)
            out->access_token = value;
        else if (strcmp(name, "error") == 0 && !out->error)
            out->error = value;
        else if (strcmp(name, "error_description") == 0 && !out->description)
            out->description = value;
        else if (strcmp(name, "error_uri") == 0 && !out->uri)
            out->uri = value;
        else
            secret_wipe(value, strlen(value)); /* a refresh token, for one */
        at = next;
    }
    return STATUS_OK;
}

/* Some say text/html or text/plain and send JSON, hence the look at the first byte. */
static bool is_form(const char *content_type, const char *body, size_t length)
{
    static const char *const types[] = {"application/x-www-form-urlencoded", "text/plain"};
    size_t type_length = strcspn(content_type, "; \t");
    while (length && strchr(" \t\r\n", *body) && *body) {
        body++;
        length--;
    }
    if (length && *body == '{')
        return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strlen(types[i]) == type_length && strncasecmp(content_type, types[i], type_length) == 0)
            return true;
    return false;
}

static enum status_code tell_error(struct arena *arena, const struct token_answer *answer, struct status *status)
{
    struct buf text = buf_in(arena);
    const char *const parts[] = {answer->error, answer->description, answer->uri};
    buf_add_str(&text, "oauth2:");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i] && *parts[i])
            buf_printf(&text, " %s", text_quote(arena, parts[i]));
    return status_set(status, STATUS_INTERNAL, "%s", buf_str(&text));
}

/* What may stand in a header (RFC 9110, section 5.5), so that no answer of a provider adds lines to our requests. */
static bool is_sendable(const char *token)
{
    for (const char *at = token; *at; at++)
        if ((unsigned char)*at < 0x20 || (unsigned char)*at == 0x7F)
            return false;
    return strlen(token) <= OAUTH2_TOKEN_MAX;
}

static enum status_code judge_token(struct arena *arena, int http_status, const struct token_answer *answer,
                                    struct status *status)
{
    if (answer->error && *answer->error)
        return tell_error(arena, answer, status);
    if (!is_success(http_status))
        return status_set(status, STATUS_INTERNAL, "oauth2: cannot fetch token: %d", http_status);
    if (!answer->access_token || !*answer->access_token)
        return status_set(status, STATUS_INTERNAL, "oauth2: server response missing access_token");
    if (!is_sendable(answer->access_token))
        return status_set(status, STATUS_INTERNAL, "oauth2: the access token cannot be sent in a header");
    return STATUS_OK;
}

enum status_code oauth2_read_token(struct arena *arena, int http_status, const char *content_type, const char *body,
                                   size_t length, char **token, struct status *status)
{
    struct token_answer answer = {0};
    struct status problem = {0};
    *token = NULL;
    enum status_code code = is_form(content_type, body, length) ? read_form(arena, body, length, &answer, &problem)
                                                                : read_json(arena, body, length, &answer, &problem);
    if (code && is_success(http_status)) {
        if (answer.access_token)
            secret_wipe(answer.access_token, strlen(answer.access_token));
        return status_set(status, code, "%s", problem.message);
    }
    code = judge_token(arena, http_status, &answer, status);
    if (!code)
        *token = answer.access_token;
    else if (answer.access_token)
        secret_wipe(answer.access_token, strlen(answer.access_token));
    return code;
}

/* ---- claims ---- */

/* The beginning of whatever it is, as text. */
static const char *excerpt(struct arena *arena, const char *body, size_t length)
{
    struct buf text = buf_in(arena);
    size_t size, end = length < OAUTH2_EXCERPT_MAX ? length : OAUTH2_EXCERPT_MAX;
    for (size_t at = 0; at < end; at += size) {
        uint32_t code_point = utf8_decode(body + at, length - at, &size);
        bool shown = code_point != UINT32_MAX && (code_point >= ' ' || code_point == '\n' || code_point == '\t');
        if (shown)
            buf_add(&text, body + at, size);
        else
            buf_add_char(&text, '?');
    }
    return buf_str(&text);
}

static const char *claim(struct arena *arena, const json_t *claims, const char *name)
{
    const char *text = *name ? copy_member(arena, claims, name) : NULL;
    return text ? text : "";
}

enum status_code oauth2_read_profile(struct arena *arena, const Memos__Store__FieldMapping *mapping, int http_status,
                                     const char *body, size_t length, struct oauth2_profile *out, struct status *status)
{
    json_error_t error;
    if (!is_success(http_status))
        return status_set(status, STATUS_INTERNAL, "userinfo request failed with status %d: %s", http_status,
                          excerpt(arena, body, length));
    json_t *claims = json_loadb(body, length, 0, &error);
    if (!json_is_object(claims)) {
        status_set(status, STATUS_INTERNAL, "failed to parse the userinfo response: %s",
                   claims ? "not an object" : text_quote(arena, error.text));
        json_decref(claims);
        return STATUS_INTERNAL;
    }
    *out = (struct oauth2_profile){.identifier = claim(arena, claims, mapping->identifier),
                                   .display_name = claim(arena, claims, mapping->display_name),
                                   .email = claim(arena, claims, mapping->email),
                                   .avatar_url = claim(arena, claims, mapping->avatar_url)};
    json_decref(claims);
    if (!*out->identifier)
        return status_set(status, STATUS_INTERNAL, "the field %s is not found in claims or has empty value",
                          text_quote(arena, mapping->identifier));
    if (!*out->display_name)
        out->display_name = out->identifier;
    return STATUS_OK;
}
