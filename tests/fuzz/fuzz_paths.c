/* What clients and administrators name: addresses, ranges, media types, path templates, keys; and photos. */
#include <string.h>

#include "api/media_type.h"
#include "blob/key_template.h"
#include "blob/motion.h"
#include "fuzz.h"
#include "http/range.h"
#include "http/uri.h"
#include "wire/percent.h"

static void check_range(const char *text)
{
    static const uint64_t sizes[] = {0, 1, 10, 100000, UINT64_MAX / 32};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct range_set set;
        uint64_t total = 0;
        range_parse_set(text, sizes[i], &set);
        FUZZ_CHECK(set.count <= RANGE_MAX_PARTS);
        FUZZ_CHECK(set.kind != RANGE_PART || set.count > 0);
        for (unsigned j = 0; set.kind == RANGE_PART && j < set.count; j++) {
            FUZZ_CHECK(set.parts[j].length > 0 && set.parts[j].length <= sizes[i]);
            FUZZ_CHECK(set.parts[j].first <= sizes[i] - set.parts[j].length);
            total += set.parts[j].length;
        }
        FUZZ_CHECK(set.kind != RANGE_PART || total <= sizes[i]);
        struct range one = range_parse(text, sizes[i]);
        FUZZ_CHECK(one.kind != RANGE_PART || one.first + one.length <= sizes[i]);
    }
}

/* No segment of an absolute path leads up or nowhere. */
static void check_absolute(const char *path)
{
    FUZZ_CHECK(*path == '\0' || *path == '/');
    while (*path) {
        size_t length = strcspn(++path, "/");
        FUZZ_CHECK(length > 0);
        FUZZ_CHECK(!(length == 1 && path[0] == '.') && !(length == 2 && memcmp(path, "..", 2) == 0));
        path += length;
    }
}

static void check_template(struct arena *arena, const char *path_template, const char *filename)
{
    const char *expanded = key_template_expand(arena, path_template, filename, 1795488098);
    const char *path = path_absolute(arena, "/data", expanded);
    check_absolute(path);
    const char *suffixed = key_template_suffix(arena, path, "_0123456789012345678901234567890123456");
    const char *name = strrchr(suffixed, '/');
    FUZZ_CHECK(strlen(name ? name + 1 : suffixed) <= 255);
    FUZZ_CHECK(strstr(suffixed, "_0123456789012345678901234567890123456") != NULL);
    /* A filename adds one segment at most: it cannot lead anywhere. */
    if (!strchr(filename, '/') && *filename && filename[0] != '.') {
        const char *below = path_absolute(arena, "/data", key_template_expand(arena, "a/b/{filename}", filename, 0));
        FUZZ_CHECK(strncmp(below, "/data/a/b/", 10) == 0 && !strchr(below + 10, '/'));
    }
}

struct input {
    const uint8_t *data;
    size_t size;
};

static int64_t read_input(void *ctx, uint64_t pos, void *out, size_t cap)
{
    const struct input *input = ctx;
    size_t n = input->size - (size_t)pos < cap ? input->size - (size_t)pos : cap;
    memcpy(out, input->data + pos, n);
    return (int64_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    const char *text = arena_strndup(arena, size ? (const char *)data : "", size);
    size_t length = strlen(text);
    const char *second =
        length < size ? arena_strndup(arena, (const char *)data + length + 1, size - length - 1) : text;
    check_range(text);
    check_absolute(path_absolute(arena, "/data", text));
    check_template(arena, text, second);
    (void)key_valid(text);
    char *decoded = wire_percent_decode_text(arena, text, length, false);
    FUZZ_CHECK(!decoded || strlen(decoded) <= length);
    (void)uri_query_value(arena, text, second);
    char *type = media_type_parse(arena, text);
    FUZZ_CHECK(!type || (*type && strlen(type) <= MEDIA_TYPE_MAX && !strpbrk(type, " \r\n;")));
    (void)media_type_by_name(text);
    (void)media_type_sniff(data, size);
    struct input input = {data, size};
    struct motion_photo photo;
    if (motion_find(read_input, &input, size, &photo))
        FUZZ_CHECK(photo.video_at + 12 <= size);
    arena_destroy(arena);
    return 0;
}
