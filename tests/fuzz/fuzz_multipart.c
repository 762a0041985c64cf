/* Forms with files: whatever comes, parts lie in the body in order, none holds a delimiter, and a body that is cut off
 * is refused; of a part that has not ended all that came is given. */
#include <string.h>

#include "fuzz.h"
#include "rpc/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct multipart form;
    struct status status = {0};
    const char *body = memcpy(arena_alloc(arena, size + 1), data, size);
    char *type = arena_strndup(arena, body, size < 200 ? size : 200);
    const char *boundary = multipart_is_form(type) ? multipart_boundary(arena, type) : NULL;
    FUZZ_CHECK(!boundary || (*boundary && strlen(boundary) <= MULTIPART_BOUNDARY_MAX));
    enum status_code code = multipart_read(arena, NULL, "b", body, size, &form, &status);
    FUZZ_CHECK(code == STATUS_OK || (code == STATUS_INVALID_ARGUMENT && status.message[0]));
    struct multipart_part open;
    bool unfinished = multipart_unfinished(arena, "b", body, size, &open);
    FUZZ_CHECK(!unfinished ||
               (code != STATUS_OK && open.name && open.data >= body && open.data + open.length == body + size));
    const char *at = body;
    for (unsigned i = 0; code == STATUS_OK && i < form.count; i++) {
        const struct multipart_part *part = &form.parts[i];
        FUZZ_CHECK(part->name && part->data >= at && part->length <= (size_t)(body + size - part->data));
        FUZZ_CHECK(!memmem(part->data, part->length, "\r\n--b\r\n", 7));
        FUZZ_CHECK(!memmem(part->data, part->length, "\r\n--b--", 7));
        at = part->data + part->length;
    }
    if (code == STATUS_OK && form.count > 0) {
        struct multipart cut;
        size_t last = (size_t)(at - body);
        FUZZ_CHECK(multipart_read(arena, NULL, "b", body, last, &cut, NULL) != STATUS_OK);
    }
    arena_destroy(arena);
    return 0;
}
