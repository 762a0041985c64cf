#include "outbound/curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static struct curl_api api;
static struct status problem;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void find(void *library, const char *name, void *member, size_t size)
{
    void *symbol = dlsym(library, name);
    if (symbol)
        memcpy(member, &symbol, size);
    else
        status_set(&problem, STATUS_FAILED_PRECONDITION, "%s has no %s", MEMORA_CURL_SONAME, name);
}

static void load(void)
{
    void *library = dlopen(MEMORA_CURL_SONAME, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        status_set(&problem, STATUS_FAILED_PRECONDITION, "libcurl is needed: %s", dlerror());
        return;
    }
#define CURL_FIND(name) find(library, "curl_" #name, &api.name, sizeof api.name);
    CURL_FUNCTIONS(CURL_FIND)
#undef CURL_FIND
    if (!problem.code && api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        status_set(&problem, STATUS_FAILED_PRECONDITION, "%s could not be started", MEMORA_CURL_SONAME);
}

const struct curl_api *curl_api_get(struct status *status)
{
    pthread_once(&once, load);
    if (!problem.code)
        return &api;
    status_set(status, problem.code, "%s", problem.message);
    return NULL;
}
