/* What the files of memora-plugin-check share. One struct check goes through all groups; only the main thread touches
 * it. Groups print TAP lines by check_that and its kin; nothing in them ends the program. */
#ifndef PLUGIN_CHECK_H
#define PLUGIN_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "plugin/plugin.h"

enum { CHECK_NS_PER_MS = 1000000, CHECK_SETTINGS_MAX = 64 };

struct check_setting {
    const char *key, *value;
};

struct check {
    FILE *out;
    const char *group;
    unsigned run, failed, skipped;

    const char *program; /* to start ourselves once more */
    const char *path;    /* of the plugin, absolute */
    const char *work_dir;
    const struct check_setting *settings;
    size_t setting_count;
    bool quick; /* fewer rounds and objects */
    bool large; /* also what writes gigabytes */
    unsigned timeout_s;

    struct arena *arena; /* lives as long as the check */
    const struct plugin *plugin;
    const struct memora_config *config;
};

/* tap.c. A line "ok 7 - group: name" or "not ok ..." and, when it is not, the text as a diagnostic. Gives passed back
 * and grants the plugin another timeout_s. */
bool check_that(struct check *check, bool passed, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Whether got is wanted; else tells both by name, and the error's text. */
bool check_code(struct check *check, int got, int wanted, const struct memora_error *error, const char *name);
void check_skip(struct check *check, const char *name, const char *reason);
void check_group(struct check *check, const char *group);
/* The plan. Gives the exit code: 0 if nothing failed. */
int check_finish(struct check *check);
_Noreturn void check_bail_out(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* From now on a crash of the plugin, or a call that does not return, ends the output with "Bail out!". */
void check_guard(struct check *check);
/* before and the text, whose blanks, '#', backslashes and bytes beyond ASCII become \xNN, so that TAP can hold it. */
void check_quote(char *out, size_t size, const char *before, const char *text);
const char *check_code_name(int code); /* "MEMORA_E_UNIQUE" */

/* settings.c: the section that key=value on the command line makes, changed in one place if key is not NULL. NULL with
 * *status if the plugin's key table refuses it. */
const struct memora_config *check_configure(struct check *check, const char *key, const char *value,
                                            struct status *status);

/* host_fake.c: what replaces the core's host. */
unsigned host_lines_logged(void);
/* Whether a line that was logged has the text. For secrets that must not be there. */
bool host_logged(const char *text);
bool host_misused(void);         /* a member was called with arguments that its contract forbids */
int64_t host_bytes_handed(void); /* from alloc, not yet given to free */

/* memory.c: allocations that the plugin's own code asks for (malloc and its kin, and host->alloc). */
bool memory_can_fail(const struct check *check); /* false: its calls could not be redirected */
void memory_fail_at(int64_t n);                  /* the n-th from now on, by any thread, gives NULL; 0 = none */
bool memory_failed(void);                        /* the n-th was reached */
bool memory_fails_now(void);                     /* for host_fake.c: counts one allocation */
int64_t memory_in_use(void);                     /* bytes that the process has allocated; -1 = not known here */
int memory_descriptors(void);                    /* open file descriptors */

/* The groups. */
void check_abi(struct check *check);
void check_lifecycle(struct check *check);
void check_db_values(struct check *check);
void check_db_injection(struct check *check);
void check_db_tx(struct check *check);
void check_db_concurrency(struct check *check);
void check_db_errors(struct check *check);
void check_db_dialect(struct check *check);
void check_db_features(struct check *check);
void check_db_store(struct check *check);
void check_storage_put(struct check *check);
void check_storage_keys(struct check *check);
void check_storage_range(struct check *check);
void check_storage_list(struct check *check);
void check_threads(struct check *check);

/* What runs when the program was started as its own second process: 0 = the lock was refused. */
int check_try_lock(struct check *check);

#endif
