#include "s3.h"

#include <stdlib.h>

void s3_text_add(struct s3_text *text, const void *bytes, size_t length)
{
    if (text->failed)
        return;
    if (text->length + length + 1 > text->capacity) {
        size_t capacity = (text->length + length + 1) * 2;
        char *grown = realloc(text->data, capacity);
        if (!grown) {
            text->failed = true;
            return;
        }
        text->data = grown;
        text->capacity = capacity;
    }
    if (length)
        memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void s3_text_printf(struct s3_text *text, const char *format, ...)
{
    char line[S3_URL_MAX];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (length < 0 || length >= (int)sizeof line)
        text->failed = true;
    else
        s3_text_add(text, line, (size_t)length);
}

void s3_text_encode(struct s3_text *text, const char *bytes, bool keep_slash)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *bytes; bytes++) {
        unsigned char c = (unsigned char)*bytes;
        char encoded[3] = {'%', hex[c >> 4], hex[c & 15]};
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~' || (keep_slash && c == '/');
        s3_text_add(text, plain ? bytes : encoded, plain ? 1 : sizeof encoded);
    }
}

int64_t s3_time_ns(int64_t unix_s)
{
    enum { NS = 1000000000 };
    return unix_s > 0 && unix_s <= INT64_MAX / NS ? unix_s * NS : 0;
}

void s3_text_free(struct s3_text *text)
{
    free(text->data);
    *text = (struct s3_text){0};
}
