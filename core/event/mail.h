/* Messages of RFC 5322 in plain text. */
#ifndef MEMORA_EVENT_MAIL_H
#define MEMORA_EVENT_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct mail {
    const char *from_name, *from; /* name may be "" */
    const char *to;
    const char *reply_to; /* "" for none */
    const char *subject;
    const char *body; /* lines ended by '\n' */
    const char *id;   /* of the message, before the '@'; the same however often it is sent */
    int64_t date_s;   /* Unix seconds */
};

/* The message with CRLF at the ends of its lines, none of them longer than 998 bytes (not yet dot-stuffed). Line ends
 * and other control characters in header values become blanks, and runs of blanks one; what is not ASCII there is
 * encoded (RFC 2047), in the body likewise (quoted-printable). */
const char *mail_write(struct arena *arena, const struct mail *mail, size_t *length);

/* One line of text: blanks and control characters in a row become one blank, none at the ends. */
char *mail_line(struct arena *arena, const char *text);

/* Whether the text can stand in an envelope: one address, without blanks, brackets and control characters. */
bool mail_address_valid(const char *address);

#endif
