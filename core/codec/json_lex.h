/* Tokens of JSON text (RFC 8259) over one buffer, without copies where none are needed. All functions that return bool
 * give false after filling reader->status. */
#ifndef MEMORA_CODEC_JSON_LEX_H
#define MEMORA_CODEC_JSON_LEX_H

#include "codec/codec.h"

struct json_reader {
    struct arena *arena;
    const char *start, *at, *end;
    const struct codec_json_options *options;
    unsigned depth, depth_limit;
    unsigned nodes; /* messages and elements so far, at most CODEC_MAX_NODES */
    struct status *status;
};

struct json_string {
    const char *text; /* in the input or in the arena; not NUL-terminated */
    size_t length;
};

/* Skips white space; the next byte, or 0 at the end of the text. */
char json_peek(struct json_reader *reader);

/* Counts a level of nesting; every json_enter that succeeded is followed by reader->depth--. */
bool json_enter(struct json_reader *reader);

/* The way through an object or an array:
 *
 *     struct json_walk walk;
 *     json_begin(&walk, reader, '[');
 *     while (json_more(&walk)) {
 *         ... consume one element, or the name and the value of a member ...
 *     }
 *     return walk.whole;
 */
struct json_walk {
    struct json_reader *reader;
    char closing;
    bool begun;
    bool whole; /* the closing byte is consumed; false after a fault */
    unsigned levels;
    size_t count; /* of elements or members so far */
};
/* Consumes the opening byte ('{' or '['; anything else is an unexpected token) and counts a level of nesting until the
 * closing one. */
void json_begin(struct json_walk *walk, struct json_reader *reader, char opening);
/* The same without a level: messages count, lists of them don't. */
void json_begin_list(struct json_walk *walk, struct json_reader *reader);
/* Whether there is another element, which the reader stands before then. False at the end, and after a fault. */
bool json_more(struct json_walk *walk);
/* Counts a value that takes memory. */
bool json_count_node(struct json_reader *reader);

/* A member's name and its colon. */
bool json_read_key(struct json_reader *reader, struct json_string *key);
bool json_read_string(struct json_reader *reader, struct json_string *string);
/* The same for a string that may be long: it comes in pieces, none longer than SPOOL_STEP, and what is passed of the
 * text takes no memory. piece gives false to end, with the status filled. */
bool json_read_pieces(struct json_reader *reader, bool (*piece)(void *ctx, const char *text, size_t length), void *ctx);
/* Consumes the word if it is next; false otherwise (no error). */
bool json_take_word(struct json_reader *reader, const char *word);
/* Consumes the number if one is next; its length, 0 if none (no error). */
size_t json_take_number(struct json_reader *reader);
bool json_skip_value(struct json_reader *reader);

/* Errors at a place of the text; they return false. */
bool json_syntax_error(struct json_reader *reader, const char *at, const char *context);
bool json_unexpected(struct json_reader *reader, const char *at);
bool json_value_error(struct json_reader *reader, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The token at a place as it stands in the text, for messages: at most 100 bytes. */
int json_token_length(const struct json_reader *reader, const char *at);

#endif
