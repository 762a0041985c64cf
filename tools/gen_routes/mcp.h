/* The methods that are offered as tools of the Model Context Protocol, as the JSON list of its answer to tools/list
 * (docs/mcp.md). */
#ifndef MEMORA_GEN_ROUTES_MCP_H
#define MEMORA_GEN_ROUTES_MCP_H

#include "base/buf.h"
#include "model.h"
#include "types.h"

/* NULL, or what is wrong: a tool whose method is gone. */
const char *emit_mcp(struct buf *out, const struct model *model, struct types *types);

/* Schemas of values that are sent, or of those that are answered, in which messages that are not set are null. */
struct mcp_schema {
    struct types *types;
    bool answer;
};

/* Members of an object: ,-separated "name":{...} of the message's fields but those that skip names ("a,b"). */
void mcp_add_properties(struct buf *out, const struct mcp_schema *schema, const struct type *type, const char *skip);
/* The list of the names that are required, likewise; false if there are none, and nothing is added. */
bool mcp_add_required(struct buf *out, const struct type *type, const char *skip);
/* "$defs" of the messages that the above referred to, if any. */
void mcp_add_definitions(struct buf *out, const struct mcp_schema *schema);
/* The schema of one field; description may be NULL. */
void mcp_add_field(struct buf *out, const struct mcp_schema *schema,
                   const Google__Protobuf__FieldDescriptorProto *field);
void mcp_add_text(struct buf *out, const char *text); /* a JSON string literal */

#endif
