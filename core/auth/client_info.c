#include "auth/client_info.h"

#include <string.h>

#include "codec/codec.h"

static char *lower_case(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *at = copy; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return copy;
}

static bool has(const char *agent, const char *word)
{
    return strstr(agent, word) != NULL;
}

/* "<label> <version>", or the label alone. version has length bytes. */
static char *labelled(struct arena *arena, const char *label, const char *version, size_t length)
{
    return length ? arena_printf(arena, "%s %.*s", label, (int)length, version) : arena_strdup(arena, label);
}

static char *dotted(char *text)
{
    for (char *at = text; *at; at++)
        if (*at == '_')
            *at = '.';
    return text;
}

/* The version behind marker up to a blank or the end; the label alone without the marker. */
static char *up_to_blank(struct arena *arena, const char *agent, const char *marker, const char *label)
{
    const char *at = strstr(agent, marker);
    if (!at)
        return arena_strdup(arena, label);
    at += strlen(marker);
    return labelled(arena, label, at, strcspn(at, " "));
}

/* The version behind marker up to ';', else up to ')'. */
static char *up_to_separator(struct arena *arena, const char *agent, const char *marker, const char *label)
{
    const char *at = strstr(agent, marker);
    if (!at)
        return arena_strdup(arena, label);
    at += strlen(marker);
    const char *end = strchr(at, ';');
    if (!end)
        end = strchr(at, ')');
    return labelled(arena, label, at, end ? (size_t)(end - at) : 0);
}

static const char *device_of(const char *agent)
{
    static const char *const mobile[] = {"mobile", "android", "iphone", "ipod", "windows phone", "blackberry"};
    if (has(agent, "ipad") || has(agent, "tablet"))
        return "tablet";
    for (size_t i = 0; i < sizeof mobile / sizeof mobile[0]; i++)
        if (has(agent, mobile[i]))
            return "mobile";
    return "desktop";
}

static char *system_of(struct arena *arena, const char *agent)
{
    static const struct {
        const char *word, *name;
    } plain[] = {{"windows nt 10.0", "Windows 10/11"},
                 {"windows nt 6.3", "Windows 8.1"},
                 {"windows nt 6.1", "Windows 7"},
                 {"windows", "Windows"}};
    if (has(agent, "iphone os") || has(agent, "cpu os"))
        return dotted(up_to_blank(arena, agent, has(agent, "cpu os ") ? "cpu os " : "iphone os ", "iOS"));
    if (has(agent, "android"))
        return up_to_separator(arena, agent, "android ", "Android");
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (has(agent, plain[i].word))
            return arena_strdup(arena, plain[i].name);
    if (has(agent, "mac os x"))
        return dotted(up_to_separator(arena, agent, "mac os x ", "macOS"));
    if (has(agent, "linux"))
        return arena_strdup(arena, "Linux");
    return arena_strdup(arena, has(agent, "cros") ? "Chrome OS" : "");
}

static char *browser_of(struct arena *arena, const char *agent)
{
    if (has(agent, "edg/"))
        return up_to_blank(arena, agent, "edg/", "Edge");
    if (has(agent, "chrome/") && !has(agent, "edg"))
        return up_to_blank(arena, agent, "chrome/", "Chrome");
    if (has(agent, "firefox/"))
        return up_to_blank(arena, agent, "firefox/", "Firefox");
    if (has(agent, "safari/") && !has(agent, "chrome") && !has(agent, "edg"))
        return up_to_blank(arena, agent, "version/", "Safari");
    return arena_strdup(arena, has(agent, "opera/") || has(agent, "opr/") ? "Opera" : "");
}

void auth_parse_user_agent(struct arena *arena, const char *user_agent, auth_client_info *out)
{
    const char *agent = lower_case(arena, user_agent);
    out->user_agent = arena_strdup(arena, user_agent);
    if (*agent == '\0')
        return;
    out->device_type = arena_strdup(arena, device_of(agent));
    out->os = system_of(arena, agent);
    out->browser = browser_of(arena, agent);
}

static char *first_item_trimmed(struct arena *arena, const char *list)
{
    list += strspn(list, " \t");
    size_t length = strcspn(list, ",");
    while (length && (list[length - 1] == ' ' || list[length - 1] == '\t'))
        length--;
    return arena_strndup(arena, list, length);
}

auth_client_info *auth_client_info_of(const struct api_call *call)
{
    auth_client_info *info =
        CODEC_NEW(call->arena, auth_client_info, memos__store__refresh_tokens_user_setting__client_info__descriptor);
    const char *agent = call->metadata(call, "user-agent");
    const char *forwarded = call->metadata(call, "x-forwarded-for");
    const char *real = call->metadata(call, "x-real-ip");
    auth_parse_user_agent(call->arena, agent ? agent : "", info);
    if (forwarded && *forwarded)
        info->ip_address = first_item_trimmed(call->arena, forwarded);
    else if (real)
        info->ip_address = arena_strdup(call->arena, real);
    return info;
}
