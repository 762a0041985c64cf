/* Found by: db transactions: what was rolled back is gone */
/* Commits where it should roll back. */
#define NAME "rollback"
#define DB
#include "real.h"

static int commit(struct memora_conn *conn, struct memora_error *error)
{
    real.commit(conn, NULL); /* fails if nothing is open */
    (void)error;
    return MEMORA_OK;
}

static void set_up(operations *ops)
{
    ops->rollback = commit;
}
