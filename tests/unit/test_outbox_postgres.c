#include "postgres_fixture.h"

#include "outbox_cases.h"

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {OUTBOX_CASES(setup_postgres, teardown_postgres)};
    return cmocka_run_group_tests(tests, start_postgres, remove_postgres);
}
