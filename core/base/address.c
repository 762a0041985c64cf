#include "base/address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

struct range4 {
    uint32_t network;
    unsigned bits;
};

static bool reserved4(uint32_t address)
{
    static const struct range4 ranges[] = {{0x00000000, 8},  {0x7F000000, 8},  {0x0A000000, 8},
                                           {0xAC100000, 12}, {0xC0A80000, 16}, {0xA9FE0000, 16}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if ((address ^ ranges[i].network) >> (32 - ranges[i].bits) == 0)
            return true;
    return false;
}

static uint32_t embedded4(const unsigned char bytes[4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Forms that a gateway turns back into IPv4 count as what they stand for: 64:ff9b::/96 (RFC 6052, section 2.1) and
 * 2002::/16 (RFC 3056, section 2). */
static bool reserved6(const struct in6_addr *address)
{
    static const unsigned char nat64[12] = {0, 0x64, 0xFF, 0x9B};
    const unsigned char *b = address->s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(address) || memcmp(b, nat64, sizeof nat64) == 0)
        return reserved4(embedded4(b + 12));
    if (b[0] == 0x20 && b[1] == 0x02)
        return reserved4(embedded4(b + 2));
    return IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_UNSPECIFIED(address) || (b[0] & 0xFE) == 0xFC ||
           (b[0] == 0xFE && (b[1] & 0xC0) == 0x80);
}

bool address_is_reserved(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return reserved4(ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
    if (address->sa_family == AF_INET6)
        return reserved6(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    return true;
}
