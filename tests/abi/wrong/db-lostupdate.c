/* Found by: db concurrency: no acknowledged update is lost */
/* Says that it is done where it should say MEMORA_E_RETRY: every seventh commit is none. */
#define NAME "lostupdate"
#define DB
#include "real.h"

#include <stdatomic.h>

static atomic_int commits;

static int commit(struct memora_conn *conn, struct memora_error *error)
{
    return atomic_fetch_add(&commits, 1) % 7 == 6 ? real.rollback(conn, error) : real.commit(conn, error);
}

static void set_up(operations *ops)
{
    ops->commit = commit;
}
