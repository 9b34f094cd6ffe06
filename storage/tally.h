/* storage/tally.h - how many things agree that are kept in two places. */
#ifndef STORAGE_TALLY_H
#define STORAGE_TALLY_H

#include <stdint.h>

struct tally {
    int64_t right;
    int64_t wrong;
    int64_t waiting; /* would be wrong, were its message not still on its way */
};

#endif
