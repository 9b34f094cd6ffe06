/* storage/visit/visit.h - visits, appended to the events of their shops' partitions.
 *
 * visit_make() makes pseudonyms of who came; nothing else of a person goes on from here.
 * Beside the events, views of a shop's product pages are added to the owner's sums,
 * stats:{s}:N:PERIOD, field v<day>:<product>.
 *
 * Waits       visit_append(); visit_make() at the first use of a period's key on this
 *             loop.
 */
#ifndef STORAGE_VISIT_VISIT_H
#define STORAGE_VISIT_VISIT_H

#include "base/arena.h"
#include "proto/event.h"

struct store;

struct visit_of {
    struct shop_number shop;
    int32_t day;
    struct str person; /* the same for the same visitor, and for nobody else */
    struct str net;    /* likewise for a network: SCORING.md 3.2 */
    enum visitor_class visitor_class;
};

struct visit_view {
    struct shop_number shop;
    struct product_id product;
    int32_t day;
    int64_t views;
};

/* What goes to one partition in one call. */
struct visit_entry {
    unsigned partition;
    const struct event *events; /* at most EVENTS_PER_ENTRY */
    size_t event_count;
    const struct visit_view *views;
    size_t view_count;
    enum err err; /* out; after ERR_STORE_UNCERTAIN it may have happened: not to be
                     repeated */
};

/* The event of one visit. The errors of storage/privacy/pseudonym.h. */
enum err visit_make(struct store *store, const struct visit_of *of,
                    struct event *event);

/* All entries in one pipelined write. The first error. */
enum err visit_append(struct store *store, struct arena *arena,
                      struct visit_entry *entries, size_t count);

#endif
