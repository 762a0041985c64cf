/* Identity providers: rows of table idp (contract/database.md 1, 3.5). Never cached. */
#ifndef MEMORA_STORE_IDP_H
#define MEMORA_STORE_IDP_H

#include "memos/store/idp.pb-c.h"
#include "store/store.h"

struct store_idp {
    int32_t id;
    const char *uid, *title, *identifier_filter;
    bool is_oauth2;
    Memos__Store__OAuth2Config *config; /* NULL unless is_oauth2 */
};

/* By id ascending; what a file sets stands in the place of the stored one with the same uid, else behind them, by uid.
 * conn may be NULL here and below: then one is opened. */
enum status_code store_idp_list(struct store *store, struct db_conn *conn, struct arena *arena, struct store_idp **out,
                                size_t *count, struct status *status);
/* What a file sets wins. STATUS_NOT_FOUND "identity provider not found". */
enum status_code store_idp_get(struct store *store, struct db_conn *conn, struct arena *arena, const char *uid,
                               struct store_idp *out, struct status *status);

/* Fills id. A taken uid is STATUS_ALREADY_EXISTS. That a file may set the provider is for the caller to see to, here
 * and below. */
enum status_code store_idp_create(struct store *store, struct arena *arena, struct store_idp *idp,
                                  struct status *status);

/* Reads, lets edit change title, identifier_filter and config, and writes back, in one transaction. edit may run more
 * than once. Gives the row as it is then. STATUS_NOT_FOUND as above. */
typedef void (*store_idp_edit_fn)(struct arena *arena, struct store_idp *idp, void *ctx);
enum status_code store_idp_edit(struct store *store, struct arena *arena, const char *uid, store_idp_edit_fn edit,
                                void *ctx, struct store_idp *out, struct status *status);

/* STATUS_NOT_FOUND as above; STATUS_FAILED_PRECONDITION with the text below if it is the last one and ordinary users
 * may not sign in with a password. Linked identities stay. */
enum status_code store_idp_delete(struct store *store, struct arena *arena, const char *uid, struct status *status);

/* Inside a bracket: how many there are, those of files included (a stored one that a file replaces counts twice). */
enum status_code store_idp_count(struct store *store, struct db_conn *conn, int64_t *count, struct status *status);
extern const char store_idp_needed[]; /* why passwords cannot be switched off without a provider */

#endif
