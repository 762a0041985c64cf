/* The configuration file: taken, or refused in one line that names file and line. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "fuzz.h"

static void check_section(const struct config_section *section, const char *name)
{
    FUZZ_CHECK(strcmp(section->name, name) == 0);
    for (size_t i = 0; i < section->count; i++) {
        FUZZ_CHECK(section->entries[i].key[0] && strlen(section->entries[i].key) <= 40);
        FUZZ_CHECK(!config_is_core_key(name, section->entries[i].key));
        FUZZ_CHECK(!strpbrk(section->entries[i].value, "\n"));
        FUZZ_CHECK(section->entries[i].line >= 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[40];
    struct config *config = NULL;
    struct status status = {0};
    int fd = memfd_create("memora.conf", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const struct config_source source = {.file = path};
    if (config_load(&source, &config, &status) == STATUS_OK) {
        check_section(&config->database, "database");
        check_section(&config->storage, "storage");
        FUZZ_CHECK(config->port >= 0 && config->port <= 65535);
        FUZZ_CHECK(config->worker_threads >= 1 && config->idle_connections >= 1 && config->idle_connection_s >= 1);
        config_destroy(config);
    } else {
        FUZZ_CHECK(status.code == STATUS_INVALID_ARGUMENT && status.message[0]);
        for (const char *at = status.message; *at; at++)
            FUZZ_CHECK((unsigned char)*at >= 0x20);
    }
    close(fd);
    return 0;
}
