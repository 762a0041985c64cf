/* Has no operations. */
#define OPS NULL
#define NAME "noops"
#include "storage.h"
