/* Shared by the files of mcp/. */
#ifndef MEMORA_MCP_INTERNAL_H
#define MEMORA_MCP_INTERNAL_H

#include <jansson.h>

#include "codec/json_lex.h"
#include "mcp/mcp.h"

enum {
    MCP_MESSAGES_MAX = 100,           /* in one request */
    MCP_DEPTH_MAX = 110,              /* as deep as the gateway reads, and what stands around it */
    MCP_ANSWER_MAX = 64 * 1024 * 1024 /* after so many bytes of answers no further call is made */
};

/* JSON-RPC 2.0, section 5.1; the last one is of the Model Context Protocol. */
enum mcp_error { MCP_INVALID_PARAMS = -32602, MCP_INTERNAL_ERROR = -32603, MCP_RESOURCE_NOT_FOUND = -32002 };

/* The tools, made from the .proto files by gen_routes (mcp_tools.json) and embedded. */
struct mcp_file {
    const char *path, *text;
    size_t length;
};
extern const struct mcp_file mcp_files[];
extern const size_t mcp_file_count;

struct mcp_text {
    const char *text; /* not NUL-terminated; NULL: absent */
    size_t length;
};

/* json.c: values of JSON as they stand in the text. */
struct json_reader mcp_reader(struct arena *arena, struct mcp_text json, struct status *status);
/* Reads an object; member consumes the value, or gives false. */
typedef bool (*mcp_member_fn)(void *ctx, struct json_reader *reader, const struct json_string *key);
bool mcp_read_members(struct json_reader *reader, mcp_member_fn member, void *ctx);
bool mcp_is_named(const struct json_string *key, const char *name);
bool mcp_read_value(struct json_reader *reader, struct mcp_text *value);
/* The last member of that name. Absent if there is none, or no object. */
struct mcp_text mcp_member(struct arena *arena, struct mcp_text object, const char *name);
/* The value of a string, NUL-terminated; NULL if it is none, is malformed or has U+0000 inside. */
const char *mcp_string(struct arena *arena, struct mcp_text json);
bool mcp_is_null(struct mcp_text json); /* or absent */
/* Appends the value without white space, members in the order of their names. False if it is not JSON. */
bool mcp_add_sorted(struct arena *arena, struct buf *out, struct mcp_text json);

/* envelope.c: what a client sent. */
struct mcp_message {
    const char *method; /* NULL: an answer, of which there is nothing to do */
    struct mcp_text id; /* absent: a notification; else JSON to repeat */
    struct mcp_text params;
};
struct mcp_envelope {
    struct mcp_message *messages;
    size_t count;
};
/* STATUS_INVALID_ARGUMENT with the text behind "malformed payload: ". */
enum status_code mcp_read_envelope(struct arena *arena, struct mcp_text body, struct mcp_envelope *out,
                                   struct status *status);

/* tool.c */
struct mcp_tool {
    const char *name, *method, *path; /* path: "/api/v1/memos/{memo}" */
    const json_t *input;              /* its schema */
};
struct mcp {
    const struct rpc_server *rpc;
    const char *version, *origin_url;
    json_t *list;
    struct mcp_tool *tools;
    size_t tool_count;
};
enum status_code mcp_load_tools(struct mcp *mcp, struct status *status);
const struct mcp_tool *mcp_find_tool(const struct mcp *mcp, const char *name);

/* arguments.c: what a tool is called with. */
struct mcp_argument {
    const char *name;
    const json_t *schema;
    struct mcp_text value; /* absent or null: not given */
};
struct mcp_arguments {
    struct mcp_argument *list; /* one for each property of the schema */
    size_t count;
};
/* Checks json (absent: none) against the schema. STATUS_INVALID_ARGUMENT with the text for the client. */
enum status_code mcp_read_arguments(struct arena *arena, const struct mcp_tool *tool, struct mcp_text json,
                                    struct mcp_arguments *out, struct status *status);
/* NULL if there is none of that name, or it was not given. */
const struct mcp_argument *mcp_find_argument(const struct mcp_arguments *arguments, const char *name, size_t length);

/* schema.c: a value against a schema; root has the "$defs". Reads the value. */
bool mcp_check_value(struct json_reader *reader, const json_t *root, const json_t *schema, const char *place);
/* The schema that "allOf" and "$ref" lead to. */
const json_t *mcp_resolve(const json_t *root, const json_t *schema);

/* call.c: appends the result of a call, be it good or bad. */
void mcp_call_tool(const struct mcp *mcp, const struct wire_request *request, const struct mcp_tool *tool,
                   struct mcp_text arguments, struct buf *out);

/* methods.c */
struct mcp_method;
/* NULL: unknown. */
const struct mcp_method *mcp_find_method(const char *name);
bool mcp_is_notification(const struct mcp_method *method);
bool mcp_is_initialize(const struct mcp_method *method);
/* Appends the answer to a message with an id. */
void mcp_answer(const struct mcp *mcp, const struct wire_request *request, const struct mcp_message *message,
                struct buf *out);

#endif
