/* test/support/chance.h - numbers for tests of properties over random inputs.
 *
 * A program begins with chance_begin(), which prints its seed; XIAOPU_SEED repeats a
 * run. */
#ifndef TEST_SUPPORT_CHANCE_H
#define TEST_SUPPORT_CHANCE_H

#include <stdlib.h>

#include "base/rand.h"
#include "test/support/unit.h"

static uint64_t chance_seed; /* a test may note it, and set it back to draw the same */

static inline void
chance_begin(void)
{
    const char *given = getenv("XIAOPU_SEED");

    chance_seed = given != NULL ? strtoull(given, NULL, 10) : rand_u64();
    print_message("seed %llu\n", (unsigned long long)chance_seed);
}

/* splitmix64 */
static inline uint64_t
chance_next(void)
{
    uint64_t z = chance_seed += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* From 0 up to, without, the bound. */
static inline int64_t
below(int64_t bound)
{
    return (int64_t)(chance_next() % (uint64_t)bound);
}

#endif
