#include "mysql_fixture.h"

#include "outbox_cases.h"

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {OUTBOX_CASES(setup_mysql, teardown_mysql)};
    return cmocka_run_group_tests(tests, start_server, remove_server);
}
