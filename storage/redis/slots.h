/* storage/redis/slots.h - a Redis Cluster's slots: which one a key has, and who holds
 * them.
 *
 * Pure: it reads what a node has answered and speaks to nobody. A single Redis has no
 * slots; storage/redis/cluster.c lets it hold them all.
 */
#ifndef STORAGE_REDIS_SLOTS_H
#define STORAGE_REDIS_SLOTS_H

#include "base/str.h"
#include "storage/redis/call.h"

enum { SLOTS = 16384, SLOT_HOST_MAX = 255 };

/* The slot of a hash tag: CRC16 (XMODEM) mod 16384, as the Redis Cluster specification
 * says. All our keys have a tag (storage/key.h). */
unsigned slot_of_tag(struct str tag);

/* Slots of one primary, from CLUSTER SLOTS. */
struct slot_range {
    unsigned first, last;
    struct str host; /* empty: the node that was asked */
    int port;
    size_t replicas; /* in sync, as the node that was asked sees it */
};
/* The i-th range of a CLUSTER SLOTS reply; false when it cannot be understood. */
bool slot_range_read(const struct reply *ranges, size_t i, struct slot_range *range);

/* Where a refusal sends us: "MOVED 3999 127.0.0.1:6381" and "ASK ...". */
struct slot_moved {
    unsigned slot;
    struct str host; /* empty: the node that was asked */
    int port;
};
/* False when these are other words. Bytes are borrowed from the refusal. */
bool slot_moved_read(struct str refusal, const char *word, struct slot_moved *moved);

#endif
