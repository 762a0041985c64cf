/* Does to files in use what a disk error, or somebody else, may do. After cmocka.h. */
#ifndef TEST_CUT_FILES_H
#define TEST_CUT_FILES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Cuts the one file below the directory that this process has open, named or not. */
static inline void cut_open_file(const char *dir, off_t length)
{
    DIR *fds = opendir("/proc/self/fd");
    char path[64], target[512];
    unsigned cut = 0;
    assert_non_null(fds);
    for (struct dirent *entry; (entry = readdir(fds));) {
        snprintf(path, sizeof path, "/proc/self/fd/%.20s", entry->d_name);
        ssize_t n = readlink(path, target, sizeof target);
        if (n > (ssize_t)strlen(dir) && strncmp(target, dir, strlen(dir)) == 0)
            cut += ftruncate(atoi(entry->d_name), length) == 0;
    }
    closedir(fds);
    assert_int_equal(cut, 1);
}

#endif
