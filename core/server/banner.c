#include <memora/version.h>
#include <stdio.h>
#include <string.h>

#include "server/parts.h"

void server_print_banner(const struct config *config, int port)
{
    printf("Memora %s started successfully!\nData directory: %s\nDatabase driver: %s\n", MEMORA_VERSION,
           config->data_dir, config->database_plugin);
    if (config->unix_socket[0])
        printf("Server running on unix socket: %s\n", config->unix_socket);
    else if (strchr(config->address, ':') && config->address[0] != '[') /* IPv6 */
        printf("Server running on [%s]:%d\nAccess your memos at: http://[%s]:%d\n", config->address, port,
               config->address, port);
    else if (config->address[0])
        printf("Server running on %s:%d\nAccess your memos at: http://%s:%d\n", config->address, port, config->address,
               port);
    else
        printf("Server running on port %d\nAccess your memos at: http://localhost:%d\n", port, port);
    printf("Access mode: %s\n\nDocumentation: man memora\n\nHappy note-taking!\n",
           config_is_public(config) ? "public" : "private");
    fflush(stdout);
}
