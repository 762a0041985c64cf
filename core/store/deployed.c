#include "store/deployed.h"

#include <stdlib.h>

#include "codec/codec.h"

enum { KEYS = MEMOS__STORE__INSTANCE_SETTING_KEY__AI + 1 };

/* Kept as bytes, so that every reader gets a message of its own, which it may change and wipe. */
struct store_deployed {
    struct arena *arena;
    struct deployed_setting {
        const ProtobufCMessageDescriptor *type; /* NULL: not set by a file */
        const char *bytes;
        size_t length;
    } settings[KEYS];
    struct deployed_idp {
        const char *uid, *bytes; /* an IdentityProvider */
        size_t length;
    } * idps; /* by uid */
    size_t idp_count;
};

struct store_deployed *store_deployed_create(void)
{
    struct store_deployed *deployed = memory_zalloc(sizeof *deployed);
    deployed->arena = arena_create();
    return deployed;
}

void store_deployed_destroy(struct store_deployed *deployed)
{
    if (!deployed)
        return;
    arena_destroy_wiped(deployed->arena);
    free(deployed);
}

enum status_code store_deploy_setting(struct store *store, Memos__Store__InstanceSettingKey key,
                                      const ProtobufCMessage *value, struct status *status)
{
    struct store_deployed *deployed = store->deployed;
    struct buf bytes = buf_in(deployed->arena);
    if ((unsigned)key >= KEYS || deployed->settings[key].type)
        return status_set(status, STATUS_INTERNAL, "setting %d cannot be deployed", (int)key);
    codec_write_proto(&bytes, value);
    deployed->settings[key] = (struct deployed_setting){value->descriptor, buf_str(&bytes), bytes.len};
    return STATUS_OK;
}

enum status_code store_deploy_idp(struct store *store, const Memos__Store__IdentityProvider *provider,
                                  struct status *status)
{
    struct store_deployed *deployed = store->deployed;
    struct buf bytes = buf_in(deployed->arena);
    size_t at = 0, count = deployed->idp_count;
    if (store_idp_is_deployed(store, provider->uid))
        return status_set(status, STATUS_INTERNAL, "identity provider %s is deployed already", provider->uid);
    codec_write_proto(&bytes, &provider->base);
    while (at < count && strcmp(deployed->idps[at].uid, provider->uid) < 0)
        at++;
    deployed->idps = arena_grow(deployed->arena, deployed->idps, count * sizeof *deployed->idps,
                                (count + 1) * sizeof *deployed->idps);
    memmove(deployed->idps + at + 1, deployed->idps + at, (count - at) * sizeof *deployed->idps);
    deployed->idps[at] =
        (struct deployed_idp){arena_strdup(deployed->arena, provider->uid), buf_str(&bytes), bytes.len};
    deployed->idp_count++;
    return STATUS_OK;
}

bool store_setting_is_deployed(const struct store *store, Memos__Store__InstanceSettingKey key)
{
    return (unsigned)key < KEYS && store->deployed->settings[key].type;
}

static const struct deployed_idp *find(const struct store *store, const char *uid)
{
    const struct store_deployed *deployed = store->deployed;
    for (size_t i = 0; i < deployed->idp_count; i++)
        if (strcmp(deployed->idps[i].uid, uid) == 0)
            return &deployed->idps[i];
    return NULL;
}

bool store_idp_is_deployed(const struct store *store, const char *uid)
{
    return find(store, uid) != NULL;
}

size_t store_deployed_idp_count(const struct store *store)
{
    return store->deployed->idp_count;
}

/* Reading back what was written here cannot fail. */
static ProtobufCMessage *read_back(struct arena *arena, const ProtobufCMessageDescriptor *type, const char *bytes,
                                   size_t length)
{
    ProtobufCMessage *message = NULL;
    if (codec_read_proto(arena, type, bytes, length, &message, NULL))
        abort();
    return message;
}

bool store_deployed_setting(const struct store *store, struct arena *arena, Memos__Store__InstanceSettingKey key,
                            ProtobufCMessage **out)
{
    if (!store_setting_is_deployed(store, key))
        return false;
    const struct deployed_setting *setting = &store->deployed->settings[key];
    *out = read_back(arena, setting->type, setting->bytes, setting->length);
    return true;
}

static struct store_idp idp_of(struct arena *arena, const struct deployed_idp *deployed)
{
    const Memos__Store__IdentityProvider *provider = (const Memos__Store__IdentityProvider *)read_back(
        arena, &memos__store__identity_provider__descriptor, deployed->bytes, deployed->length);
    return (struct store_idp){.uid = provider->uid,
                              .title = provider->name,
                              .identifier_filter = provider->identifier_filter,
                              .is_oauth2 = true,
                              .config = provider->config->oauth2_config};
}

bool store_deployed_idp(const struct store *store, struct arena *arena, const char *uid, struct store_idp *out)
{
    const struct deployed_idp *found = find(store, uid);
    if (found)
        *out = idp_of(arena, found);
    return found != NULL;
}

void store_deployed_overlay(const struct store *store, struct arena *arena, struct store_idp **idps, size_t *count)
{
    const struct store_deployed *deployed = store->deployed;
    size_t stored = *count;
    if (deployed->idp_count == 0)
        return;
    struct store_idp *all = ARENA_ARRAY(arena, struct store_idp, stored + deployed->idp_count);
    if (stored)
        memcpy(all, *idps, stored * sizeof *all);
    for (size_t i = 0; i < deployed->idp_count; i++) {
        size_t at = 0;
        while (at < stored && strcmp(all[at].uid, deployed->idps[i].uid) != 0)
            at++;
        at = at < stored ? at : (*count)++;
        int32_t id = all[at].id;
        all[at] = idp_of(arena, &deployed->idps[i]);
        all[at].id = id;
    }
    *idps = all;
}
