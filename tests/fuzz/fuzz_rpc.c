/* Whole requests through the RPC layer: "METHOD target", header lines, an empty line, the body. Whatever comes, the
 * answer is well-formed. */
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/clock.h"
#include "fuzz_rpc_server.h"
#include "rpc/frame.h"

enum { MAX_HEADERS = 16 };

struct input {
    unsigned header_count;
    struct wire_header headers[MAX_HEADERS];
};

static const char *header(const struct wire_request *request, const char *name)
{
    const struct input *input = request->transport;
    for (unsigned i = 0; i < input->header_count; i++)
        if (strcasecmp(input->headers[i].name, name) == 0)
            return input->headers[i].value;
    return NULL;
}

/* Cuts the next line off; NULL at the empty line or the end. */
static char *next_line(char **text)
{
    char *line = *text, *end = strchr(line, '\n');
    if (!end || end == line) {
        *text = end ? end + 1 : line + strlen(line);
        return NULL;
    }
    *end = '\0';
    *text = end + 1;
    return line;
}

static void read_request(struct arena *arena, char *text, size_t size, struct wire_request *request,
                         struct input *input)
{
    char *end = text + size, *line = next_line(&text);
    char *target = line ? strchr(line, ' ') : NULL;
    request->method = line && target ? line : "GET";
    request->path = "/";
    request->query = "";
    if (target) {
        *target++ = '\0';
        char *mark = strchr(target, '?');
        if (mark)
            *mark++ = '\0';
        request->path = *target == '/' ? target : "/";
        request->query = mark ? mark : "";
    }
    while (line && (line = next_line(&text))) {
        char *colon = strchr(line, ':');
        if (!colon || input->header_count == MAX_HEADERS)
            continue;
        *colon = '\0';
        input->headers[input->header_count++] = (struct wire_header){line, colon + 1 + strspn(colon + 1, " ")};
    }
    request->arena = arena;
    request->body = text;
    request->body_len = (size_t)(end - text);
    request->peer = "192.0.2.1";
    request->host = "h";
    request->received_ns = clock_mono_ns();
    request->deadline_ns = request->received_ns + 60000000000;
    request->header = header;
    request->transport = input;
}

static const char *answer_header(const struct wire_response *response, const char *name)
{
    for (unsigned i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    return NULL;
}

static void check_answer(struct wire_response *response)
{
    const char *type = answer_header(response, "Content-Type");
    FUZZ_CHECK(response->status >= 200 && response->status < 600 && response->status != 500);
    FUZZ_CHECK(response->header_count <= WIRE_MAX_RESPONSE_HEADERS);
    for (unsigned i = 0; i < response->header_count; i++)
        FUZZ_CHECK(!strpbrk(response->headers[i].value, "\r\n"));
    if (type && strcmp(type, "application/json") == 0 && !answer_header(response, "Content-Encoding")) {
        json_t *json = json_loadb(response->body.data, response->body.len, 0, NULL);
        FUZZ_CHECK(json && json_is_object(json));
        json_decref(json);
    }
    if (type && strncmp(type, "application/grpc", 16) == 0) {
        struct frame frame;
        enum frame_result result;
        size_t at = 0;
        while ((result = frame_read(response->body.data, response->body.len, &at, &frame)) == FRAME_READ)
            ;
        FUZZ_CHECK(result == FRAME_END);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rpc_server *server = server_of_tests();
    struct arena *arena = arena_create();
    struct input input = {0};
    struct wire_request request = {0};
    struct wire_response response = {.status = 200, .body = buf_in(arena)};
    read_request(arena, arena_strndup(arena, (const char *)data, size), size, &request, &input);
    if (rpc_owns_path(server, request.path)) {
        (void)rpc_is_quick(server, &request);
        (void)rpc_calls_out(server, &request);
        rpc_handle(server, &request, &response);
        check_answer(&response);
    }
    arena_destroy(arena);
    return 0;
}
