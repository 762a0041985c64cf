/* The table of the core's keys: the one place that knows their names, types, limits, defaults and flags. */
#ifndef MEMORA_CONFIG_KEYS_H
#define MEMORA_CONFIG_KEYS_H

#include "config/config.h"

enum config_type {
    CONFIG_TEXT,    /* const char * */
    CONFIG_PATH,    /* const char *, made absolute */
    CONFIG_PLUGIN,  /* const char *: a plugin's name or an absolute path */
    CONFIG_INT,     /* int, within least..most */
    CONFIG_COUNT,   /* unsigned, within least..most */
    CONFIG_SECONDS, /* unsigned, within least..most */
    CONFIG_BYTES,   /* uint64_t, within least..most */
    CONFIG_BOOL,    /* bool */
    CONFIG_LEVEL    /* enum log_level */
};

enum config_key_flags {
    CONFIG_NOT_FROM_ENVIRONMENT = 1 /* decides which code is loaded */
};

struct config_key {
    const char *section, *name;
    enum config_type type;
    size_t offset; /* of the member of struct config */
    int64_t least, most;
    const char *def;  /* as in a file; NULL: found out at start (help says how) */
    const char *flag; /* Memos' flag without the dashes, which also gives the variable MEMOS_*; NULL for none */
    unsigned flags;   /* enum config_key_flags */
    const char *help; /* one line */
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;

extern const char *const config_sections[];
extern const size_t config_section_count;

const struct config_key *config_find_key(const char *section, const char *name); /* NULL: not one of the core's */
const struct config_key *config_find_flag(const char *flag);                     /* NULL: none; "port" */

/* Stores the value of one setting into config. */
enum status_code config_set(struct config *config, const struct config_key *key, const struct config_entry *entry,
                            struct status *status);
/* "a whole number from 0 to 65535", into text. */
void config_describe_allowed(const struct config_key *key, char *text, size_t size);

#endif
