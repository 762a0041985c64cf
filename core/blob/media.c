#include "blob/media.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define NS_PER_S INT64_C(1000000000)

enum { STEP = 64 * 1024, POLL_MS = 100, START = 12 };

struct media {
    char *helper;
    struct media_limits limits;
    pthread_mutex_t lock; /* guards the counts */
    pthread_cond_t freed;
    unsigned running, waiting;
};

bool media_present(const struct media *media)
{
    return media && *media->helper;
}

struct media_limits media_limits_default(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return (struct media_limits){
        .at_a_time = processors < 1                     ? 1
                     : processors < MEDIA_AT_A_TIME_MAX ? (unsigned)processors
                                                        : MEDIA_AT_A_TIME_MAX,
        .waiting = 64,
        .patience_ns = 30 * NS_PER_S,
        .made_max = 256 * 1024 * 1024, /* 50 million pixels of a PNG without a pattern */
    };
}

struct media *media_create(const char *helper, const struct media_limits *limits)
{
    struct media *media = memory_zalloc(sizeof *media);
    media->helper = memory_strdup(helper ? helper : "");
    media->limits = *limits;
    pthread_mutex_init(&media->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&media->freed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (media_present(media) && access(media->helper, X_OK) != 0)
        log_warn("%s cannot be run: there are no new thumbnails, and TIFF files keep their metadata", media->helper);
    return media;
}

void media_destroy(struct media *media)
{
    if (!media)
        return;
    pthread_cond_destroy(&media->freed);
    pthread_mutex_destroy(&media->lock);
    free(media->helper);
    free(media);
}

static bool enter(struct media *media)
{
    int64_t until_ns = clock_mono_ns() + media->limits.patience_ns;
    const struct timespec until = {until_ns / NS_PER_S, until_ns % NS_PER_S};
    int result = 0;
    pthread_mutex_lock(&media->lock);
    bool may = media->running < media->limits.at_a_time || media->waiting < media->limits.waiting;
    if (may) {
        media->waiting++;
        while (media->running >= media->limits.at_a_time && result == 0)
            result = pthread_cond_timedwait(&media->freed, &media->lock, &until);
        may = media->running < media->limits.at_a_time;
        media->waiting--;
        media->running += may;
    }
    pthread_mutex_unlock(&media->lock);
    return may;
}

static void leave(struct media *media)
{
    pthread_mutex_lock(&media->lock);
    media->running--;
    pthread_cond_signal(&media->freed);
    pthread_mutex_unlock(&media->lock);
}

/* Starts the helper with one end of a socket as its input and output, nothing of ours besides, and no environment. */
static int spawn_helper(const char *helper, enum media_job job, int its_end, pid_t *out)
{
    static const char *const jobs[MEDIA_JOBS] = {"strip", "turn", "thumbnail"};
    char name[] = "memora-media";
    char *const arguments[] = {name, (char *)jobs[job], NULL}, *const environment[] = {NULL};
    sigset_t none, defaults;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_adddup2(&files, its_end, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, its_end, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int result = posix_spawn(out, helper, &files, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return result;
}

struct exchange {
    int fd;
    const struct media_source *picture;
    const struct media_sink *made;
    const struct media_limits *limits;
    uint64_t sent, received;
    char start[START]; /* of what is made */
    size_t block_at, block_length;
    char block[STEP], answer[STEP];
};

/* False: the picture cannot be read. A helper that takes no more is none of that: its answer tells. */
static bool send_some(struct exchange *exchange)
{
    const struct media_source *picture = exchange->picture;
    if (exchange->block_at == exchange->block_length && exchange->sent < picture->size) {
        uint64_t left = picture->size - exchange->sent;
        int64_t n = picture->read(picture->ctx, exchange->sent, exchange->block, left < STEP ? (size_t)left : STEP);
        if (n <= 0)
            return false;
        exchange->block_at = 0;
        exchange->block_length = (size_t)n;
        exchange->sent += (uint64_t)n;
    }
    ssize_t n = send(exchange->fd, exchange->block + exchange->block_at, exchange->block_length - exchange->block_at,
                     MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0)
        exchange->block_at += (size_t)n;
    else if (errno != EAGAIN && errno != EINTR)
        exchange->sent = picture->size, exchange->block_at = exchange->block_length;
    if (exchange->sent == picture->size && exchange->block_at == exchange->block_length)
        shutdown(exchange->fd, SHUT_WR);
    return true;
}

/* 1: go on, 0: that was all, -1: failure. */
static int receive_some(struct exchange *exchange)
{
    ssize_t n = recv(exchange->fd, exchange->answer, STEP, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR || errno == ECONNRESET ? 1 : -1; /* the last: it left input unread */
    if (n > 0 && exchange->received < START)
        memcpy(exchange->start + exchange->received, exchange->answer,
               (size_t)n < START - exchange->received ? (size_t)n : (size_t)(START - exchange->received));
    exchange->received += (uint64_t)n;
    if (exchange->received > exchange->limits->made_max)
        return -1;
    return n == 0 ? 0 : exchange->made->write(exchange->made->ctx, exchange->answer, (size_t)n) ? 1 : -1;
}

static bool converse(struct exchange *exchange)
{
    int64_t deadline = clock_mono_ns() + exchange->limits->patience_ns;
    for (;;) {
        bool sending = exchange->sent < exchange->picture->size || exchange->block_at < exchange->block_length;
        struct pollfd ready = {.fd = exchange->fd, .events = (short)(sending ? POLLIN | POLLOUT : POLLIN)};
        int count = poll(&ready, 1, POLL_MS);
        if ((count < 0 && errno != EINTR) || clock_mono_ns() > deadline)
            return false;
        if (count <= 0)
            continue;
        if ((ready.revents & POLLOUT) && sending && !send_some(exchange))
            return false;
        if (ready.revents & (POLLIN | POLLHUP | POLLERR)) {
            int more = receive_some(exchange);
            if (more <= 0)
                return more == 0;
        }
    }
}

/* Whether it looks like what was asked for. The rest is the helper's word. */
static bool is_picture(enum media_job job, const struct exchange *exchange)
{
    const char *start = exchange->start;
    if (exchange->received < START)
        return false;
    if (job == MEDIA_TURN)
        return memcmp(start, "\x89PNG", 4) == 0 || (memcmp(start, "RIFF", 4) == 0 && memcmp(start + 8, "WEBP", 4) == 0);
    return memcmp(start, "\xff\xd8\xff", 3) == 0;
}

static void wait_for(pid_t child, int *result)
{
    while (waitpid(child, result, 0) < 0 && errno == EINTR)
        ;
}

static enum status_code convert(const struct media *media, enum media_job job, struct exchange *exchange,
                                struct status *status)
{
    int ends[2], result = -1;
    pid_t child;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "too many open files");
    int problem = spawn_helper(media->helper, job, ends[1], &child);
    close(ends[1]);
    if (problem) {
        close(ends[0]);
        log_warn("cannot start %s: error %d", media->helper, problem);
        return status_set(status, STATUS_FAILED_PRECONDITION, "the helper for pictures cannot be started");
    }
    exchange->fd = ends[0];
    bool heard = converse(exchange);
    if (!heard)
        kill(child, SIGKILL);
    close(ends[0]);
    wait_for(child, &result);
    if (heard && WIFEXITED(result) && WEXITSTATUS(result) == 0 && is_picture(job, exchange))
        return STATUS_OK;
    if (WIFSIGNALED(result))
        log_warn("the helper for pictures was ended by signal %d", WTERMSIG(result));
    return status_set(status, STATUS_INVALID_ARGUMENT, "the picture cannot be decoded");
}

enum status_code media_run(struct media *media, enum media_job job, const struct media_source *picture,
                           const struct media_sink *made, struct status *status)
{
    if (!media_present(media))
        return status_set(status, STATUS_FAILED_PRECONDITION, "there is no helper for pictures");
    if (picture->size == 0 || picture->size > MEDIA_PICTURE_MAX)
        return status_set(status, STATUS_INVALID_ARGUMENT, "the picture is empty or too large");
    if (!enter(media))
        return status_set(status, STATUS_RESOURCE_EXHAUSTED, "too many image processing requests");
    struct exchange *exchange = memory_zalloc(sizeof *exchange);
    exchange->picture = picture;
    exchange->made = made;
    exchange->limits = &media->limits;
    enum status_code code = convert(media, job, exchange, status);
    free(exchange);
    leave(media);
    return code;
}

static bool append(void *ctx, const void *bytes, size_t length)
{
    buf_add(ctx, bytes, length);
    return true;
}

struct media_sink media_sink_to(struct buf *buf)
{
    return (struct media_sink){append, buf};
}
