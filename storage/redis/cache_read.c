/* storage/redis/cache_read.c - asking the cache, and Redis for what it lacks. */
#include <assert.h>

#include "base/buf.h"
#include "storage/redis/cached.h"
#include "storage/redis/inside.h"

/* A read that is under way for a want. */
struct reading {
    struct cache_want *want;
    struct cached *cached;
};

static size_t
first_key(const struct call *call)
{
    return call->is_function ? FUNCTION_WORDS : 1;
}

static struct arena *
arena_of(const struct cache_want *want)
{
    return want->call != NULL ? want->call->arena : want->arena;
}

static struct str
name_of_id(const struct cache_want *want)
{
    char *name = arena_alloc(want->arena, sizeof want->kind + sizeof want->id);

    memcpy(mempcpy(name, &want->kind, sizeof want->kind), &want->id, sizeof want->id);
    return str_of(name, sizeof want->kind + sizeof want->id);
}

/* The kind and all words; each with its length, so that no two reads look the same. */
static struct str
name_of(const struct cache_want *want)
{
    const struct call *call = want->call;
    size_t len = sizeof want->kind + strlen(call->name);
    char *name, *at;

    for (size_t i = first_key(call); i < call->argc; i++) {
        len += sizeof(size_t) + call->argv_len[i];
    }
    at = name = arena_alloc(call->arena, len);
    at = mempcpy(at, &want->kind, sizeof want->kind);
    at = mempcpy(at, call->name, strlen(call->name));
    for (size_t i = first_key(call); i < call->argc; i++) {
        at = mempcpy(at, &call->argv_len[i], sizeof call->argv_len[i]);
        at = mempcpy(at, call->argv[i], call->argv_len[i]);
    }
    return str_of(name, len);
}

static void
give(struct cache_want *want, struct cached *cached)
{
    cached_hold(cached, arena_of(want));
    record_note(cached);
    want->object = cached->object;
    want->err = ERR_NONE;
}

static struct cached *
begin(struct store *store, const struct cache_want *want, struct str name)
{
    const struct call *call = want->call;
    struct str keys[CACHE_KEYS_MAX];

    assert(call->keys <= CACHE_KEYS_MAX);
    for (size_t i = 0; i < call->keys; i++) {
        size_t at = first_key(call) + i;

        keys[i] = str_of(call->argv[at], call->argv_len[at]);
    }
    call_track(want->call);
    return cached_begin(store->cache, want->kind, name, keys, call->keys);
}

static void
finish(struct reading *reading)
{
    struct cache_want *want = reading->want;
    void *object = NULL;
    size_t bytes = 0;

    want->err = want->call->err;
    if (want->err == ERR_NONE) {
        want->err = want->kind->decode(want->call->reply, want->arg, &object, &bytes);
    }
    if (want->err == ERR_NONE) {
        give(want, cached_keep(reading->cached, object, bytes));
    } else {
        cached_abandon(reading->cached);
        cache_record_spoil();
    }
}

/* Given what is there; what is not begins to be read. */
static bool
is_there(struct store *store, struct cache_want *want, struct reading *reading)
{
    struct str name = want->call != NULL ? name_of(want) : name_of_id(want);
    struct cached *cached = cached_find(store->cache, name);

    want->object = NULL;
    if (cached != NULL) {
        cache_count(store->cache)->hits++;
        give(want, cached);
        return true;
    }
    cache_count(store->cache)->misses++;
    if (want->call == NULL) {
        want->call = want->kind->ask(want->arena, want->id);
    }
    *reading = (struct reading){ want, begin(store, want, name) };
    return false;
}

enum err
cache_read_all(struct store *store, struct cache_want *wants, size_t count)
{
    struct reading *reading;
    struct arena *arena;
    struct call **calls;
    size_t missing = 0;
    enum err err = ERR_NONE;

    if (count == 0) {
        return ERR_NONE;
    }
    arena = arena_of(&wants[0]);
    reading = arena_alloc(arena, count * sizeof *reading);
    calls = arena_alloc(arena, count * sizeof *calls);
    for (size_t i = 0; i < count; i++) {
        if (!is_there(store, &wants[i], &reading[missing])) {
            calls[missing++] = wants[i].call;
        }
    }
    if (missing > 0) {
        call_wait_all(store, calls, missing);
    }
    for (size_t i = 0; i < missing; i++) {
        finish(&reading[i]);
    }
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        err = wants[i].err;
    }
    return err;
}

enum err
cache_read(struct store *store, struct cache_want *want)
{
    return cache_read_all(store, want, 1);
}
