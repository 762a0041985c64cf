/* Its operations end before the members of 1.0. */
#define OPS_SIZE 16u
#define NAME "shortops"
#include "storage.h"
