/* storage/health.h - how Redis itself is doing: one node, or all of a cluster together.
 *
 * Waits       store_health().
 */
#ifndef STORAGE_HEALTH_H
#define STORAGE_HEALTH_H

#include "base/arena.h"
#include "proto/err.h"

struct store;

struct store_health {
    int64_t nodes;          /* that hold keys; what follows is of all of them */
    int64_t nodes_alone;    /* without a replica */
    int64_t used_bytes;     /* together */
    int64_t used_bytes_max; /* together; 0: one of them has no limit */
    int64_t up_s;           /* the shortest */
    bool durable;           /* each writes an append-only file */
    bool last_write_ok;     /* of those files */
    bool rewriting;         /* one of those files, just now */
    bool evicting;          /* one would throw keys away for want of memory */
};

/* ERR_NONE or a store error, also when one of many nodes is away. */
enum err store_health(struct store *store, struct arena *arena,
                      struct store_health *health);

#endif
