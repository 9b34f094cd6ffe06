/* storage/redis/cache.h - what was read, kept until Redis says that it changed.
 *
 * Keeps decoded objects, each made of the reply to one read, under the read's own words, or
 * the id that they follow from (DESIGN.md, Reading). The rules:
 *
 *   - only what Redis tells us of is kept: the read is tracked, and kept only if nothing
 *     came in about its keys while it was under way
 *   - absence and errors are not kept
 *   - who writes drops (cache_drop) before answering
 *   - an object goes after CACHE_TTL_MS, or when memory is short, oldest use first
 *   - when the connections are lost, what is there serves for CACHE_UNTOLD_MS more, then
 *     all goes; nothing is kept before we are told again. store_is_told() says how it
 *     stands: visits are counted only while it is true
 *
 * What was given stays valid until the arena it was given for is freed, also when it is
 * dropped meanwhile: it is what was true when it was read.
 *
 * What decides a write reads the store itself, not this.
 *
 * Waits       cache_read(), cache_read_all(), unless all is there.
 */
#ifndef STORAGE_REDIS_CACHE_H
#define STORAGE_REDIS_CACHE_H

#include "storage/redis/call.h"

enum {
    CACHE_TTL_MS = 60000,
    CACHE_UNTOLD_MS = 10000,
    CACHE_BYTES_MAX = 64 << 20 /* a loop's objects */
};

/* How a reply becomes an object; one static const struct for each. */
struct cache_kind {
    /* A new object and about how many bytes it takes; or the error that the asker gets,
     * and nothing is kept. `arg` is cache_want's. */
    enum err (*decode)(const struct reply *reply, const void *arg, void **object,
                       size_t *bytes);
    void (*free)(void *object);
    /* Of wants that name an id: the call that reads it. All wants of a kind do, or none. */
    struct call *(*ask)(struct arena *arena, int64_t id);
};

struct cache_want {
    const struct cache_kind *kind;
    struct call *call;   /* a read with at least one key, made in the asker's arena */
    struct arena *arena; /* or, without a call, for one that is only made */
    int64_t id;          /* when nothing is kept of the kind under this id */
    const void *arg;     /* for decode; must follow from the call's words, or the id */
    const void *object;  /* out: NULL unless err is ERR_NONE */
    enum err err;        /* out */
};

/* From the cache, or read, decoded and kept. The object is held for the asker's arena.
 */
enum err cache_read(struct store *store, struct cache_want *want);
/* What is missing is asked for together. The first error. */
enum err cache_read_all(struct store *store, struct cache_want *wants, size_t count);

/* This loop has written the key: what was made of it is no longer true. */
void cache_drop(struct store *store, struct str key);

/* --- what a page is made of ---------------------------------------------------------
 * Between begin and end, everything that the running task is given from the cache is
 * noted. A page made of it may be kept only while all of that is kept:
 *
 *     struct cache_record *record = cache_record_begin(store, arena);
 *     ... the handler ...
 *     cache_record_end(record);
 *     link = cache_record_link(record, page_dropped, page);   NULL: do not keep the page
 */
struct cache_record;
struct cache_link;

/* Lives in the arena, which the reads of this task use as well. */
struct cache_record *cache_record_begin(struct store *store, struct arena *arena);
void cache_record_end(struct cache_record *record);
/* For what was made of something else than the store; a call that goes past the cache
 * does so by itself: the page will not be kept. */
void cache_record_spoil(void);
/* Nothing was read that was not kept, and all of it is still there: then dropped(arg) is
 * called once, from the loop or from cache_drop(), when the first of it goes; the link is
 * gone by then. A record of nothing may be linked. NULL, and no call, otherwise. */
struct cache_link *cache_record_link(struct cache_record *record,
                                     void (*dropped)(void *arg), void *arg);
void cache_unlink(struct cache_link **link); /* without the call */

/* For metrics. */
struct cache_counts {
    int64_t hits;
    int64_t misses;
    int64_t spoiled; /* read, but something came in meanwhile, or we were not told */
    int64_t dropped; /* told, or by cache_drop() */
    int64_t evicted; /* for want of memory */
    size_t objects;
    size_t bytes;
};
const struct cache_counts *cache_counts(const struct store *store);

#endif
