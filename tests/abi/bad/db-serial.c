/* A database that can do one thing at a time only. */
#define NAME "serial"
#define THREADS MEMORA_THREADS_SERIAL
#include "db.h"
