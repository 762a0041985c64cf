/* Its name is not the one of the file. */
#define NAME "other"
#include "storage.h"
