/* Built for an interface of the future. */
#define MAJOR 2u
#define NAME "major"
#include "storage.h"
