/* The floor that Memora's reads are measured against: libmicrohttpd and SQLite with nothing between them. It answers
 * GET /api/v1/memos/<uid> and GET /api/v1/memos (the 20 newest) as JSON from an existing database, without users,
 * permissions, relations or anything else. usage: memora-floor PORT DATABASE THREADS */
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *database;
static _Thread_local sqlite3_stmt *one, *list; /* each HTTP thread has a connection of its own */

static void prepare(void)
{
    sqlite3 *db;
    if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "SELECT uid, content, visibility, created_ts, updated_ts FROM memo WHERE uid = ?", -1,
                           &one, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db,
                           "SELECT uid, content, visibility, created_ts, updated_ts FROM memo WHERE row_status = "
                           "'NORMAL' ORDER BY created_ts DESC, id DESC LIMIT 20",
                           -1, &list, NULL) != SQLITE_OK)
        abort();
}

enum { BODY_CAP = 1024 * 1024, ROW_SLACK = 512 };
static _Thread_local char body[BODY_CAP];

static char *add_escaped(char *at, const unsigned char *text)
{
    for (; *text && at < body + BODY_CAP - ROW_SLACK; text++) {
        if (*text >= 0x20 && *text != '"' && *text != '\\')
            *at++ = (char)*text;
        else if (*text >= 0x20 || *text == '\n')
            *at++ = '\\', *at++ = *text == '\n' ? 'n' : (char)*text;
        else
            at += sprintf(at, "\\u%04x", *text);
    }
    return at;
}

static char *add_rows(char *at, sqlite3_stmt *statement)
{
    for (int rows = 0; sqlite3_step(statement) == SQLITE_ROW; rows++) {
        at += sprintf(at, "%s{\"name\":\"memos/%s\",\"content\":\"", rows ? "," : "",
                      (const char *)sqlite3_column_text(statement, 0));
        at = add_escaped(at, sqlite3_column_text(statement, 1));
        at += sprintf(at, "\",\"visibility\":\"%s\",\"createTime\":%lld,\"updateTime\":%lld}",
                      (const char *)sqlite3_column_text(statement, 2), sqlite3_column_int64(statement, 3),
                      sqlite3_column_int64(statement, 4));
    }
    sqlite3_reset(statement);
    return at;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **context)
{
    static const char prefix[] = "/api/v1/memos/";
    (void)cls, (void)method, (void)version, (void)upload, (void)upload_size;
    if (!*context) {
        *context = (void *)prefix;
        return MHD_YES;
    }
    char *end = body;
    if (!one)
        prepare();
    if (strncmp(url, prefix, sizeof prefix - 1) == 0) {
        sqlite3_bind_text(one, 1, url + sizeof prefix - 1, -1, SQLITE_STATIC);
        end = add_rows(end, one);
    } else {
        end = add_rows(end + sprintf(end, "{\"memos\":["), list);
        end += sprintf(end, "]}");
    }
    struct MHD_Response *response = MHD_create_response_from_buffer((size_t)(end - body), body, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result result = MHD_queue_response(connection, end > body ? 200 : 404, response);
    MHD_destroy_response(response);
    return result;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    database = argv[2];
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    if (!MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, (uint16_t)atoi(argv[1]), NULL, NULL, handle, NULL,
                          MHD_OPTION_THREAD_POOL_SIZE, (unsigned)atoi(argv[3]), MHD_OPTION_END))
        return 1;
    int number;
    sigwait(&stop, &number);
    return 0;
}
