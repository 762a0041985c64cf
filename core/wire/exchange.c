#include "wire/exchange.h"

#include <assert.h>

void wire_response_header(struct wire_response *response, const char *name, const char *value)
{
    assert(response->header_count < WIRE_MAX_RESPONSE_HEADERS);
    if (response->header_count < WIRE_MAX_RESPONSE_HEADERS)
        response->headers[response->header_count++] = (struct wire_header){name, value};
}

void wire_response_text(struct wire_response *response, int status, const char *content_type, const char *text)
{
    response->status = status;
    wire_response_header(response, "Content-Type", content_type);
    response->body.len = 0;
    buf_add_str(&response->body, text);
}

void wire_response_message(struct wire_response *response, int status, const char *text)
{
    response->status = status;
    wire_response_header(response, "Content-Type", "application/json");
    response->body.len = 0;
    buf_add_str(&response->body, "{\"message\":\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_char(&response->body, '\\');
        buf_add_char(&response->body, *text);
    }
    buf_add_str(&response->body, "\"}\n");
}
