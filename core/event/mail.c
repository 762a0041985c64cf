#include "event/mail.h"

#include <ctype.h>
#include <string.h>

#include "base/base64.h"
#include "base/time_rfc3339.h"
#include "base/utf8.h"

enum {
    ENCODED_BYTES = 42, /* of text in an encoded word, which may have 75 characters with what is around them */
    PLAIN_MAX = 200,    /* longer header values are encoded, as that lets them be folded anywhere */
    BODY_LINE_MAX = 76
};

static bool is_blank(unsigned char c)
{
    return c <= ' ' || c == 0x7F;
}

char *mail_line(struct arena *arena, const char *text)
{
    char *out = arena_strdup(arena, text), *to = out;
    for (const char *at = text; *at; at++) {
        bool blank = is_blank((unsigned char)*at);
        if (!blank)
            *to++ = *at;
        else if (to > out && to[-1] != ' ')
            *to++ = ' ';
    }
    while (to > out && to[-1] == ' ')
        to--;
    *to = '\0';
    return out;
}

bool mail_address_valid(const char *address)
{
    const char *at = strrchr(address, '@');
    for (const char *c = address; *c; c++)
        if (is_blank((unsigned char)*c) || strchr("<>,;\"\\", *c))
            return false;
    return at && at > address && at[1] && utf8_valid(address, strlen(address));
}

static bool is_ascii(const char *text)
{
    while (*text && !((unsigned char)*text & 0x80))
        text++;
    return *text == '\0';
}

/* RFC 2047, section 2: words of at most 75 characters, none of which splits a character of the text. */
static void add_encoded(struct buf *out, const char *text)
{
    size_t left = strlen(text);
    while (left) {
        size_t length = 0, size;
        while (length < left) {
            utf8_decode(text + length, left - length, &size);
            if (length + size > ENCODED_BYTES)
                break;
            length += size;
        }
        buf_add_str(out, "=?UTF-8?B?");
        base64_encode(out, text, length);
        buf_add_str(out, "?=");
        text += length;
        left -= length;
        if (left)
            buf_add_str(out, "\r\n ");
    }
}

static bool needs_encoding(const char *text)
{
    return !is_ascii(text) || strlen(text) > PLAIN_MAX || strstr(text, "=?");
}

static void add_text_header(struct buf *out, struct arena *arena, const char *name, const char *value)
{
    const char *line = mail_line(arena, value);
    buf_printf(out, "%s: ", name);
    if (needs_encoding(line))
        add_encoded(out, line);
    else
        buf_add_str(out, line);
    buf_add_str(out, "\r\n");
}

/* As it is where it consists of words (atoms), else quoted (RFC 5322, section 3.2.4). */
static void add_name(struct buf *out, const char *name)
{
    if (needs_encoding(name)) {
        add_encoded(out, name);
        return;
    }
    bool quoted = strpbrk(name, "()<>[]:;@\\,.\"") != NULL;
    buf_add_str(out, quoted ? "\"" : "");
    for (const char *c = name; *c; c++) {
        if (*c == '"' || *c == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *c);
    }
    buf_add_str(out, quoted ? "\"" : "");
}

static void add_from(struct buf *out, struct arena *arena, const struct mail *mail)
{
    const char *name = mail_line(arena, mail->from_name), *address = mail_line(arena, mail->from);
    buf_add_str(out, "From: ");
    if (*name) {
        add_name(out, name);
        buf_printf(out, " <%s>\r\n", address);
    } else {
        buf_printf(out, "%s\r\n", address);
    }
}

/* "Tue, 24 Nov 2026 03:01:15 +0000" (RFC 5322, section 3.3). */
static void add_date(struct buf *out, int64_t date_s)
{
    char text[TIME_RFC3339_SIZE];
    time_format_http(date_s, text);
    buf_printf(out, "Date: %.*s+0000\r\n", (int)(strlen(text) - 3), text);
}

/* Lines that a 7-bit transport takes as they are. */
static bool is_plain_body(const char *body)
{
    size_t line = 0;
    for (const char *c = body; *c; c++) {
        line = *c == '\n' ? 0 : line + 1;
        if ((unsigned char)*c >= 0x7F || (*c < ' ' && *c != '\n' && *c != '\t') || line > BODY_LINE_MAX)
            return false;
    }
    return true;
}

static void add_plain_body(struct buf *out, const char *body)
{
    for (const char *c = body; *c; c++) {
        if (*c == '\n')
            buf_add_char(out, '\r');
        buf_add_char(out, *c);
    }
}

/* RFC 2045, section 6.7. */
static void add_quoted_body(struct buf *out, const char *body)
{
    size_t line = 0;
    for (const char *c = body; *c; c++) {
        bool last = c[1] == '\n' || c[1] == '\0';
        bool literal = (*c > ' ' && *c < 0x7F && *c != '=') || (*c == ' ' && !last);
        if (*c == '\n') {
            buf_add_str(out, "\r\n");
            line = 0;
            continue;
        }
        if (line + (literal ? 1 : 3) >= BODY_LINE_MAX) {
            buf_add_str(out, "=\r\n");
            line = 0;
        }
        buf_printf(out, literal ? "%c" : "=%02X", (unsigned char)*c);
        line += literal ? 1 : 3;
    }
}

const char *mail_write(struct arena *arena, const struct mail *mail, size_t *length)
{
    struct buf out = buf_in(arena);
    const char *from = mail_line(arena, mail->from), *domain = strrchr(from, '@');
    bool plain = is_plain_body(mail->body);
    add_from(&out, arena, mail);
    buf_printf(&out, "To: %s\r\n", mail_line(arena, mail->to));
    if (*mail_line(arena, mail->reply_to))
        buf_printf(&out, "Reply-To: %s\r\n", mail_line(arena, mail->reply_to));
    add_text_header(&out, arena, "Subject", mail->subject);
    add_date(&out, mail->date_s);
    buf_printf(&out, "Message-ID: <%s@%s>\r\n", mail->id, domain && is_ascii(domain) ? domain + 1 : "localhost");
    buf_add_str(&out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
    buf_add_str(&out, plain ? "\r\n" : "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    if (plain)
        add_plain_body(&out, mail->body);
    else
        add_quoted_body(&out, mail->body);
    *length = out.len;
    return buf_str(&out);
}
