/* Needs a core that is newer than this one. */
#define MINOR 9u
#define NEEDS 7u
#define NAME "minor"
#include "storage.h"
