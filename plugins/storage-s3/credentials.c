/* Where the key pair comes from: the configuration, a file, or the environment. */
#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024 };

static int keep(char **out, const char *text, struct memora_error *error)
{
    *out = strdup(text);
    return *out ? MEMORA_OK : s3_nomem(error);
}

static int keep_all(struct s3_credentials *credentials, const char *access_key, const char *secret_key,
                    const char *session_token, struct memora_error *error)
{
    int result = keep(&credentials->access_key, access_key, error);
    if (result == MEMORA_OK)
        result = keep(&credentials->secret_key, secret_key, error);
    if (result == MEMORA_OK)
        result = keep(&credentials->session_token, session_token, error);
    return result;
}

/* The value of "name = value", which is the beginning of the rest of its line. NULL if not there. */
static char *find_value(char *text, const char *name)
{
    size_t length = strlen(name);
    for (char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        line += strspn(line, " \t");
        char *value = line + length;
        if (strncmp(line, name, length) != 0)
            continue;
        value += strspn(value, " \t");
        if (*value != '=')
            continue;
        value += 1 + strspn(value + 1, " \t");
        return value;
    }
    return NULL;
}

static void end_value(char *value)
{
    if (value)
        value[strcspn(value, " \t\r\n")] = '\0';
}

/* Cuts off all but the section with the first key: a secret or a token of another one does not belong to it. */
static char *only_section(char *text)
{
    char *key = find_value(text, "aws_access_key_id"), *end = key ? strstr(key, "\n[") : NULL;
    if (end)
        *end = '\0';
    for (char *next = text; key && (next = strstr(next, "\n[")) && next < key;)
        text = ++next;
    return text;
}

static int take_from_text(char *text, const char *path, struct s3_credentials *credentials, struct memora_error *error)
{
    static char empty[] = "";
    text = only_section(text);
    char *access_key = find_value(text, "aws_access_key_id"), *secret_key = find_value(text, "aws_secret_access_key"),
         *token = find_value(text, "aws_session_token");
    end_value(access_key);
    end_value(secret_key);
    end_value(token);
    if (!access_key || !secret_key)
        return memora_fail(error, MEMORA_E_CONFIG,
                           "credentials_file: %s has no aws_access_key_id and aws_secret_access_key", path);
    return keep_all(credentials, access_key, secret_key, token ? token : empty, error);
}

static int from_file(const char *path, struct s3_credentials *credentials, struct memora_error *error)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) != 0) {
        int result = memora_fail(error, MEMORA_E_CONFIG, "credentials_file: cannot open %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return result;
    }
    int result = MEMORA_OK;
    if (!S_ISREG(info.st_mode) || info.st_mode & (S_IRWXG | S_IRWXO))
        result = memora_fail(error, MEMORA_E_CONFIG,
                             "credentials_file: others than its owner may use %s (chmod 600 it)", path);
    char *text = result == MEMORA_OK ? malloc(FILE_MAX + 1) : NULL;
    ssize_t n = text ? read(fd, text, FILE_MAX) : 0;
    close(fd);
    if (result == MEMORA_OK && !text)
        return s3_nomem(error);
    if (result == MEMORA_OK && n < 0)
        result = memora_fail(error, MEMORA_E_CONFIG, "credentials_file: cannot read %s", path);
    if (result == MEMORA_OK) {
        text[n] = '\0';
        result = take_from_text(text, path, credentials, error);
    }
    if (text)
        s3_host()->wipe(text, FILE_MAX);
    free(text);
    return result;
}

int s3_credentials_find(const struct memora_config *config, struct s3_credentials *credentials,
                        struct memora_error *error)
{
    const struct memora_host *host = s3_host();
    const char *access_key = host->config_str(config, "access_key"),
               *secret_key = host->config_str(config, "secret_key");
    const char *file = host->config_str(config, "credentials_file");
    int result = keep(&credentials->region, host->config_str(config, "region"), error);
    if (result != MEMORA_OK)
        return result;
    if (*access_key || *secret_key) {
        if (!*access_key || !*secret_key)
            return memora_fail(error, MEMORA_E_CONFIG, "%s is set without %s",
                               *access_key ? "access_key" : "secret_key", *access_key ? "secret_key" : "access_key");
        return keep_all(credentials, access_key, secret_key, host->config_str(config, "session_token"), error);
    }
    if (*file)
        return from_file(file, credentials, error);
    access_key = getenv("AWS_ACCESS_KEY_ID");
    secret_key = getenv("AWS_SECRET_ACCESS_KEY");
    const char *token = getenv("AWS_SESSION_TOKEN");
    if (!access_key || !*access_key || !secret_key || !*secret_key)
        return memora_fail(error, MEMORA_E_CONFIG,
                           "access_key and secret_key are not set, nor credentials_file, nor AWS_ACCESS_KEY_ID and "
                           "AWS_SECRET_ACCESS_KEY in the environment");
    return keep_all(credentials, access_key, secret_key, token ? token : "", error);
}

static void forget(char *text)
{
    if (text)
        s3_host()->wipe(text, strlen(text));
    free(text);
}

void s3_credentials_free(struct s3_credentials *credentials)
{
    forget(credentials->access_key);
    forget(credentials->secret_key);
    forget(credentials->session_token);
    free(credentials->region);
}
