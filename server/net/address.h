/* server/net/address.h - whose connection it is, behind proxies too. Pure. */
#ifndef SERVER_NET_ADDRESS_H
#define SERVER_NET_ADDRESS_H

#include "base/str.h"

enum { ADDRESS_TEXT_BYTES = 46, PROXY_RANGES_MAX = 16 };

/* 16 bytes; IPv4 as ::ffff:a.b.c.d, so that both compare alike. */
struct address {
    uint8_t bytes[16];
};

/* Those whose X-Forwarded-For counts. */
struct proxy_ranges {
    size_t count;
    struct {
        struct address from;
        unsigned bits;
    } range[PROXY_RANGES_MAX];
};

bool address_read(struct str text, struct address *address);
void address_write(const struct address *address, char text[ADDRESS_TEXT_BYTES]);
bool address_is_loopback(const struct address *address);
/* "10.0.0.0/8,::1"; NULL is none. False when it cannot be read. */
bool proxy_ranges_read(const char *text, struct proxy_ranges *ranges);
bool proxy_ranges_hold(const struct proxy_ranges *ranges,
                       const struct address *address);
/* From the right: the first address that is not a trusted proxy's. `forwarded` is the
 * X-Forwarded-For field; what cannot be read ends the chain. */
struct address address_behind(const struct proxy_ranges *ranges, struct address peer,
                              struct str forwarded);

#endif
