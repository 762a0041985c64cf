/* What a write makes stale in memory: of this server when the write has ended, of the others that share the database
 * when it has been committed. Each line names one thing: "user 12", "user-setting 12-GENERAL", "user-settings 12",
 * "instance-setting STORAGE", "tokens 12", "signed-out 12". */
#ifndef MEMORA_STORE_CHANGE_H
#define MEMORA_STORE_CHANGE_H

#include "store/store.h"

enum { STORE_CHANGE_MAX = 256 };
struct store_change {
    size_t length;
    char lines[STORE_CHANGE_MAX]; /* each ended by '\n' */
};

void store_change_user(struct store_change *change, int32_t user_id);
void store_change_user_setting(struct store_change *change, int32_t user_id, const char *key);
void store_change_user_settings(struct store_change *change, int32_t user_id); /* all of them */
void store_change_instance_setting(struct store_change *change, const char *name);
void store_change_tokens(struct store_change *change, int32_t user_id);     /* the personal access tokens */
void store_change_signed_out(struct store_change *change, int32_t user_id); /* a session was ended */

/* store_write, and what it makes stale is dropped here and told to the others. */
enum status_code store_write_change(struct store *store, db_write_fn fn, void *ctx, const struct store_change *change,
                                    struct status *status);

/* Drops what a line (without '\n') of another server names; false if it is not understood. */
bool store_change_hear(struct store *store, const char *line);
/* Drops everything that comes from the database. */
void store_forget_all(struct store *store);

#endif
