/* The entry point has no table. */
#define RESULT NULL
#define NAME "nullentry"
#include "storage.h"
