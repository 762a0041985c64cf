/* Exports something, but not the entry point. */
#define ENTRY memora_plugin_v0
#define NAME "noentry"
#include "storage.h"
