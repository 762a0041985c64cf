#include "event/jobs.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"

#define NS_PER_S INT64_C(1000000000)
#define PAUSE_MAX_NS (INT64_C(365) * 24 * 3600 * NS_PER_S)

enum { JOBS_MAX = 16, GATE_AGAIN_S = 5 };

struct job {
    const char *name;
    job_run run;
    void *ctx;
    int64_t due_ns; /* clock_mono_ns() */
};

struct jobs {
    pthread_mutex_t lock; /* guards due_ns of all jobs, and stopping */
    pthread_cond_t changed;
    pthread_t thread;
    bool started, stopping;
    jobs_gate may_run;
    void *gate_ctx;
    unsigned count;
    struct job jobs[JOBS_MAX];
};

struct jobs *jobs_create(void)
{
    struct jobs *jobs = memory_zalloc(sizeof *jobs);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&jobs->lock, NULL);
    return jobs;
}

unsigned jobs_add(struct jobs *jobs, const char *name, job_run run, void *ctx)
{
    assert(jobs->count < JOBS_MAX && !jobs->started);
    jobs->jobs[jobs->count] = (struct job){.name = name, .run = run, .ctx = ctx};
    return jobs->count++;
}

void jobs_set_gate(struct jobs *jobs, jobs_gate may_run, void *ctx)
{
    jobs->may_run = may_run;
    jobs->gate_ctx = ctx;
}

static struct job *next_job(struct jobs *jobs)
{
    struct job *next = NULL;
    for (unsigned i = 0; i < jobs->count; i++)
        if (!next || jobs->jobs[i].due_ns < next->due_ns)
            next = &jobs->jobs[i];
    return next;
}

/* Without the lock. A job that may not run here is asked about again soon: whoever may can be gone at any time. */
static int64_t run(struct jobs *jobs, const struct job *job)
{
    if (jobs->may_run && !jobs->may_run(jobs->gate_ctx, job->name))
        return GATE_AGAIN_S * NS_PER_S;
    return job->run(job->ctx);
}

static void wait_until(struct jobs *jobs, int64_t due_ns)
{
    struct timespec at = {.tv_sec = due_ns / NS_PER_S, .tv_nsec = due_ns % NS_PER_S};
    pthread_cond_timedwait(&jobs->changed, &jobs->lock, &at);
}

static void *work(void *ctx)
{
    struct jobs *jobs = ctx;
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->stopping) {
        struct job *job = next_job(jobs);
        if (job->due_ns > clock_mono_ns()) {
            wait_until(jobs, job->due_ns);
            continue;
        }
        job->due_ns = INT64_MAX; /* a wake from here on counts */
        pthread_mutex_unlock(&jobs->lock);
        int64_t pause_ns = run(jobs, job),
                next_ns = clock_mono_ns() + (pause_ns < PAUSE_MAX_NS ? pause_ns : PAUSE_MAX_NS);
        pthread_mutex_lock(&jobs->lock);
        if (job->due_ns > next_ns)
            job->due_ns = next_ns;
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

enum status_code jobs_start(struct jobs *jobs, struct status *status)
{
    if (jobs->count == 0)
        return STATUS_OK;
    int problem = pthread_create(&jobs->thread, NULL, work, jobs);
    if (problem)
        return status_set(status, STATUS_INTERNAL, "no thread for background work: %s", strerror(problem));
    jobs->started = true;
    return STATUS_OK;
}

void jobs_wake(struct jobs *jobs, unsigned job)
{
    pthread_mutex_lock(&jobs->lock);
    jobs->jobs[job].due_ns = 0;
    pthread_cond_signal(&jobs->changed);
    pthread_mutex_unlock(&jobs->lock);
}

void jobs_stop(struct jobs *jobs)
{
    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->lock);
    jobs->stopping = true;
    pthread_cond_signal(&jobs->changed);
    pthread_mutex_unlock(&jobs->lock);
    if (jobs->started)
        pthread_join(jobs->thread, NULL);
    jobs->started = false;
}

void jobs_destroy(struct jobs *jobs)
{
    if (!jobs)
        return;
    jobs_stop(jobs);
    pthread_cond_destroy(&jobs->changed);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}
