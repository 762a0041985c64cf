#include "preview/link.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "preview/html_head.h"
#include "preview/html_reader.h"
#include "preview/link_url.h"

#define NOT_INTERNAL "internal IP addresses are not allowed"

/* The way from a URL to its page. */
struct way {
    struct arena *arena;
    const struct outbound_options *options;
    int64_t deadline_ns;
    struct outbound_answer answer;
    size_t look_at; /* length of the page from which on it is looked whether that is enough */
};

enum { LOOK_FIRST = 4096, LOOK_SHARE = 4 };

/* Exactly text/html, with or without parameters. */
static bool is_html(const char *content_type)
{
    content_type += strspn(content_type, " \t");
    size_t length = strcspn(content_type, "; \t");
    const char *behind = content_type + length + strspn(content_type + length, " \t");
    return html_equals((struct html_text){content_type, length}, "text/html") && (*behind == ';' || *behind == '\0');
}

/* Nothing of what is no page is wanted, and of a page what comes before its body. It is looked at each time that it has
 * grown by a part, so that this takes linear time however small the pieces are that it comes in. */
static bool has_enough(void *ctx, const struct outbound_answer *answer)
{
    struct way *way = ctx;
    struct html_reader reader = html_reader_of(answer->body.data, answer->body.len);
    if (!is_html(answer->content_type))
        return true;
    if (answer->body.len < way->look_at)
        return false;
    way->look_at = answer->body.len + answer->body.len / LOOK_SHARE;
    for (struct html_text name; html_next_tag(&reader, &name);) {
        if (html_equals(name, "body"))
            return true;
        if (html_end_tag(&reader) && html_is_raw(name))
            html_raw_text(&reader, name);
    }
    return false;
}

/* An address in the URL itself is told without its name. */
static enum status_code check_literal(const struct way *way, const char *host, struct status *status)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    const struct sockaddr *address = NULL;
    if (inet_pton(AF_INET, host, &four.sin_addr) == 1)
        address = (const struct sockaddr *)&four;
    else if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1)
        address = (const struct sockaddr *)&six;
    if (!address || !way->options->refuses || !way->options->refuses(address))
        return STATUS_OK;
    return status_set(status, STATUS_INVALID_ARGUMENT, "%s: " NOT_INTERNAL, host);
}

static enum status_code tell(struct way *way, const char *url, const char *host, const struct status *problem,
                             struct status *status)
{
    if (problem->code == STATUS_FAILED_PRECONDITION)
        return status_set(status, problem->code, "%s", problem->message);
    if (problem->code == STATUS_CANCELLED)
        return status_set(status, STATUS_UNAVAILABLE, "%s", problem->message);
    if (way->answer.refused)
        return status_set(status, STATUS_INVALID_ARGUMENT, "Get \"%s\": host=%s, ip=%s: " NOT_INTERNAL, url, host,
                          way->answer.refused);
    return status_set(status, STATUS_INVALID_ARGUMENT, "Get \"%s\": %s", url, problem->message);
}

static enum status_code go(struct way *way, const char *url, struct link_url *parts, struct status *status)
{
    static const char *const headers[] = {"Accept: text/html", NULL};
    const struct outbound_request request = {.url = url, .headers = headers};
    struct outbound_options options = *way->options;
    struct status problem = {0};
    options.timeout_ns = way->deadline_ns - clock_mono_ns();
    options.answer_max = LINK_PAGE_MAX;
    options.stays = true;
    options.enough = has_enough;
    options.enough_ctx = way;
    way->look_at = LOOK_FIRST;
    enum status_code code = link_url_read(way->arena, url, parts, status);
    if (!code)
        code = check_literal(way, parts->host, status);
    if (code)
        return code;
    code = outbound_send(way->arena, &request, &options, &way->answer, &problem);
    return code ? tell(way, url, parts->host, &problem, status) : STATUS_OK;
}

/* Along all redirects. What goes wrong behind the first is told with the URL where it did. */
static enum status_code follow(struct way *way, const char *url, struct link_url *parts, struct status *status)
{
    enum status_code code = go(way, url, parts, status);
    for (int requests = 1; !code && way->answer.redirect; requests++) {
        struct status problem = {0};
        url = way->answer.redirect;
        if (requests == LINK_REQUESTS_MAX)
            return status_set(status, STATUS_INVALID_ARGUMENT, "Get \"%s\": too many redirects", url);
        code = go(way, url, parts, &problem);
        if (code && strncmp(problem.message, "Get ", 4) != 0)
            status_set(status, code, "Get \"%s\": %s", url, problem.message);
        else if (code)
            status_set(status, code, "%s", problem.message);
    }
    return code;
}

/* YouTube's pages name their picture too late in the page, or not at all to those who are not signed in. */
static const char *youtube_image(struct arena *arena, const struct link_url *url)
{
    static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (strcasecmp(url->host, "www.youtube.com") != 0 || strcspn(url->path, "?#") != strlen("/watch") ||
        strncmp(url->path, "/watch", strlen("/watch")) != 0)
        return NULL;
    const char *video = link_url_parameter(arena, url, "v");
    if (!*video || video[strspn(video, token)])
        return NULL;
    return arena_printf(arena, "https://img.youtube.com/vi/%s/mqdefault.jpg", video);
}

enum status_code link_fetch(struct arena *arena, const char *url, const struct outbound_options *options,
                            struct link_metadata *out, struct status *status)
{
    struct way way = {
        .arena = arena_create(), .options = options, .deadline_ns = clock_mono_ns() + options->timeout_ns};
    struct link_url parts = {0};
    struct html_head head;
    enum status_code code = follow(&way, url, &parts, status);
    if (!code && !is_html(way.answer.content_type))
        code = status_set(status, STATUS_INVALID_ARGUMENT, "not a HTML page");
    if (!code) {
        html_head_read(way.arena, way.answer.content_type, way.answer.body.len ? way.answer.body.data : "",
                       way.answer.body.len, &head);
        const char *image = youtube_image(way.arena, &parts);
        *out = (struct link_metadata){.title = arena_strdup(arena, head.title),
                                      .description = arena_strdup(arena, head.description),
                                      .image = arena_strdup(arena, image ? image : head.image)};
    }
    arena_destroy(way.arena);
    return code;
}
