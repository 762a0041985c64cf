#include "api/media_type.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* RFC 2045, section 5.1: printable ASCII but blank and tspecials. */
static bool is_token_char(char c)
{
    return c > 0x20 && c < 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n\v\f");
}

static const char *skip_token(const char *text)
{
    while (is_token_char(*text))
        text++;
    return text;
}

/* Behind the value at text, a token or a quoted string; text itself if there is none. */
static const char *skip_value(const char *text)
{
    if (*text != '"')
        return skip_token(text);
    for (const char *at = text + 1; *at && *at != '\r' && *at != '\n'; at++) {
        if (*at == '"')
            return at + 1;
        if (*at == '\\' && at[1])
            at++;
    }
    return text;
}

/* Any number of "; name=value" up to the end, perhaps with a lone semicolon behind. */
static bool parameters_valid(const char *text)
{
    while (*(text = skip_blanks(text))) {
        if (*text != ';')
            return false;
        text = skip_blanks(text + 1);
        if (!*text)
            return true;
        const char *name = text;
        text = skip_blanks(skip_token(name));
        if (text == name || *text != '=')
            return false;
        const char *value = skip_blanks(text + 1);
        text = skip_value(value);
        if (text == value)
            return false;
    }
    return true;
}

char *media_type_parse(struct arena *arena, const char *text)
{
    const char *start = skip_blanks(text);
    if (strlen(start) > MEDIA_TYPE_MAX)
        return NULL;
    const char *end = skip_token(start);
    if (end == start)
        return NULL;
    if (*end == '/') {
        const char *subtype = end + 1;
        end = skip_token(subtype);
        if (end == subtype)
            return NULL;
    }
    if (!parameters_valid(end))
        return NULL;
    char *type = arena_strndup(arena, start, (size_t)(end - start));
    for (char *at = type; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return type;
}

struct by_extension {
    const char *extension, *type;
};

/* Sorted by extension. The types are those that desktop systems register. */
static const struct by_extension by_extension[] = {
    {"3g2", "video/3gpp2"},
    {"3gp", "video/3gpp"},
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"ai", "application/illustrator"},
    {"aiff", "audio/x-aiff"},
    {"apk", "application/vnd.android.package-archive"},
    {"asc", "text/plain"},
    {"atom", "application/atom+xml"},
    {"avi", "video/x-msvideo"},
    {"avif", "image/avif"},
    {"bmp", "image/bmp"},
    {"bz2", "application/x-bzip2"},
    {"c", "text/x-csrc"},
    {"cpp", "text/x-c++src"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"deb", "application/vnd.debian.binary-package"},
    {"diff", "text/x-patch"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"dwg", "image/vnd.dwg"},
    {"eml", "message/rfc822"},
    {"eps", "image/x-eps"},
    {"epub", "application/epub+zip"},
    {"flac", "audio/flac"},
    {"flv", "video/x-flv"},
    {"gif", "image/gif"},
    {"go", "text/x-go"},
    {"gpx", "application/gpx+xml"},
    {"gz", "application/gzip"},
    {"h", "text/x-chdr"},
    {"heic", "image/heif"},
    {"heif", "image/heif"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ico", "image/vnd.microsoft.icon"},
    {"ics", "text/calendar"},
    {"iso", "application/x-cd-image"},
    {"jar", "application/x-java-archive"},
    {"java", "text/x-java"},
    {"jpe", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"jsonl", "application/x-ndjson"},
    {"jxl", "image/jxl"},
    {"kml", "application/vnd.google-earth.kml+xml"},
    {"log", "text/x-log"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"m4a", "audio/mp4"},
    {"m4v", "video/mp4"},
    {"md", "text/markdown"},
    {"mid", "audio/midi"},
    {"mjs", "text/javascript"},
    {"mkv", "video/x-matroska"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpeg", "video/mpeg"},
    {"mpg", "video/mpeg"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"patch", "text/x-patch"},
    {"pdf", "application/pdf"},
    {"php", "application/x-php"},
    {"png", "image/png"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"ps", "application/postscript"},
    {"psd", "image/vnd.adobe.photoshop"},
    {"py", "text/x-python"},
    {"rar", "application/vnd.rar"},
    {"rb", "application/x-ruby"},
    {"rs", "text/rust"},
    {"rss", "application/rss+xml"},
    {"rtf", "application/rtf"},
    {"sh", "application/x-shellscript"},
    {"sql", "application/sql"},
    {"srt", "application/x-subrip"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"tex", "text/x-tex"},
    {"tgz", "application/x-compressed-tar"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"toml", "application/toml"},
    {"ts", "video/mp2t"},
    {"tsv", "text/tab-separated-values"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain"},
    {"vcf", "text/vcard"},
    {"vtt", "text/vtt"},
    {"wasm", "application/wasm"},
    {"wav", "audio/x-wav"},
    {"weba", "audio/webm"},
    {"webm", "audio/webm"},
    {"webp", "image/webp"},
    {"wma", "audio/x-ms-wma"},
    {"wmv", "video/x-ms-wmv"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xml", "text/xml"},
    {"xz", "application/x-xz"},
    {"yaml", "application/x-yaml"},
    {"yml", "application/x-yaml"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
};

static int compare_extension(const void *key, const void *entry)
{
    return strcasecmp(key, ((const struct by_extension *)entry)->extension);
}

const char *media_type_by_name(const char *filename)
{
    const char *dot = strrchr(filename, '.');
    if (!dot)
        return NULL;
    const struct by_extension *found = bsearch(dot + 1, by_extension, sizeof by_extension / sizeof *by_extension,
                                               sizeof *by_extension, compare_extension);
    return found ? found->type : NULL;
}
