/* Motion photos as Android cameras make them: a JPEG with an MP4 behind it (contract memos.md 5.6). */
#ifndef MEMORA_BLOB_MOTION_H
#define MEMORA_BLOB_MOTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct motion_photo {
    uint64_t video_at;       /* where the MP4 starts; it goes to the end of the file */
    int64_t presentation_us; /* time of the still in the video; 0 if the file doesn't tell */
};

/* Random access to the file: up to cap bytes at pos; 0 at the end, negative on failure. */
typedef int64_t (*motion_read_fn)(void *ctx, uint64_t pos, void *out, size_t cap);

/* True if the file is a JPEG marked as a motion photo that has a video in it. Reads the head and then what it takes to
 * find the video, with memory independent of the size. */
bool motion_find(motion_read_fn read, void *ctx, uint64_t size, struct motion_photo *out);

/* Whether an MP4 begins at that position; reads MOTION_VIDEO_START bytes. */
enum { MOTION_VIDEO_START = 12 };
bool motion_is_video(motion_read_fn read, void *ctx, uint64_t size, uint64_t at);

#endif
