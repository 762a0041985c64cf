/* A pattern in the first line, and the text it is searched in. */
#include <string.h>

#include "base/regex.h"
#include "fuzz.h"

enum { TEXT_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    size_t length = newline ? (size_t)(newline - data) : size;
    const char *text = newline ? (const char *)newline + 1 : "";
    size_t text_length = newline ? size - length - 1 : 0;
    if (text_length > TEXT_MAX)
        text_length = TEXT_MAX;
    struct regex *regex;
    struct status status = {0};
    enum status_code code = regex_compile((const char *)data, length, &regex, &status);
    FUZZ_CHECK(code == STATUS_OK || (code == STATUS_INVALID_ARGUMENT && status.message[0] && !regex));
    if (code == STATUS_OK) {
        bool found = regex_search(regex, text, text_length);
        FUZZ_CHECK(found == regex_search(regex, text, text_length));
    }
    regex_free(regex);
    return 0;
}
