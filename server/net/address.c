/* server/net/address.c - see the header. */
#include "server/net/address.h"

#include <arpa/inet.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

bool
address_read(struct str text, struct address *address)
{
    char copy[ADDRESS_TEXT_BYTES];

    text = str_trim(text);
    if (text.len == 0 || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, address->bytes + sizeof mapped) == 1) {
        memcpy(address->bytes, mapped, sizeof mapped);
        return true;
    }
    return inet_pton(AF_INET6, copy, address->bytes) == 1;
}

static bool
is_ipv4(const struct address *address)
{
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

void
address_write(const struct address *address, char text[ADDRESS_TEXT_BYTES])
{
    if (is_ipv4(address)) {
        inet_ntop(AF_INET, address->bytes + sizeof mapped, text, ADDRESS_TEXT_BYTES);
    } else {
        inet_ntop(AF_INET6, address->bytes, text, ADDRESS_TEXT_BYTES);
    }
}

bool
address_is_loopback(const struct address *address)
{
    static const struct address one = { { [15] = 1 } };

    return is_ipv4(address) ? address->bytes[12] == 127
                            : memcmp(address, &one, sizeof one) == 0;
}

static bool
range_read(struct str text, struct address *from, unsigned *bits)
{
    struct str name;
    int64_t number;
    unsigned width;

    str_split(&text, '/', &name);
    if (!address_read(name, from)) {
        return false;
    }
    width = is_ipv4(from) ? 32 : 128;
    number = width;
    if (text.data != NULL &&
        (!str_to_i64(text, &number) || number < 0 || number > width)) {
        return false;
    }
    *bits = (unsigned)number + (128 - width);
    return true;
}

bool
proxy_ranges_read(const char *text, struct proxy_ranges *ranges)
{
    struct str rest = text != NULL ? str_from(text) : (struct str){ NULL, 0 };
    struct str part;

    ranges->count = 0;
    while (str_split(&rest, ',', &part)) {
        if (ranges->count == PROXY_RANGES_MAX ||
            !range_read(str_trim(part), &ranges->range[ranges->count].from,
                        &ranges->range[ranges->count].bits)) {
            return false;
        }
        ranges->count++;
    }
    return true;
}

static bool
range_holds(const struct address *from, unsigned bits, const struct address *address)
{
    unsigned whole = bits / 8;
    unsigned rest = bits % 8;

    return memcmp(from->bytes, address->bytes, whole) == 0 &&
           (rest == 0 || ((from->bytes[whole] ^ address->bytes[whole]) &
                          (0xff00U >> rest) & 0xffU) == 0);
}

bool
proxy_ranges_hold(const struct proxy_ranges *ranges, const struct address *address)
{
    for (size_t i = 0; i < ranges->count; i++) {
        if (range_holds(&ranges->range[i].from, ranges->range[i].bits, address)) {
            return true;
        }
    }
    return false;
}

/* Takes the last element of a list. */
static bool
take_last(struct str *list, struct str *last)
{
    const char *comma;

    if (list->len == 0) {
        return false;
    }
    comma = memrchr(list->data, ',', list->len);
    if (comma == NULL) {
        *last = *list;
        list->len = 0;
        return true;
    }
    *last = (struct str){ comma + 1, (size_t)(list->data + list->len - comma - 1) };
    list->len = (size_t)(comma - list->data);
    return true;
}

struct address
address_behind(const struct proxy_ranges *ranges, struct address peer,
               struct str forwarded)
{
    struct address before;
    struct str last;

    while (proxy_ranges_hold(ranges, &peer) && take_last(&forwarded, &last) &&
           address_read(last, &before)) {
        peer = before;
    }
    return peer;
}
