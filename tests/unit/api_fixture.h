/* What the tests of handlers share: the services of a server over a database of their own, loaded through the real
 * plugins, and calls as whichever user. Handlers are called directly. Included by one file per program:
 *
 *     static void lists(void **state)
 *     {
 *         struct api_fixture *f = *state;
 *         struct api_call *call = fixture_call(f, "alice");
 *         ... api_user_service_get_user(call, &request, &response, &f->status) ...
 *     }
 *     cmocka_unit_test_setup_teardown(lists, fixture_recorded, fixture_close)
 */
#ifndef TEST_API_FIXTURE_H
#define TEST_API_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "api/convert.h"
#include "api_handlers.h"
#include "auth/auth.h"
#include "base/log.h"
#include "blob/blob.h"
#include "config/config.h"
#include "plugin/plugin.h"
#include "store/user.h"

enum { FIXTURE_HEADERS = 8, FIXTURE_COMMAND = 512 };

struct api_fixture {
    char dir[64], path[96]; /* data directory and database file */
    struct config config;
    struct db *db;
    struct store *store;
    struct blob *blob;
    struct auth *auth;
    struct api_services services;
    struct arena *arena; /* of the whole test */
    struct status status;
    struct {
        const char *name, *value;
    } headers[FIXTURE_HEADERS]; /* request metadata of every call; lower-case names */
    unsigned header_count;
};

static inline const char *fixture_shared(void)
{
    const char *given = getenv("MEMORA_SHARED");
    return given && *given ? given : MEMORA_TEST_SOURCE_DIR "/../shared";
}

static inline void fixture_remove_directory(const char *dir)
{
    char command[FIXTURE_COMMAND];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

static inline void fixture_copy_recorded(const char *dir)
{
    char command[FIXTURE_COMMAND];
    snprintf(command, sizeof command, "cp -r '%s/fixtures/existing-db/sqlite/.' '%s' && chmod -R u+w '%s'",
             fixture_shared(), dir, dir);
    assert_int_equal(system(command), 0);
}

static inline const struct plugin *fixture_plugin(enum memora_kind kind, const char *name)
{
    const struct plugin *plugin = NULL;
    struct status status = {0};
    if (plugin_load(MEMORA_TEST_PLUGIN_DIR, kind, name, &plugin, &status))
        fail_msg("%s", status.message);
    return plugin;
}

static inline void fixture_open_database(struct api_fixture *f)
{
    static const struct plugin *sqlite; /* plugins stay loaded until the process ends */
    const struct config_entry entries[] = {{.key = "dsn", .value = f->path, .file = "test", .line = 1}};
    const struct config_section section = {.name = "database", .entries = entries, .count = 1};
    const struct db_options options = {
        .read_connections = 4, .statement_cache = 64, .statement_timeout_ns = 10 * INT64_C(1000000000)};
    const struct memora_config *checked = NULL;
    if (!sqlite)
        sqlite = fixture_plugin(MEMORA_KIND_DB, "sqlite");
    if (plugin_configure(sqlite, &section, &f->config, &checked, &f->status) ||
        db_open(&sqlite->ops.db, checked, &options, &f->db, &f->status) || db_migrate(f->db, &f->status))
        fail_msg("%s", f->status.message);
}

static inline void fixture_open_services(struct api_fixture *f)
{
    static const struct plugin *files;
    if (!files)
        files = fixture_plugin(MEMORA_KIND_STORAGE, "fs");
    fixture_open_database(f);
    f->store = store_create(f->db);
    if (blob_open(files, &f->config, &f->blob, &f->status) ||
        auth_create(f->store, f->config.demo, &f->auth, &f->status))
        fail_msg("%s", f->status.message);
    blob_use_outbox(f->blob, f->store, NULL, NULL); /* who deletes removes */
    f->services = (struct api_services){.store = f->store, .blob = f->blob, .auth = f->auth, .config = &f->config};
}

static inline void fixture_close_services(struct api_fixture *f)
{
    auth_destroy(f->auth);
    blob_close(f->blob);
    store_destroy(f->store);
    db_close(f->db);
}

/* As after a restart of the server: caches are empty, everything else is as the database has it. */
static inline void fixture_restart(struct api_fixture *f)
{
    fixture_close_services(f);
    fixture_open_services(f);
}

static inline struct api_fixture *fixture_new(void)
{
    struct api_fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    log_set_level(LOG_LEVEL_ERROR);
    snprintf(f->dir, sizeof f->dir, "/tmp/memora-api-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/memos_prod.db", f->dir);
    f->config = (struct config){.data_dir = f->dir,
                                .instance_url = "http://localhost:5230",
                                .database_plugin = "sqlite",
                                .storage_plugin = "fs",
                                .allow_private_webhooks = true,
                                .storage = {.name = "storage"},
                                .database = {.name = "database"}};
    plugin_host_set_data_dir(f->dir);
    f->arena = arena_create();
    return f;
}

/* cmocka setup: a fresh database without users. */
static inline int fixture_empty(void **state)
{
    struct api_fixture *f = fixture_new();
    fixture_open_services(f);
    *state = f;
    return 0;
}

/* cmocka setup: a copy of the recorded database (users alice, bob, carol) and its files. */
static inline int fixture_recorded(void **state)
{
    struct api_fixture *f = fixture_new();
    fixture_copy_recorded(f->dir);
    fixture_open_services(f);
    *state = f;
    return 0;
}

/* cmocka teardown of both. */
static inline int fixture_close(void **state)
{
    struct api_fixture *f = *state;
    fixture_close_services(f);
    fixture_remove_directory(f->dir);
    arena_destroy(f->arena);
    free(f);
    return 0;
}

static inline const char *fixture_metadata(const struct api_call *call, const char *name)
{
    const struct api_fixture *f = call->metadata_ctx;
    for (unsigned i = 0; i < f->header_count; i++)
        if (strcmp(f->headers[i].name, name) == 0)
            return f->headers[i].value;
    return NULL;
}

static inline void fixture_header(struct api_fixture *f, const char *name, const char *value)
{
    assert_true(f->header_count < FIXTURE_HEADERS);
    f->headers[f->header_count].name = name;
    f->headers[f->header_count++].value = value;
}

/* A call by the user of that name (role and state are not looked at); NULL is anonymous. */
static inline struct api_call *fixture_call(struct api_fixture *f, const char *username)
{
    struct api_call *call = ARENA_NEW(f->arena, struct api_call);
    struct store_user user;
    *call =
        (struct api_call){.arena = f->arena, .services = &f->services, .metadata = fixture_metadata, .metadata_ctx = f};
    f->status = (struct status){0};
    if (!username)
        return call;
    if (store_user_get_by_username(f->store, NULL, f->arena, username, &user, &f->status))
        fail_msg("%s: %s", username, f->status.message);
    call->caller = (struct api_caller){.user_id = user.id,
                                       .role = user.role == STORE_ROLE_ADMIN ? API_ROLE_ADMIN : API_ROLE_USER,
                                       .username = user.username,
                                       .by_access_token = true};
    return call;
}

/* A user made behind the API's back, with a password that nobody knows. Gives the id. */
static inline int32_t fixture_user(struct api_fixture *f, const char *username, enum store_role role)
{
    const struct store_user_new fresh = {
        .username = username, .email = "", .nickname = "", .password_hash = "", .avatar_url = "", .role = role};
    struct store_user user;
    if (store_user_create(f->store, f->arena, &fresh, &user, &f->status))
        fail_msg("%s: %s", username, f->status.message);
    return user.id;
}

static inline enum status_code fixture_write_sql(struct db_conn *conn, void *ctx, struct status *status)
{
    return db_exec(conn, ctx, NULL, 0, NULL, status);
}

/* One statement past all caches. */
static inline void fixture_sql(struct api_fixture *f, const char *sql)
{
    if (db_write(f->db, fixture_write_sql, (void *)sql, &f->status))
        fail_msg("%s: %s", sql, f->status.message);
}

/* First column of the first row. */
static inline char *fixture_query(struct api_fixture *f, const char *sql)
{
    struct db_conn *conn;
    struct db_rows *rows;
    assert_int_equal(db_read_begin(f->db, &conn, &f->status), STATUS_OK);
    if (db_query(conn, sql, NULL, 0, &rows, &f->status))
        fail_msg("%s: %s", sql, f->status.message);
    char *text = NULL;
    if (db_next(rows, &f->status)) {
        const struct memora_value *value = db_column(rows, 0);
        text = value && value->type == MEMORA_INT ? arena_printf(f->arena, "%lld", (long long)value->u.i)
                                                  : db_column_text(rows, 0, f->arena);
    }
    db_rows_close(rows);
    db_read_end(conn);
    return text;
}

/* A request written as JSON, the way a client would send it. */
static inline void *fixture_request(struct api_fixture *f, const ProtobufCMessageDescriptor *type, const char *json)
{
    ProtobufCMessage *message = NULL;
    if (codec_read_json(f->arena, type, json, strlen(json), NULL, &message, &f->status))
        fail_msg("%s: %s", json, f->status.message);
    return message;
}

/* The message as REST shows it. */
static inline const char *fixture_json(struct api_fixture *f, const void *message)
{
    struct buf json = buf_in(f->arena);
    if (codec_write_json(&json, message, CODEC_JSON_FULL, &f->status))
        fail_msg("%s", f->status.message);
    return buf_str(&json);
}

/* The recorded answer of the reference server to a request, as JSON text. as is "anonymous", "alice" or "bob". */
static inline json_t *fixture_recorded_body(const char *as, const char *method, const char *path)
{
    char file[FIXTURE_COMMAND];
    json_error_t error;
    size_t i;
    json_t *entry, *body = NULL;
    snprintf(file, sizeof file, "%s/fixtures/existing-db/expected.json", fixture_shared());
    json_t *all = json_load_file(file, 0, &error);
    if (!all)
        fail_msg("%s: %s", file, error.text);
    json_array_foreach(json_object_get(all, "responses"), i, entry)
    {
        if (strcmp(json_string_value(json_object_get(entry, "as")), as) == 0 &&
            strcmp(json_string_value(json_object_get(entry, "method")), method) == 0 &&
            strcmp(json_string_value(json_object_get(entry, "path")), path) == 0)
            body = json_object_get(entry, "body");
    }
    if (!body)
        fail_msg("no recording of %s %s as %s", method, path, as);
    json_incref(body);
    json_decref(all);
    return body;
}

static inline void assert_json_equal(json_t *actual, json_t *expected)
{
    if (!json_equal(actual, expected)) {
        char *a = json_dumps(actual, JSON_SORT_KEYS), *b = json_dumps(expected, JSON_SORT_KEYS);
        fail_msg("got      %s\nexpected %s", a, b);
    }
}

/* The message is what the reference server answered. */
static inline void assert_recorded(struct api_fixture *f, const void *message, const char *as, const char *method,
                                   const char *path)
{
    json_t *expected = fixture_recorded_body(as, method, path);
    json_t *actual = json_loads(fixture_json(f, message), JSON_DECODE_ANY, NULL);
    assert_non_null(actual);
    assert_json_equal(actual, expected);
    json_decref(actual);
    json_decref(expected);
}

/* The message, as REST shows it, equals the JSON text. */
static inline void assert_shows(struct api_fixture *f, const void *message, const char *json)
{
    json_error_t error;
    json_t *expected = json_loads(json, JSON_DECODE_ANY, &error);
    json_t *actual = json_loads(fixture_json(f, message), JSON_DECODE_ANY, NULL);
    if (!expected)
        fail_msg("%s: %s", json, error.text);
    assert_non_null(actual);
    assert_json_equal(actual, expected);
    json_decref(actual);
    json_decref(expected);
}

/* A call that must fail with code and text; the status is the fixture's. */
#define assert_fails(f, call_expression, wanted_code, text)                                                            \
    do {                                                                                                               \
        assert_int_equal(call_expression, wanted_code);                                                                \
        assert_int_equal((f)->status.code, wanted_code);                                                               \
        assert_string_equal((f)->status.message, text);                                                                \
    } while (0)

/* A call that must succeed. */
#define assert_works(f, call_expression)                                                                               \
    do {                                                                                                               \
        if ((call_expression) != STATUS_OK)                                                                            \
            fail_msg("%s", (f)->status.message);                                                                       \
    } while (0)

#endif
