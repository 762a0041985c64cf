#include "store/move.h"

#define INT(column)                                                                                                    \
    {                                                                                                                  \
        column, STORE_MOVE_INT, false, false                                                                           \
    }
#define INT_OR_NULL(column)                                                                                            \
    {                                                                                                                  \
        column, STORE_MOVE_INT, true, false                                                                            \
    }
#define TEXT(column)                                                                                                   \
    {                                                                                                                  \
        column, STORE_MOVE_TEXT, false, false                                                                          \
    }
#define JSON(column)                                                                                                   \
    {                                                                                                                  \
        column, STORE_MOVE_JSON, false, false                                                                          \
    }
#define TIME(column)                                                                                                   \
    {                                                                                                                  \
        column, STORE_MOVE_TIME, false, false                                                                          \
    }
#define BOOL(column)                                                                                                   \
    {                                                                                                                  \
        column, STORE_MOVE_BOOL, false, false                                                                          \
    }
#define PLACE(column, kind)                                                                                            \
    {                                                                                                                  \
        column, kind, false, true                                                                                      \
    }

/* contract/database.md 1 */
const struct store_move_table store_move_tables[STORE_MOVE_TABLES] = {
    [STORE_MOVE_SETTING] = {"system_setting", 1, 3, {TEXT("name"), TEXT("value"), TEXT("description")}},
    [STORE_MOVE_USER] = {"user",
                         1,
                         11,
                         {INT("id"), TEXT("username"), TIME("created_ts"), TIME("updated_ts"), TEXT("row_status"),
                          TEXT("role"), TEXT("email"), TEXT("nickname"), TEXT("password_hash"), TEXT("avatar_url"),
                          TEXT("description")}},
    [STORE_MOVE_USER_SETTING] = {"user_setting", 2, 3, {INT("user_id"), TEXT("key"), TEXT("value")}},
    [STORE_MOVE_MEMO] = {"memo",
                         1,
                         10,
                         {INT("id"), TEXT("uid"), INT("creator_id"), TIME("created_ts"), TIME("updated_ts"),
                          TEXT("row_status"), TEXT("content"), TEXT("visibility"), BOOL("pinned"), JSON("payload")}},
    [STORE_MOVE_RELATION] = {"memo_relation", 3, 3, {INT("memo_id"), INT("related_memo_id"), TEXT("type")}},
    [STORE_MOVE_ATTACHMENT] = {"attachment",
                               1,
                               12,
                               {INT("id"), TEXT("uid"), INT("creator_id"), TIME("created_ts"), TIME("updated_ts"),
                                TEXT("filename"), TEXT("type"), INT("size"), INT_OR_NULL("memo_id"),
                                PLACE("storage_type", STORE_MOVE_TEXT), PLACE("reference", STORE_MOVE_TEXT),
                                PLACE("payload", STORE_MOVE_JSON)}},
    [STORE_MOVE_IDP] =
        {"idp", 1, 6, {INT("id"), TEXT("uid"), TEXT("name"), TEXT("type"), TEXT("identifier_filter"), JSON("config")}},
    [STORE_MOVE_INBOX] = {"inbox",
                          1,
                          6,
                          {INT("id"), TIME("created_ts"), INT("sender_id"), INT("receiver_id"), TEXT("status"),
                           JSON("message")}},
    [STORE_MOVE_REACTION] = {"reaction",
                             1,
                             5,
                             {INT("id"), TIME("created_ts"), INT("creator_id"), TEXT("content_id"),
                              TEXT("reaction_type")}},
    /* The times of these two are plain numbers everywhere. */
    [STORE_MOVE_SHARE] = {"memo_share",
                          1,
                          6,
                          {INT("id"), TEXT("uid"), INT("memo_id"), INT("creator_id"), INT("created_ts"),
                           INT_OR_NULL("expires_ts")}},
    [STORE_MOVE_IDENTITY] = {"user_identity",
                             1,
                             6,
                             {INT("id"), INT("user_id"), TEXT("provider"), TEXT("extern_uid"), INT("created_ts"),
                              INT("updated_ts")}},
};
