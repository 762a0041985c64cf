#include "preview/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "preview/html_reader.h"

enum { PRESCAN = 1024, CONVERT_STEP = 16 * 1024, REPLACEMENT = 0xFFFD };

static const char utf_8[] = "UTF-8", utf_16le[] = "UTF-16LE", utf_16be[] = "UTF-16BE", latin[] = "CP1252";

/* The labels in use. The encodings that scripts can be smuggled in (UTF-7, HZ, ISO-2022-CN, ISO-2022-KR) are not among
 * them. */
static const struct {
    const char *label, *charset;
} labels[] = {
    {"utf-8", utf_8},
    {"utf8", utf_8},
    {"unicode-1-1-utf-8", utf_8},
    {"us-ascii", latin},
    {"ascii", latin},
    {"iso-8859-1", latin},
    {"iso8859-1", latin},
    {"iso_8859-1", latin},
    {"latin1", latin},
    {"l1", latin},
    {"windows-1252", latin},
    {"cp1252", latin},
    {"x-cp1252", latin},
    {"x-user-defined", latin},
    {"utf-16", utf_16le},
    {"utf-16le", utf_16le},
    {"utf-16be", utf_16be},
    {"iso-8859-2", "ISO-8859-2"},
    {"latin2", "ISO-8859-2"},
    {"iso-8859-3", "ISO-8859-3"},
    {"iso-8859-4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5"},
    {"iso-8859-6", "ISO-8859-6"},
    {"iso-8859-7", "ISO-8859-7"},
    {"iso-8859-8", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso-8859-9", "CP1254"},
    {"latin5", "CP1254"},
    {"iso-8859-10", "ISO-8859-10"},
    {"iso-8859-11", "CP874"},
    {"tis-620", "CP874"},
    {"windows-874", "CP874"},
    {"iso-8859-13", "ISO-8859-13"},
    {"iso-8859-14", "ISO-8859-14"},
    {"iso-8859-15", "ISO-8859-15"},
    {"latin9", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16"},
    {"windows-1250", "CP1250"},
    {"cp1250", "CP1250"},
    {"windows-1251", "CP1251"},
    {"cp1251", "CP1251"},
    {"windows-1253", "CP1253"},
    {"windows-1254", "CP1254"},
    {"windows-1255", "CP1255"},
    {"windows-1256", "CP1256"},
    {"windows-1257", "CP1257"},
    {"windows-1258", "CP1258"},
    {"ibm866", "CP866"},
    {"cp866", "CP866"},
    {"koi8-r", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"macintosh", "MACINTOSH"},
    {"gb2312", "GBK"},
    {"gbk", "GBK"},
    {"gb18030", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"euc-jp", "EUC-JP"},
    {"x-euc-jp", "EUC-JP"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"x-sjis", "CP932"},
    {"windows-31j", "CP932"},
    {"euc-kr", "CP949"},
    {"ks_c_5601-1987", "CP949"},
    {"windows-949", "CP949"},
};

const char *charset_of_label(const char *label, size_t length)
{
    while (length > 0 && html_is_space(label[0]))
        label++, length--;
    while (length > 0 && html_is_space(label[length - 1]))
        length--;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (html_equals((struct html_text){label, length}, labels[i].label))
            return labels[i].charset;
    return NULL;
}

/* "charset=" in the value of Content-Type. */
static const char *of_content_type(const char *type)
{
    for (const char *at = type; at && (at = strcasestr(at, "charset")) != NULL;) {
        at += strlen("charset");
        at += strspn(at, " \t\n\f\r");
        if (*at != '=')
            continue;
        at++;
        at += strspn(at, " \t\n\f\r");
        char quote = *at == '"' || *at == '\'' ? *at++ : '\0';
        size_t length = strcspn(at, quote ? (char[]){quote, '\0'} : "; \t\n\f\r");
        return charset_of_label(at, length);
    }
    return NULL;
}

/* What a <meta> says: <meta charset> or <meta http-equiv=content-type content>. */
static const char *of_meta(struct arena *arena, struct html_reader *reader)
{
    const char *direct = NULL, *by_content = NULL;
    bool content_type = false, whole = false;
    struct html_text name, value;
    while (html_next_attribute(reader, &name, &value, &whole)) {
        if (html_equals(name, "charset") && !direct)
            direct = charset_of_label(value.bytes, value.length);
        else if (html_equals(name, "http-equiv"))
            content_type = html_equals(value, "content-type");
        else if (html_equals(name, "content") && !by_content)
            by_content = of_content_type(arena_strndup(arena, value.bytes, value.length));
    }
    return !whole ? NULL : direct ? direct : content_type ? by_content : NULL;
}

static const char *prescan(struct arena *arena, const char *bytes, size_t length)
{
    struct html_reader reader = html_reader_of(bytes, length < PRESCAN ? length : PRESCAN);
    const char *found = NULL;
    for (struct html_text name; !found && html_next_tag(&reader, &name);)
        if (html_equals(name, "meta"))
            found = of_meta(arena, &reader);
        else if (html_end_tag(&reader) && html_is_raw(name))
            html_raw_text(&reader, name);
    /* Whoever could read this meta is not reading UTF-16. */
    return found == utf_16le || found == utf_16be ? utf_8 : found;
}

const char *charset_of_html(struct arena *arena, const char *content_type, const char *bytes, size_t length)
{
    if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        return utf_8;
    if (length >= 2 && memcmp(bytes, "\xFF\xFE", 2) == 0)
        return utf_16le;
    if (length >= 2 && memcmp(bytes, "\xFE\xFF", 2) == 0)
        return utf_16be;
    const char *found = of_content_type(content_type);
    if (!found)
        found = prescan(arena, bytes, length);
    /* The last character may be cut. */
    for (size_t cut = 0; !found && cut < 4 && cut <= length; cut++)
        found = utf8_valid(bytes, length - cut) ? utf_8 : NULL;
    return found ? found : latin;
}

static void add_replacement(struct buf *out)
{
    char bytes[4];
    buf_add(out, bytes, utf8_encode(REPLACEMENT, bytes));
}

static void add_utf8(struct buf *out, const char *bytes, size_t length)
{
    for (size_t at = 0, size; at < length; at += size) {
        uint32_t code_point = utf8_decode(bytes + at, length - at, &size);
        if (code_point == UINT32_MAX || code_point == 0)
            add_replacement(out);
        else
            buf_add(out, bytes + at, size);
    }
}

/* The encoding of last resort; needs no tables of the system. */
static void add_latin(struct buf *out, const char *bytes, size_t length)
{
    static const uint16_t high[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                      0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                      0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                      0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        char encoded[4];
        buf_add(out, encoded,
                utf8_encode(byte >= 0x80 && byte < 0xA0 ? high[byte - 0x80]
                            : byte                      ? byte
                                                        : REPLACEMENT,
                            encoded));
    }
}

/* Each step takes at least one byte of the input. */
static void add_converted(struct buf *out, iconv_t converter, const char *bytes, size_t length)
{
    char *at = (char *)bytes; /* iconv does not write to it */
    while (length > 0) {
        char piece[CONVERT_STEP], *to = piece;
        size_t room = sizeof piece;
        size_t result = iconv(converter, &at, &length, &to, &room);
        int problem = result == (size_t)-1 ? errno : 0;
        add_utf8(out, piece, sizeof piece - room);
        if (problem == EILSEQ && length > 0) {
            at++, length--;
            add_replacement(out);
        } else if (problem && problem != E2BIG) {
            break; /* EINVAL: a character that is cut */
        }
    }
}

const char *charset_to_utf8(struct arena *arena, const char *charset, const char *bytes, size_t length,
                            size_t *out_length)
{
    struct buf out = buf_in(arena);
    iconv_t converter = (iconv_t)-1;
    buf_reserve(&out, length + 1);
    if (charset != utf_8 && charset != latin)
        converter = iconv_open("UTF-8", charset);
    if (charset == utf_8)
        add_utf8(&out, bytes, length);
    else if (converter == (iconv_t)-1)
        add_latin(&out, bytes, length);
    else
        add_converted(&out, converter, bytes, length);
    if (converter != (iconv_t)-1)
        iconv_close(converter);
    const char *text = buf_str(&out);
    *out_length = out.len;
    if (out.len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        *out_length -= 3;
    }
    return text;
}
