/* Built with the header of 1.0: what stands behind its table is nothing of the core's. Must load. */
#define NAME "older"
#define OPS_SIZE offsetof(struct memora_db_ops, execute_all)
#define EXECUTE_ALL stray
#include <memora/db.h>

static int stray(struct memora_stmt *const *statements, uint32_t count, struct memora_error *error)
{
    (void)statements, (void)count;
    return memora_fail(error, MEMORA_E_INTERNAL, "not a member");
}

#include "db.h"
