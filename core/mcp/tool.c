#include <string.h>

#include "mcp/internal.h"

enum status_code mcp_load_tools(struct mcp *mcp, struct status *status)
{
    json_error_t error;
    mcp->list = json_loadb(mcp_files[0].text, mcp_files[0].length, 0, &error);
    const json_t *tools = json_object_get(mcp->list, "tools");
    if (!json_is_array(tools))
        return status_set(status, STATUS_INTERNAL, "the list of tools cannot be read: %s", error.text);
    mcp->tool_count = json_array_size(tools);
    mcp->tools = memory_zalloc(mcp->tool_count * sizeof *mcp->tools);
    for (size_t i = 0; i < mcp->tool_count; i++) {
        const json_t *tool = json_array_get(tools, i), *meta = json_object_get(tool, "_meta");
        mcp->tools[i] = (struct mcp_tool){.name = json_string_value(json_object_get(tool, "name")),
                                          .method = json_string_value(json_object_get(meta, "method")),
                                          .path = json_string_value(json_object_get(meta, "path")),
                                          .input = json_object_get(tool, "inputSchema")};
    }
    return STATUS_OK;
}

const struct mcp_tool *mcp_find_tool(const struct mcp *mcp, const char *name)
{
    for (size_t i = 0; i < mcp->tool_count; i++)
        if (strcmp(mcp->tools[i].name, name) == 0)
            return &mcp->tools[i];
    return NULL;
}
