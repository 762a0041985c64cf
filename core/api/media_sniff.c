#include <stdint.h>
#include <string.h>

#include "api/media_type.h"

/* Patterns of the MIME Sniffing Standard, sections 6.1 to 6.4 and 7.1. A mask byte of 0 takes any byte. */
struct pattern {
    const char *bytes, *mask; /* mask NULL: all bytes count */
    uint8_t length;
    const char *type;
};

#define EXACT(text, media_type)                                                                                        \
    {                                                                                                                  \
        text, NULL, sizeof text - 1, media_type                                                                        \
    }
#define MASKED(text, mask_text, media_type)                                                                            \
    {                                                                                                                  \
        text, mask_text, sizeof text - 1, media_type                                                                   \
    }
#define ANY4 "\0\0\0\0"
#define ALL4 "\xff\xff\xff\xff"

static const struct pattern patterns[] = {
    EXACT("%PDF-", "application/pdf"),
    EXACT("%!PS-Adobe-", "application/postscript"),
    EXACT("\xfe\xff", "text/plain"), /* byte order marks */
    EXACT("\xff\xfe", "text/plain"),
    EXACT("\xef\xbb\xbf", "text/plain"),
    EXACT("\x00\x00\x01\x00", "image/x-icon"),
    EXACT("\x00\x00\x02\x00", "image/x-icon"),
    EXACT("BM", "image/bmp"),
    EXACT("GIF87a", "image/gif"),
    EXACT("GIF89a", "image/gif"),
    MASKED("RIFF" ANY4 "WEBPVP", ALL4 ANY4 ALL4 "\xff\xff", "image/webp"),
    EXACT("\x89PNG\x0d\x0a\x1a\x0a", "image/png"),
    EXACT("\xff\xd8\xff", "image/jpeg"),
    MASKED("FORM" ANY4 "AIFF", ALL4 ANY4 ALL4, "audio/aiff"),
    EXACT("ID3", "audio/mpeg"),
    EXACT("OggS\0", "application/ogg"),
    EXACT("MThd\0\0\0\x06", "audio/midi"),
    MASKED("RIFF" ANY4 "AVI ", ALL4 ANY4 ALL4, "video/avi"),
    MASKED("RIFF" ANY4 "WAVE", ALL4 ANY4 ALL4, "audio/wave"),
    EXACT("\x1a\x45\xdf\xa3", "video/webm"),
    EXACT("\x00\x01\x00\x00", "font/ttf"),
    EXACT("OTTO", "font/otf"),
    EXACT("ttcf", "font/collection"),
    EXACT("wOFF", "font/woff"),
    EXACT("wOF2", "font/woff2"),
    EXACT("\x1f\x8b\x08", "application/x-gzip"),
    EXACT("PK\x03\x04", "application/zip"),
    EXACT("Rar!\x1a\x07\x00", "application/x-rar-compressed"),
    EXACT("Rar!\x1a\x07\x01\x00", "application/x-rar-compressed"),
    EXACT("\x00\x61\x73\x6d", "application/wasm"),
};

/* Tags that make a text HTML, when a blank or '>' follows. */
static const char *const html_tags[] = {
    "<!DOCTYPE HTML", "<HTML",  "<HEAD", "<SCRIPT", "<IFRAME", "<H1", "<DIV", "<FONT", "<TABLE", "<A",
    "<STYLE",         "<TITLE", "<B",    "<BODY",   "<BR",     "<P",  "<!--"};

static bool matches(const struct pattern *pattern, const unsigned char *data, size_t length)
{
    if (length < pattern->length)
        return false;
    for (size_t i = 0; i < pattern->length; i++)
        if ((!pattern->mask || pattern->mask[i]) && data[i] != (unsigned char)pattern->bytes[i])
            return false;
    return true;
}

static bool is_html_tag(const char *tag, const unsigned char *data, size_t length)
{
    size_t size = strlen(tag);
    if (length < size)
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = data[i];
        if (c >= 'a' && c <= 'z')
            c = (unsigned char)(c - 'a' + 'A');
        if (c != (unsigned char)tag[i])
            return false;
    }
    return strcmp(tag, "<!--") == 0 || (length > size && (data[size] == ' ' || data[size] == '>'));
}

static const char *sniff_markup(const unsigned char *data, size_t length)
{
    while (length > 0 && (*data == '\t' || *data == '\n' || *data == '\x0c' || *data == '\r' || *data == ' ')) {
        data++;
        length--;
    }
    for (size_t i = 0; i < sizeof html_tags / sizeof *html_tags; i++)
        if (is_html_tag(html_tags[i], data, length))
            return "text/html";
    return length >= 5 && memcmp(data, "<?xml", 5) == 0 ? "text/xml" : NULL;
}

/* Section 6.2.1: a box of type ftyp with a brand that starts with "mp4". */
static bool is_mp4(const unsigned char *data, size_t length)
{
    if (length < 12 || memcmp(data + 4, "ftyp", 4) != 0)
        return false;
    size_t box = (size_t)data[0] << 24 | (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
    if (box % 4 != 0 || box > length)
        return false;
    for (size_t i = 8; i + 4 <= box; i += 4)
        if (i != 12 && memcmp(data + i, "mp4", 3) == 0) /* 12: the minor version, not a brand */
            return true;
    return false;
}

/* Section 7.2: bytes that no text has. */
static bool has_binary_byte(const unsigned char *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (data[i] <= 0x08 || data[i] == 0x0b || (data[i] >= 0x0e && data[i] <= 0x1a) ||
            (data[i] >= 0x1c && data[i] <= 0x1f))
            return true;
    return false;
}

const char *media_type_sniff(const void *bytes, size_t length)
{
    const unsigned char *data = bytes;
    if (length > MEDIA_TYPE_SNIFF)
        length = MEDIA_TYPE_SNIFF;
    const char *markup = sniff_markup(data, length);
    if (markup)
        return markup;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (matches(&patterns[i], data, length))
            return patterns[i].type;
    if (is_mp4(data, length))
        return "video/mp4";
    return has_binary_byte(data, length) ? "application/octet-stream" : "text/plain";
}
