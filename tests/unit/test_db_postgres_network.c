/* The plugin db-postgres and what lies between it and the server: forms of addresses, passwords, TLS, silence. */
#include "postgres_fixture.h"

#include "db_outage.h"
#include "silent_proxy.h"

/* An address of the loopback network for this process alone, so that the usual port is free on it. */
static const char *own_address(void)
{
    static char address[24];
    snprintf(address, sizeof address, "127.77.%d.%d", (int)(getpid() >> 8) % 250 + 1, (int)getpid() % 250 + 1);
    return address;
}

static int start_with_tls(void **state)
{
    char command[512], options[512];
    if (start_postgres(state) != 0 || postgres_script("stop", "") != 0)
        return -1;
    snprintf(command, sizeof command, "'%s/tests/lib/certificates.sh' '%s' db.example.test", MEMORA_TEST_SOURCE_DIR,
             postgres_dir);
    if (system(command) != 0)
        return -1;
    snprintf(command, sizeof command,
             "cat >'%s/data/pg_hba.conf' <<END\nlocal all secretive scram-sha-256\nlocal all all trust\n"
             "host all secretive 127.0.0.0/8 scram-sha-256\nhost all all 127.0.0.0/8 trust\nEND\n",
             postgres_dir);
    if (system(command) != 0)
        return -1;
    snprintf(options, sizeof options,
             "-c ssl=on -c ssl_cert_file='%s/cert.pem' -c ssl_key_file='%s/key.pem' -c listen_addresses=%s",
             postgres_dir, postgres_dir, own_address());
    if (postgres_script("start", options) != 0)
        return -1;
    return postgres_script("sql", "<<'END'\nSET password_encryption = 'scram-sha-256';\nCREATE USER secretive PASSWORD "
                                  "'p@ss/w:rd';\nCREATE DATABASE secrets OWNER "
                                  "secretive;\nEND\n");
}

static enum status_code open_with_keys(const char *dsn, const char *mode, const char *ca, struct db **out,
                                       struct status *status)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", postgres_dir, ca ? ca : "");
    const struct config_entry entries[] = {{.key = "dsn", .value = dsn, .file = "test", .line = 1},
                                           {.key = "sslmode", .value = mode ? mode : "", .file = "test", .line = 2},
                                           {.key = "sslrootcert", .value = path, .file = "test", .line = 3}};
    const struct config_section section = {.name = "database", .entries = entries, .count = ca ? 3 : 2};
    const struct config config = {.data_dir = "/nonexistent"};
    const struct memora_config *checked = NULL;
    enum status_code code = plugin_configure(postgres_plugin(), &section, &config, &checked, status);
    return code ? code : db_open(&postgres_plugin()->ops.db, checked, &default_options, out, status);
}

static void tls_is_what_was_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *host, *mode, *ca;
        bool opens, encrypted;
        const char *message;
    } cases[] = {
        {"db.example.test", "disable", NULL, true, false, NULL},
        {"db.example.test", "require", NULL, true, true, NULL},
        {"db.example.test", "verify-full", "ca.pem", true, true, NULL},
        {"other.example.test", "verify-full", "ca.pem", false, false, "does not match host name"},
        {"other.example.test", "verify-ca", "ca.pem", true, true, NULL},
        {"db.example.test", "verify-full", "other.pem", false, false, "certificate verify failed"},
        {"db.example.test", "verify-ca", "other.pem", false, false, "certificate verify failed"},
        {"db.example.test", "verify-full", "absent.pem", false, false, "absent.pem"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int form = 0; form < 2; form++) {
            char dsn[256];
            struct status status = {0};
            struct db *db = NULL;
            snprintf(dsn, sizeof dsn,
                     form ? "postgres://memora@%s/postgres?hostaddr=%s"
                          : "host=%s hostaddr=%s user=memora dbname=postgres",
                     cases[i].host, own_address());
            enum status_code code = open_with_keys(dsn, cases[i].mode, cases[i].ca, &db, &status);
            if ((code == STATUS_OK) != cases[i].opens || (!cases[i].opens && !strstr(status.message, cases[i].message)))
                fail_msg("case %zu: %d %s", i, (int)code, status.message);
            if (code == STATUS_OK)
                assert_int_equal(query_int(db, "SELECT ssl::int FROM pg_stat_ssl WHERE pid = pg_backend_pid()"),
                                 cases[i].encrypted);
            db_close(db);
        }
    }
}

static void every_form_of_address_opens(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    char *encoded = arena_strdup(arena, "");
    for (const char *at = postgres_dir; *at; at++)
        encoded = arena_printf(arena, *at == '/' ? "%s%%2F" : "%s%c", encoded, *at);
    const char *const dsns[] = {
        arena_printf(arena, "postgres://memora@/postgres?host=%s", postgres_dir),
        arena_printf(arena, "postgresql://memora@%s/postgres", encoded),
        arena_printf(arena, "postgres://memora@%s:5432/postgres?sslmode=prefer", own_address()),
        arena_printf(arena, "host=%s user=memora dbname=postgres", postgres_dir),
        arena_printf(arena, "user='memora' host='%s' dbname = postgres", own_address()),
        arena_printf(arena, "postgres://secretive:p%%40ss%%2Fw%%3Ard@%s/secrets", encoded),
        arena_printf(arena, "host=%s user=secretive password=p@ss/w:rd dbname=secrets", postgres_dir)};
    for (size_t i = 0; i < sizeof dsns / sizeof dsns[0]; i++) {
        struct status status = {0};
        struct db *db = NULL;
        if (open_dsn(dsns[i], &default_options, &db, &status))
            fail_msg("%s: %s", dsns[i], status.message);
        assert_int_equal(query_int(db, "SELECT 1"), 1);
        db_close(db);
    }
    arena_destroy(arena);
}

static void refusals_are_clear(void **state)
{
    (void)state;
    static const struct {
        const char *rest, *message;
    } cases[] = {{"user=secretive password=wr0ng-one dbname=secrets", "password authentication failed"},
                 {"user=secretive dbname=secrets", "password"},
                 {"user=nobody_here dbname=postgres", "\"nobody_here\" does not exist"},
                 {"user=memora dbname=absent", "\"absent\" does not exist"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char dsn[256];
        struct status status = {0};
        struct db *db = NULL;
        snprintf(dsn, sizeof dsn, "host=%s %s", postgres_dir, cases[i].rest);
        assert_int_not_equal(open_dsn(dsn, &default_options, &db, &status), STATUS_OK);
        if (!strstr(status.message, cases[i].message) || strstr(status.message, "wr0ng"))
            fail_msg("\"%s\" lacks \"%s\"", status.message, cases[i].message);
    }
}

static const struct db_options short_options = {
    .read_connections = 8, .statement_cache = 8, .statement_timeout_ns = 1000 * 1000000LL};

static void silence_costs_no_more_than_it_lasts(void **state)
{
    (void)state;
    struct proxy proxy;
    char path[128], dsn[256];
    struct status status = {0};
    struct db *db = NULL;
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", postgres_dir);
    proxy_start(&proxy, path);
    snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=memora dbname=postgres sslmode=disable connect_timeout=2",
             proxy.port);
    if (open_dsn(dsn, &short_options, &db, &status))
        fail_msg("%s", status.message);
    execute(db, "CREATE TABLE t (v INTEGER)");
    AWAIT(proxy_probing_clients(&proxy, 10) > 0);
    outage_is_survived(db, proxy_fall_silent, proxy_speak, &proxy);
    db_close(db);
    proxy_stop(&proxy);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_is_what_was_asked_for),
        cmocka_unit_test(every_form_of_address_opens),
        cmocka_unit_test(refusals_are_clear),
        cmocka_unit_test(silence_costs_no_more_than_it_lasts),
    };
    return cmocka_run_group_tests(tests, start_with_tls, remove_postgres);
}
