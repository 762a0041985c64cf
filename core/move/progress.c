#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "move/internal.h"

static const int64_t bar_period_ns = 100 * 1000 * 1000, line_period_ns = 5000LL * 1000 * 1000;
enum { BAR_WIDTH = 30, PERCENT = 100 };

static void show_bar(const struct move_progress *progress)
{
    uint64_t total = progress->total ? progress->total : 1;
    uint64_t done = progress->done < total ? progress->done : total;
    int filled = (int)(done * BAR_WIDTH / total);
    fprintf(progress->stream, "\r%s [%.*s%*s] %3" PRIu64 "%% %" PRIu64 "/%" PRIu64 " rows", progress->what, filled,
            "##############################", BAR_WIDTH - filled, "", done * PERCENT / total, progress->done,
            progress->total);
    fflush(progress->stream);
}

static void show(struct move_progress *progress, int64_t now)
{
    progress->shown_ns = now;
    if (progress->bar)
        show_bar(progress);
    else
        fprintf(progress->stream, "%s: %" PRIu64 " of %" PRIu64 " rows\n", progress->what, progress->done,
                progress->total);
}

void move_progress_begin(struct move_progress *progress, const char *what, uint64_t total)
{
    *progress = (struct move_progress){.stream = stderr,
                                       .bar = isatty(STDERR_FILENO) == 1,
                                       .what = what,
                                       .total = total,
                                       .started_ns = clock_mono_ns(),
                                       .shown_ns = clock_mono_ns()};
}

void move_progress_step(struct move_progress *progress)
{
    enum { LOOK_EVERY = 64 }; /* reading the clock costs more than counting */
    if (!progress)
        return;
    progress->done++;
    if (!progress->stream || progress->done % LOOK_EVERY)
        return;
    int64_t now = clock_mono_ns();
    if (now - progress->shown_ns >= (progress->bar ? bar_period_ns : line_period_ns))
        show(progress, now);
}

void move_progress_end(struct move_progress *progress)
{
    if (!progress || !progress->stream)
        return;
    progress->total = progress->done;
    if (progress->bar)
        show_bar(progress);
    double seconds = (double)(clock_mono_ns() - progress->started_ns) / 1e9;
    if (progress->bar)
        fprintf(progress->stream, " in %.1f s\n", seconds);
    else
        fprintf(progress->stream, "%s: all %" PRIu64 " rows, %.1f s\n", progress->what, progress->done, seconds);
}
