/* storage/sale/groups.c - a counting sort by partition, cut into calls. */
#include "storage/sale/groups.h"

#include "proto/ids.h"

/* Where each partition's things begin in the sorted order; *left_in is how many things
 * there are in all. */
static size_t *
find_starts(struct arena *arena, const unsigned *partition, size_t count)
{
    size_t *start = arena_alloc(arena, (PARTITIONS + 1) * sizeof(*start));

    for (size_t i = 0; i < count; i++) {
        if (partition[i] < PARTITIONS) {
            start[partition[i] + 1]++;
        }
    }
    for (size_t p = 0; p < PARTITIONS; p++) {
        start[p + 1] += start[p];
    }
    return start;
}

static void
cut(struct groups *groups, unsigned partition, const size_t *index, size_t count)
{
    for (size_t at = 0; at < count; at += GROUP_MAX) {
        size_t rest = count - at;

        groups->group[groups->count++] =
            (struct group){ partition, index + at,
                            rest < GROUP_MAX ? rest : GROUP_MAX };
    }
}

struct groups
groups_make(struct arena *arena, const unsigned *partition, size_t count)
{
    size_t *start = find_starts(arena, partition, count);
    size_t *index = arena_alloc(arena, (count + 1) * sizeof(*index));
    size_t *next = arena_alloc(arena, PARTITIONS * sizeof(*next));
    size_t groups_max = count < PARTITIONS ? count : PARTITIONS + count / GROUP_MAX;
    struct groups groups = {
        arena_alloc(arena, (groups_max + 1) * sizeof(*groups.group)), 0
    };

    memcpy(next, start, PARTITIONS * sizeof(*next));
    for (size_t i = 0; i < count; i++) {
        if (partition[i] < PARTITIONS) {
            index[next[partition[i]]++] = i;
        }
    }
    for (unsigned p = 0; p < PARTITIONS; p++) {
        cut(&groups, p, index + start[p], start[p + 1] - start[p]);
    }
    return groups;
}
