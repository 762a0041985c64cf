#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/quote.h"
#include "codec/codec.h"
#include "deploy/internal.h"
#include "store/deployed.h"
#include "store/instance_setting.h"

#define PREFIX "memos-"
#define SUFFIX ".json"

/* What the name of a file says that it holds. */
static const struct file_kind {
    const char *prefix, *what;
    const ProtobufCMessageDescriptor *type;
    bool any_label; /* as v0.30 took them from its beginnings */
} kinds[] = {
    {"memos-idp-", "identity provider", &memos__store__identity_provider__descriptor, true},
    {"memos-instance-setting-", "instance setting", &memos__store__instance_setting__descriptor, false},
};

struct loading {
    struct arena *arena; /* wiped at the end: there are secrets in it */
    int dir;
    const char *path;
    const char **names;
    size_t name_count;
    const Memos__Store__IdentityProvider **idps;
    size_t idp_count;
    struct {
        Memos__Store__InstanceSettingKey key;
        const ProtobufCMessage *value;
    } * settings;
    size_t setting_count;
};

/* Lower-case letters and digits, with single hyphens between them. */
static bool label_is_valid(const char *label, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool plain = (label[i] >= 'a' && label[i] <= 'z') || (label[i] >= '0' && label[i] <= '9');
        bool hyphen = label[i] == '-' && i > 0 && i + 1 < length && label[i - 1] != '-';
        if (!plain && !hyphen)
            return false;
    }
    return length > 0;
}

/* NULL: not ours; warns of names that look as if they should be. */
static const struct file_kind *kind_of(struct arena *arena, const char *name, bool warn)
{
    size_t length = strlen(name), end = sizeof SUFFIX - 1;
    bool json = length > end && strcmp(name + length - end, SUFFIX) == 0;
    for (size_t i = 0; json && i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t prefix = strlen(kinds[i].prefix);
        if (strncmp(name, kinds[i].prefix, prefix) != 0 || length <= prefix + end)
            continue;
        bool valid = label_is_valid(name + prefix, length - prefix - end);
        if (valid)
            return &kinds[i];
        if (kinds[i].any_label) {
            if (warn)
                log_warn("deployment file %s: a label of lower-case letters, digits and hyphens is better",
                         text_quote(arena, name));
            return &kinds[i];
        }
    }
    if (warn && strncmp(name, PREFIX, sizeof PREFIX - 1) == 0)
        log_warn("deployment file %s is ignored: its name is none that is known", text_quote(arena, name));
    return NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum status_code list_names(struct loading *loading, struct status *status)
{
    int again = dup(loading->dir);
    DIR *dir = again >= 0 ? fdopendir(again) : NULL;
    const struct dirent *entry = NULL;
    loading->names = ARENA_ARRAY(loading->arena, const char *, DEPLOY_FILES_MAX);
    if (!dir) {
        if (again >= 0)
            close(again);
        return status_set(status, STATUS_INVALID_ARGUMENT, "failed to read deployment directory \"%s\": %s",
                          loading->path, strerror(errno));
    }
    enum status_code code = STATUS_OK;
    for (errno = 0; !code && (entry = readdir(dir)) != NULL; errno = 0) {
        if (!kind_of(loading->arena, entry->d_name, true))
            continue;
        if (loading->name_count == DEPLOY_FILES_MAX)
            code = status_set(status, STATUS_INVALID_ARGUMENT, "more than %d deployment files in \"%s\"",
                              DEPLOY_FILES_MAX, loading->path);
        else
            loading->names[loading->name_count++] = arena_strdup(loading->arena, entry->d_name);
    }
    if (!code && errno)
        code = status_set(status, STATUS_INVALID_ARGUMENT, "failed to read deployment directory \"%s\": %s",
                          loading->path, strerror(errno));
    closedir(dir);
    qsort(loading->names, loading->name_count, sizeof *loading->names, by_text);
    return code;
}

static enum status_code read_opened(struct arena *arena, int file, char **text, size_t *length, struct status *status)
{
    struct stat info;
    if (fstat(file, &info) == 0 && !S_ISREG(info.st_mode))
        return status_set(status, STATUS_INVALID_ARGUMENT, "file must be a regular file");
    *text = arena_alloc(arena, DEPLOY_FILE_MAX + 1);
    *length = 0;
    while (*length <= DEPLOY_FILE_MAX) {
        ssize_t got = read(file, *text + *length, DEPLOY_FILE_MAX + 1 - *length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return status_set(status, STATUS_INVALID_ARGUMENT, "failed to read file: %s", strerror(errno));
        if (got == 0)
            return STATUS_OK;
        *length += (size_t)got;
    }
    return status_set(status, STATUS_INVALID_ARGUMENT, "file exceeds %d bytes", DEPLOY_FILE_MAX);
}

static enum status_code read_text(const struct loading *loading, const char *name, char **text, size_t *length,
                                  struct status *status)
{
    /* Without O_NOFOLLOW: mounted secrets are links. O_NONBLOCK, so that a FIFO cannot hold up the start. */
    int file = openat(loading->dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (file < 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "failed to read file: %s", strerror(errno));
    enum status_code code = read_opened(loading->arena, file, text, length, status);
    close(file);
    return code;
}

/* Tells an unknown field by its name; of other faults nothing, since the parser's words may quote a secret. */
static enum status_code parse(struct arena *arena, const struct file_kind *kind, const char *text, size_t length,
                              ProtobufCMessage **out, struct status *status)
{
    static const struct codec_json_options options = {.reject_unknown = true, .reject_unknown_enums = true};
    static const char unknown[] = "could not find field \"";
    struct status problem = {0};
    if (codec_read_json(arena, kind->type, text, length, &options, out, &problem) == STATUS_OK)
        return STATUS_OK;
    char *name = strstr(problem.message, unknown), *end = name ? strstr(name, "\" in \"") : NULL;
    if (!end)
        return status_set(status, STATUS_INVALID_ARGUMENT, "failed to decode protobuf JSON");
    *end = '\0';
    return status_set(status, STATUS_INVALID_ARGUMENT, "failed to decode protobuf JSON: unknown field %s",
                      text_quote(arena, name + sizeof unknown - 1));
}

static enum status_code add_idp(struct loading *loading, const Memos__Store__IdentityProvider *provider,
                                struct status *status)
{
    if (deploy_check_idp(provider, status))
        return status->code;
    for (size_t i = 0; i < loading->idp_count; i++)
        if (strcmp(loading->idps[i]->uid, provider->uid) == 0)
            return status_set(status, STATUS_INVALID_ARGUMENT, "uid %s is in another file already",
                              text_quote(loading->arena, provider->uid));
    loading->idps[loading->idp_count++] = provider;
    return STATUS_OK;
}

static enum status_code add_setting(struct loading *loading, const Memos__Store__InstanceSetting *setting,
                                    struct status *status)
{
    const ProtobufCMessage *value = NULL;
    if (deploy_check_setting(loading->arena, setting, &value, status))
        return status->code;
    for (size_t i = 0; i < loading->setting_count; i++)
        if (loading->settings[i].key == setting->key)
            return status_set(status, STATUS_INVALID_ARGUMENT, "the key is in another file already");
    loading->settings[loading->setting_count].key = setting->key;
    loading->settings[loading->setting_count++].value = value;
    return STATUS_OK;
}

static enum status_code load_file(struct loading *loading, const char *name, struct status *status)
{
    const struct file_kind *kind = kind_of(loading->arena, name, false);
    ProtobufCMessage *message = NULL;
    char *text = NULL;
    size_t length = 0;
    struct status problem = {0};
    enum status_code code = read_text(loading, name, &text, &length, &problem);
    if (!code)
        code = parse(loading->arena, kind, text, length, &message, &problem);
    if (!code)
        code = message->descriptor == &memos__store__identity_provider__descriptor
                   ? add_idp(loading, (const Memos__Store__IdentityProvider *)message, &problem)
                   : add_setting(loading, (const Memos__Store__InstanceSetting *)message, &problem);
    if (code)
        status_set(status, code, "invalid %s deployment file %s: %s", kind->what, text_quote(loading->arena, name),
                   problem.message);
    return code;
}

static enum status_code publish(const struct loading *loading, struct store *store, struct status *status)
{
    enum status_code code = STATUS_OK;
    for (size_t i = 0; !code && i < loading->idp_count; i++)
        code = store_deploy_idp(store, loading->idps[i], status);
    for (size_t i = 0; !code && i < loading->setting_count; i++)
        code = store_deploy_setting(store, loading->settings[i].key, loading->settings[i].value, status);
    if (!code && loading->name_count)
        log_info("%zu instance settings and %zu identity providers come from deployment files", loading->setting_count,
                 loading->idp_count);
    return code;
}

static enum status_code load_directory(struct loading *loading, struct store *store, struct status *status)
{
    loading->dir = *loading->path ? open(loading->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (loading->dir < 0 && (*loading->path == '\0' || errno == ENOENT))
        return STATUS_OK;
    if (loading->dir < 0)
        return status_set(status, STATUS_INVALID_ARGUMENT, "failed to read deployment directory \"%s\": %s",
                          loading->path, strerror(errno));
    enum status_code code = list_names(loading, status);
    loading->idps = ARENA_ARRAY(loading->arena, const Memos__Store__IdentityProvider *, loading->name_count);
    loading->settings = arena_zalloc(loading->arena, loading->name_count * sizeof *loading->settings);
    for (size_t i = 0; !code && i < loading->name_count; i++)
        code = load_file(loading, loading->names[i], status);
    if (!code)
        code = publish(loading, store, status);
    close(loading->dir);
    return code;
}

static enum status_code read_sign_in(struct store *store, struct arena *arena, bool *passwords, size_t *idps,
                                     struct status *status)
{
    ProtobufCMessage *general = NULL;
    struct store_idp *list = NULL;
    struct db_conn *conn;
    enum status_code code = store_read_begin(store, &conn, status);
    if (code)
        return code;
    code =
        store_instance_setting_read(store, conn, arena, MEMOS__STORE__INSTANCE_SETTING_KEY__GENERAL, &general, status);
    if (!code)
        code = store_idp_list(store, conn, arena, &list, idps, status);
    store_read_end(conn);
    if (!code)
        *passwords = !((const Memos__Store__InstanceGeneralSetting *)general)->disallow_password_auth;
    return code;
}

/* Ordinary users need some way in. */
static enum status_code check_sign_in(struct store *store, struct arena *arena, struct status *status)
{
    bool passwords = true;
    size_t idps = 0;
    enum status_code code = read_sign_in(store, arena, &passwords, &idps, status);
    if (code || passwords || idps > 0)
        return code;
    if (store_setting_is_deployed(store, MEMOS__STORE__INSTANCE_SETTING_KEY__GENERAL) ||
        store_deployed_idp_count(store) > 0)
        return status_set(status, STATUS_INVALID_ARGUMENT,
                          "deployment configuration disables password authentication for regular users but has no "
                          "effective identity provider");
    log_warn("password authentication is disabled for regular users, and there is no identity provider");
    return STATUS_OK;
}

enum status_code deploy_load(const char *dir, struct store *store, struct status *status)
{
    struct loading loading = {.arena = arena_create(), .path = dir ? dir : "", .dir = -1};
    enum status_code code = load_directory(&loading, store, status);
    if (!code)
        code = check_sign_in(store, loading.arena, status);
    arena_destroy_wiped(loading.arena);
    return code;
}
