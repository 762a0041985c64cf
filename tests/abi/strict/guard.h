/* For plugins that end the process when the core calls them in parallel beyond what they declare. Their objects are
 * guards around those of a real plugin; guards with the same owner may not be entered at the same time. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct guard {
    void *real;
    struct guard *owner, *next; /* next: in a list of the plugin */
    atomic_int inside;          /* of the owner only: calls that run now */
};

static struct guard *guard_new(void *object, struct guard *owner)
{
    struct guard *guard = calloc(1, sizeof *guard);
    if (!guard)
        abort();
    guard->real = object;
    guard->owner = owner ? owner : guard;
    return guard;
}

static void *enter(void *object, const char *function)
{
    struct guard *guard = object;
    if (atomic_fetch_add(&guard->owner->inside, 1) != 0) {
        fprintf(stderr, "%s was called while another call ran\n", function);
        abort();
    }
    return guard->real;
}

static void leave(void *object)
{
    struct guard *guard = object;
    atomic_fetch_sub(&guard->owner->inside, 1);
}
