/* storage/redis/slots.c - see the header. */
#include "storage/redis/slots.h"

enum { PORT_MAX = 65535, CRC_POLYNOMIAL = 0x1021 };

/* Bit by bit: a tag has four bytes or so. */
unsigned
slot_of_tag(struct str tag)
{
    unsigned crc = 0;

    for (size_t i = 0; i < tag.len; i++) {
        crc ^= (unsigned)(unsigned char)tag.data[i] << 8;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 0x8000 ? crc << 1 ^ CRC_POLYNOMIAL : crc << 1;
        }
        crc &= 0xffff;
    }
    return crc % SLOTS;
}

static bool
read_slot(const struct reply *reply, unsigned *slot)
{
    int64_t number;

    if (!reply_int(reply, &number) || number < 0 || number >= SLOTS) {
        return false;
    }
    *slot = (unsigned)number;
    return true;
}

static bool
read_port(int64_t number, int *port)
{
    *port = (int)number;
    return number >= 0 && number <= PORT_MAX;
}

/* [first, last, [host, port, ...], replica ...] */
bool
slot_range_read(const struct reply *ranges, size_t i, struct slot_range *range)
{
    const struct reply *words = reply_at(ranges, i);
    const struct reply *primary = reply_at(words, 2);
    int64_t port;

    if (words->count < 3 || !read_slot(reply_at(words, 0), &range->first) ||
        !read_slot(reply_at(words, 1), &range->last) || range->first > range->last ||
        !reply_int(reply_at(primary, 1), &port) || !read_port(port, &range->port)) {
        return false;
    }
    range->host = reply_str(reply_at(primary, 0));
    range->replicas = words->count - 3;
    return range->host.len <= SLOT_HOST_MAX;
}

bool
slot_moved_read(struct str refusal, const char *word, struct slot_moved *moved)
{
    struct str part, where;
    int64_t slot, port;
    const char *colon;

    if (!str_split(&refusal, ' ', &part) || !str_equal(part, str_from(word)) ||
        !str_split(&refusal, ' ', &part) || !str_to_i64(part, &slot) || slot < 0 ||
        slot >= SLOTS || !str_split(&refusal, ' ', &where)) {
        return false;
    }
    colon = where.len > 0 ? memrchr(where.data, ':', where.len) : NULL; /* v6 too */
    if (colon == NULL) {
        return false;
    }
    moved->slot = (unsigned)slot;
    moved->host = str_of(where.data, (size_t)(colon - where.data));
    return moved->host.len <= SLOT_HOST_MAX &&
           str_to_i64(str_of(colon + 1, where.len - moved->host.len - 1), &port) &&
           read_port(port, &moved->port);
}
