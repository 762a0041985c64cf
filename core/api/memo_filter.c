#include "api/memo_filter.h"

#include "base/clock.h"
#include "store/store.h"

enum status_code api_memo_filter(struct api_call *call, const char *text, struct filter_sql *out, struct status *status)
{
    *out = (struct filter_sql){.condition = ""};
    if (!*text)
        return STATUS_OK;
    if (filter_compile(call->arena, FILTER_MEMO, text, clock_wall_s(), db_dialect(call->services->store->db), out,
                       status))
        return status_prefix(status, "invalid filter: ");
    return STATUS_OK;
}
