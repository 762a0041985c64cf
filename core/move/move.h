/* Moving everything (rows, attachments) between databases and storages, into archives and back, and checking it.
 * docs/moving.md is the page for operators. These functions are the commands of the program: they print their progress
 * to stderr, open what they need and close it again. */
#ifndef MEMORA_MOVE_MOVE_H
#define MEMORA_MOVE_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "config/config.h"

/* Where the bytes of attachments go. */
enum move_place {
    MOVE_KEEP,    /* database to database, files to the storage of the target; other S3 buckets and links stay */
    MOVE_STORAGE, /* all that can be read into the storage of the target */
    MOVE_DATABASE /* all that can be read into the rows of the target */
};
/* "keep", "storage", "database"; false for anything else. */
bool move_place_parse(const char *text, enum move_place *out);

/* Copies all of one instance, which is only read and may be running, into another one that is empty or holds an
 * unfinished copy of the same source, with which it then goes on. Verified by counts and SHA-256. */
enum status_code move_copy(const struct config *from, const struct config *to, enum move_place place,
                           struct status *status);

/* One consistent snapshot of an instance, which may be running, as zstd-compressed tar. path "-" is standard output;
 * a file gets its name when it is complete and on disk. */
enum status_code move_backup(const struct config *config, const char *path, struct status *status);

/* Puts an archive into an empty instance, or goes on with an unfinished restore of the same archive. All of the archive
 * is checked before anything is written. */
enum status_code move_restore(const struct config *config, const char *path, enum move_place place,
                              struct status *status);

struct move_verify_options {
    bool repair;
    bool contents; /* reads them all, and compares them with what the storage knows of them */
};
/* Prints what is wrong, a line each, and totals to stdout; *left is the number of faults that are still there. */
enum status_code move_verify_archive(const char *path, struct status *status);
enum status_code move_verify(const struct config *config, const struct move_verify_options *options, uint64_t *left,
                             struct status *status);

#endif
