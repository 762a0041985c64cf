#include "rpc/path_template.h"

#include <string.h>

#include "base/utf8.h"
#include "wire/percent.h"

/* One segment of a template: "*" or a literal. */
static bool add_segment(struct path_template *out, const char *text, size_t length)
{
    if (out->segment_count == PATH_MAX_SEGMENTS || length == 0 || memchr(text, '{', length) ||
        memchr(text, '}', length))
        return false;
    bool any = length == 1 && *text == '*';
    if (!any && memchr(text, '*', length))
        return false;
    out->segments[out->segment_count++] = any ? (struct path_text){NULL, 0} : (struct path_text){text, length};
    return true;
}

/* Segments between slashes, up to end. */
static bool add_segments(struct path_template *out, const char *text, const char *end)
{
    for (;;) {
        const char *slash = memchr(text, '/', (size_t)(end - text));
        if (!add_segment(out, text, (size_t)((slash ? slash : end) - text)))
            return false;
        if (!slash)
            return true;
        text = slash + 1;
    }
}

// "{name}" or "{name=users/*}", without the braces.
static bool add_variable(struct path_template *out, const char *text, const char *end)
{
    if (out->variable_count == PATH_MAX_VARIABLES)
        return false;
    struct path_variable *variable = &out->variables[out->variable_count++];
    const char *equals = memchr(text, '=', (size_t)(end - text));
    variable->field = (struct path_text){text, (size_t)((equals ? equals : end) - text)};
    variable->first = out->segment_count;
    if (!(equals ? add_segments(out, equals + 1, end) : add_segment(out, "*", 1)))
        return false;
    variable->count = out->segment_count - variable->first;
    return variable->field.length > 0;
}

bool path_template_compile(const char *text, struct path_template *out)
{
    *out = (struct path_template){0};
    if (*text++ != '/')
        return false;
    for (;;) {
        size_t length = strcspn(text, "{/:");
        if (text[length] == '{') {
            const char *close = strchr(text, '}');
            if (length || !close || !add_variable(out, text + 1, close))
                return false;
            text = close + 1;
        } else {
            if (!add_segment(out, text, length))
                return false;
            text += length;
        }
        if (*text != '/')
            break;
        text++;
    }
    if (*text == ':')
        out->verb = (struct path_text){text + 1, strlen(text + 1)};
    return *text == '\0' || (out->verb.length > 0 && !strpbrk(out->verb.text, "/{}:*"));
}

static bool split_segment(struct arena *arena, const char *text, size_t length, struct path_parts *out)
{
    struct path_text *segment = &out->segments[out->count];
    *segment = (struct path_text){text, length};
    out->encoded_slash[out->count++] = false;
    if (memchr(text, '%', length)) {
        segment->text = wire_percent_decode(arena, text, length, false, &segment->length, NULL);
        if (!segment->text)
            return false;
        out->encoded_slash[out->count - 1] = memchr(segment->text, '/', segment->length) != NULL;
    }
    return utf8_valid(segment->text, segment->length) && !memchr(segment->text, '\0', segment->length);
}

enum path_result path_split(struct arena *arena, const char *path, struct path_parts *out)
{
    out->count = 0;
    for (const char *text = path; *text == '/';) {
        size_t length = strcspn(++text, "/");
        if (out->count == PATH_MAX_SEGMENTS)
            return PATH_TOO_LONG;
        if (!split_segment(arena, text, length, out))
            return PATH_MALFORMED;
        text += length;
    }
    return PATH_OK;
}

static bool ends_with_verb(const struct path_text *segment, const struct path_text *verb)
{
    if (segment->length <= verb->length + 1)
        return false;
    const char *colon = segment->text + segment->length - verb->length - 1;
    return *colon == ':' && memcmp(colon + 1, verb->text, verb->length) == 0;
}

/* The segment of the path without the verb of the template. */
static struct path_text segment_of(const struct path_template *template, const struct path_parts *parts, unsigned index)
{
    struct path_text segment = parts->segments[index];
    if (template->verb.length && index + 1 == parts->count)
        segment.length -= template->verb.length + 1;
    return segment;
}

/* A segment that begins with a colon is a verb without a name before it. */
static bool fits_wildcard(const struct path_text *segment, bool encoded_slash)
{
    return segment->length > 0 && segment->text[0] != ':' && !encoded_slash;
}

bool path_template_match(const struct path_template *template, const struct path_parts *parts)
{
    if (template->segment_count != parts->count)
        return false;
    if (template->verb.length && !ends_with_verb(&parts->segments[parts->count - 1], &template->verb))
        return false;
    for (unsigned i = 0; i < parts->count; i++) {
        struct path_text segment = segment_of(template, parts, i);
        const struct path_text *wanted = &template->segments[i];
        if (wanted->text ? segment.length != wanted->length || memcmp(segment.text, wanted->text, wanted->length) != 0
                         : !fits_wildcard(&segment, parts->encoded_slash[i]))
            return false;
    }
    return true;
}

const char *path_variable_value(struct arena *arena, const struct path_template *template, unsigned index,
                                const struct path_parts *parts)
{
    const struct path_variable *variable = &template->variables[index];
    size_t length = 0;
    for (unsigned i = 0; i < variable->count; i++)
        length += segment_of(template, parts, variable->first + i).length + 1;
    char *value = arena_alloc(arena, length), *at = value;
    for (unsigned i = 0; i < variable->count; i++) {
        struct path_text segment = segment_of(template, parts, variable->first + i);
        if (i)
            *at++ = '/';
        memcpy(at, segment.text, segment.length);
        at += segment.length;
    }
    *at = '\0';
    return value;
}
