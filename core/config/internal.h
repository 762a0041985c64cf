/* Shared by the files of config/ only. */
#ifndef MEMORA_CONFIG_INTERNAL_H
#define MEMORA_CONFIG_INTERNAL_H

#include "base/arena.h"
#include "config/config.h"

/* Everything that was set, weakest first. */
struct config_set_value {
    const char *section;
    struct config_entry entry;
};
struct config_settings {
    struct arena *arena;
    struct config_set_value *values;
    size_t count, capacity;
};

/* Copies all texts. Refuses unknown sections, unknown keys of the core, too many or too long values, invalid UTF-8. */
enum status_code config_settings_add(struct config_settings *settings, const char *section,
                                     const struct config_entry *entry, struct status *status);

/* The file, then conf.d beside it. A default file that is missing is no error. */
enum status_code config_read_files(struct config_settings *settings, const char *file, bool must_exist, bool *found,
                                   struct status *status);
enum status_code config_read_file(struct config_settings *settings, const char *file, struct status *status);
enum status_code config_read_environment(struct config_settings *settings, char *const *environment,
                                         struct status *status);
enum status_code config_read_flags(struct config_settings *settings, const struct config_flag *flags, size_t count,
                                   struct status *status);

/* Directories that come with the program: beside it (installed anywhere, or a build tree), else where the build was
 * told to install. */
const char *config_find_plugin_dir(struct arena *arena);
const char *config_find_ui_dir(struct arena *arena);
/* "" if there is none. */
const char *config_find_media_helper(struct arena *arena);
const char *config_find_data_dir(struct arena *arena);

#endif
