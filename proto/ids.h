/* proto/ids.h - what things are called, and which partition they lie in.
 *
 * An id is n * PARTITIONS + partition, n counted in the partition (DESIGN.md,
 * Partitions), written as decimal digits without leading zeros. Each kind is a type of
 * its own, so that one is never taken for another. Things whose place must follow from
 * their words (claims, handles) have it by hash.
 */
#ifndef PROTO_IDS_H
#define PROTO_IDS_H

#include "base/str.h"

enum {
    PARTITIONS = 256,
    SHOP_N_FIRST = 39063,  /* the first number is 10,000,128: 8 digits */
    SHOPS_PER_PAGE = 4096, /* shops in one hash of score:, days: (storage/key.h) */
    ID_DIGITS_MAX = 16,    /* below 2^53: Lua's doubles hold every id */
    SLOTS_MAX = 12,
    PARKED_MAX = 12,
    VARIANTS_MAX = 100, /* of one product; a variant's id is 1 ... VARIANTS_MAX */
    HANDLE_BYTES_MAX = 100,
    SALE_ID_BYTES_MAX = 100,
    USERNAME_BYTES_MAX = 32
};

/* n is a field's name of 32 bits in the worker's hashes. */
#define SHOP_NUMBER_MIN (INT64_C(1) * SHOP_N_FIRST * PARTITIONS)
#define SHOP_NUMBER_MAX ((INT64_C(1) << 32) * PARTITIONS - 1)

struct shop_number {
    int64_t value;
};
struct product_id {
    int64_t value;
};
struct member_id {
    int64_t value;
};

/* All digits, no sign, no leading zero, in range; a shop's number has 8 digits or more.
 */
bool shop_number_parse(struct str s, struct shop_number *number);
bool product_id_parse(struct str s, struct product_id *id);
bool member_id_parse(struct str s, struct member_id *id);

static inline unsigned
id_partition(int64_t id)
{
    return (unsigned)(id % PARTITIONS);
}

/* n of a shop: its field's name in the worker's hashes. */
static inline uint32_t
shop_n(struct shop_number number)
{
    return (uint32_t)(number.value / PARTITIONS);
}

static inline int64_t
id_make(uint64_t n, unsigned partition)
{
    return (int64_t)n * PARTITIONS + partition;
}

/* Of words: the first byte of their SHA-256, the parts separated by 0x00. */
unsigned partition_of_words(const struct str *parts, size_t count);

#endif
