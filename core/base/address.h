/* Addresses that requests of users must not reach. */
#ifndef MEMORA_BASE_ADDRESS_H
#define MEMORA_BASE_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

/* Loopback, private, link-local and unspecified addresses, which reach this machine or its network (contract memos.md
 * 8.3). IPv4 in IPv6 is looked at as IPv4. Families other than those two are reserved, too. */
bool address_is_reserved(const struct sockaddr *address);

#endif
