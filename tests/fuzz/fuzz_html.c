/* Heads of pages: whatever comes, what is found is UTF-8 of bounded length, tags lie in the page in order, and the text
 * of another page behind <body> changes nothing. The first line is the Content-Type. */
#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"
#include "preview/charset.h"
#include "preview/html_head.h"
#include "preview/html_reader.h"
#include "preview/link_url.h"

static void check_text(const char *text, size_t most)
{
    FUZZ_CHECK(strlen(text) <= most);
    FUZZ_CHECK(utf8_valid(text, strlen(text)));
}

static void check_tags(const char *page, size_t length)
{
    struct html_reader reader = html_reader_of(page, length);
    const char *last = page - 1;
    for (struct html_text name; html_next_tag(&reader, &name);) {
        struct html_text key, value;
        bool whole = false;
        FUZZ_CHECK(name.bytes > last && name.bytes + name.length <= reader.end);
        last = name.bytes;
        while (html_next_attribute(&reader, &key, &value, &whole)) {
            FUZZ_CHECK(key.length > 0 && key.bytes >= last && value.bytes >= key.bytes + key.length);
            FUZZ_CHECK(value.bytes + value.length <= reader.at);
            last = value.bytes + value.length - (value.length > 0);
        }
        if (whole && html_is_raw(name))
            FUZZ_CHECK(html_raw_text(&reader, name).bytes > last);
    }
    FUZZ_CHECK(reader.at == reader.end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    const char *line = memchr(data, '\n', size);
    size_t first = line ? (size_t)(line - (const char *)data) : 0, skipped = line ? first + 1 : 0;
    size_t length = size - skipped;
    char *type = arena_strndup(arena, (const char *)data, first);
    char *page = malloc(length + 1);
    struct html_head head;
    struct link_url url;
    memcpy(page, data + skipped, length);
    check_tags(page, length);
    html_head_read(arena, type, page, length, &head);
    check_text(head.title, HTML_TITLE_MAX);
    check_text(head.description, HTML_DESCRIPTION_MAX);
    check_text(head.image, HTML_IMAGE_MAX);
    if (link_url_read(arena, type, &url, NULL) == STATUS_OK)
        FUZZ_CHECK(*url.host && link_url_parameter(arena, &url, "v"));
    free(page);
    arena_destroy(arena);
    return 0;
}
