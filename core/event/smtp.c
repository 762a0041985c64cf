#include "event/smtp.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "outbound/curl.h"
#include "event/mail.h"

enum { READY_MS = 15000, ALL_MS = 30000, REPLY_MAX = 200 };

struct session {
    const struct curl_api *api;
    const struct smtp_server *server;
    const char *message;
    size_t left;
    bool stopped;
    CURL *easy;
    CURLU *url;
    struct curl_slist *recipients;
    long refusal;          /* code of the reply that refused something; 0: none did */
    char reply[REPLY_MAX]; /* its last line */
    char error[CURL_ERROR_SIZE];
};

static size_t on_read(char *out, size_t size, size_t count, void *ctx)
{
    struct session *session = ctx;
    size_t n = size * count < session->left ? size * count : session->left;
    memcpy(out, session->message, n);
    session->message += n;
    session->left -= n;
    return n;
}

/* Keeps the reply that refuses something, until the server has taken something else. (221 takes the farewell.) */
static size_t on_reply(char *line, size_t size, size_t count, void *ctx)
{
    struct session *session = ctx;
    size_t length = size * count, kept = length < REPLY_MAX ? length : REPLY_MAX - 1;
    char digits[4] = {0};
    memcpy(digits, line, length < 3 ? length : 3);
    long reply = strtol(digits, NULL, 10);
    if (reply >= 400) {
        session->refusal = reply;
        memcpy(session->reply, line, kept);
        session->reply[kept] = '\0';
    } else if (reply != 221) {
        session->refusal = 0;
    }
    return length;
}

static int on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
    struct session *session = ctx;
    (void)total, (void)now, (void)up_total, (void)up;
    session->stopped = session->server->stopping && session->server->stopping(session->server->ctx);
    return session->stopped;
}

static bool is_this_machine(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;
}

/* The path is the name that the server is greeted with. */
static bool set_url(struct session *session, struct arena *arena)
{
    const struct curl_api *api = session->api;
    const struct smtp_server *server = session->server;
    const char *host = strchr(server->host, ':') ? arena_printf(arena, "[%s]", server->host) : server->host;
    session->url = api->url();
    return session->url &&
           api->url_set(session->url, CURLUPART_SCHEME, server->tls ? "smtps" : "smtp", 0) == CURLUE_OK &&
           api->url_set(session->url, CURLUPART_HOST, host, 0) == CURLUE_OK &&
           api->url_set(session->url, CURLUPART_PORT, arena_printf(arena, "%d", server->port), 0) == CURLUE_OK &&
           api->url_set(session->url, CURLUPART_PATH, "/localhost", 0) == CURLUE_OK &&
           api->easy_setopt(session->easy, CURLOPT_CURLU, session->url) == CURLE_OK;
}

static void set_connection(struct session *session)
{
    const struct curl_api *api = session->api;
    const struct smtp_server *server = session->server;
    CURL *easy = session->easy;
    api->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    api->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    api->easy_setopt(easy, CURLOPT_PROXY, "");
    api->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)READY_MS);
    api->easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)ALL_MS);
    api->easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    api->easy_setopt(easy, CURLOPT_USE_SSL, (long)(server->tls || server->starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    if (server->ca_file && *server->ca_file)
        api->easy_setopt(easy, CURLOPT_CAINFO, server->ca_file);
    if (*server->username || *server->password) {
        api->easy_setopt(easy, CURLOPT_USERNAME, server->username);
        api->easy_setopt(easy, CURLOPT_PASSWORD, server->password);
        api->easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
        api->easy_setopt(easy, CURLOPT_SASL_IR, 1L);
    }
    api->easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    api->easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    api->easy_setopt(easy, CURLOPT_XFERINFODATA, session);
    api->easy_setopt(easy, CURLOPT_ERRORBUFFER, session->error);
    api->easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_reply);
    api->easy_setopt(easy, CURLOPT_HEADERDATA, session);
}

static void set_message(struct session *session, const char *from, const char *to)
{
    const struct curl_api *api = session->api;
    session->recipients = api->slist_append(NULL, to);
    api->easy_setopt(session->easy, CURLOPT_MAIL_FROM, from);
    api->easy_setopt(session->easy, CURLOPT_MAIL_RCPT, session->recipients);
    api->easy_setopt(session->easy, CURLOPT_UPLOAD, 1L);
    api->easy_setopt(session->easy, CURLOPT_READFUNCTION, on_read);
    api->easy_setopt(session->easy, CURLOPT_READDATA, session);
}

static enum status_code explain(struct session *session, struct arena *arena, CURLcode result, struct status *status)
{
    const char *text = session->error[0] ? session->error : session->api->easy_strerror(result);
    if (session->stopped)
        return status_set(status, STATUS_CANCELLED, "the server is stopping");
    if (result == CURLE_USE_SSL_FAILED)
        return status_set(status, STATUS_FAILED_PRECONDITION, "SMTP server does not support STARTTLS");
    if (result == CURLE_OPERATION_TIMEDOUT)
        return status_set(status, STATUS_DEADLINE_EXCEEDED, "the mail server does not answer in time: %s", text);
    /* What a server says to a password is not told: it might be the password. */
    if (result == CURLE_LOGIN_DENIED)
        return status_set(
            status, session->refusal >= 400 && session->refusal < 500 ? STATUS_UNAVAILABLE : STATUS_FAILED_PRECONDITION,
            "the mail server takes neither user name nor password, or no way to give them");
    if (session->refusal)
        text = arena_printf(arena, "%s (%s)", text, mail_line(arena, session->reply));
    return status_set(status, session->refusal >= 500 ? STATUS_FAILED_PRECONDITION : STATUS_UNAVAILABLE, "%s", text);
}

static enum status_code check(const struct smtp_server *server, const char *from, const char *to, struct status *status)
{
    bool secret = *server->username || *server->password, encrypted = server->tls || server->starttls;
    if (!mail_address_valid(from))
        return status_set(status, STATUS_FAILED_PRECONDITION, "the sender is not a mail address");
    if (!mail_address_valid(to))
        return status_set(status, STATUS_FAILED_PRECONDITION, "the recipient is not a mail address");
    if (secret && !encrypted && !is_this_machine(server->host))
        return status_set(status, STATUS_FAILED_PRECONDITION,
                          "the password is not sent over an unencrypted connection");
    return STATUS_OK;
}

enum status_code smtp_send(struct arena *arena, const struct smtp_server *server, const char *from, const char *to,
                           const char *message, size_t length, struct status *status)
{
    struct session session = {.server = server, .message = message, .left = length};
    enum status_code code = check(server, from, to, status);
    if (code)
        return code;
    session.api = curl_api_get(status);
    if (!session.api)
        return STATUS_FAILED_PRECONDITION;
    session.easy = session.api->easy_init();
    if (!session.easy)
        return status_set(status, STATUS_UNAVAILABLE, "out of memory");
    if (set_url(&session, arena)) {
        set_connection(&session);
        set_message(&session, from, to);
        CURLcode result = session.api->easy_perform(session.easy);
        code = result == CURLE_OK ? STATUS_OK : explain(&session, arena, result, status);
    } else {
        code = status_set(status, STATUS_FAILED_PRECONDITION, "not the name of a host: %s", server->host);
    }
    session.api->easy_cleanup(session.easy);
    if (session.url)
        session.api->url_cleanup(session.url);
    session.api->slist_free_all(session.recipients);
    return code;
}
