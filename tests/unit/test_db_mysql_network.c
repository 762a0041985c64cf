/* The plugin db-mysql and what lies between it and the server: the name in its certificate, and silence. */
#include "mysql_fixture.h"

#include "db_outage.h"
#include "silent_proxy.h"

static void restart_with_certificate_for(const char *name)
{
    char command[512], options[256];
    snprintf(command, sizeof command, "'%s/tests/lib/certificates.sh' '%s/tmp' %s", MEMORA_TEST_SOURCE_DIR, server.dir,
             name);
    assert_int_equal(system(command), 0);
    server_action("stop");
    snprintf(options, sizeof options, "--ssl-cert=%s/tmp/cert.pem --ssl-key=%s/tmp/key.pem", server.dir, server.dir);
    server_start_with(options);
}

static void start_proxy(struct proxy *proxy)
{
    char path[128];
    snprintf(path, sizeof path, "%s/sock", server.dir);
    proxy_start(proxy, path);
}

static void tcp_dsn(const struct proxy *proxy, const struct fixture *f, const char *host, const char *ending, char *out,
                    size_t size)
{
    snprintf(out, size, "memora:p@ss/w:rd?@tcp(%s:%d)/%s%s", host, proxy->port, f->path, ending);
}

static void the_name_in_the_certificate_counts(void **state)
{
    static const char *const names[] = {"localhost", "db.example.test"};
    struct fixture *f = *state;
    struct proxy proxy;
    char ca[128];
    snprintf(ca, sizeof ca, "%s/tmp/ca.pem", server.dir);
    start_proxy(&proxy);
    for (int right = 0; right < 2; right++) {
        restart_with_certificate_for(names[1 - right]);
        for (int checked = 0; checked < 2; checked++) {
            char dsn[256];
            struct status status = {0};
            struct db *db = NULL;
            tcp_dsn(&proxy, f, "localhost", checked ? "?tls=true" : "?tls=skip-verify", dsn, sizeof dsn);
            enum status_code code = open_mysql(dsn, checked ? "tls_ca" : NULL, ca, &default_options, &db, &status);
            if ((code == STATUS_OK) != (right || !checked))
                fail_msg("right %d, checked %d: %d %s", right, checked, (int)code, status.message);
            if (code == STATUS_OK)
                assert_int_equal(query_int(db, "SELECT variable_value <> '' FROM information_schema.session_status "
                                               "WHERE variable_name = 'Ssl_cipher'"),
                                 1);
            db_close(db);
        }
    }
    proxy_stop(&proxy);
}

static const struct db_options short_options = {
    .read_connections = 8, .statement_cache = 8, .statement_timeout_ns = 1000 * 1000000LL};

static void silence_costs_no_more_than_it_lasts(void **state)
{
    struct fixture *f = *state;
    struct proxy proxy;
    char dsn[256];
    struct status status = {0};
    struct db *db = NULL;
    start_proxy(&proxy);
    tcp_dsn(&proxy, f, "127.0.0.1", "?timeout=2s", dsn, sizeof dsn);
    if (open_mysql(dsn, NULL, NULL, &short_options, &db, &status))
        fail_msg("%s", status.message);
    execute(db, "CREATE TABLE t (v INT NOT NULL)");
    AWAIT(proxy_probing_clients(&proxy, 10) > 0);
    outage_is_survived(db, proxy_fall_silent, proxy_speak, &proxy);
    db_close(db);
    proxy_stop(&proxy);
}

static void stop_server(void *how)
{
    server_action(how);
}

static void start_again(void *how)
{
    (void)how;
    server_action("start");
}

static void restarts_lose_nothing(void **state)
{
    static char *const ways[] = {"stop", "kill"};
    struct fixture *f = *state;
    execute(f->db, "CREATE TABLE t (v INT NOT NULL)");
    for (int i = 0; i < 2; i++) {
        outage_is_survived(f->db, stop_server, start_again, ways[i]);
        execute(f->db, "DELETE FROM t");
    }
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(silence_costs_no_more_than_it_lasts, setup_mysql, teardown_mysql),
        cmocka_unit_test_setup_teardown(restarts_lose_nothing, setup_mysql, teardown_mysql),
        cmocka_unit_test_setup_teardown(the_name_in_the_certificate_counts, setup_mysql, teardown_mysql),
    };
    return cmocka_run_group_tests(tests, start_server, remove_server);
}
