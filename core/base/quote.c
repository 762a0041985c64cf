#include "base/quote.h"

#include "base/buf.h"
#include "base/utf8.h"

struct range {
    uint32_t first, last;
};

/* What has no visible form: controls, separators other than the ASCII space, format characters, surrogates, private
 * use (general categories Cc, Cf, Co, Z*). */
static const struct range unprintable[] = {
    {0x80, 0xA0},       {0xAD, 0xAD},       {0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},
    {0x70F, 0x70F},     {0x890, 0x891},     {0x8E2, 0x8E2},     {0x1680, 0x1680},   {0x180E, 0x180E},
    {0x2000, 0x200F},   {0x2028, 0x202F},   {0x205F, 0x206F},   {0x3000, 0x3000},   {0xD800, 0xF8FF},
    {0xFEFF, 0xFEFF},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
    {0x13430, 0x1345F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE00FF}, {0xF0000, 0x10FFFF},
};

static bool is_printable(uint32_t c)
{
    for (size_t i = 0; i < sizeof unprintable / sizeof unprintable[0]; i++)
        if (c >= unprintable[i].first && c <= unprintable[i].last)
            return false;
    return true;
}

static void add_ascii(struct buf *out, char c)
{
    static const char named[] = "\aa\bb\ff\nn\rr\tt\vv\"\"\\\\";
    for (const char *at = named; *at; at += 2) {
        if (*at == c) {
            buf_add_char(out, '\\');
            buf_add_char(out, at[1]);
            return;
        }
    }
    if (c < 0x20 || c == 0x7F)
        buf_printf(out, "\\x%02x", (unsigned)c);
    else
        buf_add_char(out, c);
}

char *text_quote(struct arena *arena, const char *text)
{
    struct buf out = buf_in(arena);
    size_t left = strlen(text);
    buf_add_char(&out, '"');
    while (left > 0) {
        size_t size = 1;
        uint32_t c = utf8_decode(text, left, &size);
        if (c == UINT32_MAX)
            buf_printf(&out, "\\x%02x", (unsigned)(unsigned char)*text);
        else if (c < 0x80)
            add_ascii(&out, (char)c);
        else if (is_printable(c))
            buf_add(&out, text, size);
        else
            buf_printf(&out, c > 0xFFFF ? "\\U%08x" : "\\u%04x", (unsigned)c);
        text += size;
        left -= size;
    }
    buf_add_char(&out, '"');
    buf_add_char(&out, '\0');
    return out.data;
}
