/* Not a plugin table at all. */
#define MAGIC 0x12345678u
#define NAME "magic"
#include "storage.h"
