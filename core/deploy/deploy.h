/* Settings and identity providers that come from files of the deployment, such as mounted secrets (contract platform.md
 * 6.5; docs/deployment.md). */
#ifndef MEMORA_DEPLOY_DEPLOY_H
#define MEMORA_DEPLOY_DEPLOY_H

#include "store/store.h"

enum {
    DEPLOY_FILE_MAX = 1024 * 1024, /* bytes of one file */
    DEPLOY_FILES_MAX = 1024        /* that are for us */
};

/* Reads memos-idp-LABEL.json and memos-instance-setting-LABEL.json directly in dir, and has the store answer with what
 * they say. A directory that is missing, "" or NULL holds nothing. Before other threads use the store, after
 * migrations. Errors are STATUS_INVALID_ARGUMENT and name the file, never what is in it; then the store knows of none
 * of them. A database in which ordinary users have no way to sign in is one of the errors if a file made it so, else a
 * warning. */
enum status_code deploy_load(const char *dir, struct store *store, struct status *status);

#endif
