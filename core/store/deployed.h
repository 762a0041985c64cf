/* What files of the deployment set (docs/deployment.md): whole groups of instance settings, and identity providers.
 * They stand before what the database says, which stays as it is. Filled once, before other threads use the store;
 * read-only afterwards, so thread-safe. */
#ifndef MEMORA_STORE_DEPLOYED_H
#define MEMORA_STORE_DEPLOYED_H

#include "memos/store/idp.pb-c.h"
#include "memos/store/instance_setting.pb-c.h"
#include "store/idp.h"

struct store_deployed *store_deployed_create(void);
void store_deployed_destroy(struct store_deployed *deployed); /* wipes what it holds */

/* Takes a copy of the group's message. At most once for each key. */
enum status_code store_deploy_setting(struct store *store, Memos__Store__InstanceSettingKey key,
                                      const ProtobufCMessage *value, struct status *status);
/* Takes a copy of an OAuth2 provider. At most once for each uid. */
enum status_code store_deploy_idp(struct store *store, const Memos__Store__IdentityProvider *provider,
                                  struct status *status);

bool store_setting_is_deployed(const struct store *store, Memos__Store__InstanceSettingKey key);
bool store_idp_is_deployed(const struct store *store, const char *uid);
size_t store_deployed_idp_count(const struct store *store);

/* For the getters of settings and providers: false if no file sets it. *out is the caller's own, without defaults. */
bool store_deployed_setting(const struct store *store, struct arena *arena, Memos__Store__InstanceSettingKey key,
                            ProtobufCMessage **out);
bool store_deployed_idp(const struct store *store, struct arena *arena, const char *uid, struct store_idp *out);
/* Puts those of files into a list of the stored ones. */
void store_deployed_overlay(const struct store *store, struct arena *arena, struct store_idp **idps, size_t *count);

#endif
