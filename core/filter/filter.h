/* The filter language (contract memos.md 4): a typed subset of CEL compiled into an SQL condition with bound values. */
#ifndef MEMORA_FILTER_FILTER_H
#define MEMORA_FILTER_FILTER_H

#include <memora/db.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

enum filter_schema { FILTER_MEMO, FILTER_ATTACHMENT };

struct filter_sql {
    const char *condition; /* in the SQL dialect of db/db.h, "" = no condition */
    uint32_t param_count;
    const struct memora_value *params;
};

/* Compiles text. now_s is the evaluation time in Unix seconds. The condition speaks of memo columns as memo.content
 * etc., of the creator as `user`.username (the query must join `user`), of attachment columns as attachment.filename
 * etc. Errors: STATUS_INVALID_ARGUMENT with the text behind "invalid filter: " (4.1, 4.6). Limits: 8 KiB of text, depth
 * 64, 1,000 nodes, 500 parameters. */
enum status_code filter_compile(struct arena *arena, enum filter_schema schema, const char *text, int64_t now_s,
                                const struct memora_dialect *dialect, struct filter_sql *out, struct status *status);

/* ListUsers.filter (4.5): gives the username that must match, or NULL for no filter. */
enum status_code filter_compile_user(struct arena *arena, const char *text, const char **username,
                                     struct status *status);

#endif
