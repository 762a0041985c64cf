#include "db_fixture.h"

#include "outbox_cases.h"

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {OUTBOX_CASES(setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
