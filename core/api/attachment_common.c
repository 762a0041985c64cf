#include "api/attachment_common.h"

#include <string.h>

#include "api/names.h"

enum status_code api_attachment_uid(struct arena *arena, const char *name, const char **uid, struct status *status)
{
    if (api_name_parse_one(arena, name, "attachments/", uid, status))
        return status_prefix(status, "invalid attachment id: ");
    return STATUS_OK;
}

bool api_attachment_filename_valid(const char *filename)
{
    size_t length = strlen(filename);
    if (length == 0 || strpbrk(filename, "/\\"))
        return false;
    char first = filename[0], last = filename[length - 1];
    return first != ' ' && first != '.' && last != ' ' && last != '.';
}

bool api_attachment_may_change(const struct api_call *call, const struct store_attachment *attachment)
{
    return attachment->creator_id == call->caller.user_id || api_is_admin(call);
}

enum status_code api_attachment_failed(const char *doing, struct status *status)
{
    if (status->code == STATUS_NOT_FOUND || status->code == STATUS_UNAVAILABLE)
        return status->code;
    status->code = STATUS_INTERNAL;
    return status_prefix(status, doing);
}
