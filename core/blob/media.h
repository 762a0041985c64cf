/* Pictures made of pictures. Decoding happens in a process of its own (tools/media), one for each picture, so that
 * bytes which crash or occupy a decoder cost one failure. */
#ifndef MEMORA_BLOB_MEDIA_H
#define MEMORA_BLOB_MEDIA_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/status.h"

enum media_job {
    MEDIA_STRIP,     /* upright, without metadata, JPEG of quality 95 */
    MEDIA_TURN,      /* the same as PNG or WebP, as the picture was (of quality 95, or without loss) */
    MEDIA_THUMBNAIL, /* upright, larger side at most 600, JPEG of quality 90 */
    MEDIA_JOBS
};

/* Random access to the picture, as motion_read_fn. */
typedef int64_t (*media_read_fn)(void *ctx, uint64_t pos, void *out, size_t cap);

struct media_source {
    media_read_fn read;
    void *ctx;
    uint64_t size;
};

/* Takes the next bytes of what is made. False: it cannot, and media_run fails. */
struct media_sink {
    bool (*write)(void *ctx, const void *bytes, size_t length);
    void *ctx;
};

struct media_sink media_sink_to(struct buf *buf); /* appends */

struct media;

enum { MEDIA_AT_A_TIME_MAX = 4, MEDIA_PICTURE_MAX = 256 * 1024 * 1024 };

struct media_limits {
    unsigned at_a_time;  /* helpers that run */
    unsigned waiting;    /* callers that wait for one to end */
    int64_t patience_ns; /* with a helper, and with waiting for one */
    uint64_t made_max;   /* bytes of what it makes */
};
/* As many at a time as there are processors, MEDIA_AT_A_TIME_MAX at most. */
struct media_limits media_limits_default(void);

/* helper: the program; "" for none. */
struct media *media_create(const char *helper, const struct media_limits *limits);
void media_destroy(struct media *media); /* NULL is fine; no one may be running */

bool media_present(const struct media *media); /* NULL: false */

/* Writes what is made to the sink; after a failure what the sink has got is worthless. Neither picture is held in
 * memory here. Thread-safe; leaves no process behind. STATUS_FAILED_PRECONDITION: there is no helper;
 * STATUS_INVALID_ARGUMENT: it can make nothing of the picture (also too large, took too long, crashed: logged);
 * STATUS_RESOURCE_EXHAUSTED: too many wait already, or for too long. */
enum status_code media_run(struct media *media, enum media_job job, const struct media_source *picture,
                           const struct media_sink *made, struct status *status);

#endif
