/* Nothing is wrong; its open() fails. */
#define NAME "good"
#include "storage.h"
