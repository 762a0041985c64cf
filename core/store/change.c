#include "store/change.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache.h"
#include "db/news.h"
#include "store/token_map.h"
#include "store/user_row.h"
#include "store/user_setting.h"

static const char user_word[] = "user ", user_setting_word[] = "user-setting ", user_settings_word[] = "user-settings ",
                  instance_setting_word[] = "instance-setting ", tokens_word[] = "tokens ",
                  signed_out_word[] = "signed-out ";

__attribute__((format(printf, 2, 3))) static void add(struct store_change *change, const char *format, ...)
{
    size_t room = sizeof change->lines - change->length;
    va_list values;
    va_start(values, format);
    int length = vsnprintf(change->lines + change->length, room, format, values);
    va_end(values);
    change->length += length > 0 ? (size_t)length : 0;
}

void store_change_user(struct store_change *change, int32_t user_id)
{
    add(change, "%s%d\n", user_word, user_id);
}

void store_change_user_setting(struct store_change *change, int32_t user_id, const char *key)
{
    add(change, "%s%d-%s\n", user_setting_word, user_id, key);
}

void store_change_user_settings(struct store_change *change, int32_t user_id)
{
    add(change, "%s%d\n", user_settings_word, user_id);
}

void store_change_instance_setting(struct store_change *change, const char *name)
{
    add(change, "%s%s\n", instance_setting_word, name);
}

void store_change_tokens(struct store_change *change, int32_t user_id)
{
    add(change, "%s%d\n", tokens_word, user_id);
}

void store_change_signed_out(struct store_change *change, int32_t user_id)
{
    add(change, "%s%d\n", signed_out_word, user_id);
}

/* What stands behind the word; NULL if the line begins otherwise. */
static const char *behind(const char *line, const char *word)
{
    size_t length = strlen(word);
    return strncmp(line, word, length) == 0 ? line + length : NULL;
}

static int32_t number_of(const char *text)
{
    return (int32_t)strtol(text, NULL, 10);
}

static void tell_listener(struct store *store, int32_t user_id, bool signed_out)
{
    if (store->listener.fn)
        store->listener.fn(store->listener.ctx, user_id, signed_out);
}

/* First forget, then tell: who is told looks again. */
static bool hear_of_rights(struct store *store, const char *line)
{
    const char *rest;
    if ((rest = behind(line, user_word)))
        store_user_forget(store, number_of(rest));
    else if ((rest = behind(line, tokens_word)))
        store_tokens_changed(store->tokens);
    else if (!(rest = behind(line, signed_out_word)))
        return false;
    tell_listener(store, number_of(rest), behind(line, signed_out_word) != NULL);
    return true;
}

bool store_change_hear(struct store *store, const char *line)
{
    const char *rest;
    if (hear_of_rights(store, line))
        return true;
    if ((rest = behind(line, user_setting_word)))
        cache_remove(store->user_settings, rest);
    else if ((rest = behind(line, user_settings_word)))
        store_user_setting_forget_all(store, number_of(rest));
    else if ((rest = behind(line, instance_setting_word)))
        cache_remove(store->instance_settings, rest);
    else
        return false;
    return true;
}

void store_forget_all(struct store *store)
{
    cache_clear(store->users);
    cache_clear(store->user_settings);
    cache_clear(store->instance_settings);
    cache_clear(store->instance_stats);
    store_tokens_changed(store->tokens);
    tell_listener(store, 0, false);
}

struct told {
    db_write_fn fn;
    void *ctx;
    const struct store_change *change;
};

static enum status_code write_and_tell(struct db_conn *conn, void *ctx, struct status *status)
{
    const struct told *told = ctx;
    enum status_code code = told->fn(conn, told->ctx, status);
    return code ? code : db_tell(conn, told->change->lines, status);
}

enum status_code store_write_change(struct store *store, db_write_fn fn, void *ctx, const struct store_change *change,
                                    struct status *status)
{
    struct told told = {.fn = fn, .ctx = ctx, .change = change};
    char line[STORE_CHANGE_MAX];
    if (change->length >= sizeof change->lines)
        return status_set(status, STATUS_INTERNAL, "a write makes more stale than can be told");
    enum status_code code = store_write(store, write_and_tell, &told, status);
    /* Also after a failure: the outcome of a commit may be unknown. */
    for (const char *at = change->lines; *at;) {
        size_t length = strcspn(at, "\n");
        memcpy(line, at, length);
        line[length] = '\0';
        store_change_hear(store, line);
        at += length + 1;
    }
    return code;
}
