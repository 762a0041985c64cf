/* Shared by the files that read and write users; not for others. */
#ifndef MEMORA_STORE_USER_ROW_H
#define MEMORA_STORE_USER_ROW_H

#include "store/user.h"

#define STORE_USER_IS_DATA_URL "avatar_url LIKE 'data:%;base64,%'"
#define STORE_USER_SELECT                                                                                              \
    "SELECT id, {time_read:created_ts}, {time_read:updated_ts}, row_status, username, role, email, nickname, "         \
    "description, CASE WHEN " STORE_USER_IS_DATA_URL " THEN '' ELSE avatar_url END, "                                  \
    "CASE WHEN " STORE_USER_IS_DATA_URL " THEN 1 ELSE 0 END FROM `user` "

enum { STORE_USER_KEY_SIZE = 12 };

/* Copies the current row of a STORE_USER_SELECT. */
void store_user_from_row(const struct db_rows *rows, struct arena *arena, struct store_user *out);

/* Runs a STORE_USER_SELECT with one parameter that gives at most one row. */
enum status_code store_user_read_one(struct db_conn *conn, struct arena *arena, const char *sql,
                                     struct memora_value param, struct store_user *out, struct status *status);

/* Drops the user from the cache; after the write is on disk. */
void store_user_forget(struct store *store, int32_t id);

#endif
