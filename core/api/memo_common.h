/* What the memo handlers share: finding the memo of a request, and telling others about a change. */
#ifndef MEMORA_API_MEMO_COMMON_H
#define MEMORA_API_MEMO_COMMON_H

#include "api/call.h"
#include "auth/memo_access.h"
#include "codec/codec.h"
#include "google/protobuf/empty.pb-c.h"
#include "memos/api/v1/memo_service.pb-c.h"
#include "store/memo.h"

/* The uid in "memos/{uid}"; error INVALID_ARGUMENT "invalid memo name: ...". */
enum status_code api_memo_uid(struct api_call *call, const char *name, const char **uid, struct status *status);

/* The memo of a resource name: INVALID_ARGUMENT "invalid memo name: ...", NOT_FOUND "memo not found". */
enum status_code api_memo_load(struct api_call *call, struct db_conn *conn, const char *name, struct store_memo *memo,
                               struct status *status);

/* As api_memo_load, then the access rule for the action. */
enum status_code api_memo_load_for(struct api_call *call, struct db_conn *conn, const char *name,
                                   enum memo_action action, struct store_memo *memo, struct status *status);

/* "memos/{uid}" in the arena. */
char *api_memo_name(struct arena *arena, const char *uid);

Google__Protobuf__Empty *api_empty(struct arena *arena);

/* A request time as whole Unix seconds; 0 when it is missing or out of range (years 1..9999). */
int64_t api_memo_seconds(const Google__Protobuf__Timestamp *time);

/* Visibility that a request asks for; anything but PUBLIC and PROTECTED means PRIVATE. */
enum store_visibility api_memo_visibility(Memos__Api__V1__Visibility requested);

/* INVALID_ARGUMENT when the content is longer than the instance allows. */
enum status_code api_memo_check_length(struct api_call *call, size_t length, struct status *status);

/* A request's place as the payload stores it; strings are shared. */
Memos__Store__MemoPayload__Location *api_memo_location(struct arena *arena, const Memos__Api__V1__Location *location);

/* Live event after a change: name is the changed memo's uid; parent NULL unless it is a comment. owner_id is who else
 * than admins hears of a private memo. */
void api_memo_announce(struct api_call *call, const char *type, const char *uid, const struct store_memo *parent,
                       enum store_visibility visibility, int32_t owner_id);

/* memo.updated for a memo that may be a comment; looks up the parent for its owner. */
void api_memo_announce_update(struct api_call *call, const struct store_memo *memo, const char *type);

/* One parsed memo per call of UpdateMemo and friends, for wrapped texts of the contract:
 * "prefix: rpc error: code = NotFound desc = text". */
enum status_code api_wrap_rpc_error(struct status *status, const char *prefix);

#endif
