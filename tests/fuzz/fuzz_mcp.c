/* Bodies for /mcp: messages of JSON-RPC, tool calls in them checked against their schemas and made. Whatever comes, the
 * answer is well-formed. */
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "fuzz_rpc_server.h"
#include "mcp/mcp.h"

static const char *header(const struct wire_request *request, const char *name)
{
    (void)request;
    return strcasecmp(name, "Content-Type") == 0 ? "application/json" : strcasecmp(name, "Accept") == 0 ? "*/*" : NULL;
}

static void each_header(const struct wire_request *request,
                        bool (*each)(void *ctx, const char *name, const char *value), void *ctx)
{
    each(ctx, "Accept", header(request, "Accept"));
}

static struct mcp *mcp_of_tests(void)
{
    static struct mcp *mcp;
    if (mcp)
        return mcp;
    FUZZ_CHECK(mcp_create(server_of_tests(), "", "0", &mcp, NULL) == STATUS_OK);
    return mcp;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct wire_request request = {.arena = arena,
                                   .method = "POST",
                                   .path = "/mcp",
                                   .query = "",
                                   .peer = "",
                                   .host = "",
                                   .body = (const char *)data,
                                   .body_len = size,
                                   .header = header,
                                   .each_header = each_header};
    struct wire_response response = {.status = 200, .body = buf_in(arena)};
    mcp_handle(mcp_of_tests(), &request, &response);
    FUZZ_CHECK(response.status == 200 || response.status == 202 || response.status == 400);
    if (response.status == 200) {
        json_t *answer = json_loadb(response.body.data, response.body.len, 0, NULL);
        FUZZ_CHECK(answer);
        json_decref(answer);
    }
    FUZZ_CHECK((response.status == 202) == (response.body.len == 0));
    arena_destroy(arena);
    return 0;
}
