/* Per-user settings: rows of table user_setting, one JSON message per key (contract/database.md 3.6). */
#ifndef MEMORA_STORE_USER_SETTING_H
#define MEMORA_STORE_USER_SETTING_H

#include "memos/store/user_setting.pb-c.h"
#include "store/store.h"

/* *out becomes the stored message of the key, NULL if nothing is stored. Answered from the cache. Stored text that is
 * not the message is STATUS_INTERNAL. conn may be NULL: then one is opened where the cache does not do, and what is
 * read is kept in the cache; what is read through a given conn is not. */
enum status_code store_user_setting_get(struct store *store, struct db_conn *conn, struct arena *arena, int32_t user_id,
                                        Memos__Store__UserSetting__Key key, ProtobufCMessage **out,
                                        struct status *status);

/* The stored settings of known keys, ordered by key name; rows of other keys are skipped. One statement. */
struct store_user_setting {
    Memos__Store__UserSetting__Key key;
    ProtobufCMessage *value;
};
enum status_code store_user_setting_list(struct store *store, struct arena *arena, int32_t user_id,
                                         struct store_user_setting **out, size_t *count, struct status *status);

/* Replaces the whole value. */
enum status_code store_user_setting_put(struct store *store, struct arena *arena, int32_t user_id,
                                        Memos__Store__UserSetting__Key key, const ProtobufCMessage *value,
                                        struct status *status);

/* Reads, lets edit change and writes back in one transaction, so that no change made meanwhile is lost. edit sees the
 * stored message, or a fresh one; it may run more than once, so it must start from its ctx alone each time. Its error
 * undoes everything and passes through; *changed = false (it is true before) leaves the row alone. New parts of the
 * message come from the arena that edit is given, which is the one passed here. */
typedef enum status_code (*store_user_setting_edit_fn)(struct arena *arena, ProtobufCMessage *setting, void *ctx,
                                                       bool *changed, struct status *status);
enum status_code store_user_setting_edit(struct store *store, struct arena *arena, int32_t user_id,
                                         Memos__Store__UserSetting__Key key, store_user_setting_edit_fn edit, void *ctx,
                                         struct status *status);

/* The same inside a write, which must be one of store_write_change that names the setting. */
enum status_code store_user_setting_edit_in(struct db_conn *conn, struct arena *arena, int32_t user_id,
                                            Memos__Store__UserSetting__Key key, store_user_setting_edit_fn edit,
                                            void *ctx, struct status *status);

/* Drops all settings of the user from the cache. */
void store_user_setting_forget_all(struct store *store, int32_t user_id);

#endif
