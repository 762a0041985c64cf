/* Lacks a required operation. */
#define REMOVE NULL
#define NAME "noremove"
#include "storage.h"
