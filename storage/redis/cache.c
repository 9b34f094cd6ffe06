/* storage/redis/cache.c - the objects that are kept, and why each of them goes. */
#include "storage/redis/cache.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "storage/redis/cached.h"
#include "storage/redis/inside.h"

enum { SWEEP_EVERY_MS = 1000, OVERHEAD_BYTES = 128, SHARE_OF_ONE = 4 };

struct made_of_list {
    UT_hash_handle hh;
    LIST_HEAD(, made_of) objects; /* never empty */
    char key[];
};

struct cache {
    struct cached *names;        /* kept objects */
    struct made_of_list *by_key; /* kept ones, and those being read */
    TAILQ_HEAD(, cached) by_age; /* the oldest first */
    TAILQ_HEAD(, cached) by_use; /* the least recently used first */
    bool told;
    int64_t session; /* raised whenever something may have escaped us */
    size_t bytes_max;
    struct cache_counts counts;
    uv_timer_t sweep;
    uv_timer_t untold; /* active while we are not told */
    int handles;
};

/* --- keys ---------------------------------------------------------------------------
 */
static void
tie_key(struct cached *cached, struct str name)
{
    struct made_of *tie = &cached->made_of[cached->keys];
    struct made_of_list *key;

    HASH_FIND(hh, cached->cache->by_key, name.data, name.len, key);
    for (size_t i = 0; i < cached->keys; i++) {
        if (cached->made_of[i].key == key) {
            return; /* a read that names a key twice */
        }
    }
    cached->keys++;
    if (key == NULL) {
        key = xcalloc(1, sizeof *key + name.len);
        memcpy(key->key, name.data, name.len);
        HASH_ADD(hh, cached->cache->by_key, key, name.len, key);
    }
    tie->key = key;
    tie->object = cached;
    LIST_INSERT_HEAD(&key->objects, tie, others);
}

static void
untie_keys(struct cached *cached)
{
    for (size_t i = 0; i < cached->keys; i++) {
        struct made_of_list *key = cached->made_of[i].key;

        LIST_REMOVE(&cached->made_of[i], others);
        if (LIST_EMPTY(&key->objects)) {
            HASH_DEL(cached->cache->by_key, key);
            free(key);
        }
    }
    cached->keys = 0;
}

/* --- the life of an object ----------------------------------------------------------
 */
static void
free_unheld(struct cached *cached)
{
    if (cached->state != CACHED_GONE || cached->holders > 0) {
        return;
    }
    if (cached->object != NULL) {
        cached->kind->free(cached->object);
    }
    free(cached);
}

static void
drop(struct cached *cached)
{
    struct cache *cache = cached->cache;

    assert(cached->state == CACHED_KEPT);
    HASH_DEL(cache->names, cached);
    TAILQ_REMOVE(&cache->by_age, cached, by_age);
    TAILQ_REMOVE(&cache->by_use, cached, by_use);
    untie_keys(cached);
    cache->counts.bytes -= cached->bytes;
    cache->counts.objects--;
    cached->state = CACHED_GONE;
    record_drop_pages(cached);
    free_unheld(cached);
}

static void
drop_all(struct cache *cache)
{
    while (!TAILQ_EMPTY(&cache->by_use)) {
        cache->counts.dropped++;
        drop(TAILQ_FIRST(&cache->by_use));
    }
}

struct cached *
cached_begin(struct cache *cache, const struct cache_kind *kind, struct str name,
             const struct str *keys, size_t count)
{
    struct cached *cached = xcalloc(1, sizeof *cached + name.len);

    assert(count >= 1 && count <= CACHE_KEYS_MAX);
    cached->cache = cache;
    cached->kind = kind;
    cached->session = cache->session;
    cached->read_at_ms = clock_mono_ms();
    cached->name_len = name.len;
    memcpy(cached->name, name.data, name.len);
    LIST_INIT(&cached->pages);
    for (size_t i = 0; i < count; i++) {
        tie_key(cached, keys[i]);
    }
    return cached;
}

struct cached *
cached_find(struct cache *cache, struct str name)
{
    struct cached *cached;

    HASH_FIND(hh, cache->names, name.data, name.len, cached);
    if (cached != NULL) {
        TAILQ_REMOVE(&cache->by_use, cached, by_use);
        TAILQ_INSERT_TAIL(&cache->by_use, cached, by_use);
    }
    return cached;
}

void
cached_abandon(struct cached *cached)
{
    untie_keys(cached);
    cached->state = CACHED_GONE;
    free_unheld(cached);
}

/* Nothing may have changed since the read began, or we might keep what is no longer so.
 */
static bool
may_be_kept(const struct cached *cached)
{
    const struct cache *cache = cached->cache;

    return cache->told && !cached->spoiled && cached->session == cache->session &&
           cached->bytes <= cache->bytes_max / SHARE_OF_ONE;
}

static void
keep(struct cached *cached)
{
    struct cache *cache = cached->cache;

    cached->state = CACHED_KEPT;
    HASH_ADD(hh, cache->names, name, cached->name_len, cached);
    TAILQ_INSERT_TAIL(&cache->by_age, cached, by_age);
    TAILQ_INSERT_TAIL(&cache->by_use, cached, by_use);
    cache->counts.bytes += cached->bytes;
    cache->counts.objects++;
    while (cache->counts.bytes > cache->bytes_max) {
        cache->counts.evicted++;
        drop(TAILQ_FIRST(&cache->by_use)); /* never this one: it is the newest */
    }
}

struct cached *
cached_keep(struct cached *cached, void *object, size_t bytes)
{
    struct str name = { cached->name, cached->name_len };
    struct cached *before;

    cached->object = object;
    cached->bytes = bytes + sizeof *cached + name.len + OVERHEAD_BYTES;
    if (!may_be_kept(cached)) {
        cached->cache->counts.spoiled++;
        untie_keys(cached);
        cached->state = CACHED_GONE; /* the asker is about to hold it */
        return cached;
    }
    before = cached_find(cached->cache, name);
    if (before != NULL) {
        cached_abandon(cached);
        return before;
    }
    keep(cached);
    return cached;
}

static void
let_go(void *arg)
{
    struct cached *cached = arg;

    cached->holders--;
    free_unheld(cached);
}

void
cached_hold(struct cached *cached, struct arena *arena)
{
    cached->holders++;
    arena_on_free(arena, let_go, cached);
}

/* --- what we are told ---------------------------------------------------------------
 */
/* Dropping an object takes its tie out of the list that is being walked, and may free
 * the list with the last one; other ties of the same object are not in it. */
void
cache_told_key(struct cache *cache, struct str name)
{
    struct made_of_list *key;
    struct made_of *tie, *next;

    HASH_FIND(hh, cache->by_key, name.data, name.len, key);
    if (key == NULL) {
        return;
    }
    for (tie = LIST_FIRST(&key->objects); tie != NULL; tie = next) {
        next = LIST_NEXT(tie, others);
        if (tie->object->state == CACHED_KEPT) {
            cache->counts.dropped++;
            drop(tie->object);
        } else {
            tie->object->spoiled = true;
        }
    }
}

void
cache_told_all(struct cache *cache)
{
    cache->session++;
    drop_all(cache);
}

void
cache_told_begin(struct cache *cache)
{
    uv_timer_stop(&cache->untold);
    cache_told_all(cache); /* what changed meanwhile we were not told */
    cache->told = true;
}

static void
on_untold(uv_timer_t *untold)
{
    drop_all(untold->data);
}

void
cache_told_lost(struct cache *cache)
{
    if (cache->told) {
        cache->told = false;
        cache->session++;
        uv_timer_start(&cache->untold, on_untold, CACHE_UNTOLD_MS, 0);
    }
}

bool
cache_is_told(const struct cache *cache)
{
    return cache->told;
}

void
cache_drop(struct store *store, struct str key)
{
    cache_told_key(store->cache, key);
}

/* --- the whole ----------------------------------------------------------------------
 */
static void
on_sweep(uv_timer_t *sweep)
{
    struct cache *cache = sweep->data;
    int64_t too_old_ms = clock_mono_ms() - CACHE_TTL_MS;
    struct cached *oldest;

    while ((oldest = TAILQ_FIRST(&cache->by_age)) != NULL &&
           oldest->read_at_ms <= too_old_ms) {
        drop(oldest);
    }
}

struct cache *
cache_new(struct store *store, size_t bytes_max)
{
    struct cache *cache = xcalloc(1, sizeof *cache);
    uv_loop_t *uv = loop_uv(store->loop);

    TAILQ_INIT(&cache->by_age);
    TAILQ_INIT(&cache->by_use);
    cache->bytes_max = bytes_max;
    uv_timer_init(uv, &cache->sweep);
    uv_timer_init(uv, &cache->untold);
    cache->sweep.data = cache;
    cache->untold.data = cache;
    cache->handles = 2;
    uv_timer_start(&cache->sweep, on_sweep, SWEEP_EVERY_MS, SWEEP_EVERY_MS);
    return cache;
}

static void
free_closed(uv_handle_t *handle)
{
    struct cache *cache = handle->data;

    if (--cache->handles == 0) {
        free(cache);
    }
}

void
cache_free(struct cache **cache)
{
    if (*cache == NULL) {
        return;
    }
    drop_all(*cache);
    assert((*cache)->by_key == NULL); /* nobody reads any more */
    uv_close((uv_handle_t *)&(*cache)->sweep, free_closed);
    uv_close((uv_handle_t *)&(*cache)->untold, free_closed);
    *cache = NULL;
}

struct cache_counts *
cache_count(struct cache *cache)
{
    return &cache->counts;
}

const struct cache_counts *
cache_counts(const struct store *store)
{
    return cache_count(store->cache);
}
