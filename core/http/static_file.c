#include "http/static_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/range.h"

enum { SMALL_FILE = 64 * 1024, MAX_SEGMENT = 255, MAX_DEPTH = 16 };

static const struct {
    const char *extension, *type;
} types[] = {{"html", "text/html; charset=utf-8"},
             {"js", "text/javascript; charset=utf-8"},
             {"mjs", "text/javascript; charset=utf-8"},
             {"css", "text/css; charset=utf-8"},
             {"json", "application/json"},
             {"map", "application/json"},
             {"webmanifest", "application/manifest+json"},
             {"svg", "image/svg+xml"},
             {"png", "image/png"},
             {"jpg", "image/jpeg"},
             {"jpeg", "image/jpeg"},
             {"gif", "image/gif"},
             {"webp", "image/webp"},
             {"avif", "image/avif"},
             {"ico", "image/vnd.microsoft.icon"},
             {"woff2", "font/woff2"},
             {"woff", "font/woff"},
             {"ttf", "font/ttf"},
             {"txt", "text/plain; charset=utf-8"},
             {"xml", "text/xml; charset=utf-8"},
             {"wasm", "application/wasm"},
             {"mp3", "audio/mpeg"},
             {"mp4", "video/mp4"},
             {"pdf", "application/pdf"}};

const char *static_file_type(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
        if (strcasecmp(dot + 1, types[i].extension) == 0)
            return types[i].type;
    return "application/octet-stream";
}

/* Walks one segment at a time, refusing links, so that no name can lead out of dir. Gives a descriptor or -1. */
static int open_below(const char *dir, const char *path)
{
    int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (unsigned depth = 0; at >= 0; depth++) {
        char segment[MAX_SEGMENT + 1];
        size_t length = strcspn(path, "/");
        bool last = path[length] == '\0';
        int next = -1;
        if (length > 0 && length <= MAX_SEGMENT && depth < MAX_DEPTH) {
            memcpy(segment, path, length);
            segment[length] = '\0';
            int flags = O_CLOEXEC | O_NOFOLLOW | (last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY);
            next = openat(at, segment, flags);
        }
        close(at);
        if (last)
            return next;
        at = next;
        path += length + 1;
    }
    return -1;
}

static bool open_regular(const char *dir, const char *path, enum static_encoding encoding, struct static_file *out)
{
    struct stat info;
    int fd = open_below(dir, path);
    if (fd < 0)
        return false;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return false;
    }
    *out = (struct static_file){.fd = fd,
                                .size = (uint64_t)info.st_size,
                                .modified_ns = info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec,
                                .encoding = encoding};
    return true;
}

/* True if the coding is listed with a weight above 0 (RFC 9110 12.5.3). */
static bool accepts(const char *list, const char *coding)
{
    size_t length = strlen(coding);
    for (const char *at = list; *at;) {
        at += strspn(at, " \t,");
        size_t token = strcspn(at, " \t,;"), item = strcspn(at, ",");
        if (token == length && strncasecmp(at, coding, length) == 0) {
            const char *weight = memchr(at, '=', item);
            return !weight || strtod(weight + 1, NULL) > 0;
        }
        at += item;
    }
    return false;
}

bool static_file_open(const char *dir, const char *path, const char *accept_encoding, bool whole,
                      struct static_file *out)
{
    static const struct {
        const char *coding, *suffix;
        enum static_encoding encoding;
    } codings[] = {{"br", ".br", STATIC_BR}, {"gzip", ".gz", STATIC_GZIP}};
    for (size_t i = 0; whole && accept_encoding && i < 2; i++) {
        char sibling[PATH_MAX];
        int length = snprintf(sibling, sizeof sibling, "%s%s", path, codings[i].suffix);
        if (accepts(accept_encoding, codings[i].coding) && length > 0 && (size_t)length < sizeof sibling &&
            open_regular(dir, sibling, codings[i].encoding, out))
            return true;
    }
    return open_regular(dir, path, STATIC_IDENTITY, out);
}

static void close_file(void *ctx)
{
    struct wire_stream *stream = ctx;
    close(stream->fd);
}

/* Small files are copied, which saves a second send; larger ones go from the page cache to the socket. */
static bool fill_body(struct static_file *file, uint64_t first, uint64_t length, struct wire_request *request,
                      struct wire_response *response)
{
    if (length > SMALL_FILE) {
        struct wire_stream *stream = ARENA_NEW(request->arena, struct wire_stream);
        *stream = (struct wire_stream){
            .size = length, .close = close_file, .ctx = stream, .fd = file->fd, .fd_offset = first};
        response->stream = stream;
        return true;
    }
    buf_reserve(&response->body, length + 1);
    size_t got = 0;
    while (got < length) {
        ssize_t n = pread(file->fd, response->body.data + got, length - got, (off_t)(first + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    close(file->fd);
    response->body.len = got;
    return got == length;
}

static bool same_tag(const char *list, const char *tag)
{
    return list && (strcmp(list, "*") == 0 || strstr(list, tag) != NULL);
}

void static_file_send(struct static_file *file, const char *path, struct wire_request *request,
                      struct wire_response *response)
{
    static const char *const suffixes[] = {"", "-gz", "-br"}, *const names[] = {NULL, "gzip", "br"};
    const char *tag = arena_printf(request->arena, "\"%" PRIx64 "-%" PRIx64 "%s\"", (uint64_t)file->modified_ns,
                                   file->size, suffixes[file->encoding]);
    wire_response_header(response, "ETag", tag);
    wire_response_header(response, "Vary", "Accept-Encoding");
    wire_response_header(response, "X-Content-Type-Options", "nosniff");
    if (same_tag(request->header(request, "If-None-Match"), tag)) {
        close(file->fd);
        response->status = 304;
        return;
    }
    wire_response_header(response, "Content-Type", static_file_type(path));
    wire_response_header(response, "Accept-Ranges", "bytes");
    if (names[file->encoding])
        wire_response_header(response, "Content-Encoding", names[file->encoding]);
    struct range range = {RANGE_WHOLE, 0, file->size};
    if (file->encoding == STATIC_IDENTITY && strcmp(request->method, "GET") == 0)
        range = range_parse(request->header(request, "Range"), file->size);
    if (range.kind == RANGE_UNSATISFIABLE) {
        close(file->fd);
        response->status = 416;
        wire_response_header(response, "Content-Range", arena_printf(request->arena, "bytes */%" PRIu64, file->size));
        return;
    }
    if (range.kind == RANGE_PART) {
        response->status = 206;
        wire_response_header(response, "Content-Range",
                             arena_printf(request->arena, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range.first,
                                          range.first + range.length - 1, file->size));
    }
    if (!fill_body(file, range.first, range.length, request, response)) {
        response->header_count = 0;
        wire_response_message(response, 500, "Internal Server Error");
    }
}
