/* storage/redis/cached.h - one object of the cache, for the cache's own files.
 *
 *     reading --kept--> kept --dropped--> gone
 *        |--error, or something came in--> gone
 *
 * A kept object belongs to the cache; whoever holds it as well keeps it in memory after
 * it has gone.
 */
#ifndef STORAGE_REDIS_CACHED_H
#define STORAGE_REDIS_CACHED_H

#include <sys/queue.h>
#include <uv.h>

#include "base/table.h"
#include "storage/redis/cache.h"

enum { CACHE_KEYS_MAX = 4 }; /* of one read */

struct cached;

/* That an object was made of a key. */
struct made_of {
    struct made_of_list *key;
    struct cached *object;
    LIST_ENTRY(made_of) others; /* of the key */
};

/* That a page was made of an object. */
struct link_part {
    struct cache_link *link;
    LIST_ENTRY(link_part) others; /* of the object */
};

enum cached_state { CACHED_READING, CACHED_KEPT, CACHED_GONE };

struct cached {
    struct cache *cache; /* valid until gone */
    const struct cache_kind *kind;
    void *object;
    size_t bytes;
    enum cached_state state;
    bool spoiled;       /* something came in while it was read */
    int64_t session;    /* of being told, when the read began */
    int64_t read_at_ms; /* monotonic */
    unsigned holders;
    size_t keys;
    struct made_of made_of[CACHE_KEYS_MAX];
    LIST_HEAD(, link_part) pages;
    TAILQ_ENTRY(cached) by_age; /* kept */
    TAILQ_ENTRY(cached) by_use; /* kept */
    UT_hash_handle hh;          /* kept */
    size_t name_len;
    char name[]; /* its kind and the read's words, or the id */
};

/* --- cache.c ------------------------------------------------------------------------
 */
struct cache *cache_new(struct store *store, size_t bytes_max);
/* Whatever is held stays with its holders. Pages are told. */
void cache_free(struct cache **cache);

/* What Redis says, and whether it does (storage/redis/told.c). */
void cache_told_key(struct cache *cache, struct str key);
void cache_told_all(struct cache *cache);
void cache_told_begin(struct cache *cache);
void cache_told_lost(struct cache *cache);
bool cache_is_told(const struct cache *cache);

struct cache_counts *cache_count(struct cache *cache);

/* A read begins; its end is cached_keep() or cached_abandon(). */
struct cached *cached_begin(struct cache *cache, const struct cache_kind *kind,
                            struct str name, const struct str *keys, size_t count);
/* NULL when none is kept under this name. */
struct cached *cached_find(struct cache *cache, struct str name);
/* Read and decoded. The object to use: this one, or one that another task has kept in
 * the meantime. It is kept, or already gone: hold it. */
struct cached *cached_keep(struct cached *cached, void *object, size_t bytes);
void cached_abandon(struct cached *cached);

/* Until the arena is freed. */
void cached_hold(struct cached *cached, struct arena *arena);

/* --- record.c -----------------------------------------------------------------------
 */
/* The running task was given this. */
void record_note(struct cached *cached);
/* The object goes: so do the pages made of it. */
void record_drop_pages(struct cached *cached);

#endif
