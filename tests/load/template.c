#include <stdlib.h>
#include <string.h>

#include "load.h"

enum { DIGITS = 8, LEAST_WORDS = 20, WORD_SPREAD = 60, TAGS = 50 };

static const char *const words[] = {
    "morning",  "garden",  "server",  "note",   "coffee", "walk",    "river",  "paper", "idea",    "meeting", "draft",
    "kitchen",  "recipe",  "bread",   "book",   "page",   "chapter", "window", "light", "evening", "plan",    "budget",
    "train",    "station", "ticket",  "summer", "winter", "repair",  "bike",   "music", "letter",  "friend",  "answer",
    "question", "history", "science", "code",   "review", "release", "backup", "disk",  "cable",   "printer", "form"};

void text_add(struct text *text, const void *bytes, size_t length)
{
    if (text->len + length + 1 > text->cap) {
        text->cap = (text->len + length + 1) * 2;
        text->data = realloc(text->data, text->cap);
        if (!text->data)
            abort();
    }
    memcpy(text->data + text->len, bytes, length);
    text->len += length;
    text->data[text->len] = '\0';
}

static void add_string(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

static void add_number(struct text *text, uint64_t number)
{
    char digits[24];
    text_add(text, digits, (size_t)snprintf(digits, sizeof digits, "%0*llu", DIGITS, (unsigned long long)number));
}

/* xorshift64* by Vigna: good enough to pick memos and words. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state ? *state : 88172645463325252u;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 2685821657736338717u;
}

/* Always the same content for the same memo: a title, prose, a list, a link and a tag. */
static void add_memo(struct text *text, uint64_t counter)
{
    uint64_t state = counter * 2654435761u + 1;
    unsigned count = LEAST_WORDS + (unsigned)(next_random(&state) % WORD_SPREAD);
    add_string(text, "# Note ");
    add_number(text, counter);
    add_string(text, "\\n\\n");
    for (unsigned i = 0; i < count; i++) {
        add_string(text, words[next_random(&state) % (sizeof words / sizeof words[0])]);
        add_string(text, i % 12 == 11 ? ".\\n" : " ");
    }
    add_string(text, "\\n\\n- [ ] first thing\\n- [x] second **thing**\\n\\n[link](https://example.com/");
    add_number(text, counter);
    char tag[32];
    snprintf(tag, sizeof tag, ") #tag%u", (unsigned)(counter % TAGS));
    add_string(text, tag);
}

void text_expand(struct text *text, const char *template, uint64_t counter, uint64_t range, uint64_t *random_state)
{
    while (*template) {
        size_t plain = strcspn(template, "{");
        text_add(text, template, plain);
        template += plain;
        if (strncmp(template, "{i}", 3) == 0) {
            add_number(text, counter);
            template += 3;
        } else if (strncmp(template, "{r}", 3) == 0) {
            add_number(text, next_random(random_state) % (range ? range : 1));
            template += 3;
        } else if (strncmp(template, "{memo}", 6) == 0) {
            add_memo(text, counter);
            template += 6;
        } else if (*template) {
            text_add(text, template ++, 1);
        }
    }
}
