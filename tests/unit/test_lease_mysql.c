#include "mysql_fixture.h"

#include "lease_cases.h"

static void stop_database(void)
{
    server_action("stop");
}

static void start_database(void)
{
    server_action("start");
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {LEASE_CASES(setup_mysql, teardown_mysql)};
    return cmocka_run_group_tests(tests, start_server, remove_server);
}
