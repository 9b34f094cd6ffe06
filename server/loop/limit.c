/* server/loop/limit.c - the generic cell rate algorithm: one number for each asker, the
 * time at which all that was granted will have been earned. */
#include "server/loop/limit.h"

#include <stdlib.h>

#include "base/rand.h"
#include "base/xmalloc.h"

struct slot {
    uint64_t key; /* 0: free */
    int64_t earned_at_us;
};

struct limits {
    uint64_t seed; /* so that nobody can aim at another's slot */
    struct slot slot[LIMIT_SLOTS];
};

struct limits *
limits_new(void)
{
    struct limits *limits = xcalloc(1, sizeof *limits);

    limits->seed = rand_u64();
    return limits;
}

void
limits_free(struct limits **limits)
{
    free(*limits);
    *limits = NULL;
}

static uint64_t
mix(uint64_t hash, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        hash = (hash ^ (unsigned char)s.data[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return hash;
}

static struct slot *
find_slot(struct limits *limits, uint64_t key)
{
    struct slot *oldest = NULL;

    for (uint64_t i = 0; i < LIMIT_PROBES; i++) {
        struct slot *slot = &limits->slot[(key + i) % LIMIT_SLOTS];

        if (slot->key == key) {
            return slot;
        }
        if (oldest == NULL || slot->earned_at_us < oldest->earned_at_us) {
            oldest = slot;
        }
    }
    *oldest = (struct slot){ .key = key };
    return oldest;
}

int64_t
limits_take(struct limits *limits, const struct limit_want *want, int64_t mono_us)
{
    uint64_t key = mix(mix(limits->seed, str_from(want->name)), want->who) | 1;
    struct slot *slot = find_slot(limits, key);
    int64_t window_us = want->window_s * 1000000;
    int64_t earned_at_us = slot->earned_at_us > mono_us ? slot->earned_at_us : mono_us;

    earned_at_us += window_us / want->calls;
    if (earned_at_us - mono_us > window_us) {
        return (earned_at_us - mono_us - window_us) / 1000 + 1;
    }
    slot->earned_at_us = earned_at_us;
    return 0;
}
