/* Work in the background, which no request waits for: each job runs when its time has come or when it is woken, all of
 * them on one thread, one after the other. */
#ifndef MEMORA_EVENT_JOBS_H
#define MEMORA_EVENT_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct jobs;

/* Does what there is to do and gives the nanoseconds until the next time. Should return soon after the server began to
 * stop (plugin_host()->stopping). */
typedef int64_t (*job_run)(void *ctx);

/* Whether this server may run the job now; asked before each run. Where several servers share one database, only one of
 * them may. */
typedef bool (*jobs_gate)(void *ctx, const char *name);

struct jobs *jobs_create(void);
/* Before jobs_start; name lives as long as jobs. The first run is at the start. Gives what jobs_wake takes. */
unsigned jobs_add(struct jobs *jobs, const char *name, job_run run, void *ctx);
void jobs_set_gate(struct jobs *jobs, jobs_gate may_run, void *ctx); /* before jobs_start; without one all run */
enum status_code jobs_start(struct jobs *jobs, struct status *status);
/* The job runs as soon as may be; if it is running, once more. Never waits; thread-safe. */
void jobs_wake(struct jobs *jobs, unsigned job);
/* Waits for the job that runs; none runs after that, also when woken. NULL is fine. */
void jobs_stop(struct jobs *jobs);
/* Stops, and frees: nobody may wake a job any more. NULL is fine. */
void jobs_destroy(struct jobs *jobs);

#endif
