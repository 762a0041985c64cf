/* Has no version. */
#define VERSION ""
#define NAME "noversion"
#include "storage.h"
