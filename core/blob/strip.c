/* Metadata of pictures: where and when they were taken, and with what (contract memos.md 5.5). */
#include <strings.h>

#include "base/log.h"
#include "blob/internal.h"
#include "blob/media.h"
#include "blob/metadata.h"

static bool is_one_of(const char *type, const char *const *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(type, types[i]) == 0)
            return true;
    return false;
}

/* Made anew in any case, as in v0.30. */
static bool is_made_anew(const char *type)
{
    static const char *const types[] = {"image/jpeg", "image/jpg", "image/tiff"};
    return is_one_of(type, types, sizeof types / sizeof *types);
}

/* Those whose metadata can be taken out of the file. */
static bool is_cleaned(const char *type)
{
    static const char *const types[] = {"image/jpeg", "image/jpg",       "image/webp",  "image/png",
                                        "image/heic", "image/heif",      "image/avif",  "image/gif",
                                        "video/mp4",  "video/quicktime", "video/x-m4v", "video/3gpp"};
    return is_one_of(type, types, sizeof types / sizeof *types);
}

struct strip {
    struct blob *blob;
    struct arena *arena;
    const struct store_attachment *attachment;
    const struct media_source *picture;
    const struct media_sink *made;
    void (*start_again)(void *made_ctx); /* what the sink has got so far is worthless */
    bool stripped;                       /* the sink has all of what replaces the picture */
};

/* STATUS_OK whether or not it could be done. */
static enum status_code make_anew(struct strip *strip, enum media_job job, struct status *status)
{
    struct status problem = {0};
    if (!media_present(strip->blob->media))
        return STATUS_OK;
    enum status_code code = media_run(strip->blob->media, job, strip->picture, strip->made, &problem);
    if (code == STATUS_RESOURCE_EXHAUSTED)
        return status_set(status, code, "%s", problem.message);
    if (code) {
        log_debug("attachment %s cannot be made anew: %s", strip->attachment->uid, problem.message);
        strip->start_again(strip->made->ctx);
    }
    strip->stripped = code == STATUS_OK;
    return STATUS_OK;
}

/* WebP, PNG and videos lose nothing but their metadata. Only one that is to be turned is made anew: not all programs
 * look at what an Exif part in them says. */
static enum status_code clean(struct strip *strip, struct status *status)
{
    struct metadata_edits *edits = ARENA_NEW(strip->arena, struct metadata_edits);
    if (!metadata_find(strip->arena, strip->picture, edits)) {
        log_warn("attachment %s keeps its metadata: the file cannot be read", strip->attachment->uid);
        return STATUS_OK;
    }
    if (edits->orientation != 1 && !edits->moving &&
        (strcasecmp(strip->attachment->type, "image/webp") == 0 ||
         strcasecmp(strip->attachment->type, "image/png") == 0) &&
        make_anew(strip, MEDIA_TURN, status))
        return status->code;
    if (!strip->stripped && edits->count > 0) {
        strip->stripped = metadata_apply(strip->picture, edits, strip->made);
        if (!strip->stripped)
            return status_set(status, STATUS_INTERNAL, "cannot write a picture without its metadata");
    }
    return STATUS_OK;
}

static enum status_code run(struct strip *strip, struct status *status)
{
    const char *type = strip->attachment->type;
    if (is_made_anew(type) && make_anew(strip, MEDIA_STRIP, status))
        return status->code;
    if (strip->stripped)
        return STATUS_OK;
    if (is_cleaned(type))
        return clean(strip, status);
    if (is_made_anew(type))
        log_warn("attachment %s keeps its metadata", strip->attachment->uid);
    return STATUS_OK;
}

static int64_t read_bytes(void *ctx, uint64_t pos, void *out, size_t cap)
{
    const struct store_attachment *attachment = ctx;
    return spool_copy(attachment->spools, attachment->bytes, attachment->bytes_length, pos, out, cap);
}

struct made {
    struct spool_sink sink;
    struct status status; /* of the sink */
};

static bool write_bytes(void *ctx, const void *bytes, size_t length)
{
    struct made *made = ctx;
    return spool_sink_add(&made->sink, bytes, length, &made->status) == STATUS_OK;
}

static void start_again(void *ctx)
{
    struct made *made = ctx;
    made->sink = spool_sink_in(made->sink.list, made->sink.memory.arena);
    made->status.code = STATUS_OK;
}

enum status_code blob_strip(struct blob *blob, struct arena *arena, struct store_attachment *attachment,
                            struct status *status)
{
    struct made made = {.sink = spool_sink_in(attachment->spools, arena)};
    const struct media_source picture = {read_bytes, attachment, attachment->bytes_length};
    const struct media_sink sink = {write_bytes, &made};
    struct strip strip = {.blob = blob,
                          .arena = arena,
                          .attachment = attachment,
                          .picture = &picture,
                          .made = &sink,
                          .start_again = start_again};
    const char *bytes;
    size_t length;
    enum status_code code = run(&strip, status);
    if (made.status.code)
        return status_set(status, made.status.code, "%s", made.status.message);
    if (code || !strip.stripped)
        return code;
    if (spool_sink_finish(&made.sink, &bytes, &length, status))
        return status->code;
    attachment->bytes = bytes;
    attachment->bytes_length = length;
    attachment->size = (int64_t)length;
    return STATUS_OK;
}
