/* The one server object: everything that lives as long as the process, started and stopped in order. */
#ifndef MEMORA_SERVER_SERVER_H
#define MEMORA_SERVER_SERVER_H

#include "base/status.h"
#include "config/config.h"

/* Starts every part, prints the banner on stdout, serves until SIGINT or SIGTERM, then stops: running requests get at
 * most ten seconds. Call it once, from the main thread, before any other thread exists. A failed start undoes what was
 * started and tells the reason in status. */
enum status_code server_run(const struct config *config, struct status *status);

#endif
