/* The scanner of inline elements, split over the inline_*.c files. A block's text is read once from left to right; each
 * element found becomes a child of the block. Marks that may open emphasis or a link first become TEXT children, and
 * are put on a list; when their closing mark comes, the children between are moved below a new node. */
#ifndef MEMORA_MARKDOWN_INLINE_SCAN_H
#define MEMORA_MARKDOWN_INLINE_SCAN_H

#include "markdown/tree.h"

enum { LONGEST_BACKTICKS = 64 };

/* A run of * _ or ~ that may still open or close emphasis. */
struct markdown_delimiter {
    struct markdown_node *node; /* TEXT holding what is left of the run */
    struct markdown_delimiter *previous, *next;
    char mark;
    size_t at, whole; /* place and length of the run in the source */
    bool can_open, can_close;
};

/* A [ or ![ that may still open a link or image. */
struct markdown_bracket {
    struct markdown_node *node; /* TEXT holding it */
    struct markdown_bracket *previous;
    struct markdown_delimiter *delimiter; /* the last one before the bracket */
    size_t text_at;                       /* where the link text begins */
    bool image, has_bracket;              /* has_bracket: another [ is inside */
};

struct markdown_scan {
    struct markdown_document *document;
    struct markdown_node *block;
    const char *text;
    size_t length, at;
    size_t run;                            /* start of the plain text not yet made a node */
    size_t mark_at;                        /* last place in the run where an element might have begun */
    struct markdown_delimiter *delimiters; /* the last one */
    size_t openers;                        /* how many delimiters can open */
    struct markdown_bracket *brackets;     /* the innermost one */
    size_t last_link_at;                   /* where the text of the last link began; brackets before it hold a link */
    bool url_may_start;                    /* a bare URL may begin at `at` */
    size_t enough, shown;                  /* the scan may end when `shown` bytes of text have reached `enough` */
    /* What earlier searches found to be missing, so that no search is made twice over the same text. */
    size_t backtick_runs[LONGEST_BACKTICKS + 1]; /* last known place of a run of n */
    bool backticks_known;
    bool no_comment_end, no_instruction_end, no_cdata_end, no_greater;
    size_t no_email_before; /* no e-mail address begins before this place */
};

/* Ends the plain text before `at` and makes it a node. */
void markdown_flush(struct markdown_scan *scan);
struct markdown_node *markdown_add_inline(struct markdown_scan *scan, enum markdown_kind kind, size_t start,
                                          size_t end);
/* Goes on behind an element that ended at end. */
void markdown_continue_at(struct markdown_scan *scan, size_t end);

/* The character before a place; the start of the block counts as a line end. */
uint32_t markdown_character_before(const struct markdown_scan *scan, size_t at);

/* Each tries one element at scan->at; true if it was one, and then it has moved on. */
bool markdown_scan_code_span(struct markdown_scan *scan);
bool markdown_scan_tag(struct markdown_scan *scan);
bool markdown_scan_mention(struct markdown_scan *scan);
bool markdown_scan_angle(struct markdown_scan *scan);
bool markdown_scan_url(struct markdown_scan *scan);
bool markdown_scan_delimiter(struct markdown_scan *scan);
bool markdown_scan_bracket_open(struct markdown_scan *scan);
bool markdown_scan_bracket_close(struct markdown_scan *scan);

/* A pending mark is text after all: part of the text before it, if that touches it. */
void markdown_settle(struct markdown_node *node);
void markdown_forget_brackets(struct markdown_scan *scan);

/* Turns delimiters behind bottom (NULL: all) into emphasis where they match, and forgets them. */
void markdown_match_delimiters(struct markdown_scan *scan, struct markdown_delimiter *bottom);

/* An e-mail address (HTML's rule, as in CommonMark 6.5) at text; its length or 0. *local_end is where the part before @
 * ends. */
size_t markdown_email_length(const char *text, size_t length, size_t *local_end);

#endif
