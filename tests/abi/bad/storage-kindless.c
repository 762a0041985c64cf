/* Of a kind that nobody knows. */
#define KIND 9u
#define NAME "kindless"
#include "storage.h"
