#include "auth/memo_access.h"

enum outcome { ALLOW, HIDE, SIGN_IN, FORBID };
enum relation { ANONYMOUS, STRANGER, ADMIN, CREATOR, RELATION_COUNT };
enum visibility { PUBLIC, PROTECTED, PRIVATE, VISIBILITY_COUNT };

/* Admins have no sight of others' private memos, but may change them: so the reference has it. */
static const unsigned char table[MEMO_ACTION_COUNT][RELATION_COUNT][VISIBILITY_COUNT] = {
    [MEMO_READ] = {[ANONYMOUS] = {ALLOW, SIGN_IN, SIGN_IN},
                   [STRANGER] = {ALLOW, ALLOW, FORBID},
                   [ADMIN] = {ALLOW, ALLOW, FORBID},
                   [CREATOR] = {ALLOW, ALLOW, ALLOW}},
    [MEMO_RELATED] = {[ANONYMOUS] = {ALLOW, SIGN_IN, SIGN_IN},
                      [STRANGER] = {ALLOW, ALLOW, FORBID},
                      [ADMIN] = {ALLOW, ALLOW, ALLOW},
                      [CREATOR] = {ALLOW, ALLOW, ALLOW}},
    [MEMO_CHANGE] = {[ANONYMOUS] = {SIGN_IN, SIGN_IN, SIGN_IN},
                     [STRANGER] = {FORBID, FORBID, FORBID},
                     [ADMIN] = {ALLOW, ALLOW, ALLOW},
                     [CREATOR] = {ALLOW, ALLOW, ALLOW}},
};

static enum relation relation_of(const struct api_caller *caller, const struct store_memo *memo)
{
    if (caller->user_id == 0)
        return ANONYMOUS;
    if (caller->user_id == memo->creator_id)
        return CREATOR;
    return caller->role == API_ROLE_ADMIN ? ADMIN : STRANGER;
}

/* An unknown value in the database is neither public nor private: any signed-in user may read it (database.md 9). */
static enum visibility visibility_of(const struct store_memo *memo)
{
    switch (memo->visibility) {
    case STORE_PUBLIC:
        return PUBLIC;
    case STORE_PRIVATE:
        return PRIVATE;
    case STORE_PROTECTED:
    case STORE_VISIBILITY_UNKNOWN:
        break;
    }
    return PROTECTED;
}

enum status_code memo_access_check(const struct api_caller *caller, enum memo_action action,
                                   const struct store_memo *memo, struct status *status)
{
    enum relation relation = relation_of(caller, memo);
    enum outcome outcome = (enum outcome)table[action][relation][visibility_of(memo)];
    if (action == MEMO_READ && memo->row_status == STORE_ARCHIVED && relation != CREATOR)
        outcome = HIDE;
    switch (outcome) {
    case ALLOW:
        return STATUS_OK;
    case HIDE:
        return status_set(status, STATUS_NOT_FOUND, "memo not found");
    case SIGN_IN:
        return status_set(status, STATUS_UNAUTHENTICATED, "user not authenticated");
    case FORBID:
        break;
    }
    return status_set(status, STATUS_PERMISSION_DENIED, "permission denied");
}

struct store_viewer memo_access_viewer(const struct api_caller *caller)
{
    if (caller->user_id == 0)
        return (struct store_viewer){.kind = STORE_VIEWER_ANYONE_PUBLIC};
    return (struct store_viewer){.kind = STORE_VIEWER_USER, .user_id = caller->user_id};
}
