/* What a demo starts with: two users and a few memos that show what there is. */
#include <string.h>

#include "auth/password.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/uid.h"
#include "server/parts.h"
#include "store/memo.h"
#include "store/reaction.h"
#include "store/relation.h"
#include "store/user.h"

/* No secret: whoever knows the signing key of demo mode, which everybody does, needs no password. */
#define PASSWORD "memora-demo"

enum { HOST, GUEST, USERS };
static const int64_t day_s = 86400;

static const struct sample {
    const char *uid;
    int author;
    enum store_visibility visibility;
    bool pinned;
    int days_ago;
    const char *content;
    const char *comments_on; /* uid of an earlier one; NULL: a memo of its own */
    const char *refers_to;
} samples[] = {
    {"demo-welcome", HOST, STORE_PUBLIC, true, 6,
     "# Welcome\n\nThis is a demo: look around, write, change and delete as you like. It is thrown away sooner or "
     "later, "
     "and anybody can read it.\n\nWords with a `#` before them, like #welcome, are tags. They need no list to be made "
     "first.",
     NULL, NULL},
    {"demo-tasks", HOST, STORE_PUBLIC, false, 5,
     "For the weekend #todo\n\n- [x] Water the plants\n- [ ] Bring the ladder back\n- [ ] Find out why the bicycle "
     "squeaks\n\nBoxes can be ticked right here.",
     NULL, NULL},
    {"demo-recipe", GUEST, STORE_PUBLIC, false, 4,
     "Flat bread, for two #recipe/bread\n\n| What | How much |\n|---|---|\n| Flour | 200 g |\n| Water | 120 ml |\n| "
     "Salt | 1 teaspoon |\n\nKnead, rest for half an hour, roll out thinly, and bake in a hot dry pan.",
     NULL, NULL},
    {"demo-comment", HOST, STORE_PUBLIC, false, 4, "Half an hour is enough? I always gave it two.", "demo-recipe",
     NULL},
    {"demo-code", HOST, STORE_PROTECTED, false, 3,
     "The one line that I look up every time #shell\n\n```sh\ntar -C /srv -czf notes.tar.gz notes\n```\n\nOnly who is "
     "signed in sees this one.",
     NULL, NULL},
    {"demo-reading", GUEST, STORE_PROTECTED, false, 2,
     "Read again about how [Markdown](https://commonmark.org/help/) came to be. **Plain text** that stays readable "
     "_without_ a program is worth a lot. #reading",
     NULL, NULL},
    {"demo-follow-up", HOST, STORE_PUBLIC, false, 1,
     "Tried the flat bread with sesame. It works. #recipe/bread\n\nMemos can refer to others, as this one does.", NULL,
     "demo-recipe"},
    {"demo-private", HOST, STORE_PRIVATE, false, 0, "A private memo: nobody but its author sees it. #journal", NULL,
     NULL},
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

struct filling {
    struct arena *arena;
    const char *password_hash;
    int64_t now_s;
    int32_t users[USERS], memos[SAMPLES];
};

static enum status_code add_user(struct filling *filling, struct db_conn *conn, int which, struct status *status)
{
    const struct store_user_new fresh = {.username = which == HOST ? "demo" : "guest",
                                         .email = "",
                                         .nickname = which == HOST ? "Demo" : "A guest",
                                         .password_hash = filling->password_hash,
                                         .avatar_url = "",
                                         .role = which == HOST ? STORE_ROLE_ADMIN : STORE_ROLE_USER,
                                         .only_as_first = which == HOST};
    struct store_user user;
    enum status_code code = store_user_insert(conn, filling->arena, &fresh, &user, status);
    filling->users[which] = user.id;
    return code;
}

static int32_t memo_of(const struct filling *filling, const char *uid)
{
    size_t i = 0;
    while (strcmp(samples[i].uid, uid) != 0)
        i++;
    return filling->memos[i];
}

static enum status_code add_memo(struct filling *filling, struct db_conn *conn, size_t which, struct status *status)
{
    const struct sample *sample = &samples[which];
    size_t length = strlen(sample->content);
    struct store_memo memo = {.uid = sample->uid,
                              .creator_id = filling->users[sample->author],
                              .created_ts = filling->now_s - sample->days_ago * day_s,
                              .updated_ts = filling->now_s - sample->days_ago * day_s,
                              .content = sample->content,
                              .content_length = length,
                              .visibility = sample->visibility,
                              .pinned = sample->pinned,
                              .payload = store_memo_payload_build(filling->arena, sample->content, length, NULL)};
    enum status_code code = store_memo_insert(conn, filling->arena, &memo, status);
    filling->memos[which] = memo.id;
    if (!code && sample->comments_on)
        code = store_relation_add(conn, memo.id, memo_of(filling, sample->comments_on), STORE_RELATION_COMMENT, status);
    if (!code && sample->refers_to)
        code = store_relation_add(conn, memo.id, memo_of(filling, sample->refers_to), STORE_RELATION_REFERENCE, status);
    return code;
}

static enum status_code check_empty(struct filling *filling, struct db_conn *conn, struct status *status)
{
    const struct store_memo_find any = {.viewer = {.kind = STORE_VIEWER_ALL},
                                        .any_row_status = true,
                                        .include_comments = true,
                                        .without_content = true,
                                        .limit = 1};
    struct store_memo *found = NULL;
    size_t count = 0;
    enum status_code code = store_memo_list(conn, filling->arena, &any, &found, &count, status);
    if (!code && count)
        code = status_set(status, STATUS_FAILED_PRECONDITION, "there are memos already");
    return code;
}

static enum status_code fill(struct db_conn *conn, void *ctx, struct status *status)
{
    struct filling *filling = ctx;
    enum status_code code = check_empty(filling, conn, status);
    for (int i = 0; !code && i < USERS; i++)
        code = add_user(filling, conn, i, status);
    for (size_t i = 0; !code && i < SAMPLES; i++)
        code = add_memo(filling, conn, i, status);
    struct store_reaction reaction = {.creator_id = filling->users[GUEST],
                                      .content_id = store_reaction_subject(filling->arena, samples[0].uid),
                                      .reaction_type = "👍"};
    return code ? code : store_reaction_upsert(conn, filling->arena, &reaction, status);
}

enum status_code server_fill_demo(struct server *server, struct status *status)
{
    char hash[PASSWORD_HASH_SIZE];
    if (!server->config->demo)
        return STATUS_OK;
    struct filling filling = {.arena = arena_create(), .password_hash = hash, .now_s = clock_wall_s()};
    enum status_code code = password_hash(PASSWORD, hash, status);
    if (!code)
        code = store_write(server->store, fill, &filling, status);
    arena_destroy(filling.arena);
    if (!code)
        log_info("demo: users demo (an administrator) and guest, both with the password " PASSWORD);
    return code == STATUS_FAILED_PRECONDITION ? STATUS_OK : code; /* there is something already */
}
