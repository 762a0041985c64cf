/* Runs a fuzz target on every file of a directory, and on cut-off and repeated forms of each. */
#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"

enum { INPUT_MAX = 1 << 20, PATH_SIZE = 4096, CUTS = 64 };

static void run_forms(const uint8_t *data, size_t size)
{
    /* Exact allocations, so that the address sanitizer sees a byte too many. */
    for (size_t i = 0; i <= CUTS; i++) {
        size_t cut = size * i / CUTS;
        uint8_t *copy = malloc(cut ? cut : 1);
        memcpy(copy, data, cut);
        LLVMFuzzerTestOneInput(copy, cut);
        free(copy);
    }
    uint8_t *twice = malloc(2 * size + 1);
    memcpy(twice, data, size);
    memcpy(twice + size, data, size);
    LLVMFuzzerTestOneInput(twice, 2 * size);
    free(twice);
}

static bool run_file(const char *path)
{
    static uint8_t data[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    run_forms(data, size);
    return true;
}

int main(int argc, char **argv)
{
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    const struct dirent *entry;
    unsigned count = 0;
    if (!dir) {
        fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
        return 1;
    }
    while ((entry = readdir(dir))) {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        if (entry->d_name[0] != '.' && run_file(path))
            count++;
    }
    closedir(dir);
    printf("%u passed, 0 failed\n", count);
    return count == 0;
}
