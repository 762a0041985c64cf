/* A database by kind in a file of a storage. */
#define KIND MEMORA_KIND_DB
#define NAME "kind"
#include "storage.h"
