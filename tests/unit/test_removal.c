/* Removing the bytes of deleted attachments through the outbox, and background jobs. */
#include "attachment_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "api/convert.h"
#include "api_handlers.h"
#include "base/clock.h"
#include "event/jobs.h"
#include "patience.h"
#include "store/removal.h"

static int woken;

static void count_wake(void *ctx)
{
    (void)ctx;
    woken++;
}

static int setup_apart(void **state)
{
    setup(state);
    struct fixture *f = *state;
    woken = 0;
    blob_use_outbox(f->blob, f->store, count_wake, NULL);
    return 0;
}

static void upload(struct fixture *f, const char *uid, const char *filename, const char *text)
{
    struct api_call call = call_as(f, BOB);
    Memos__Api__V1__CreateAttachmentRequest request = MEMOS__API__V1__CREATE_ATTACHMENT_REQUEST__INIT;
    Memos__Api__V1__Attachment attachment = MEMOS__API__V1__ATTACHMENT__INIT, *response;
    struct status status = {0};
    attachment.filename = (char *)filename;
    attachment.type = "text/plain";
    attachment.content = (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
    request.attachment = &attachment;
    request.attachment_id = (char *)uid;
    if (api_attachment_service_create_attachment(&call, &request, &response, &status))
        fail_msg("%s: %s", uid, status.message);
}

static void delete (struct fixture *f, const char *uid)
{
    struct api_call call = call_as(f, BOB);
    Memos__Api__V1__DeleteAttachmentRequest request = MEMOS__API__V1__DELETE_ATTACHMENT_REQUEST__INIT;
    Google__Protobuf__Empty *response;
    struct status status = {0};
    request.name = arena_printf(f->arena, "attachments/%s", uid);
    if (api_attachment_service_delete_attachment(&call, &request, &response, &status))
        fail_msg("%s: %s", uid, status.message);
}

static int64_t pending(struct fixture *f)
{
    return query_int(f, "SELECT COUNT(*) FROM memora_outbox");
}

/* The request leaves the removal to the outbox, where it survives whatever happens to the process. */
static void test_row_first(void **state)
{
    struct fixture *f = *state;
    set_storage(f, "{\"storageType\":\"LOCAL\",\"filepathTemplate\":\"a/{filename}\"}");
    upload(f, "one", "one.txt", "1");
    upload(f, "two", "two.txt", "2");
    delete (f, "one");
    assert_int_equal(woken, 1);
    assert_int_equal(count_files(f), 2);
    assert_int_equal(pending(f), 1);
    assert_int_equal(query_int(f, "SELECT COUNT(*) FROM attachment"), 1);
    assert_true(blob_remove_due(f->blob) > 0);
    assert_int_equal(count_files(f), 1);
    assert_int_equal(pending(f), 0);
    assert_true(blob_remove_due(f->blob) > 0);
    assert_int_equal(count_files(f), 1);
}

static void test_database_needs_none(void **state)
{
    struct fixture *f = *state;
    set_storage(f, "{\"storageType\":\"DATABASE\"}");
    upload(f, "one", "one.txt", "1");
    delete (f, "one");
    assert_int_equal(pending(f), 0);
}

/* More than a batch, all in one go. */
static void test_many(void **state)
{
    struct fixture *f = *state;
    char uid[32];
    for (int i = 0; i < 250; i++) {
        snprintf(uid, sizeof uid, "u%d", i);
        upload(f, uid, "a.txt", "x");
        delete (f, uid);
    }
    assert_int_equal(pending(f), 250);
    blob_remove_due(f->blob);
    assert_int_equal(pending(f), 0);
    assert_int_equal(count_files(f), 0);
}

static bool count_down(void *ctx)
{
    int *left = ctx;
    return *left > 0 && (*left)-- > 0;
}

/* Who may no longer remove stops between two objects, and leaves the rest to another. */
static void test_replaced(void **state)
{
    struct fixture *f = *state;
    char uid[32];
    int asked = 4; /* before the batch, and before each object */
    set_storage(f, "{\"storageType\":\"LOCAL\",\"filepathTemplate\":\"a/{filename}\"}");
    for (int i = 0; i < 6; i++) {
        snprintf(uid, sizeof uid, "u%d", i);
        upload(f, uid, uid, "x");
        delete (f, uid);
    }
    blob_remove_while(f->blob, count_down, &asked);
    blob_remove_due(f->blob);
    assert_int_equal(count_files(f), 3);
    assert_int_equal(pending(f), 3);
    blob_remove_while(f->blob, NULL, NULL);
    execute(f, "UPDATE memora_outbox SET due_ms = 0");
    blob_remove_due(f->blob);
    assert_int_equal(count_files(f), 0);
    assert_int_equal(pending(f), 0);
}

static enum status_code take_back(struct db_conn *conn, void *ctx, struct status *status)
{
    return store_removal_take_back(conn, *(const int64_t *)ctx, status);
}

/* Of the upload that brings its attachment and of whoever removes what was promised, one wins. */
static void test_promise_is_kept_or_taken_back(void **state)
{
    struct fixture *f = *state;
    struct status status = {0};
    int64_t id = 1;
    bool gone = false;
    execute(f, "INSERT INTO memora_outbox (id, kind, payload, due_ms, created_ms) VALUES "
               "(1, 'object_promise', '{}', 0, 0), (2, 'object_promise', '{}', 0, 0)");
    assert_int_equal(db_write(f->db, take_back, &id, &status), STATUS_OK);
    assert_int_equal(store_removal_break_off(f->store, id, &gone, &status), STATUS_OK);
    assert_true(gone);
    id = 2;
    assert_int_equal(store_removal_break_off(f->store, id, &gone, &status), STATUS_OK);
    assert_false(gone);
    assert_int_equal(db_write(f->db, take_back, &id, &status), STATUS_ABORTED);
    assert_int_equal(query_int(f, "SELECT COUNT(*) FROM memora_outbox WHERE kind = 'object_removal'"), 1);
}

/* What cannot be removed is tried again, later each time, and in the end kept for people to look at. */
static void test_failure(void **state)
{
    struct fixture *f = *state;
    set_storage(f, "{\"storageType\":\"LOCAL\",\"filepathTemplate\":\"a/{filename}\"}");
    upload(f, "one", "one.txt", "1");
    delete (f, "one");
    /* The plugin of S3 is not here. */
    execute(f, "UPDATE memora_outbox SET payload = '{\"place\":[\"S3\",\"\",\"b\",\"k\"],\"uid\":\"u\",\"payload\":"
               "{\"s3Object\":{\"key\":\"k\",\"s3Config\":{\"bucket\":\"b\"}}}}'");
    int64_t pause = blob_remove_due(f->blob);
    assert_true(pause > 0 && pause <= INT64_C(2000000000));
    assert_int_equal(query_int(f, "SELECT attempts FROM memora_outbox"), 1);
    assert_int_equal(blob_remove_due(f->blob) > 0, 1); /* not due */
    assert_int_equal(query_int(f, "SELECT attempts FROM memora_outbox"), 1);
    execute(f, "UPDATE memora_outbox SET due_ms = 0, attempts = 29");
    blob_remove_due(f->blob);
    assert_int_equal(query_int(f, "SELECT attempts FROM memora_outbox"), 30);
    assert_true(query_int(f, "SELECT due_ms FROM memora_outbox") > INT64_C(200000000000000));
    execute(f, "UPDATE memora_outbox SET due_ms = 0, payload = '{\"place\":[\"LOCAL\",\"a/one.txt\"],\"uid\":\"u\"}'");
    blob_remove_due(f->blob);
    assert_int_equal(pending(f), 0);
    assert_int_equal(count_files(f), 0);
}

/* A removal whose first try may have worked must not take the file of the next attachment of that name. */
static void test_name_used_again(void **state)
{
    struct fixture *f = *state;
    set_storage(f, "{\"storageType\":\"LOCAL\",\"filepathTemplate\":\"a/{filename}\"}");
    upload(f, "one", "one.txt", "1");
    delete (f, "one");
    run_shell("rm '%s/a/one.txt'", f->data);
    execute(f, "UPDATE memora_outbox SET attempts = 1"); /* as a crash right after the removal leaves it */
    upload(f, "two", "one.txt", "2");
    blob_remove_due(f->blob);
    assert_int_equal(pending(f), 0);
    assert_int_equal(count_files(f), 1);
}

static struct store_attachment put_without_row(struct fixture *f)
{
    Memos__Store__InstanceStorageSetting setting = MEMOS__STORE__INSTANCE_STORAGE_SETTING__INIT;
    struct store_attachment attachment = {
        .uid = "u", .filename = "one.txt", .type = "", .bytes = "x", .bytes_length = 1, .reference = ""};
    struct status status = {0};
    setting.storage_type = MEMOS__STORE__INSTANCE_STORAGE_SETTING__STORAGE_TYPE__LOCAL;
    setting.filepath_template = "a/{filename}";
    if (blob_put(f->blob, f->arena, &setting, &attachment, &status))
        fail_msg("%s", status.message);
    assert_true(attachment.promise > 0);
    return attachment;
}

/* A server that is killed between the file and its row leaves the file to the next, but not for ever. */
static void test_file_without_row(void **state)
{
    struct fixture *f = *state;
    put_without_row(f);
    blob_remove_due(f->blob);
    assert_int_equal(count_files(f), 1); /* the upload may still be under way */
    assert_int_equal(pending(f), 1);
    execute(f, "UPDATE memora_outbox SET due_ms = 0");
    blob_remove_due(f->blob);
    assert_int_equal(count_files(f), 0);
    assert_int_equal(pending(f), 0);
    /* One whose row came stays, and nothing is promised any more. */
    set_storage(f, "{\"storageType\":\"LOCAL\",\"filepathTemplate\":\"a/{filename}\"}");
    upload(f, "one", "one.txt", "1");
    assert_int_equal(pending(f), 0);
    /* A name that is taken is another's: what was promised of it is not kept. */
    struct store_attachment second = put_without_row(f);
    assert_non_null(strstr(second.reference, "/a/one_u.txt"));
    assert_int_equal(pending(f), 1);
    blob_abandon(f->blob, f->arena, &second);
    blob_remove_due(f->blob);
    assert_int_equal(pending(f), 0);
    assert_int_equal(count_files(f), 1);
}

static void test_strange_payload(void **state)
{
    struct fixture *f = *state;
    static const char *const payloads[] = {"",
                                           "{}",
                                           "[]",
                                           "{\"place\":[],\"uid\":\"x\"}",
                                           "{\"place\":[\"LOCAL\"]}",
                                           "{\"place\":[\"S3\",\"\",\"\",\"k\"],\"uid\":\"x\"}",
                                           "{\"place\":[\"S3\",\"\",\"\",\"k\"],\"uid\":\"x\",\"payload\":7}"};
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        struct store_attachment attachment;
        assert_int_equal(store_removal_parse(f->arena, payloads[i], &attachment, NULL), STATUS_DATA_LOSS);
    }
    execute(f, "INSERT INTO memora_outbox (kind, payload, due_ms, created_ms) VALUES ('object_removal', '{}', 0, 0)");
    assert_true(blob_remove_due(f->blob) > 0);
    assert_int_equal(query_int(f, "SELECT attempts FROM memora_outbox"), 1);
}

static void test_round_trip(void **state)
{
    struct fixture *f = *state;
    Memos__Store__AttachmentPayload payload = MEMOS__STORE__ATTACHMENT_PAYLOAD__INIT;
    Memos__Store__AttachmentPayload__S3Object object = MEMOS__STORE__ATTACHMENT_PAYLOAD__S3_OBJECT__INIT;
    Memos__Store__StorageS3Config config = MEMOS__STORE__STORAGE_S3_CONFIG__INIT;
    struct store_attachment attachment = {
        .uid = "u", .storage = STORE_ATTACHMENT_S3, .reference = "https://x", .payload = &payload};
    struct store_attachment read;
    const char *text;
    struct status status = {0};
    config.bucket = "b";
    config.endpoint = "http://e";
    object.key = "k\"],\"uid\":é\n";
    object.s3_config = &config;
    payload.s3_object = &object;
    payload.payload_case = MEMOS__STORE__ATTACHMENT_PAYLOAD__PAYLOAD_S3_OBJECT;
    assert_true(store_removal_needed(&attachment));
    assert_int_equal(store_removal_text(f->arena, &attachment, &text, &status), STATUS_OK);
    assert_int_equal(store_removal_parse(f->arena, text, &read, &status), STATUS_OK);
    assert_string_equal(read.uid, "u");
    assert_string_equal(read.payload->s3_object->key, object.key);
    assert_string_equal(read.payload->s3_object->s3_config->bucket, "b");
    /* A promise of the same object keeps others from its key, whatever their uid. */
    assert_int_equal(store_removal_promise(f->store, f->arena, &attachment, INT64_MAX / 2, &status), STATUS_OK);
    assert_true(attachment.promise > 0);
    struct store_attachment other = attachment;
    other.uid = "v";
    assert_int_equal(store_removal_promise(f->store, f->arena, &other, 1, &status), STATUS_ALREADY_EXISTS);
    object.key = "k";
    assert_int_equal(store_removal_promise(f->store, f->arena, &other, INT64_MAX / 2, &status), STATUS_OK);
    assert_int_equal(pending(f), 2);
}

struct counting {
    atomic_int runs;
    atomic_bool allowed;
    int64_t pause_ns;
};

static int64_t count_run(void *ctx)
{
    struct counting *counting = ctx;
    atomic_fetch_add(&counting->runs, 1);
    return counting->pause_ns;
}

static bool gate(void *ctx, const char *name)
{
    struct counting *counting = ctx;
    assert_string_equal(name, "counting");
    return atomic_load(&counting->allowed);
}

static bool until_runs(struct counting *counting, int runs)
{
    for (int64_t until = clock_mono_ns() + PATIENCE_NS; clock_mono_ns() < until; usleep(1000))
        if (atomic_load(&counting->runs) >= runs)
            break;
    return atomic_load(&counting->runs) >= runs;
}

static void test_jobs(void **state)
{
    (void)state;
    struct status status = {0};
    struct counting counting = {.pause_ns = INT64_MAX, .allowed = true};
    struct jobs *jobs = jobs_create();
    unsigned job = jobs_add(jobs, "counting", count_run, &counting);
    jobs_set_gate(jobs, gate, &counting);
    assert_int_equal(jobs_start(jobs, &status), STATUS_OK);
    assert_true(until_runs(&counting, 1));
    usleep(20000);
    assert_int_equal(atomic_load(&counting.runs), 1); /* its time is far off */
    jobs_wake(jobs, job);
    assert_true(until_runs(&counting, 2));
    atomic_store(&counting.allowed, false);
    jobs_wake(jobs, job);
    usleep(50000);
    assert_int_equal(atomic_load(&counting.runs), 2);
    jobs_destroy(jobs);

    counting = (struct counting){.pause_ns = 1000000};
    jobs = jobs_create();
    jobs_add(jobs, "counting", count_run, &counting);
    assert_int_equal(jobs_start(jobs, &status), STATUS_OK);
    assert_true(until_runs(&counting, 5)); /* again and again by itself */
    jobs_stop(jobs);
    int runs = atomic_load(&counting.runs);
    jobs_wake(jobs, 0); /* news may come until the end */
    usleep(20000);
    assert_int_equal(atomic_load(&counting.runs), runs);
    jobs_destroy(jobs);
    jobs_destroy(jobs_create()); /* never started */
    jobs_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_row_first, setup_apart, teardown),
        cmocka_unit_test_setup_teardown(test_database_needs_none, setup_apart, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup_apart, teardown),
        cmocka_unit_test_setup_teardown(test_failure, setup_apart, teardown),
        cmocka_unit_test_setup_teardown(test_replaced, setup_apart, teardown),
        cmocka_unit_test_setup_teardown(test_promise_is_kept_or_taken_back, setup_apart, teardown),
        cmocka_unit_test_setup_teardown(test_name_used_again, setup_apart, teardown),
        cmocka_unit_test_setup_teardown(test_file_without_row, setup_apart, teardown),
        cmocka_unit_test_setup_teardown(test_strange_payload, setup_apart, teardown),
        cmocka_unit_test_setup_teardown(test_round_trip, setup_apart, teardown),
        cmocka_unit_test(test_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
