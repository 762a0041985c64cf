/* All personal access tokens of the server by hash, and the uses that wait to be written. For token.c and change.c. */
#ifndef MEMORA_STORE_TOKEN_MAP_H
#define MEMORA_STORE_TOKEN_MAP_H

#include "store/token.h"

/* Makes the next look-up read the table anew; after a change of tokens is on disk. */
void store_tokens_changed(struct store_tokens *tokens);

#endif
