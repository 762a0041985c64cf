/* Declares a key twice. */
#define KEYS {"a", MEMORA_KEY_INT, 0, "1", "Fine."}, {"a", MEMORA_KEY_INT, 0, "2", "Twice."}
#define NAME "keytwice"
#include "storage.h"
