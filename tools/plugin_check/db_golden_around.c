/* What hangs on notes: relations, reactions, shares, attachments, notifications, settings; several writers of one
 * value; and what goes when its owner goes. After db_golden.c: memos 1 to 7, users 1 to 3. */
#include <pthread.h>
#include <string.h>

#include "codec/codec.h"
#include "db_store.h"
#include "store/attachment.h"
#include "store/inbox.h"
#include "store/reaction.h"
#include "store/relation.h"
#include "store/share.h"
#include "store/user.h"
#include "store/user_setting.h"

enum { ALICE = 1, BOB = 2, CAROL = 3, M1 = 1, M2 = 2, M3 = 3, BLOB_SIZE = 300000 };

#define ROCKET "\xF0\x9F\x9A\x80"
#define THUMB "\xF0\x9F\x91\x8D"

static struct db_conn *reading(struct transcript *t)
{
    struct db_conn *conn = NULL;
    struct status status = {0};
    if (store_read_begin(t->store, &conn, &status))
        transcript_code(t, "reading", status.code);
    return conn;
}

/* ---- relations ---- */

static enum status_code add_relations(struct db_conn *conn, void *ctx, struct status *status)
{
    static const int32_t pairs[][2] = {{M1, M2}, {M1, M3}, {M1, M3}, {M3, M1}};
    enum status_code code = STATUS_OK;
    (void)ctx;
    for (size_t i = 0; code == STATUS_OK && i < sizeof pairs / sizeof pairs[0]; i++)
        code = store_relation_add(conn, pairs[i][0], pairs[i][1], STORE_RELATION_REFERENCE, status);
    return code;
}

static void list_relations(struct transcript *t, const char *what, struct store_viewer viewer)
{
    static const int32_t ids[] = {M1, M3};
    struct store_relation *found = NULL;
    struct status status = {0};
    size_t count = 0;
    struct db_conn *conn = reading(t);
    enum status_code code = store_relation_list(conn, t->arena, ids, 2, &viewer, false, &found, &count, &status);
    store_read_end(conn);
    transcript_code(t, what, code);
    for (size_t i = 0; i < count; i++)
        buf_printf(&t->text, "  %s %s %d %s\n", found[i].memo_uid, found[i].related_memo_uid, (int)found[i].type,
                   found[i].incoming ? "in" : "out");
}

static void run_relations(struct transcript *t)
{
    struct status status = {0};
    transcript_code(t, "add", store_write(t->store, add_relations, t, &status));
    list_relations(t, "all", (struct store_viewer){.kind = STORE_VIEWER_ALL});
    list_relations(t, "for anyone", (struct store_viewer){.kind = STORE_VIEWER_ANYONE_PUBLIC});
}

static const char relations_expected[] =
    "add: ok\nall: ok\n  m3 m1 1 out\n  m1 m3 1 out\n  m1 m2 1 out\n  c1 m1 2 in\n  m3 m1 1 in\n  m1 m3 1 in\n"
    "for anyone: ok\n  m3 m1 1 out\n  m1 m3 1 out\n  c1 m1 2 in\n  m3 m1 1 in\n  m1 m3 1 in\n";

/* ---- reactions and shares ---- */

static enum status_code add_reactions(struct db_conn *conn, void *ctx, struct status *status)
{
    struct transcript *t = ctx;
    static const char *const types[] = {ROCKET, THUMB, ROCKET, "it's \"fine\""};
    enum status_code code = STATUS_OK;
    for (size_t i = 0; code == STATUS_OK && i < sizeof types / sizeof types[0]; i++) {
        struct store_reaction reaction = {.creator_id = BOB, .content_id = "memos/m1", .reaction_type = types[i]};
        code = store_reaction_upsert(conn, t->arena, &reaction, status);
    }
    struct store_share share = {.memo_id = M1, .creator_id = ALICE, .uid = "s1", .expires = true, .expires_ts = 1};
    struct store_share second = {.memo_id = M1, .creator_id = ALICE, .uid = "s2"};
    if (code == STATUS_OK)
        code = store_share_insert(conn, &share, status);
    return code == STATUS_OK ? store_share_insert(conn, &second, status) : code;
}

static void run_reactions(struct transcript *t)
{
    static const char *const uids[] = {"m1", "m2"};
    struct store_reaction *reactions = NULL;
    struct store_share *shares = NULL;
    struct status status = {0};
    size_t count = 0, share_count = 0;
    transcript_code(t, "add", store_write(t->store, add_reactions, t, &status));
    struct db_conn *conn = reading(t);
    transcript_code(t, "reactions", store_reaction_list(conn, t->arena, uids, 2, &reactions, &count, &status));
    transcript_code(t, "shares", store_share_list(conn, t->arena, M1, &shares, &share_count, &status));
    store_read_end(conn);
    for (size_t i = 0; i < count; i++)
        buf_printf(&t->text, "  %s %s\n", reactions[i].content_id, reactions[i].reaction_type);
    for (size_t i = 0; i < share_count; i++)
        buf_printf(&t->text, "  %s %s\n", shares[i].uid, store_share_usable(&shares[i]) ? "usable" : "over");
}

static const char reactions_expected[] = "add: ok\nreactions: ok\nshares: ok\n  memos/m1 " ROCKET "\n  memos/m1 " THUMB
                                         "\n  memos/m1 it's \"fine\"\n  s1 over\n  s2 usable\n";

/* ---- attachments ---- */

static enum status_code add_attachment(struct db_conn *conn, void *ctx, struct status *status)
{
    struct transcript *t = ctx;
    unsigned char *bytes = arena_alloc(t->arena, BLOB_SIZE);
    for (size_t i = 0; i < BLOB_SIZE; i++)
        bytes[i] = (unsigned char)(i ^ (i >> 8));
    struct store_attachment attachment = {.uid = "a1",
                                          .creator_id = BOB,
                                          .filename = ROCKET " it's 100%.bin",
                                          .type = "application/octet-stream",
                                          .size = BLOB_SIZE,
                                          .memo_id = M3,
                                          .storage = STORE_ATTACHMENT_DATABASE,
                                          .reference = "",
                                          .bytes = bytes,
                                          .bytes_length = BLOB_SIZE};
    return store_attachment_insert(conn, t->arena, &attachment, status);
}

static void read_bytes(struct transcript *t, struct db_conn *conn, uint64_t off, uint64_t len)
{
    const char *bytes = NULL;
    struct status status = {0};
    size_t length = 0, right = 0;
    enum status_code code = store_attachment_bytes(conn, t->arena, 1, off, len, &bytes, &length, &status);
    while (right < length && (unsigned char)bytes[right] == (unsigned char)((off + right) ^ ((off + right) >> 8)))
        right++;
    buf_printf(&t->text, "bytes from %llu: %s %zu %s\n", (unsigned long long)off, code ? "failed" : "ok", length,
               right == length ? "right" : "wrong");
}

static void run_attachments(struct transcript *t)
{
    static const int32_t memos[] = {M1, M3};
    struct store_attachment *found = NULL;
    struct status status = {0};
    size_t count = 0;
    int64_t size = 0;
    transcript_code(t, "add", store_write(t->store, add_attachment, t, &status));
    transcript_code(t, "again", store_write(t->store, add_attachment, t, &status));
    struct db_conn *conn = reading(t);
    transcript_code(t, "list", store_attachment_list_for_memos(conn, t->arena, memos, 2, &found, &count, &status));
    for (size_t i = 0; i < count; i++)
        buf_printf(&t->text, "  %s %s %s %lld\n", found[i].uid, found[i].memo_uid, found[i].filename,
                   (long long)found[i].size);
    transcript_code(t, "size", store_attachment_bytes_size(conn, 1, &size, &status));
    buf_printf(&t->text, "  %lld\n", (long long)size);
    read_bytes(t, conn, 0, BLOB_SIZE);
    read_bytes(t, conn, BLOB_SIZE - 5, 100);
    read_bytes(t, conn, BLOB_SIZE + 5, 100);
    store_read_end(conn);
}

static const char attachments_expected[] =
    "add: ok\nagain: AlreadyExists\nlist: ok\n  a1 m3 " ROCKET " it's 100%.bin 300000\nsize: ok\n  300000\n"
    "bytes from 0: ok 300000 right\nbytes from 299995: ok 5 right\nbytes from 300005: ok 0 right\n";

/* ---- settings, written by several at a time ---- */

enum { WRITERS = 4, ROUNDS = 8 };

static enum status_code lengthen(struct arena *arena, ProtobufCMessage *setting, void *ctx, bool *changed,
                                 struct status *status)
{
    Memos__Store__GeneralUserSetting *general = (Memos__Store__GeneralUserSetting *)setting;
    (void)ctx, (void)changed, (void)status;
    general->theme = arena_printf(arena, "%sx", general->theme ? general->theme : "");
    return STATUS_OK;
}

static void *lengthen_often(void *ctx)
{
    struct transcript *t = ctx;
    struct arena *arena = arena_create();
    for (int done = 0, tries = 0; done < ROUNDS && tries < ROUNDS * 50; tries++) {
        struct status status = {0};
        if (store_user_setting_edit(t->store, arena, ALICE, MEMOS__STORE__USER_SETTING__KEY__GENERAL, lengthen, NULL,
                                    &status) == STATUS_OK)
            done++;
    }
    arena_destroy(arena);
    return NULL;
}

static void run_settings(struct transcript *t)
{
    pthread_t threads[WRITERS];
    ProtobufCMessage *setting = NULL;
    struct status status = {0};
    int started = 0;
    while (started < WRITERS && pthread_create(&threads[started], NULL, lengthen_often, t) == 0)
        started++;
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    store_user_setting_forget_all(t->store, ALICE);
    transcript_code(t, "get",
                    store_user_setting_get(t->store, NULL, t->arena, ALICE, MEMOS__STORE__USER_SETTING__KEY__GENERAL,
                                           &setting, &status));
    const Memos__Store__GeneralUserSetting *general = (const Memos__Store__GeneralUserSetting *)setting;
    buf_printf(&t->text, "  %d\n", general ? (int)strlen(general->theme) - started * ROUNDS : -1);
}

static const char settings_expected[] = "get: ok\n  0\n";

/* ---- all or nothing ---- */

static enum status_code half(struct db_conn *conn, void *ctx, struct status *status)
{
    enum status_code code = store_reaction_delete_of_memos(conn, ctx, (const char *const[]){"m1"}, 1, status);
    return code ? code : status_set(status, STATUS_ABORTED, "changed my mind");
}

static enum status_code notify(struct db_conn *conn, void *ctx, struct status *status)
{
    struct transcript *t = ctx;
    struct store_inbox inbox = {
        .sender_id = BOB,
        .receiver_id = ALICE,
        .message = CODEC_NEW(t->arena, Memos__Store__InboxMessage, memos__store__inbox_message__descriptor)};
    return store_inbox_create(conn, t->arena, &inbox, status);
}

static void count_rest(struct transcript *t)
{
    static const char *const uids[] = {"m1"};
    struct store_reaction *reactions = NULL;
    struct store_inbox *inboxes = NULL;
    struct store_memo *memos = NULL;
    struct status status = {0};
    size_t reaction_count = 0, inbox_count = 0, memo_count = 0;
    const struct store_memo_find find = {.viewer = {.kind = STORE_VIEWER_ALL}, .include_comments = true};
    struct db_conn *conn = reading(t);
    store_reaction_list(conn, t->arena, uids, 1, &reactions, &reaction_count, &status);
    store_inbox_list(conn, t->arena, ALICE, &inboxes, &inbox_count, &status);
    store_memo_list(conn, t->arena, &find, &memos, &memo_count, &status);
    store_read_end(conn);
    buf_printf(&t->text, "  %zu memos, %zu reactions, %zu notifications, code %d\n", memo_count, reaction_count,
               inbox_count, (int)status.code);
}

static void run_deletes(struct transcript *t)
{
    struct store_user user;
    struct status status = {0};
    transcript_code(t, "half", store_write(t->store, half, t->arena, &status));
    count_rest(t);
    transcript_code(t, "notify", store_write(t->store, notify, t, &status));
    count_rest(t);
    transcript_code(t, "delete bob", store_user_delete(t->store, t->arena, BOB, &status));
    status = (struct status){0};
    count_rest(t);
    transcript_code(t, "bob", store_user_get_by_username(t->store, NULL, t->arena, "bob", &user, &status));
}

static const char deletes_expected[] =
    "half: Aborted\n  7 memos, 3 reactions, 0 notifications, code 0\n"
    "notify: ok\n  7 memos, 3 reactions, 1 notifications, code 0\n"
    "delete bob: ok\n  4 memos, 0 reactions, 0 notifications, code 0\nbob: NotFound\n";

const struct golden golden_around[] = {
    {"the store: relations", run_relations, relations_expected},
    {"the store: reactions and shares", run_reactions, reactions_expected},
    {"the store: attachments in the database", run_attachments, attachments_expected},
    {"the store: several writers of one setting", run_settings, settings_expected},
    {"the store: all or nothing, and what goes with a user", run_deletes, deletes_expected},
    {0},
};
