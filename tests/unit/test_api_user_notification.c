#include "api_fixture.h"

#include "base/clock.h"
#include "store/inbox.h"

static enum status_code list(struct api_fixture *f, const char *as, const char *parent,
                             Memos__Api__V1__ListUserNotificationsResponse **response)
{
    Memos__Api__V1__ListUserNotificationsRequest request = MEMOS__API__V1__LIST_USER_NOTIFICATIONS_REQUEST__INIT;
    request.parent = (char *)parent;
    return api_user_service_list_user_notifications(fixture_call(f, as), &request, response, &f->status);
}

static enum status_code update(struct api_fixture *f, const char *as, const char *json,
                               Memos__Api__V1__UserNotification **response)
{
    return api_user_service_update_user_notification(
        fixture_call(f, as), fixture_request(f, &memos__api__v1__update_user_notification_request__descriptor, json),
        response, &f->status);
}

static enum status_code delete_one(struct api_fixture *f, const char *as, const char *name)
{
    Memos__Api__V1__DeleteUserNotificationRequest request = MEMOS__API__V1__DELETE_USER_NOTIFICATION_REQUEST__INIT;
    Google__Protobuf__Empty *response = NULL;
    request.name = (char *)name;
    return api_user_service_delete_user_notification(fixture_call(f, as), &request, &response, &f->status);
}

static Memos__Api__V1__UserNotification *nth(struct api_fixture *f, const char *as, size_t index)
{
    Memos__Api__V1__ListUserNotificationsResponse *all = NULL;
    assert_works(f, list(f, as, arena_printf(f->arena, "users/%s", as), &all));
    assert_true(index < all->n_notifications);
    return all->notifications[index];
}

static void lists_as_recorded(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListUserNotificationsResponse *response = NULL;
    assert_works(f, list(f, "alice", "users/alice", &response));
    assert_recorded(f, response, "alice", "GET", "/api/v1/users/alice/notifications");
    assert_works(f, list(f, "bob", "users/bob", &response));
    assert_recorded(f, response, "bob", "GET", "/api/v1/users/bob/notifications");
}

static void a_list_runs_few_statements(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListUserNotificationsResponse *response = NULL;
    struct api_call *call = fixture_call(f, "bob");
    Memos__Api__V1__ListUserNotificationsRequest request = MEMOS__API__V1__LIST_USER_NOTIFICATIONS_REQUEST__INIT;
    request.parent = arena_strdup(f->arena, "users/bob");
    db_statement_count_reset();
    assert_works(f, api_user_service_list_user_notifications(call, &request, &response, &f->status));
    assert_true(response->n_notifications > 3);
    assert_in_range(db_statement_count_reset(), 1, 8);
}

static void only_the_receiver_reads(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListUserNotificationsResponse *response = NULL;
    assert_fails(f, (int)list(f, "alice", "users/bob", &response), STATUS_PERMISSION_DENIED, "permission denied");
    assert_fails(f, (int)list(f, NULL, "users/bob", &response), STATUS_UNAUTHENTICATED, "user not authenticated");
    assert_fails(f, (int)list(f, "alice", "users/none", &response), STATUS_INVALID_ARGUMENT,
                 "invalid user name: user not found: users/none");
    assert_fails(f, (int)list(f, "alice", "users", &response), STATUS_INVALID_ARGUMENT,
                 "invalid user name: invalid request \"users\"");
}

static void hides_memos_that_the_reader_may_not_see(void **state)
{
    struct api_fixture *f = *state;
    /* The newest of Bob's: Carol's comment on his own memo. */
    assert_non_null(nth(f, "bob", 0)->memo_comment);
    fixture_sql(f, "UPDATE memo SET visibility = 'PRIVATE' WHERE uid = 'com-book'");
    Memos__Api__V1__UserNotification *first = nth(f, "bob", 0);
    assert_int_equal(first->type, MEMOS__API__V1__USER_NOTIFICATION__TYPE__MEMO_COMMENT);
    assert_int_equal(first->payload_case, MEMOS__API__V1__USER_NOTIFICATION__PAYLOAD__NOT_SET);
    fixture_sql(f, "UPDATE memo SET visibility = 'PUBLIC' WHERE uid = 'com-book'");
    fixture_sql(f, "DELETE FROM memo WHERE uid = 'bob-book'");
    assert_int_equal(nth(f, "bob", 0)->payload_case, MEMOS__API__V1__USER_NOTIFICATION__PAYLOAD__NOT_SET);
    /* Admins see private ones, too. */
    fixture_sql(f, "UPDATE memo SET visibility = 'PRIVATE' WHERE uid = 'com-3'");
    assert_string_equal(nth(f, "alice", 0)->memo_comment->memo, "memos/com-3");
}

static void leaves_out_lost_senders_and_unknown_types(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__ListUserNotificationsResponse *before = NULL, *after = NULL;
    assert_works(f, list(f, "bob", "users/bob", &before));
    fixture_sql(f, "INSERT INTO inbox (sender_id, receiver_id, status, message) VALUES (99, 2, 'UNREAD', "
                   "'{\"type\":\"MEMO_MENTION\",\"memoMention\":{\"memoId\":1}}')");
    fixture_sql(f, "INSERT INTO inbox (sender_id, receiver_id, status, message) VALUES (1, 2, 'UNREAD', "
                   "'{\"type\":\"FROM_THE_FUTURE\"}')");
    fixture_sql(f, "INSERT INTO inbox (sender_id, receiver_id, status, message) VALUES (1, 2, 'UNREAD', '{}')");
    assert_works(f, list(f, "bob", "users/bob", &after));
    assert_int_equal(after->n_notifications, before->n_notifications);
}

static enum status_code write_inbox(struct db_conn *conn, void *ctx, struct status *status)
{
    struct arena *arena = arena_create();
    enum status_code code = store_inbox_create(conn, arena, ctx, status);
    arena_destroy(arena);
    return code;
}

static void shows_what_was_created(void **state)
{
    struct api_fixture *f = *state;
    Memos__Store__InboxMessage message = MEMOS__STORE__INBOX_MESSAGE__INIT;
    Memos__Store__InboxMessage__MemoMentionPayload mention = MEMOS__STORE__INBOX_MESSAGE__MEMO_MENTION_PAYLOAD__INIT;
    struct store_inbox inbox = {.sender_id = 2, .receiver_id = 1, .message = &message};
    message.type = MEMOS__STORE__INBOX_MESSAGE__TYPE__MEMO_MENTION;
    message.payload_case = MEMOS__STORE__INBOX_MESSAGE__PAYLOAD_MEMO_MENTION;
    message.memo_mention = &mention;
    mention.memo_id = 1;
    mention.related_memo_id = 9999; /* gone: only its two fields stay empty */
    assert_works(f, store_write(f->store, write_inbox, &inbox, &f->status));
    assert_in_range(inbox.created_ts, clock_wall_s() - 60, clock_wall_s());
    assert_string_equal(fixture_query(f, "SELECT message FROM inbox ORDER BY id DESC LIMIT 1"),
                        "{\"type\":\"MEMO_MENTION\",\"memoMention\":{\"memoId\":1,\"relatedMemoId\":9999}}");
    Memos__Api__V1__UserNotification *shown = nth(f, "alice", 0);
    assert_string_equal(shown->name, arena_printf(f->arena, "users/alice/notifications/%d", inbox.id));
    assert_string_equal(shown->sender, "users/bob");
    assert_string_equal(shown->memo_mention->memo, "memos/welcome");
    assert_string_equal(shown->memo_mention->related_memo, "");
    assert_string_equal(shown->memo_mention->related_memo_snippet, "");
}

#define BOBS "users/bob/notifications/9"

static void archives_and_restores(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__UserNotification *shown = NULL;
    assert_works(f,
                 update(f, "bob",
                        "{\"notification\":{\"name\":\"" BOBS "\",\"status\":\"ARCHIVED\"},\"updateMask\":\"status\"}",
                        &shown));
    assert_int_equal(shown->status, MEMOS__API__V1__USER_NOTIFICATION__STATUS__ARCHIVED);
    assert_string_equal(shown->name, BOBS);
    assert_string_equal(fixture_query(f, "SELECT status FROM inbox WHERE id = 9"), "ARCHIVED");
    assert_works(f, update(f, "bob",
                           "{\"notification\":{\"name\":\"" BOBS "\",\"status\":\"UNREAD\"},\"updateMask\":\"status\"}",
                           &shown));
    assert_string_equal(fixture_query(f, "SELECT status FROM inbox WHERE id = 9"), "UNREAD");
}

static void refuses_bad_changes(void **state)
{
    struct api_fixture *f = *state;
    Memos__Api__V1__UserNotification *shown = NULL;
    static const struct {
        const char *as, *json;
        int code;
        const char *text;
    } cases[] = {
        {"bob", "{}", STATUS_INVALID_ARGUMENT, "notification is required"},
        {"bob", "{\"notification\":{\"name\":\"x\"}}", STATUS_INVALID_ARGUMENT,
         "invalid notification name: invalid notification name: x"},
        {"bob", "{\"notification\":{\"name\":\"users/bob/notifications/x\"}}", STATUS_INVALID_ARGUMENT,
         "invalid notification name: invalid notification id: x"},
        {"bob", "{\"notification\":{\"name\":\"users/none/notifications/1\"}}", STATUS_INVALID_ARGUMENT,
         "invalid notification name: user not found: users/none"},
        {NULL, "{\"notification\":{\"name\":\"" BOBS "\"}}", STATUS_UNAUTHENTICATED, "user not authenticated"},
        {"alice", "{\"notification\":{\"name\":\"" BOBS "\"}}", STATUS_PERMISSION_DENIED, "permission denied"},
        {"bob", "{\"notification\":{\"name\":\"users/bob/notifications/999\"}}", STATUS_NOT_FOUND,
         "notification not found"},
        {"bob", "{\"notification\":{\"name\":\"users/bob/notifications/5\"}}", STATUS_PERMISSION_DENIED,
         "permission denied"}, /* Alice's under Bob's name */
        {"bob", "{\"notification\":{\"name\":\"" BOBS "\"}}", STATUS_INVALID_ARGUMENT, "update mask is required"},
        {"bob", "{\"notification\":{\"name\":\"" BOBS "\"},\"updateMask\":\"status\"}", STATUS_INVALID_ARGUMENT,
         "invalid status"},
        {"bob", "{\"notification\":{\"name\":\"" BOBS "\"},\"updateMask\":\"type\"}", STATUS_INVALID_ARGUMENT,
         "invalid update path: type"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_fails(f, (int)update(f, cases[i].as, cases[i].json, &shown), cases[i].code, cases[i].text);
}

static void deletes(void **state)
{
    struct api_fixture *f = *state;
    assert_fails(f, (int)delete_one(f, "alice", BOBS), STATUS_PERMISSION_DENIED, "permission denied");
    assert_works(f, delete_one(f, "bob", BOBS));
    assert_fails(f, (int)delete_one(f, "bob", BOBS), STATUS_NOT_FOUND, "notification not found");
    assert_string_equal(fixture_query(f, "SELECT COUNT(*) FROM inbox WHERE id = 9"), "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_as_recorded, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(a_list_runs_few_statements, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(only_the_receiver_reads, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(hides_memos_that_the_reader_may_not_see, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(leaves_out_lost_senders_and_unknown_types, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(shows_what_was_created, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(archives_and_restores, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(refuses_bad_changes, fixture_recorded, fixture_close),
        cmocka_unit_test_setup_teardown(deletes, fixture_recorded, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
