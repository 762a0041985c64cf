/* News between two servers (here: two databases opened beside each other) of one database. The including program says
 * how to open it and how to end the server. */
#ifndef TEST_NEWS_CASES_H
#define TEST_NEWS_CASES_H

#include "db/news.h"
#include "patience.h"

static void open_again(const struct fixture *f, struct db **out); /* the fixture's database once more */
static void stop_database(void);
static void start_database(void);

enum { HEARD_SIZE = 64 * 1024 };

struct ear {
    pthread_mutex_t lock;
    char text[HEARD_SIZE]; /* all that was heard */
    size_t length;
    unsigned missed; /* times that something may have been missed */
};

struct pair {
    struct fixture *f;
    struct db *here, *there;
    struct ear here_ear, there_ear;
};

static void hear(void *ctx, const char *text, size_t length)
{
    struct ear *ear = ctx;
    pthread_mutex_lock(&ear->lock);
    if (!text)
        ear->missed++;
    else if (ear->length + length < HEARD_SIZE) {
        memcpy(ear->text + ear->length, text, length);
        ear->length += length;
        ear->text[ear->length] = '\0';
    }
    pthread_mutex_unlock(&ear->lock);
}

static unsigned times_heard(struct ear *ear, const char *line)
{
    unsigned count = 0;
    pthread_mutex_lock(&ear->lock);
    for (const char *at = ear->text; (at = strstr(at, line)); at += strlen(line))
        count++;
    pthread_mutex_unlock(&ear->lock);
    return count;
}

static unsigned times_missed(struct ear *ear)
{
    pthread_mutex_lock(&ear->lock);
    unsigned missed = ear->missed;
    pthread_mutex_unlock(&ear->lock);
    return missed;
}

static void pause_ms(unsigned ms)
{
    usleep(ms * 1000);
}

static void wait_until_heard(struct ear *ear, const char *line)
{
    AWAIT(times_heard(ear, line) > 0);
}

static void wait_until_current(struct db *db, bool wanted)
{
    AWAIT(db_news_current(db) == wanted);
}

static enum status_code tell(struct db_conn *conn, void *ctx, struct status *status)
{
    return db_tell(conn, ctx, status);
}

static enum status_code tell_and_fail(struct db_conn *conn, void *ctx, struct status *status)
{
    db_tell(conn, ctx, status);
    return status_set(status, STATUS_ABORTED, "on purpose");
}

static void write_and_tell(struct db *db, const char *line)
{
    struct status status = {0};
    if (db_write(db, tell, (void *)line, &status))
        fail_msg("%s", status.message);
}

static struct pair *open_pair(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    struct status status = {0};
    pair->f = *state;
    pair->here = pair->f->db;
    pthread_mutex_init(&pair->here_ear.lock, NULL);
    pthread_mutex_init(&pair->there_ear.lock, NULL);
    if (db_migrate(pair->here, &status))
        fail_msg("%s", status.message);
    open_again(pair->f, &pair->there);
    assert_int_equal(db_news_start(pair->here, hear, &pair->here_ear, &status), STATUS_OK);
    assert_int_equal(db_news_start(pair->there, hear, &pair->there_ear, &status), STATUS_OK);
    wait_until_current(pair->here, true);
    wait_until_current(pair->there, true);
    return pair;
}

static void close_pair(struct pair *pair)
{
    db_news_stop(pair->here); /* the fixture closes it, after the ears have gone */
    db_close(pair->there);
    pthread_mutex_destroy(&pair->here_ear.lock);
    pthread_mutex_destroy(&pair->there_ear.lock);
    free(pair);
}

static void a_write_is_told_to_the_others_alone(void **state)
{
    struct pair *pair = open_pair(state);
    write_and_tell(pair->here, "user 1\ntokens\n");
    wait_until_heard(&pair->there_ear, "user 1\ntokens\n");
    write_and_tell(pair->there, "user 2\n");
    wait_until_heard(&pair->here_ear, "user 2\n");
    assert_int_equal(times_heard(&pair->here_ear, "user 1"), 0);
    assert_int_equal(times_heard(&pair->there_ear, "user 2"), 0);
    assert_int_equal(times_heard(&pair->there_ear, "user 1"), 1);
    close_pair(pair);
}

static void what_was_rolled_back_is_not_told(void **state)
{
    struct pair *pair = open_pair(state);
    struct status status = {0};
    assert_int_equal(db_write(pair->here, tell_and_fail, (void *)"user 3\n", &status), STATUS_ABORTED);
    write_and_tell(pair->here, "user 4\n");
    wait_until_heard(&pair->there_ear, "user 4\n");
    pause_ms(600);
    assert_int_equal(times_heard(&pair->there_ear, "user 3"), 0);
    assert_int_equal(times_heard(&pair->there_ear, "user 4"), 1);
    close_pair(pair);
}

static void lines_without_a_write_come_in_order_and_once(void **state)
{
    enum { LINES = 2000 };
    struct pair *pair = open_pair(state);
    char line[32];
    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "event %05d\n", i);
        db_tell_soon(pair->here, line);
    }
    wait_until_heard(&pair->there_ear, line);
    pthread_mutex_lock(&pair->there_ear.lock);
    assert_int_equal(pair->there_ear.length, LINES * strlen(line));
    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "event %05d\n", i);
        assert_memory_equal(pair->there_ear.text + (size_t)i * strlen(line), line, strlen(line));
    }
    pthread_mutex_unlock(&pair->there_ear.lock);
    assert_int_equal(pair->here_ear.length, 0);
    close_pair(pair);
}

static void stopping_sends_what_waits(void **state)
{
    struct pair *pair = open_pair(state);
    db_tell_soon(pair->here, "event last\n");
    db_news_stop(pair->here);
    wait_until_heard(&pair->there_ear, "event last\n");
    db_tell_soon(pair->here, "event too late\n");
    pause_ms(400);
    assert_int_equal(times_heard(&pair->there_ear, "late"), 0);
    close_pair(pair);
}

/* The promise that stale permission rests on: cut off from the news, memory is not trusted for longer than the bound;
 * and when they are heard again, it is known that something may have been missed. */
static void cut_off_it_is_not_current(void **state)
{
    struct pair *pair = open_pair(state);
    int64_t stopped_ns = clock_mono_ns();
    unsigned missed = times_missed(&pair->there_ear);
    stop_database();
    while (clock_mono_ns() < stopped_ns + DB_NEWS_BOUND_NS)
        pause_ms(10);
    /* The server needs a while to stop, and may have answered during that. */
    pause_ms((unsigned)(DB_NEWS_BOUND_NS / 1000000));
    assert_false(db_news_current(pair->there));
    pause_ms(9000); /* so long that the log of changes cannot be followed any more */
    assert_false(db_news_current(pair->there));
    start_database();
    wait_until_current(pair->there, true);
    wait_until_current(pair->here, true);
    assert_true(times_missed(&pair->there_ear) > missed);
    write_and_tell(pair->here, "user 5\n");
    wait_until_heard(&pair->there_ear, "user 5\n");
    close_pair(pair);
}

static void too_long_a_text_is_refused(void **state)
{
    struct pair *pair = open_pair(state);
    struct status status = {0};
    char *text = calloc(1, DB_NEWS_TEXT_MAX + 2);
    memset(text, 'x', DB_NEWS_TEXT_MAX + 1);
    assert_int_equal(db_write(pair->here, tell, text, &status), STATUS_INTERNAL);
    text[DB_NEWS_TEXT_MAX - 1] = '\n';
    text[DB_NEWS_TEXT_MAX] = '\0';
    write_and_tell(pair->here, text);
    wait_until_heard(&pair->there_ear, text);
    free(text);
    close_pair(pair);
}

#define NEWS_CASES(setup, teardown)                                                                                    \
    cmocka_unit_test_setup_teardown(a_write_is_told_to_the_others_alone, setup, teardown),                             \
        cmocka_unit_test_setup_teardown(what_was_rolled_back_is_not_told, setup, teardown),                            \
        cmocka_unit_test_setup_teardown(lines_without_a_write_come_in_order_and_once, setup, teardown),                \
        cmocka_unit_test_setup_teardown(stopping_sends_what_waits, setup, teardown),                                   \
        cmocka_unit_test_setup_teardown(too_long_a_text_is_refused, setup, teardown),                                  \
        cmocka_unit_test_setup_teardown(cut_off_it_is_not_current, setup, teardown)

#endif
