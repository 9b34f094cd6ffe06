/* storage/redis/told.h - what Redis says of keys that have changed (client tracking).
 *
 * Each node tells of its own keys, over its subscriber connection. We are being told only
 * while all nodes that hold slots do so: while both connections of each stand and Redis
 * sends main's invalidations to the subscriber. Tells the watches (storage/store.h) and
 * the cache.
 */
#ifndef STORAGE_REDIS_TOLD_H
#define STORAGE_REDIS_TOLD_H

#include <stdbool.h>

struct node;
struct store;
struct told;

struct told *told_new(struct store *store);
void told_free(struct told **told); /* watches must be gone */

/* The node's subscriber has been opened: subscribes. Waits. */
bool told_subscribe(struct node *node);
/* Both connections may stand now: if so, asks to be told. Waits. */
void told_begin(struct node *node);
/* One of them is gone. */
void told_lost(struct node *node);
/* Other nodes are ours now; `moved`: slots have changed hands, so what was read may have
 * changed without a word. */
void told_judge(struct store *store, bool moved);

#endif
