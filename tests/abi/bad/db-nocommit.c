/* A database whose transactions cannot be committed. */
#define NAME "nocommit"
#define COMMIT NULL
#include "db.h"
