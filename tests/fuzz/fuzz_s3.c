/* What storage-s3 reads: listings and errors of a store, the keys of the configuration, files with credentials. The
 * first byte says which. */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credentials.h"
#include "fuzz.h"
#include "xml.h"

enum { VALUES = 6 };

/* The configuration: the lines of the input. */
struct memora_config {
    const char *values[VALUES];
    bool path_style;
};

static const char *config_str(const struct memora_config *config, const char *key)
{
    static const char *const names[VALUES] = {"endpoint",   "bucket",     "region",
                                              "access_key", "secret_key", "credentials_file"};
    for (size_t i = 0; i < VALUES; i++)
        if (strcmp(names[i], key) == 0 && config->values[i])
            return config->values[i];
    return "";
}

static int64_t config_int(const struct memora_config *config, const char *key)
{
    (void)config, (void)key;
    return 30;
}

static int config_bool(const struct memora_config *config, const char *key)
{
    return strcmp(key, "path_style") == 0 ? config->path_style : 1;
}

static void wipe(void *memory, size_t size)
{
    memset(memory, 0, size);
}

const struct memora_host *s3_host(void)
{
    static const struct memora_host host = {.struct_size = sizeof host,
                                            .config_str = config_str,
                                            .config_int = config_int,
                                            .config_bool = config_bool,
                                            .wipe = wipe};
    return &host;
}

/* In place of request.c and channel.c: every answer is the input. */
static struct {
    const char *bytes;
    size_t length;
    int pages;
} answer;

int s3_nomem(struct memora_error *error)
{
    return memora_fail(error, MEMORA_E_NOMEM, "out of memory");
}

int s3_key_check(const char *key, struct memora_error *error)
{
    return *key && key[0] != '/' ? MEMORA_OK : memora_fail(error, MEMORA_E_ARG, "not a key");
}

int s3_perform(struct memora_storage *storage, const struct s3_request *request, bool streaming,
               struct s3_channel **out, struct s3_response *response, struct memora_error *error)
{
    enum { PAGES_MAX = 3 };
    (void)storage, (void)request, (void)streaming, (void)response;
    if (answer.pages++ == PAGES_MAX) /* a listing that goes on for ever is not this test's */
        return memora_fail(error, MEMORA_E_IO, "enough");
    struct s3_channel *channel = calloc(1, sizeof *channel);
    FUZZ_CHECK(channel);
    s3_text_add(&channel->received, answer.bytes, answer.length);
    *out = channel;
    return MEMORA_OK;
}

void s3_channel_free(struct s3_channel *channel)
{
    s3_text_free(&channel->received);
    free(channel);
}

void s3_channel_give(struct memora_storage *storage, struct s3_channel *channel)
{
    (void)storage;
    s3_channel_free(channel);
}

static int take(void *ctx, const char *key, const struct memora_object *object)
{
    (void)ctx;
    FUZZ_CHECK(*key && strlen(key) <= MEMORA_STORAGE_KEY_MAX + 1);
    FUZZ_CHECK(memchr(object->etag, '\0', sizeof object->etag));
    return 0;
}

static void read_answers(const char *bytes, size_t length)
{
    struct memora_storage storage = {.authority = (char *)"store.test"};
    struct memora_error error = {0};
    char code[64] = "", message[256] = "";
    answer.bytes = bytes;
    answer.length = length;
    answer.pages = 0;
    (void)s3_list(&storage, "", "", take, NULL, &error);
    (void)s3_error_parse(bytes, length, code, sizeof code, message, sizeof message);
    static const char passwd[] = "root:x:0:0";
    if (!memmem(bytes, length, passwd, sizeof passwd - 1))
        FUZZ_CHECK(!strstr(message, passwd)); /* /etc/passwd, through an entity */
}

static void open_with(const struct memora_config *config)
{
    struct memora_storage *storage = NULL;
    struct memora_error error = {0};
    int result = s3_open(config, &storage, &error);
    FUZZ_CHECK(result == MEMORA_OK || error.message[0]);
    if (result != MEMORA_OK)
        return;
    FUZZ_CHECK(!strpbrk(storage->authority, "/?#@ \r\n") && *storage->authority);
    FUZZ_CHECK(!strpbrk(storage->base_path, "?\r\n"));
    FUZZ_CHECK(!strpbrk(storage->bucket, "/?#@ \r\n"));
    s3_close(storage);
}

static void read_keys(char *text, bool path_style)
{
    struct memora_config config = {.path_style = path_style};
    for (size_t i = 0; i + 1 < VALUES && text; i++)
        config.values[i] = strsep(&text, "\n");
    open_with(&config);
}

static void read_credentials(const char *bytes, size_t length)
{
    char path[40];
    int fd = memfd_create("credentials", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, bytes, length) == (ssize_t)length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const struct memora_config config = {.values = {"https://store.test", "bucket", "us-east-1", "", "", path}};
    open_with(&config);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = malloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] == 'k' || data[0] == 'K')
        read_keys(text, data[0] == 'K');
    else if (data[0] == 'c')
        read_credentials(text, size - 1);
    else
        read_answers(text, size - 1);
    free(text);
    return 0;
}
