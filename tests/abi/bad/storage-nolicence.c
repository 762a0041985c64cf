/* Does not say under which licence it is. */
#define LICENCE NULL
#define NAME "nolicence"
#include "storage.h"
