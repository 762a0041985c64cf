/* Its table ends before the members of 1.0. */
#define TABLE_SIZE 48u
#define NAME "short"
#include "storage.h"
