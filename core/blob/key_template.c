#include "blob/key_template.h"

#include <memora/storage.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/uid.h"
#include "base/utf8.h"

enum {
    VARIABLE_MAX = 9,   /* letters between the braces */
    SEGMENT_MAX = 255,  /* NAME_MAX of Linux file systems */
    EXTENSION_MAX = 64, /* longer ones are cut like any other text */
};

static const char default_template[] = "assets/{timestamp}_{uuid}_{filename}";

/* Length of "{name}" at text with name [a-z]{1,9}; 0 if there is none. */
static size_t variable_length(const char *text)
{
    size_t letters = 0;
    while (letters <= VARIABLE_MAX && text[1 + letters] >= 'a' && text[1 + letters] <= 'z')
        letters++;
    return letters > 0 && letters <= VARIABLE_MAX && text[1 + letters] == '}' ? letters + 2 : 0;
}

static bool is_variable(const char *text, size_t length, const char *name)
{
    return length == strlen(name) + 2 && memcmp(text + 1, name, length - 2) == 0;
}

static void add_filename(struct buf *out, const char *filename)
{
    for (; *filename; filename++) {
        unsigned char c = (unsigned char)*filename;
        buf_add_char(out, c < 0x20 || c == 0x7f || c == '/' ? '_' : (char)c);
    }
}

static void add_variable(struct buf *out, const char *text, size_t length, const char *filename, int64_t now_s,
                         const struct tm *local)
{
    if (is_variable(text, length, "filename")) {
        add_filename(out, filename);
    } else if (is_variable(text, length, "uuid")) {
        char uuid[UID_UUID_LENGTH + 1];
        uid_uuid(uuid);
        buf_add_str(out, uuid);
    } else if (is_variable(text, length, "timestamp")) {
        buf_add_int(out, now_s);
    } else if (is_variable(text, length, "year")) {
        buf_printf(out, "%04d", local->tm_year + 1900);
    } else if (is_variable(text, length, "month")) {
        buf_printf(out, "%02d", local->tm_mon + 1);
    } else if (is_variable(text, length, "day")) {
        buf_printf(out, "%02d", local->tm_mday);
    } else if (is_variable(text, length, "hour")) {
        buf_printf(out, "%02d", local->tm_hour);
    } else if (is_variable(text, length, "minute")) {
        buf_printf(out, "%02d", local->tm_min);
    } else if (is_variable(text, length, "second")) {
        buf_printf(out, "%02d", local->tm_sec);
    } else {
        buf_add(out, text, length);
    }
}

char *key_template_expand(struct arena *arena, const char *path_template, const char *filename, int64_t now_s)
{
    if (*path_template == '\0')
        path_template = default_template;
    if (!strstr(path_template, "{filename}"))
        path_template = arena_printf(arena, "%s/{filename}", path_template);
    struct tm local = {0};
    time_t now = (time_t)now_s;
    localtime_r(&now, &local);
    struct buf out = buf_in(arena);
    while (*path_template) {
        size_t length = *path_template == '{' ? variable_length(path_template) : 0;
        if (length == 0) {
            buf_add_char(&out, *path_template++);
            continue;
        }
        add_variable(&out, path_template, length, filename, now_s, &local);
        path_template += length;
    }
    buf_add_char(&out, '\0');
    return out.data;
}

/* The largest length <= max at which text can be cut without splitting a code point. */
static size_t cut_length(const char *text, size_t max)
{
    size_t length = strlen(text);
    if (length <= max)
        return length;
    length = max;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

char *key_template_suffix(struct arena *arena, const char *path, const char *suffix)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *extension = strrchr(name, '.');
    if (!extension || strlen(extension) > EXTENSION_MAX)
        extension = name + strlen(name);
    const char *stem = arena_strndup(arena, name, (size_t)(extension - name));
    size_t room = SEGMENT_MAX - strlen(suffix) - strlen(extension);
    return arena_printf(arena, "%.*s%.*s%s%s", (int)(name - path), path, (int)cut_length(stem, room), stem, suffix,
                        extension);
}

char *path_absolute(struct arena *arena, const char *base, const char *path)
{
    const char *text = *path == '/' ? path : arena_printf(arena, "%s/%s", base, path);
    struct buf out = buf_in(arena);
    while (*text) {
        text += strspn(text, "/");
        size_t length = strcspn(text, "/");
        if (length == 2 && memcmp(text, "..", 2) == 0) {
            while (out.len > 0 && out.data[--out.len] != '/')
                ;
        } else if (length > 1 || (length == 1 && *text != '.')) {
            buf_add_char(&out, '/');
            buf_add(&out, text, length);
        }
        text += length;
    }
    buf_add_char(&out, '\0');
    return out.data;
}

bool key_valid(const char *key)
{
    size_t length = strlen(key), start = 0;
    if (length == 0 || length > MEMORA_STORAGE_KEY_MAX || !utf8_valid(key, length))
        return false;
    for (size_t i = 0; i <= length; i++) {
        unsigned char c = (unsigned char)key[i];
        if (i < length && c != '/') {
            if (c < 0x20 || c == 0x7f)
                return false;
            continue;
        }
        size_t segment = i - start;
        if (segment == 0 || (segment <= 2 && memcmp(key + start, "..", segment) == 0))
            return false;
        start = i + 1;
    }
    return true;
}
