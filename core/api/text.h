/* Text that clients sent, tidied. */
#ifndef MEMORA_API_TEXT_H
#define MEMORA_API_TEXT_H

#include "base/arena.h"

/* A copy without blanks and line ends at either side. */
char *api_trimmed(struct arena *arena, const char *text);

#endif
