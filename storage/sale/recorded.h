/* storage/sale/recorded.h - every sale that was recorded, leaf by leaf.
 *
 * The books are the truth about sales: this is for making good what was lost, and for
 * looking at everything. A sale that is there all the while comes at least once: when a
 * book grows meanwhile, sales move to later leaves only.
 *
 * Waits       recorded_sales_next().
 */
#ifndef STORAGE_SALE_RECORDED_H
#define STORAGE_SALE_RECORDED_H

#include "storage/sale/sale.h"

struct recorded_walk { /* begins as zeros */
    unsigned partition;
    int64_t leaf;
    bool done;
};

struct recorded_sale {
    struct sale sale; /* without its id */
    enum err err;     /* ERR_NONE; ERR_BAD_DATA: its hash or its record is damaged */
};

/* The next of them, often none; of the partitions that `wanted` says, or of all when it
 * is NULL. They lie in the arena. */
enum err recorded_sales_next(struct store *store, struct arena *arena,
                             struct recorded_walk *walk, const bool *wanted,
                             struct recorded_sale **sales, size_t *count);

#endif
