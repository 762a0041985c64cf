/* Has no name. */
#define NAME NULL
#include "storage.h"
