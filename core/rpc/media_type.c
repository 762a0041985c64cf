/* The content types of the RPC transports (platform.md 1.5). */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "rpc/call.h"

static const struct rpc_media_type types[] = {
    {RPC_CONNECT, RPC_CODEC_JSON, false, "application/json"},
    {RPC_CONNECT, RPC_CODEC_JSON, false, "application/json; charset=utf-8"},
    {RPC_CONNECT, RPC_CODEC_PROTO, false, "application/proto"},
    {RPC_GRPC_WEB, RPC_CODEC_PROTO, false, "application/grpc-web"},
    {RPC_GRPC_WEB, RPC_CODEC_PROTO, false, "application/grpc-web+proto"},
    {RPC_GRPC_WEB, RPC_CODEC_JSON, false, "application/grpc-web+json"},
    {RPC_GRPC_WEB, RPC_CODEC_JSON, false, "application/grpc-web+json; charset=utf-8"},
    {RPC_GRPC_WEB, RPC_CODEC_PROTO, true, "application/grpc"},
    {RPC_GRPC_WEB, RPC_CODEC_PROTO, true, "application/grpc+proto"},
    {RPC_GRPC_WEB, RPC_CODEC_JSON, true, "application/grpc+json"},
    {RPC_GRPC_WEB, RPC_CODEC_JSON, true, "application/grpc+json; charset=utf-8"},
};

enum { MAX_TYPE_LENGTH = 64 };

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t");
}

/* "type/subtype; charset=utf-8" in lower case from any equal spelling; false if there is more to it. */
static bool canonical(const char *text, char out[MAX_TYPE_LENGTH])
{
    static const char charset[] = "; charset=utf-8";
    text = skip_space(text);
    size_t length = strcspn(text, "; \t");
    if (length + sizeof charset > MAX_TYPE_LENGTH)
        return false;
    for (size_t i = 0; i < length; i++)
        out[i] = (char)tolower((unsigned char)text[i]);
    out[length] = '\0';
    text = skip_space(text + length);
    if (!*text)
        return true;
    if (*text++ != ';')
        return false;
    text = skip_space(text);
    if (!*text)
        return true;
    if (strncasecmp(text, "charset=", 8) != 0)
        return false;
    text += 8;
    bool quoted = *text == '"';
    text += quoted;
    if (strncasecmp(text, "utf-8", 5) != 0)
        return false;
    text += 5;
    if (quoted && *text++ != '"')
        return false;
    memcpy(out + length, charset, sizeof charset);
    text = skip_space(text);
    return !*text || (*text == ';' && !*skip_space(text + 1));
}

const struct rpc_media_type *rpc_media_type(const char *content_type)
{
    char text[MAX_TYPE_LENGTH];
    if (!content_type || !canonical(content_type, text))
        return NULL;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].text, text) == 0)
            return &types[i];
    return NULL;
}
