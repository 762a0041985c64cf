#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"

enum { DATA_DIR_MODE = 0770 };

static bool make(const char *path)
{
    struct stat info;
    if (mkdir(path, DATA_DIR_MODE) == 0)
        return true;
    if (errno != EEXIST)
        return false;
    if (stat(path, &info) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(info.st_mode);
}

enum status_code config_make_data_dir(const char *path, struct status *status)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    bool made = length > 0 && length < sizeof part;
    errno = ENAMETOOLONG;
    for (size_t i = 1; made && i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        made = make(part);
    }
    if (made && access(path, W_OK | X_OK) == 0)
        return STATUS_OK;
    return status_set(status, STATUS_FAILED_PRECONDITION, "cannot use data directory %s: %s", path, strerror(errno));
}
