/* Opening a session: the DSN, the gaps that it leaves, and what must be so whatever it says. */
#include "postgres.h"

#include <stdlib.h>
#include <string.h>

struct options {
    const char *names[MAX_CONNECT_OPTIONS], *values[MAX_CONNECT_OPTIONS];
    int count;
};

static void add(struct options *options, const char *name, const char *value)
{
    options->names[options->count] = name;
    options->values[options->count++] = value;
}

/* Of equal names the last counts, and everything counts more than the environment. */
static void fill(struct options *options, const struct memora_db *db)
{
    if (!getenv("PGCONNECT_TIMEOUT"))
        add(options, "connect_timeout", db->connect_timeout);
    /* Unanswered data, and silence while an answer is waited for. */
    add(options, "tcp_user_timeout", db->network_timeout_ms);
    add(options, "keepalives_idle", "10");
    add(options, "keepalives_interval", "5");
    add(options, "keepalives_count", "3");
    add(options, "dbname", db->dsn);
    if (*db->sslmode)
        add(options, "sslmode", db->sslmode);
    if (*db->sslrootcert)
        add(options, "sslrootcert", db->sslrootcert);
    add(options, "fallback_application_name", "memora");
    add(options, "client_encoding", "UTF8");
}

static void ignore_notice(void *ctx, const char *message)
{
    (void)ctx;
    (void)message;
}

/* Our statements find what they need through indexes whatever the values are, and planning each anew costs more than
 * running it: a LIMIT that is a parameter makes PostgreSQL prefer that. Where nobody has said what reading through an
 * index costs (4 is built in, for disks that turn), it is put at what memory and solid disks take: otherwise small
 * tables are read from end to end for each memo, and a page of a large one is sorted out of the whole. Databases that
 * only speak PostgreSQL's protocol may not know the settings. */
static void prefer_kept_plans(PGconn *pq)
{
    PQclear(PQexec(pq, "SET plan_cache_mode = force_generic_plan"));
    PQclear(PQexec(pq, "SELECT set_config('random_page_cost', '1.1', false) "
                       "WHERE current_setting('random_page_cost') = '4'"));
}

int postgres_open_session(struct memora_db *db, PGconn **out, struct memora_error *error)
{
    struct options options = {.count = 0};
    fill(&options, db);
    *out = NULL;
    PGconn *pq = PQconnectdbParams(options.names, options.values, 1);
    if (PQstatus(pq) != CONNECTION_OK) {
        int code = postgres_connect_error(pq, error);
        PQfinish(pq);
        return code;
    }
    PQsetNoticeProcessor(pq, ignore_notice, NULL);
    prefer_kept_plans(pq);
    if (PQsetnonblocking(pq, 1) != 0) {
        PQfinish(pq);
        return memora_fail(error, MEMORA_E_INTERNAL, "the connection cannot be made non-blocking");
    }
    *out = pq;
    return MEMORA_OK;
}
