/* Where the videos in motion photos begin. Players ask for them in many ranges, and finding one takes reading it all.
 */
#include <stdlib.h>
#include <string.h>

#include "blob/internal.h"
#include "blob/motion.h"

enum { KNOWN_MAX = 128, UID_ROOM = 40 };

struct known_clip {
    char uid[UID_ROOM];
    uint64_t size, at; /* of the whole file; where in it */
};

struct clips {
    pthread_mutex_t lock; /* guards all below */
    struct known_clip known[KNOWN_MAX];
    unsigned next;
};

struct clips *clips_create(void)
{
    struct clips *clips = memory_zalloc(sizeof *clips);
    pthread_mutex_init(&clips->lock, NULL);
    return clips;
}

void clips_destroy(struct clips *clips)
{
    if (!clips)
        return;
    pthread_mutex_destroy(&clips->lock);
    free(clips);
}

static bool look_up(struct clips *clips, const char *uid, uint64_t size, uint64_t *at)
{
    bool found = false;
    pthread_mutex_lock(&clips->lock);
    for (unsigned i = 0; i < KNOWN_MAX && !found; i++) {
        const struct known_clip *clip = &clips->known[i];
        found = strcmp(clip->uid, uid) == 0 && clip->size == size;
        if (found)
            *at = clip->at;
    }
    pthread_mutex_unlock(&clips->lock);
    return found;
}

static void remember(struct clips *clips, const char *uid, uint64_t size, uint64_t at)
{
    if (strlen(uid) >= UID_ROOM)
        return;
    pthread_mutex_lock(&clips->lock);
    struct known_clip *clip = &clips->known[clips->next++ % KNOWN_MAX];
    strcpy(clip->uid, uid);
    clip->size = size;
    clip->at = at;
    pthread_mutex_unlock(&clips->lock);
}

static int64_t read_content(void *content, uint64_t pos, void *out, size_t cap)
{
    return blob_content_read(content, pos, out, cap);
}

bool blob_find_clip(struct blob *blob, struct blob_content *content, const char *uid, uint64_t *at)
{
    struct motion_photo photo;
    uint64_t size = blob_content_size(content);
    /* The uid may have been another's before. */
    if (look_up(blob->clips, uid, size, at) &&
        blob_content_select(content, *at, MOTION_VIDEO_START, NULL) == STATUS_OK &&
        motion_is_video(read_content, content, size, *at))
        return true;
    if (blob_content_select(content, 0, size, NULL) != STATUS_OK || !motion_find(read_content, content, size, &photo))
        return false;
    *at = photo.video_at;
    remember(blob->clips, uid, size, *at);
    return true;
}
