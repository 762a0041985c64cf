/* What becomes of a picture, and of everybody else, when memora-media fails in whatever way: scripts stand in for it.
 */
#include "media_fixture.h"

#include <pthread.h>

#define BLIND MEMORA_TEST_PLUGIN_DIR "/../tests/media-blind"

enum { TRIES_MS = 60 * 1000 };

static const struct bytes some_bytes = {(const unsigned char *)"notjpeg", 7};

/* A helper that is this script; $DIR is the fixture's folder. */
static const char *write_helper(struct fixture *f, const char *script)
{
    const char *path = arena_printf(f->arena, "%s/helper", f->dir);
    write_file(path, arena_printf(f->arena, "#!/bin/sh\nDIR='%s'\n%s\n", f->dir, script));
    assert_int_equal(chmod(path, 0755), 0);
    return path;
}

static void wait_for_file(struct fixture *f, const char *name)
{
    const char *path = arena_printf(f->arena, "%s/%s", f->dir, name);
    for (int waited = 0; access(path, F_OK) != 0; waited++) {
        assert_true(waited < TRIES_MS);
        usleep(1000);
    }
}

static enum status_code run_script(struct fixture *f, const struct media_limits *limits, const char *script,
                                   enum media_job job, const struct bytes *bytes, struct buf *out)
{
    struct media *media = media_create(write_helper(f, script), limits);
    enum status_code code = run(media, job, bytes, out, NULL);
    media_destroy(media);
    no_child_is_left();
    return code;
}

static void test_one_that_dies(void **state)
{
    struct fixture *f = *state;
    static const char *const scripts[] = {
        "exit 1",
        "kill -SEGV $$",
        "printf '\\377\\330\\377\\340 a good start'; kill -ABRT $$",
        "printf '\\377\\330\\377\\340 a good start'; exit 3",
        "exec 0<&-; sleep 0.1; exit 3",
    };
    struct media_limits limits = media_limits_default();
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct buf out = buf_in(f->arena);
        assert_int_equal(run_script(f, &limits, scripts[i], MEDIA_STRIP, &some_bytes, &out), STATUS_INVALID_ARGUMENT);
    }
    assert_int_equal(run_script(f, &limits, "exit 0 # and a file that is none\n", MEDIA_STRIP, &some_bytes,
                                &(struct buf){.arena = f->arena}),
                     STATUS_INVALID_ARGUMENT);
}

static void test_rubbish(void **state)
{
    struct fixture *f = *state;
    static const char jpeg[] = "cat >/dev/null; printf '\\377\\330\\377\\340 looks good'";
    static const char png[] = "cat >/dev/null; printf '\\211PNG\\r\\n looks good'";
    struct media_limits limits = media_limits_default();
    const struct {
        const char *script;
        enum media_job job;
        bool good;
    } cases[] = {{"echo this is no picture at all", MEDIA_STRIP, false},
                 {"printf '\\377\\330'", MEDIA_STRIP, false},
                 {jpeg, MEDIA_STRIP, true},
                 {jpeg, MEDIA_THUMBNAIL, true},
                 {jpeg, MEDIA_TURN, false},
                 {png, MEDIA_TURN, true},
                 {png, MEDIA_STRIP, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = buf_in(f->arena);
        assert_int_equal(run_script(f, &limits, cases[i].script, cases[i].job, &some_bytes, &out),
                         cases[i].good ? STATUS_OK : STATUS_INVALID_ARGUMENT);
    }
}

/* One that never ends is ended, whether or not it takes its input. */
static void test_one_that_hangs(void **state)
{
    struct fixture *f = *state;
    struct media_limits limits = media_limits_default();
    limits.patience_ns = 200 * (int64_t)1000000;
    const struct bytes large = {memory_zalloc(8 << 20), 8 << 20};
    const struct bytes *const inputs[] = {&some_bytes, &large};
    static const char *const scripts[] = {"exec sleep 10000", "cat >/dev/null; exec sleep 10000",
                                          "printf '\\377\\330\\377\\340 a good start'; exec sleep 10000"};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        for (int j = 0; j < 2; j++) {
            struct buf out = buf_in(f->arena);
            assert_int_equal(run_script(f, &limits, scripts[i], MEDIA_STRIP, inputs[j], &out), STATUS_INVALID_ARGUMENT);
        }
    free((void *)large.data);
}

static void test_one_that_says_too_much(void **state)
{
    struct fixture *f = *state;
    struct media_limits limits = media_limits_default();
    struct buf out = buf_in(f->arena);
    limits.made_max = 1 << 20;
    assert_int_equal(run_script(f, &limits, "exec cat /dev/zero", MEDIA_STRIP, &some_bytes, &out),
                     STATUS_INVALID_ARGUMENT);
    assert_true(out.len <= limits.made_max);
}

static bool refuse(void *ctx, const void *bytes, size_t length)
{
    (void)ctx;
    (void)bytes;
    (void)length;
    return false;
}

static int64_t fail_to_read(void *ctx, uint64_t pos, void *out, size_t cap)
{
    (void)ctx;
    (void)out;
    (void)cap;
    return pos < 3 ? 1 : -1;
}

static void test_ends_that_fail(void **state)
{
    struct fixture *f = *state;
    struct media *media = open_media(write_helper(f, "cat"));
    struct buf out = buf_in(f->arena);
    const struct media_source good = {read_bytes, (void *)&some_bytes, 7}, bad = {fail_to_read, NULL, 100};
    const struct media_sink taking = media_sink_to(&out), refusing = {refuse, NULL};
    assert_int_equal(media_run(media, MEDIA_STRIP, &good, &refusing, NULL), STATUS_INVALID_ARGUMENT);
    assert_int_equal(media_run(media, MEDIA_STRIP, &bad, &taking, NULL), STATUS_INVALID_ARGUMENT);
    media_destroy(media);
    no_child_is_left();
}

static void test_none(void **state)
{
    struct fixture *f = *state;
    static const char *const helpers[] = {"", "/nowhere/at-all", "/dev/null", "/tmp"};
    for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++) {
        struct media *media = open_media(helpers[i]);
        struct buf out = buf_in(f->arena);
        assert_int_equal(run(media, MEDIA_STRIP, &some_bytes, &out, NULL), STATUS_FAILED_PRECONDITION);
        media_destroy(media);
    }
    no_child_is_left();
}

struct task {
    struct fixture *f;
    struct media *media;
    struct store_attachment attachment;
    enum status_code code;
    struct buf out;
    struct arena *arena;
};

static void *run_task(void *arg)
{
    struct task *task = arg;
    task->code = run(task->media, MEDIA_STRIP, &some_bytes, &task->out, NULL);
    return NULL;
}

static void test_full_queue(void **state)
{
    struct fixture *f = *state;
    struct media_limits limits = media_limits_default();
    struct buf out = buf_in(f->arena);
    pthread_t thread;
    limits.at_a_time = 1;
    limits.waiting = 0;
    struct media *media = media_create(write_helper(f, "touch $DIR/begun; while [ ! -e $DIR/go ]; do sleep 0.01; done\n"
                                                       "printf '\\377\\330\\377\\340 looks good'"),
                                       &limits);
    struct task task = {.media = media, .arena = arena_create()};
    task.out = buf_in(task.arena);
    assert_int_equal(pthread_create(&thread, NULL, run_task, &task), 0);
    wait_for_file(f, "begun");
    assert_int_equal(run(media, MEDIA_STRIP, &some_bytes, &out, NULL), STATUS_RESOURCE_EXHAUSTED);
    write_file(arena_printf(f->arena, "%s/go", f->dir), "");
    pthread_join(thread, NULL);
    assert_int_equal(task.code, STATUS_OK);
    arena_destroy(task.arena);
    assert_int_equal(run(media, MEDIA_STRIP, &some_bytes, &out, NULL), STATUS_OK);
    media_destroy(media);
    no_child_is_left();
}

/* All get their turn, and never more than that many at a time. */
static void test_so_many_at_a_time(void **state)
{
    enum { TASKS = 8 };
    struct fixture *f = *state;
    struct media_limits limits = media_limits_default();
    struct task tasks[TASKS];
    pthread_t threads[TASKS];
    limits.at_a_time = 2;
    limits.waiting = TASKS;
    struct media *media = media_create(write_helper(f, "cat >/dev/null; touch $DIR/at-work.$$\n"
                                                       "[ $(ls $DIR | grep -c at-work) -le 2 ] || touch $DIR/too-many\n"
                                                       "sleep 0.02; rm $DIR/at-work.$$\n"
                                                       "printf '\\377\\330\\377\\340 looks good'"),
                                       &limits);
    for (int i = 0; i < TASKS; i++) {
        tasks[i] = (struct task){.media = media, .arena = arena_create()};
        tasks[i].out = buf_in(tasks[i].arena);
        assert_int_equal(pthread_create(&threads[i], NULL, run_task, &tasks[i]), 0);
    }
    for (int i = 0; i < TASKS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(tasks[i].code, STATUS_OK);
        arena_destroy(tasks[i].arena);
    }
    media_destroy(media);
    run_shell("[ ! -e %s/too-many ]", f->dir);
    no_child_is_left();
}

static void *get_thumbnail(void *arg)
{
    struct task *task = arg;
    task->code = thumbnail_get(task->f->blob, task->f->store, task->arena, &task->attachment, &task->out, NULL);
    return NULL;
}

/* Of several that ask for one thumbnail at once, one makes it. */
static void test_thumbnail_is_made_once(void **state)
{
    enum { ASKING = 6 };
    struct fixture *f = *state;
    struct task tasks[ASKING];
    pthread_t threads[ASKING];
    const char *helper = write_helper(f, "echo $1 >>$DIR/log; while [ ! -e $DIR/go ]; do sleep 0.01; done\n"
                                         "exec " HELPER " $1");
    helper = arena_strdup(f->arena, helper);
    char path[160];
    snprintf(path, sizeof path, "%s", helper);
    use_helper(f, path);
    struct store_attachment picture = upload(f, "pic", "e.png", make_png(f->arena, 120, 80, 80));
    for (int i = 0; i < ASKING; i++) {
        tasks[i] = (struct task){.f = f, .attachment = picture, .arena = arena_create()};
        tasks[i].out = buf_in(tasks[i].arena);
        assert_int_equal(pthread_create(&threads[i], NULL, get_thumbnail, &tasks[i]), 0);
    }
    wait_for_file(f, "log");
    write_file(arena_printf(f->arena, "%s/go", f->dir), "");
    for (int i = 0; i < ASKING; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(tasks[i].code, STATUS_OK);
        assert_int_equal(tasks[i].out.len, tasks[0].out.len);
        assert_memory_equal(tasks[i].out.data, tasks[0].out.data, tasks[0].out.len);
    }
    for (int i = 0; i < ASKING; i++)
        arena_destroy(tasks[i].arena);
    run_shell("[ \"$(cat %s/log)\" = thumbnail ]", f->dir);
}

/* A picture that cannot be made smaller costs one try. */
static void test_hopeless_is_remembered(void **state)
{
    struct fixture *f = *state;
    char path[160];
    snprintf(path, sizeof path, "%s", write_helper(f, "echo $1 >>$DIR/log; exit 3"));
    use_helper(f, path);
    struct store_attachment picture = upload(f, "pic", "e.png", make_png(f->arena, 120, 80, 80));
    for (int i = 0; i < 3; i++) {
        struct buf out = buf_in(f->arena);
        assert_int_not_equal(thumbnail_get(f->blob, f->store, f->arena, &picture, &out, NULL), STATUS_OK);
    }
    run_shell("[ \"$(cat %s/log)\" = thumbnail ]", f->dir);
}

/* Small files that say that they are enormous. */
static void test_bombs(void **state)
{
    struct fixture *f = *state;
    static const char gif[] = "GIF89a\xff\xff\xff\xff\x80\0\0rgbRGB,\0\0\0\0\xff\xff\xff\xff\0\2\2DL\0;";
    static const char webp[] = "RIFF\x1a\0\0\0WEBPVP8L\x0e\0\0\0\x2f\xff\xff\xff\x0f\0\x88\x88\x08\0\0\0\0\0";
    static const char jpeg[] =
        "\xff\xd8\xff\xc0\0\x11\x08\xff\xdc\xff\xdc\3\1\x22\0\2\x11\1\3\x11\1\xff\xda\0\x0c\3\1\0\2"
        "\x11\3\x11\0\x3f\0\xff\xd9";
    const struct bytes bombs[] = {make_png(f->arena, 50000, 50000, 1),
                                  {(const unsigned char *)gif, sizeof gif - 1},
                                  {(const unsigned char *)webp, sizeof webp - 1},
                                  {(const unsigned char *)jpeg, sizeof jpeg - 1}};
    struct media *media = open_media(HELPER);
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++)
        for (enum media_job job = 0; job < MEDIA_JOBS; job++) {
            struct buf out = buf_in(f->arena);
            assert_int_equal(run(media, job, &bombs[i], &out, NULL), STATUS_INVALID_ARGUMENT);
        }
    media_destroy(media);
    no_child_is_left();
}

/* Memory is bounded: what needs more than there is, is not decoded; the same with enough is. */
static void test_memory(void **state)
{
    struct fixture *f = *state;
    struct bytes large = make_png(f->arena, 5000, 4000, 4000);
    struct media_limits limits = media_limits_default();
    struct buf out = buf_in(f->arena);
    assert_int_equal(run_script(f, &limits, "ulimit -d 40000; exec " HELPER " $1", MEDIA_STRIP, &large, &out),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(run_script(f, &limits, "exec " HELPER " $1", MEDIA_STRIP, &large, &out), STATUS_OK);
}

/* Looks at the process while it waits for its input. */
static void test_limits(void **state)
{
    static const char script[] = "confined() {\n"
                                 "  grep -q 'Max cpu time  *20 ' /proc/$helper/limits &&\n"
                                 "  grep -q 'Max data size  *1073741824  *1073741824 ' /proc/$helper/limits &&\n"
                                 "  grep -q 'Max file size  *0  *0 ' /proc/$helper/limits &&\n"
                                 "  grep -q 'Max core file size  *0  *0 ' /proc/$helper/limits &&\n"
                                 "  grep -q 'Max open files  *64  *64 ' /proc/$helper/limits &&\n"
                                 "  grep -q '^NoNewPrivs:.1' /proc/$helper/status\n"
                                 "}\n"
                                 "mkfifo in && { %s strip <in >out & helper=$!; exec 3>in; tries=0\n"
                                 "until confined; do\n"
                                 "  tries=$((tries + 1)); [ $tries -lt 6000 ] || exit 1; sleep 0.01\n"
                                 "done\n"
                                 "exec 3>&-; wait $helper; [ $? = 3 ] && [ ! -s out ]; }\n";
    struct fixture *f = *state;
    const char *path = arena_printf(f->arena, "%s/script", f->dir);
    write_file(path, arena_printf(f->arena, script, HELPER));
    run_shell("cd %s && sh script", f->dir);
}

static void test_confinement(void **state)
{
    struct fixture *f = *state;
    struct media_limits limits = media_limits_default();
    struct bytes png = make_png(f->arena, 120, 80, 80);
    struct buf out = buf_in(f->arena);
    run_shell("%s check", HELPER);
    run_shell("%s; [ $? = 2 ] || exit 1; %s strip x; [ $? = 2 ] || exit 1; %s rm; [ $? = 2 ]", HELPER, HELPER, HELPER);
    /* Where the kernel cannot do it, it works all the same, and says so. */
    run_shell("%s %s check; [ $? = 5 ]", BLIND, HELPER);
    assert_int_equal(run_script(f, &limits, "exec " BLIND " " HELPER " $1", MEDIA_STRIP, &png, &out), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_that_dies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rubbish, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_that_hangs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_that_says_too_much, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ends_that_fail, setup, teardown),
        cmocka_unit_test_setup_teardown(test_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_queue, setup, teardown),
        cmocka_unit_test_setup_teardown(test_so_many_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thumbnail_is_made_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hopeless_is_remembered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bombs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_confinement, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
