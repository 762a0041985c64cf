#include "base/guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* A range is valid while end is not 0; start is 0 in a slot that is free. */
struct guard {
    atomic_uintptr_t start, end;
    atomic_bool damaged;
};

/* Of the process, as the handling of a signal is: the kernel tells the handler nothing else than the address. */
static struct guard guards[GUARDS_MAX];
static pthread_mutex_t install_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction earlier;
static uintptr_t page_size;

static struct guard *guard_of(uintptr_t address)
{
    for (size_t i = 0; i < GUARDS_MAX; i++)
        if (address < atomic_load(&guards[i].end) && address >= atomic_load(&guards[i].start))
            return &guards[i];
    return NULL;
}

/* Runs in the thread that has read, which then reads again. mmap(2) is but a system call on Linux. */
static void on_bus_error(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    int error = errno;
    uintptr_t address = (uintptr_t)info->si_addr;
    struct guard *guard = guard_of(address);
    if (guard)
        atomic_store(&guard->damaged, true);
    if (!guard || mmap((void *)(address / page_size * page_size), page_size, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        sigaction(signal_number, &earlier, NULL); /* the next read meets it */
    errno = error;
}

/* Whenever something is to be guarded, since a library may have put a handler of its own in the place. */
static void install(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_RESTART}, now;
    sigemptyset(&action.sa_mask);
    pthread_mutex_lock(&install_lock);
    if (page_size == 0)
        page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (sigaction(SIGBUS, NULL, &now) == 0 && !((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_bus_error)) {
        earlier = now;
        sigaction(SIGBUS, &action, NULL);
    }
    pthread_mutex_unlock(&install_lock);
}

struct guard *guard_add(const void *start, size_t length)
{
    install();
    for (size_t i = 0; i < GUARDS_MAX; i++) {
        uintptr_t unused = 0;
        if (!atomic_compare_exchange_strong(&guards[i].start, &unused, (uintptr_t)start))
            continue;
        atomic_store(&guards[i].damaged, false);
        atomic_store(&guards[i].end, (uintptr_t)start + length);
        return &guards[i];
    }
    return NULL;
}

bool guard_damaged(const struct guard *guard)
{
    return guard && atomic_load(&guard->damaged);
}

void guard_remove(struct guard *guard)
{
    if (!guard)
        return;
    atomic_store(&guard->end, 0);
    atomic_store(&guard->start, 0);
}
