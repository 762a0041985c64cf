#include "http/avatar.h"

#include "api/data_url.h"
#include "auth/auth.h"
#include "base/base64.h"
#include "config/config.h"
#include "store/user.h"
#include "wire/percent.h"

static const char prefix[] = "/file/users/", suffix[] = "/avatar";

/* The username in the path, still encoded; false for another form. */
static bool split_path(const char *path, const char **username, size_t *length)
{
    if (strncmp(path, prefix, sizeof prefix - 1) != 0)
        return false;
    *username = path + sizeof prefix - 1;
    *length = strcspn(*username, "/");
    return *length > 0 && strcmp(*username + *length, suffix) == 0;
}

bool avatar_owns(const struct wire_request *request)
{
    const char *username;
    size_t length;
    return (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0) &&
           split_path(request->path, &username, &length);
}

/* 0, or the HTTP status to refuse with. */
static int check_access(const struct api_services *services, const struct wire_request *request)
{
    struct api_call call = {.arena = request->arena, .services = services};
    if (config_is_public(services->config))
        return 0;
    auth_authenticate_file(services->auth, &call, request->header(request, "Authorization"),
                           request->header(request, "Cookie"));
    return call.caller_unknown ? 503 : api_is_anonymous(&call) ? 401 : 0;
}

static void send_picture(const char *url, struct wire_request *request, struct wire_response *response)
{
    const char *type, *data;
    size_t type_length;
    struct buf bytes = buf_in(request->arena);
    if (!api_parse_data_url(url, &type, &type_length, &data) || !base64_decode(&bytes, data, strlen(data), NULL)) {
        wire_response_message(response, 500, "failed to parse avatar data");
        return;
    }
    if (!api_avatar_type_known(type, type_length)) {
        wire_response_message(response, 400, "invalid avatar image type");
        return;
    }
    response->body = bytes;
    wire_response_header(response, "Content-Type", arena_strndup(request->arena, type, type_length));
    wire_response_header(response, "Cache-Control", "public, max-age=3600");
    wire_response_header(response, "X-Content-Type-Options", "nosniff");
    wire_response_header(response, "X-Frame-Options", "DENY");
    wire_response_header(response, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline';");
}

static enum status_code find_picture(const struct api_services *services, const struct wire_request *request,
                                     char **url, struct status *status)
{
    const char *encoded = "";
    size_t length = 0;
    struct store_user user;
    split_path(request->path, &encoded, &length);
    const char *username = wire_percent_decode_text(request->arena, encoded, length, false);
    if (!username)
        return status_set(status, STATUS_NOT_FOUND, "user not found");
    enum status_code code = store_user_get_by_username(services->store, NULL, request->arena, username, &user, status);
    return code ? code : store_user_avatar(services->store, request->arena, user.id, url, status);
}

void avatar_handle(void *ctx, struct wire_request *request, struct wire_response *response)
{
    const struct api_services *services = ctx;
    struct status status = {0};
    char *url = NULL;
    int refused = check_access(services, request);
    if (refused) {
        wire_response_message(response, refused, refused == 401 ? "unauthorized access" : "Service Unavailable");
        return;
    }
    enum status_code code = find_picture(services, request, &url, &status);
    if (code == STATUS_NOT_FOUND)
        wire_response_message(response, 404, "user not found");
    else if (code)
        wire_response_message(response, 500, "failed to find user");
    else if (*url == '\0')
        wire_response_message(response, 404, "avatar not found");
    else
        send_picture(url, request, response);
}
