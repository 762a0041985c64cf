/* The rows of all tables as they are, for moving them between databases, backing them up and checking them. The tables
 * are described by data, so that reading and writing are written once; values are the same on every database:
 * Unix seconds for times, text for JSON. */
#ifndef MEMORA_STORE_MOVE_H
#define MEMORA_STORE_MOVE_H

#include "store/store.h"

enum store_move_kind {
    STORE_MOVE_INT,
    STORE_MOVE_BOOL,
    STORE_MOVE_TEXT,
    STORE_MOVE_JSON, /* may come back written differently: blanks, order of members */
    STORE_MOVE_TIME  /* a time column: MEMORA_INT, Unix seconds */
};

struct store_move_column {
    const char *name;
    enum store_move_kind kind;
    bool nullable;
    bool place; /* says where the bytes of an attachment are, so that moving them changes it */
};

enum { STORE_MOVE_COLUMNS_MAX = 13, STORE_MOVE_PAGE_MAX = 500 };

struct store_move_table {
    const char *name;
    unsigned keys; /* the first so many columns are the key that pages go by */
    unsigned columns;
    struct store_move_column column[STORE_MOVE_COLUMNS_MAX];
};

/* In the order in which they are to be written. Ours (outbox, changes, leases) are about one running server and stay
 * behind. The bytes of attachments kept in the database are not a column here. */
enum {
    STORE_MOVE_SETTING,
    STORE_MOVE_USER,
    STORE_MOVE_USER_SETTING,
    STORE_MOVE_MEMO,
    STORE_MOVE_RELATION,
    STORE_MOVE_ATTACHMENT,
    STORE_MOVE_IDP,
    STORE_MOVE_INBOX,
    STORE_MOVE_REACTION,
    STORE_MOVE_SHARE,
    STORE_MOVE_IDENTITY,
    STORE_MOVE_TABLES
};
extern const struct store_move_table store_move_tables[STORE_MOVE_TABLES];

/* Places of columns that moving looks at. */
enum {
    STORE_MOVE_ID = 0, /* of every table with ids; also of MEMO, USER, ATTACHMENT */
    STORE_MOVE_ATTACHMENT_UID = 1,
    STORE_MOVE_ATTACHMENT_CREATED = 3,
    STORE_MOVE_ATTACHMENT_FILENAME = 5,
    STORE_MOVE_ATTACHMENT_TYPE = 6,
    STORE_MOVE_ATTACHMENT_SIZE = 7,
    STORE_MOVE_ATTACHMENT_STORAGE = 9,
    STORE_MOVE_ATTACHMENT_REFERENCE = 10,
    STORE_MOVE_ATTACHMENT_PAYLOAD = 11
};

struct store_move_row {
    struct memora_value values[STORE_MOVE_COLUMNS_MAX]; /* INT, BOOL, TEXT or NULL as the columns say */
    const void *bytes;                                  /* of an attachment, to be kept in its row */
    size_t bytes_length;
    bool has_bytes;
};

/* The next rows in the order of the key: those after `after` (NULL: from the first on), at most limit of them
 * (<= STORE_MOVE_PAGE_MAX). The setting that marks an unfinished move is left out. Values are in the arena. */
enum status_code store_move_page(struct db_conn *conn, struct arena *arena, const struct store_move_table *table,
                                 const struct store_move_row *after, uint32_t limit, struct store_move_row **out,
                                 size_t *count, struct status *status);
enum status_code store_move_count(struct db_conn *conn, const struct store_move_table *table, int64_t *count,
                                  struct status *status);

/* Inside a write: inserts rows with the ids they have. */
enum status_code store_move_insert(struct db_conn *conn, struct arena *arena, const struct store_move_table *table,
                                   const struct store_move_row *rows, size_t count, struct status *status);
/* Inside a write: removes all rows but the marker. */
enum status_code store_move_clear(struct db_conn *conn, const struct store_move_table *table, struct status *status);

/* The marker of an unfinished move into this database: a text of the caller's, NULL if there is none. It is a row of
 * system_setting, so that any database of ours can have it. */
enum status_code store_move_marker_get(struct db_conn *conn, struct arena *arena, const char **text,
                                       struct status *status);
/* Inside a write; text NULL removes it. */
enum status_code store_move_marker_set(struct db_conn *conn, const char *text, struct status *status);

/* STATUS_FAILED_PRECONDITION if a move into this database was begun and not finished: it must not be served. */
enum status_code store_move_check_complete(struct db *db, struct status *status);

/* Rows that name something which is not there: a user, a memo. */
enum store_move_repair {
    STORE_MOVE_REMOVE, /* the row means nothing without it */
    STORE_MOVE_DETACH, /* an attachment stays, without memo */
    STORE_MOVE_LEAVE   /* what it holds is somebody's; left to people */
};
struct store_move_dangling {
    const char *table, *condition;
    const char *what; /* plural, for people */
    enum store_move_repair repair;
};
extern const struct store_move_dangling store_move_dangling[];
extern const size_t store_move_dangling_count;
enum status_code store_move_dangling_find(struct db_conn *conn, const struct store_move_dangling *kind, int64_t *found,
                                          struct status *status);
/* Inside a write. */
enum status_code store_move_dangling_repair(struct db_conn *conn, const struct store_move_dangling *kind,
                                            int64_t *repaired, struct status *status);

#endif
