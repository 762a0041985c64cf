/* A thread model that nobody knows. */
#define THREADS 3u
#define NAME "threads"
#include "storage.h"
