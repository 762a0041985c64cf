/* The other servers of the database: news of what they have changed, their live events, and who does background work.
 */
#include <assert.h>
#include <string.h>

#include "db/news.h"
#include "event/bus.h"
#include "event/lease.h"
#include "server/parts.h"
#include "store/change.h"

enum { LINE_MAX_BYTES = 512 };
static_assert((int)EVENT_LINE_MAX <= (int)LINE_MAX_BYTES && (int)STORE_CHANGE_MAX <= (int)LINE_MAX_BYTES,
              "room for a line");

/* db_news_fn. A line of a newer version that is not understood may mean anything. */
static void hear(void *ctx, const char *text, size_t length)
{
    const struct server *server = ctx;
    char line[LINE_MAX_BYTES];
    if (!text)
        store_forget_all(server->store);
    while (text && length) {
        const char *end = memchr(text, '\n', length);
        size_t bytes = end ? (size_t)(end - text) : length;
        bool fits = bytes < sizeof line;
        memcpy(line, text, fits ? bytes : 0);
        line[fits ? bytes : 0] = '\0';
        if (strcmp(line, SERVER_REMOVALS_DUE) == 0)
            server_hear_of_removals(server);
        else if (!event_bus_hear(server->events, line) && !store_change_hear(server->store, line))
            store_forget_all(server->store);
        text += bytes + (end != NULL);
        length -= bytes + (end != NULL);
    }
}

static void relay(void *ctx, const char *line)
{
    const struct server *server = ctx;
    db_tell_soon(server->db, line);
}

enum status_code server_join(struct server *server, struct status *status)
{
    static const char *const names[] = {SERVER_BACKGROUND};
    event_bus_relay(server->events, relay, server);
    enum status_code code = db_news_start(server->db, hear, server, status);
    return code ? code : leases_start(server->store, names, 1, NULL, NULL, &server->leases, status);
}

void server_leave(struct server *server)
{
    leases_stop(server->leases);
    if (server->db)
        db_news_stop(server->db);
}
