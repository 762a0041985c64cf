#include "outbound/outbound.h"

#include <memora/version.h>
#include <netdb.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/secret.h"
#include "outbound/body.h"
#include "outbound/curl.h"

enum { NS_PER_MS = 1000000, NAME_SIZE = 64, ANSWER_ROOM = 16384 };

/* One request, with the redirects that follow it. */
struct exchange {
    const struct curl_api *api;
    struct arena *arena;
    const struct outbound_request *request;
    const struct outbound_options *options;
    struct outbound_answer *answer;
    size_t answer_max;
    struct outbound_reader reader;
    bool with_body; /* no longer after a redirect that asks for GET */
    bool stopped;
    const char *host, *port; /* of the first request */
    bool encrypted;          /* it was */
    bool astray;             /* this one goes where the first one's secrets must not */
    int64_t deadline_ns;     /* clock_mono_ns() */
    CURL *easy;
    CURLU *url;
    struct curl_slist *headers, *addresses;
    char error[CURL_ERROR_SIZE];
};

static enum status_code refuse(const struct exchange *exchange, struct status *status)
{
    const char *text = exchange->options->refusal;
    return status_set(status, STATUS_PERMISSION_DENIED, "%s",
                      text ? text : "the host has a reserved or private IP address");
}

/* Notes it if so. */
static bool is_refused(struct exchange *exchange, const struct sockaddr *address, socklen_t length)
{
    char text[NAME_SIZE] = "";
    if (!exchange->options->refuses || !exchange->options->refuses(address))
        return false;
    (void)getnameinfo(address, length, text, sizeof text, NULL, 0, NI_NUMERICHOST);
    exchange->answer->refused = arena_strdup(exchange->arena, text);
    return true;
}

/* As buf_reserve, with a NUL's room more, and nothing of a secret left behind. */
static void make_room(const struct exchange *exchange, struct buf *body, size_t more)
{
    size_t room = body->cap ? body->cap : ANSWER_ROOM;
    while (room <= body->len + more)
        room *= 2;
    if (room == body->cap)
        return;
    char *moved = arena_alloc(exchange->arena, room);
    if (body->len)
        memcpy(moved, body->data, body->len);
    if (body->len && exchange->options->secret)
        secret_wipe(body->data, body->len);
    body->data = moved;
    body->cap = room;
}

/* What is known of the answer beside its body. */
static void describe(struct exchange *exchange)
{
    const struct curl_api *api = exchange->api;
    char *type = NULL;
    long http_status = 0;
    api->easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &http_status);
    api->easy_getinfo(exchange->easy, CURLINFO_CONTENT_TYPE, &type);
    exchange->answer->http_status = (int)http_status;
    exchange->answer->content_type = arena_strdup(exchange->arena, type ? type : "");
}

static bool has_enough(const struct exchange *exchange)
{
    const struct outbound_options *options = exchange->options;
    return options->enough && options->enough(options->enough_ctx, exchange->answer);
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *ctx)
{
    struct exchange *exchange = ctx;
    struct outbound_answer *answer = exchange->answer;
    size_t length = size * count, room = exchange->answer_max - answer->body.len;
    if (answer->body.len == 0)
        describe(exchange);
    answer->cut_off = length > room || (answer->body.len == 0 && has_enough(exchange));
    if (answer->cut_off && length > room)
        length = room;
    make_room(exchange, &answer->body, length);
    buf_add(&answer->body, bytes, length);
    answer->cut_off = answer->cut_off || has_enough(exchange);
    return answer->cut_off ? 0 : size * count;
}

static size_t on_body(char *out, size_t size, size_t count, void *ctx)
{
    struct exchange *exchange = ctx;
    return outbound_reader_read(&exchange->reader, out, size * count);
}

static int on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
    struct exchange *exchange = ctx;
    (void)total, (void)now, (void)up_total, (void)up;
    exchange->stopped = exchange->options->stopping && exchange->options->stopping(exchange->options->ctx);
    return exchange->stopped;
}

/* The last word on where a connection goes, however libcurl came by the address. */
static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct exchange *exchange = ctx;
    (void)purpose;
    if (is_refused(exchange, &address->addr, (socklen_t)address->addrlen))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* "host:port:address,address", so that libcurl connects to what was looked at and to nothing else. */
static void pin(struct exchange *exchange, const char *host, const char *port, const struct addrinfo *found)
{
    struct buf entry = buf_in(exchange->arena);
    buf_printf(&entry, "%s:%s:", host, port);
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        char text[NAME_SIZE];
        if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
            buf_printf(&entry, at->ai_family == AF_INET6 ? "%s[%s]" : "%s%s", at == found ? "" : ",", text);
    }
    exchange->addresses = exchange->api->slist_append(NULL, buf_str(&entry));
}

static enum status_code resolve(struct exchange *exchange, const char *host, const char *port, struct status *status)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    bool refused = false, literal = host[0] == '[';
    const char *name = literal ? arena_strndup(exchange->arena, host + 1, strcspn(host + 1, "]")) : host;
    int failure = getaddrinfo(name, port, &hints, &found);
    if (failure)
        return status_set(status, STATUS_UNAVAILABLE, "failed to resolve hostname: lookup %s: %s", name,
                          gai_strerror(failure));
    for (const struct addrinfo *at = found; at; at = at->ai_next)
        refused = refused || is_refused(exchange, at->ai_addr, at->ai_addrlen);
    if (!refused && !literal)
        pin(exchange, host, port, found);
    freeaddrinfo(found);
    return refused ? refuse(exchange, status) : STATUS_OK;
}

/* Where the first request goes, and whether a later one goes to the same place: the same host and port, or the same
 * host with TLS where there was none. */
static enum status_code check_place(struct exchange *exchange, const char *scheme, const char *host, const char *port,
                                    struct status *status)
{
    bool encrypted = strcmp(scheme, "https") == 0;
    if (!exchange->host) {
        exchange->host = arena_strdup(exchange->arena, host);
        exchange->port = arena_strdup(exchange->arena, port);
        exchange->encrypted = encrypted;
        return STATUS_OK;
    }
    exchange->astray = strcasecmp(host, exchange->host) != 0 || (exchange->encrypted && !encrypted) ||
                       (exchange->encrypted == encrypted && strcmp(port, exchange->port) != 0);
    if (exchange->astray && exchange->options->same_host)
        return status_set(status, STATUS_INVALID_ARGUMENT, "redirected to another host");
    return STATUS_OK;
}

/* The parts are those that libcurl itself will go by. */
static enum status_code look_at(struct exchange *exchange, const char *url, struct status *status)
{
    const struct curl_api *api = exchange->api;
    char *scheme = NULL, *host = NULL, *port = NULL;
    exchange->url = api->url();
    bool usable = exchange->url && api->url_set(exchange->url, CURLUPART_URL, url, CURLU_URLENCODE) == CURLUE_OK &&
                  api->url_get(exchange->url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                  api->url_get(exchange->url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                  api->url_get(exchange->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                  (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    enum status_code code = usable ? check_place(exchange, scheme, host, port, status)
                                   : status_set(status, STATUS_INVALID_ARGUMENT, "not a URL that can be called");
    if (!code)
        code = resolve(exchange, host, port, status);
    api->free(scheme);
    api->free(host);
    api->free(port);
    return code;
}

static void set_headers(struct exchange *exchange)
{
    const struct curl_api *api = exchange->api;
    const struct outbound_request *request = exchange->request;
    /* Of libcurl's own headers only those that say something. */
    exchange->headers = api->slist_append(NULL, "Accept:");
    exchange->headers = api->slist_append(exchange->headers, "Expect:");
    for (const char *const *header = request->headers; header && *header; header++)
        exchange->headers = api->slist_append(exchange->headers, *header);
    if (!request->authorization || exchange->astray)
        return;
    char *line = arena_printf(exchange->arena, "Authorization: %s", request->authorization);
    exchange->headers = api->slist_append(exchange->headers, line);
    secret_wipe(line, strlen(line));
}

static void set_request(struct exchange *exchange)
{
    const struct curl_api *api = exchange->api;
    CURL *easy = exchange->easy;
    set_headers(exchange);
    api->easy_setopt(easy, CURLOPT_CURLU, exchange->url);
    api->easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
    api->easy_setopt(easy, CURLOPT_USERAGENT, "Memora/" MEMORA_VERSION);
    api->easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    api->easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (!exchange->with_body)
        return;
    api->easy_setopt(easy, CURLOPT_POST, 1L);
    if (exchange->request->pieces) {
        exchange->reader = outbound_reader_of(exchange->request->pieces, exchange->request->piece_count);
        api->easy_setopt(easy, CURLOPT_READFUNCTION, on_body);
        api->easy_setopt(easy, CURLOPT_READDATA, exchange);
    } else {
        api->easy_setopt(easy, CURLOPT_POSTFIELDS, exchange->request->body);
    }
    api->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)outbound_body_size(exchange->request));
}

static void set_connection(struct exchange *exchange, int64_t left_ms)
{
    const struct curl_api *api = exchange->api;
    CURL *easy = exchange->easy;
    api->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    api->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    api->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    api->easy_setopt(easy, CURLOPT_PROXY, "");
    api->easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)left_ms);
    api->easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (exchange->options->ca_file && *exchange->options->ca_file)
        api->easy_setopt(easy, CURLOPT_CAINFO, exchange->options->ca_file);
    if (exchange->addresses)
        api->easy_setopt(easy, CURLOPT_RESOLVE, exchange->addresses);
    api->easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    api->easy_setopt(easy, CURLOPT_OPENSOCKETDATA, exchange);
    api->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    api->easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    api->easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    api->easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    api->easy_setopt(easy, CURLOPT_XFERINFODATA, exchange);
    api->easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
}

static enum status_code explain(const struct exchange *exchange, CURLcode result, struct status *status)
{
    const char *text = exchange->error[0] ? exchange->error : exchange->api->easy_strerror(result);
    if (exchange->answer->refused)
        return refuse(exchange, status);
    if (exchange->stopped)
        return status_set(status, STATUS_CANCELLED, "the server is stopping");
    if (result == CURLE_OPERATION_TIMEDOUT)
        return status_set(status, STATUS_DEADLINE_EXCEEDED, "no answer in time: %s", text);
    return status_set(status, STATUS_UNAVAILABLE, "%s", text);
}

static void end_request(struct exchange *exchange)
{
    const struct curl_api *api = exchange->api;
    if (exchange->easy)
        api->easy_cleanup(exchange->easy);
    if (exchange->url)
        api->url_cleanup(exchange->url);
    for (struct curl_slist *header = exchange->headers; header; header = header->next)
        secret_wipe(header->data, strlen(header->data));
    api->slist_free_all(exchange->headers);
    api->slist_free_all(exchange->addresses);
    exchange->easy = NULL;
    exchange->url = NULL;
    exchange->headers = exchange->addresses = NULL;
}

/* What came of it is an answer. */
static bool has_answer(const struct exchange *exchange, CURLcode result)
{
    const struct outbound_answer *answer = exchange->answer;
    return result == CURLE_OK || (answer->cut_off && !exchange->stopped);
}

/* One request without what may follow. *next: where the answer redirects to, NULL if nowhere. */
static enum status_code perform(struct exchange *exchange, const char *url, const char **next, struct status *status)
{
    const struct curl_api *api = exchange->api;
    char *target = NULL;
    *next = NULL;
    exchange->answer->url = url;
    exchange->answer->body.len = 0;
    exchange->answer->cut_off = false;
    exchange->error[0] = '\0';
    enum status_code code = look_at(exchange, url, status);
    int64_t left_ms = (exchange->deadline_ns - clock_mono_ns()) / NS_PER_MS;
    if (!code && left_ms <= 0)
        code = status_set(status, STATUS_DEADLINE_EXCEEDED, "no answer in time");
    if (code)
        return code;
    exchange->easy = api->easy_init();
    if (!exchange->easy)
        return status_set(status, STATUS_UNAVAILABLE, "out of memory");
    set_connection(exchange, left_ms);
    set_request(exchange);
    CURLcode result = api->easy_perform(exchange->easy);
    exchange->answer->cut_off |= result != CURLE_OK && exchange->options->enough && exchange->answer->body.len > 0;
    if (!has_answer(exchange, result))
        return explain(exchange, result, status);
    describe(exchange);
    api->easy_getinfo(exchange->easy, CURLINFO_REDIRECT_URL, &target);
    *next = target ? arena_strdup(exchange->arena, target) : NULL;
    return STATUS_OK;
}

enum status_code outbound_send(struct arena *arena, const struct outbound_request *request,
                               const struct outbound_options *options, struct outbound_answer *answer,
                               struct status *status)
{
    struct exchange exchange = {.api = curl_api_get(status),
                                .arena = arena,
                                .request = request,
                                .options = options,
                                .answer = answer,
                                .answer_max = options->answer_max ? options->answer_max : OUTBOUND_ANSWER_MAX,
                                .with_body = request->body != NULL || request->pieces != NULL,
                                .deadline_ns = clock_mono_ns() + options->timeout_ns};
    const char *url = request->url;
    *answer = (struct outbound_answer){.url = url, .content_type = "", .body = buf_in(arena)};
    if (!exchange.api)
        return STATUS_FAILED_PRECONDITION;
    for (int hop = 0; hop <= OUTBOUND_REDIRECTS_MAX; hop++) {
        enum status_code code = perform(&exchange, url, &url, status);
        end_request(&exchange);
        if (code || !url)
            return code;
        if (options->stays) {
            answer->redirect = url;
            return STATUS_OK;
        }
        if (answer->http_status != 307 && answer->http_status != 308)
            exchange.with_body = false;
    }
    return status_set(status, STATUS_INVALID_ARGUMENT, "stopped after %d redirects", OUTBOUND_REDIRECTS_MAX);
}
