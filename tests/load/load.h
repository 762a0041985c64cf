/* A closed-loop HTTP load generator: every connection sends its next request when the last one is answered. One thread,
 * epoll, exact latencies. */
#ifndef MEMORA_LOAD_H
#define MEMORA_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { LOAD_MAX_HEADERS = 8, LOAD_MAX_CONNECTIONS = 1024 };

struct load_options {
    int port;
    unsigned connections;
    double seconds, warmup_seconds;
    uint64_t requests;  /* stop after so many; 0 = by time */
    uint64_t first;     /* start of the counter {i} */
    uint64_t range;     /* {r} is below this */
    uint64_t *counters; /* {i} of each request in place of first, first + 1, ...; requests is their number */
    const char *method, *path, *body;
    const char *body_bytes; /* in place of body: sent as it is */
    size_t body_bytes_len;
    const char *headers[LOAD_MAX_HEADERS];
    unsigned header_count;
    int expect;         /* status that counts as success */
    const char *name;   /* of the result */
    FILE *acknowledged; /* the counter of every success is written here; NULL = no */
    bool json, stop_on_error;
};

/* Text with {i} the counter, {r} a random number below range, {memo} the content of memo {i} as a JSON string body.
 * Numbers have eight digits. */
struct text {
    char *data;
    size_t len, cap;
};
void text_add(struct text *text, const void *bytes, size_t length);
void text_expand(struct text *text, const char *template, uint64_t counter, uint64_t range, uint64_t *random_state);

/* Latencies in microseconds. */
struct stats {
    uint32_t *samples;
    size_t count, cap;
    uint64_t errors, bytes;
    double seconds;
    int first_bad_status; /* 0 = none; -1 = the connection ended */
};
void stats_add(struct stats *stats, uint64_t microseconds);
void stats_print(struct stats *stats, const struct load_options *options);

int64_t now_ns(void);

/* Runs the load; false when the server cannot be reached at all. */
bool engine_run(const struct load_options *options, struct stats *stats);

/* Starts argv in a session of its own with its output in log and waits until GET /healthz on the port gives 200. Prints
 * {"pid":..,"startup_ms":..}. Gives an exit code. */
int spawn_server(int port, const char *log, char **argv);

#endif
