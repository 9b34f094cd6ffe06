/* storage/sale/groups.h - many things of many partitions, sorted into calls.
 *
 * A store function takes at most GROUP_MAX things of one partition. Members say their
 * partition; groups come out in order of partitions, and within one in the order they
 * were given: of two sales with one id the first is written.
 */
#ifndef STORAGE_SALE_GROUPS_H
#define STORAGE_SALE_GROUPS_H

#include "base/arena.h"

enum { GROUP_MAX = 64 };

struct group {
    unsigned partition;
    const size_t *index; /* of the things, by their number */
    size_t count;
};
struct groups {
    struct group *group;
    size_t count;
};

/* Things 0 ... count - 1, of which those with partition[i] >= PARTITIONS are left out.
 */
struct groups groups_make(struct arena *arena, const unsigned *partition, size_t count);

#endif
