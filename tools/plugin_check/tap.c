/* The output: Test Anything Protocol, version 13, with the plan at the end. */
#include "check.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum { DIAGNOSTIC_MAX = 1024, GUARD_TEXT_MAX = 256, ALT_STACK = 64 * 1024 };

const char *check_code_name(int code)
{
    static const char *const errors[] = {
        "MEMORA_OK",          "MEMORA_E_INTERNAL", "MEMORA_E_ARG",        "MEMORA_E_NOMEM", "MEMORA_E_UNSUPPORTED",
        "MEMORA_E_NOT_FOUND", "MEMORA_E_UNIQUE",   "MEMORA_E_CONSTRAINT", "MEMORA_E_RETRY", "MEMORA_E_CONN",
        "MEMORA_E_SYNTAX",    "MEMORA_E_AUTH",     "MEMORA_E_IO",         "MEMORA_E_FULL",  "MEMORA_E_RANGE",
        "MEMORA_E_CANCELLED", "MEMORA_E_EXISTS",   "MEMORA_E_CONFIG",     "MEMORA_E_LATER"};
    if (code == MEMORA_ROW)
        return "MEMORA_ROW";
    return code <= 0 && code >= MEMORA_E_LATER ? errors[-code] : "no code of the interface";
}

void check_quote(char *out, size_t size, const char *before, const char *text)
{
    size_t length = (size_t)snprintf(out, size, "%s", before);
    for (; *text && length + 5 < size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c > 0x20 && c < 0x7f && c != '#' && c != '\\')
            length += (size_t)snprintf(out + length, size - length, "%c", c);
        else
            length += (size_t)snprintf(out + length, size - length, "\\x%02x", c);
    }
}

/* A diagnostic has a '#' before each of its lines. */
static void diagnose(struct check *check, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        fprintf(check->out, "#   %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

bool check_that(struct check *check, bool passed, const char *name, const char *format, ...)
{
    check->run++;
    fprintf(check->out, "%s %u - %s: %s\n", passed ? "ok" : "not ok", check->run, check->group, name);
    if (!passed) {
        char text[DIAGNOSTIC_MAX];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        check->failed++;
        diagnose(check, text);
    }
    fflush(check->out);
    alarm(check->timeout_s);
    return passed;
}

bool check_code(struct check *check, int got, int wanted, const struct memora_error *error, const char *name)
{
    return check_that(check, got == wanted, name, "expected %s (%d), got %s (%d)%s%.*s", check_code_name(wanted),
                      wanted, check_code_name(got), got, error && error->message[0] ? ": " : "",
                      (int)sizeof error->message, error ? error->message : "");
}

void check_skip(struct check *check, const char *name, const char *reason)
{
    check->run++;
    check->skipped++;
    fprintf(check->out, "ok %u - %s: %s # SKIP %s\n", check->run, check->group, name, reason);
    fflush(check->out);
}

void check_group(struct check *check, const char *group)
{
    check->group = group;
    alarm(check->timeout_s);
}

int check_finish(struct check *check)
{
    alarm(0);
    fprintf(check->out, "1..%u\n", check->run);
    if (check->failed)
        fprintf(check->out, "# %u of %u failed, %u skipped\n", check->failed, check->run, check->skipped);
    else
        fprintf(check->out, "# all passed, %u of %u skipped\n", check->skipped, check->run);
    fflush(check->out);
    return check->failed ? 1 : 0;
}

void check_bail_out(struct check *check, const char *format, ...)
{
    va_list args;
    fputs("Bail out! ", check->out);
    va_start(args, format);
    vfprintf(check->out, format, args);
    va_end(args);
    fputc('\n', check->out);
    fflush(check->out);
    _exit(2);
}

/* A signal handler has no argument of ours. Written once, before the plugin runs. */
static struct check *guarded;

static void append(char *text, size_t *length, const char *more)
{
    while (*more && *length + 1 < GUARD_TEXT_MAX)
        text[(*length)++] = *more++;
}

/* Only write(2) and _exit(2) are allowed here (signal-safety(7)). */
static void on_signal(int number)
{
    char text[GUARD_TEXT_MAX];
    size_t length = 0;
    append(text, &length,
           number == SIGALRM ? "Bail out! a call did not return in time, in group "
                             : "Bail out! the plugin crashed, in group ");
    append(text, &length, guarded->group);
    append(text, &length, "\n");
    if (write(STDOUT_FILENO, text, length) < 0)
        _exit(3);
    _exit(2);
}

void check_guard(struct check *check)
{
    static char stack[ALT_STACK];
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    guarded = check;
    sigaltstack(&alternative, NULL);
    sigaction(SIGALRM, &action, NULL);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they tell more about a crash */
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
        sigaction(fatal[i], &action, NULL);
#else
    (void)fatal;
#endif
    signal(SIGPIPE, SIG_IGN); /* as the server does */
}
