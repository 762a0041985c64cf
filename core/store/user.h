/* Accounts: rows of table user. */
#ifndef MEMORA_STORE_USER_H
#define MEMORA_STORE_USER_H

#include "store/attachment.h"
#include "store/store.h"

enum store_role { STORE_ROLE_USER, STORE_ROLE_ADMIN, STORE_ROLE_UNKNOWN };
const char *store_role_name(enum store_role role); /* "USER" or "ADMIN"; never writes an unknown one */
enum store_role store_role_parse(const char *text);

/* Without the password hash and without the bytes of an avatar kept in the row: neither is needed per request, and the
 * whole struct is copied out of the cache for each one. */
struct store_user {
    int32_t id;
    int64_t created_ts, updated_ts; /* Unix seconds */
    enum store_row_status row_status;
    enum store_role role;
    const char *username, *email, *nickname, *description;
    const char *avatar_url;  /* a URL; "" when there is none or when it is a data URL */
    bool avatar_is_data_url; /* the picture itself: store_user_avatar */
};

/* STATUS_NOT_FOUND "user not found" when there is none. By id from the cache, by name from the database. conn may be
 * NULL here and below: then one is opened where the cache does not do, and what is read is kept in the cache. (What is
 * read through a given conn is not: its snapshot may be older than the last news of the cache.) */
enum status_code store_user_get(struct store *store, struct db_conn *conn, struct arena *arena, int32_t id,
                                struct store_user *out, struct status *status);
enum status_code store_user_get_by_username(struct store *store, struct db_conn *conn, struct arena *arena,
                                            const char *username, struct store_user *out, struct status *status);

struct store_user_find {
    const char *username;         /* NULL = any */
    const char *const *usernames; /* any of these; at most STORE_IN_MAX */
    size_t username_count;        /* 0 = any */
    bool only_admins, only_normal;
    uint32_t limit; /* 0 = all */
    uint64_t offset;
};

/* Newest first: created_ts, row_status, id, all descending. One statement. */
enum status_code store_user_list(struct store *store, struct db_conn *conn, struct arena *arena,
                                 const struct store_user_find *find, struct store_user **out, size_t *count,
                                 struct status *status);

/* Users by id, for the lists that name many: cached ones from the cache, the others in one statement (or one for each
 * STORE_IN_MAX of them). Unknown ids are left out; repeated ids are fine. */
struct store_user_map {
    struct store_user *users; /* ordered by id */
    size_t count;
};
enum status_code store_user_map_by_ids(struct store *store, struct db_conn *conn, struct arena *arena,
                                       const int32_t *ids, size_t id_count, struct store_user_map *out,
                                       struct status *status);
const struct store_user *store_user_map_find(const struct store_user_map *map, int32_t id); /* NULL if absent */

/* The same for exact usernames, from the database; map is ordered by id. */
enum status_code store_user_map_by_usernames(struct store *store, struct db_conn *conn, struct arena *arena,
                                             const char *const *usernames, size_t username_count,
                                             struct store_user_map *out, struct status *status);

/* What is left out of struct store_user. STATUS_NOT_FOUND as above. */
enum status_code store_user_password_hash(struct store *store, struct arena *arena, int32_t id, char **hash,
                                          struct status *status);
enum status_code store_user_avatar(struct store *store, struct arena *arena, int32_t id, char **avatar_url,
                                   struct status *status);

enum status_code store_user_any(struct store *store, bool *exists, struct status *status);

struct store_user_new {
    const char *username, *email, *nickname, *password_hash, *avatar_url;
    enum store_role role;
    bool only_as_first; /* STATUS_FAILED_PRECONDITION if a user exists; exactly one of several such calls wins */
    /* The account that is linked with the user from the start, in the same transaction; provider NULL: none. */
    const char *provider, *extern_uid;
};
/* A taken username is STATUS_ALREADY_EXISTS, and so is an account that is linked already. */
enum status_code store_user_create(struct store *store, struct arena *arena, const struct store_user_new *fresh,
                                   struct store_user *out, struct status *status);
/* The same inside a write. */
enum status_code store_user_insert(struct db_conn *conn, struct arena *arena, const struct store_user_new *fresh,
                                   struct store_user *out, struct status *status);

enum {
    STORE_USER_SET_USERNAME = 1,
    STORE_USER_SET_EMAIL = 2,
    STORE_USER_SET_NICKNAME = 4,
    STORE_USER_SET_DESCRIPTION = 8,
    STORE_USER_SET_AVATAR = 16,
    STORE_USER_SET_ROLE = 32,
    STORE_USER_SET_ROW_STATUS = 64,
    STORE_USER_SET_PASSWORD = 128
};
struct store_user_change {
    unsigned columns; /* bits of above */
    const char *username, *email, *nickname, *description, *avatar_url, *password_hash;
    enum store_role role;
    enum store_row_status row_status;
};
/* Sets the columns and updated_ts = now; gives the row as it is then. */
enum status_code store_user_update(struct store *store, struct arena *arena, int32_t id,
                                   const struct store_user_change *change, struct store_user *out,
                                   struct status *status);

/* Removes the user with all that contract/database.md 8 names, in one transaction. The bytes of attachments elsewhere
 * are then for the outbox: call blob_removals_due. */
enum status_code store_user_delete(struct store *store, struct arena *arena, int32_t id, struct status *status);

#endif
