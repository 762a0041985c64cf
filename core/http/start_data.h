/* What the page's script would ask for before all else, to be written into the page itself: that saves a slow client
 * two round trips, and a guest a third. */
#ifndef MEMORA_HTTP_START_DATA_H
#define MEMORA_HTTP_START_DATA_H

#include "api/call.h"
#include "wire/exchange.h"

/* Appends a script element of type application/json and id "start-data":
 *   {"profile": "...", "settings": "...", "memos": "...", "users": "...", "session": true}
 * with the answers that anyone gets to GetInstanceProfile and to BatchGetInstanceSettings (GENERAL, MEMO_RELATED, TAGS)
 * in base64 of their binary form, and whether the request carries a refresh cookie, good or not. memos and users are
 * there where a guest's page begins with the public memos: the answers that a guest gets to ListMemos (16, newest
 * first) and to BatchGetUsers of who wrote them, unless they are long. Nothing else depends on who asks. Reads the
 * database. Appends nothing when that fails, which is logged. */
void start_data_add(const struct api_services *services, struct wire_request *request, struct buf *out);

#endif
