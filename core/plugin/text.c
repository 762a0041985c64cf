#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fold.h"
#include "base/regex.h"
#include "plugin/internal.h"

int plugin_utf8_fold(const char *in, size_t n, char *out, size_t cap, size_t *need)
{
    *need = fold_utf8(in, n, out, cap);
    return *need > cap ? MEMORA_E_RANGE : MEMORA_OK;
}

/* A database matches one pattern against many rows, one call each; so every thread keeps the last pattern compiled. */
struct compiled {
    char *pattern;
    size_t length;
    struct regex *regex; /* NULL: the pattern is wrong */
};

static pthread_key_t compiled_key;
static pthread_once_t compiled_once = PTHREAD_ONCE_INIT;

static void drop(void *value)
{
    struct compiled *compiled = value;
    regex_free(compiled->regex);
    free(compiled->pattern);
    free(compiled);
}

static void make_key(void)
{
    if (pthread_key_create(&compiled_key, drop) != 0)
        memory_exhausted();
}

static const struct compiled *compile(const char *pattern, size_t length)
{
    pthread_once(&compiled_once, make_key);
    struct compiled *compiled = pthread_getspecific(compiled_key);
    if (compiled && compiled->length == length && memcmp(compiled->pattern, pattern, length) == 0)
        return compiled;
    if (compiled)
        drop(compiled);
    compiled = memory_zalloc(sizeof *compiled);
    compiled->pattern = memory_alloc(length);
    memcpy(compiled->pattern, pattern, length);
    compiled->length = length;
    if (regex_compile(pattern, length, &compiled->regex, NULL) != STATUS_OK)
        compiled->regex = NULL;
    if (pthread_setspecific(compiled_key, compiled) != 0)
        memory_exhausted();
    return compiled;
}

int plugin_regex_match(const char *pattern, size_t pattern_length, const char *text, size_t text_length)
{
    const struct compiled *compiled = compile(pattern, pattern_length);
    if (!compiled->regex)
        return MEMORA_E_SYNTAX;
    return regex_search(compiled->regex, text, text_length);
}
