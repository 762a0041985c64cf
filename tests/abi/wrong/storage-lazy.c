/* Found by: abi: linked with -z now */
/* Nothing is wrong with it but how it is linked. */
#define NAME "lazy"
#define STORAGE
#include "real.h"

static void set_up(operations *ops)
{
    (void)ops;
}
