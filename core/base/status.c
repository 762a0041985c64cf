#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A cut in the middle of a UTF-8 sequence would make the whole answer invalid JSON. */
static void drop_partial_code_point(char *text, size_t length)
{
    size_t start = length;
    while (start > 0 && start + 4 > length && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length - (start - 1) < need)
        text[start - 1] = '\0';
}

enum status_code status_set(struct status *status, enum status_code code, const char *format, ...)
{
    if (!status)
        return code;
    /* The arguments may point into the old message, hence the copy. */
    char text[sizeof status->message];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length < 0)
        text[0] = '\0';
    else if ((size_t)length >= sizeof text)
        drop_partial_code_point(text, sizeof text - 1);
    status->code = code;
    memcpy(status->message, text, sizeof text);
    return code;
}

enum status_code status_prefix(struct status *status, const char *prefix)
{
    return status_set(status, status->code, "%s%s", prefix, status->message);
}

const char *status_code_camel(enum status_code code)
{
    static const char *const names[] = {
        "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
        "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
        "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
        "DataLoss", "Unauthenticated"};
    return (unsigned)code < sizeof names / sizeof names[0] ? names[code] : "Unknown";
}
