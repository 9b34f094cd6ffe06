/* storage/redis/told.c - see the header. */
#include "storage/redis/told.h"

#include <assert.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/table.h"
#include "base/xmalloc.h"
#include "storage/redis/cached.h"
#include "storage/redis/inside.h"

enum { ARENA_BYTES_MAX = 16 * 1024 };

static const char channel[] = "__redis__:invalidate";

struct watched {
    UT_hash_handle hh;
    struct watch *first; /* never NULL */
    char key[];
};

struct watch {
    struct told *told;
    struct watched *key;
    void (*changed)(void *arg);
    void *arg;
    struct watch *next; /* of the same key */
};

struct told {
    struct store *store;
    bool now;
    struct waits changed; /* a subscription holds, or cannot */
    uv_timer_t look;
    struct watched *watched; /* by key */
};

/* --- telling ------------------------------------------------------------------------
 */
static void
tell_watches(const struct watched *key)
{
    for (const struct watch *watch = key->first; watch != NULL; watch = watch->next) {
        watch->changed(watch->arg);
    }
}

static void
tell_all_watches(struct told *told)
{
    struct watched *key, *next;

    HASH_ITER(hh, told->watched, key, next)
    {
        tell_watches(key);
    }
}

static void
tell_key(struct told *told, const redisReply *name)
{
    struct watched *key;

    if (name->type != REDIS_REPLY_STRING) {
        return;
    }
    told->store->counts.told++;
    cache_told_key(told->store->cache, str_of(name->str, name->len));
    HASH_FIND(hh, told->watched, name->str, name->len, key);
    if (key != NULL) {
        tell_watches(key);
    }
}

/* Without a payload: the subscription holds. A nil payload: everything may have changed
 * (FLUSHALL, or Redis' table of tracked keys was full). */
static void
on_message(const redisReply *payload, void *arg)
{
    struct node *node = arg;
    struct told *told = node->store->told;

    if (payload == NULL) {
        node->subscribed = true;
        waits_end(&told->changed);
    } else if (payload->type != REDIS_REPLY_ARRAY) {
        cache_told_all(node->store->cache);
        tell_all_watches(told);
    } else {
        for (size_t i = 0; i < payload->elements; i++) {
            tell_key(told, payload->element[i]);
        }
    }
}

/* Looking now and then repairs a look that failed. */
static void
on_look(uv_timer_t *look)
{
    struct told *told = look->data;

    if (told->store->judged) {
        tell_all_watches(told);
    }
}

/* --- asking to be told -------------------------------------------------------------- */
static bool
ask_client_id(struct node *node, struct arena *arena, int64_t *id)
{
    struct call *call = call_command(arena, "CLIENT");

    call_text(call, "ID");
    return call_wait_on(node->store, node->subscriber, &call, 1) == ERR_NONE &&
           reply_int(call->reply, id);
}

/* Redis drops what it would say to a subscriber that has not subscribed yet: so the
 * answer is waited for. */
static bool
subscribe(struct node *node, struct arena *arena)
{
    struct told *told = node->store->told;
    int64_t deadline_ms = clock_mono_ms() + CALL_TIMEOUT_MS;

    if (store_sign_in(node->store, node->subscriber, arena) != ERR_NONE ||
        !ask_client_id(node, arena, &node->session) ||
        !connection_subscribe(node->subscriber, channel, on_message, node)) {
        return false;
    }
    while (!node->subscribed && connection_is_open(node->subscriber) &&
           waits_join(&told->changed, deadline_ms)) {
    }
    return node->subscribed;
}

bool
told_subscribe(struct node *node)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    bool subscribed = subscribe(node, arena);

    arena_free(&arena);
    return subscribed;
}

static bool
track(struct node *node)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct call *call = call_command(arena, "CLIENT");
    bool tracks;

    call_text(call, "TRACKING");
    call_text(call, "ON");
    call_text(call, "REDIRECT");
    call_int(call, node->session);
    call_text(call, "OPTIN");
    tracks = call_wait_on(node->store, node->main, &call, 1) == ERR_NONE;
    arena_free(&arena);
    return tracks;
}

void
told_begin(struct node *node)
{
    int64_t session = node->session;
    bool tracks;

    if (node->told || !node->subscribed || !node->ready) {
        return;
    }
    tracks = track(node);
    if (node->told || !node->subscribed || session != node->session || !node->ready) {
        return; /* something was lost meanwhile: whoever sets it up begins again */
    }
    if (!tracks) {
        connection_drop(node->subscriber); /* and its keeper tries again */
        return;
    }
    node->told = true;
    told_judge(node->store, false);
}

void
told_lost(struct node *node)
{
    node->told = false;
    if (!connection_is_open(node->subscriber)) {
        node->subscribed = false;
        waits_end(&node->store->told->changed);
    }
    told_judge(node->store, false);
}

static bool
all_tell(const struct store *store)
{
    const struct node *node;

    LIST_FOREACH(node, &store->nodes, others)
    {
        if (node->wanted && !node->told) {
            return false;
        }
    }
    return true;
}

void
told_judge(struct store *store, bool moved)
{
    struct told *told = store->told;
    bool tells = all_tell(store);

    if (tells && (!told->now || moved)) {
        told->now = true;
        cache_told_begin(store->cache);
        tell_all_watches(told);
    } else if (!tells && told->now) {
        told->now = false;
        cache_told_lost(store->cache);
    }
}

bool
store_is_told(const struct store *store)
{
    return store->told->now;
}

/* --- watches ------------------------------------------------------------------------
 */
static struct watched *
watched_take(struct told *told, struct str name)
{
    struct watched *key;

    HASH_FIND(hh, told->watched, name.data, name.len, key);
    if (key == NULL) {
        key = xcalloc(1, sizeof *key + name.len);
        memcpy(key->key, name.data, name.len);
        HASH_ADD(hh, told->watched, key, name.len, key);
    }
    return key;
}

struct watch *
store_watch(struct store *store, struct str key, void (*changed)(void *arg), void *arg)
{
    struct told *told = store->told;
    struct watch *watch = xcalloc(1, sizeof *watch);

    watch->told = told;
    watch->key = watched_take(told, key);
    watch->changed = changed;
    watch->arg = arg;
    watch->next = watch->key->first;
    watch->key->first = watch;
    uv_timer_start(&told->look, on_look, 0, WATCH_LOOK_MS);
    return watch;
}

void
store_unwatch(struct watch **watch)
{
    struct watched *key;
    struct watch **at;

    if (*watch == NULL) {
        return;
    }
    key = (*watch)->key;
    for (at = &key->first; *at != *watch; at = &(*at)->next) {
    }
    *at = (*watch)->next;
    if (key->first == NULL) {
        HASH_DEL((*watch)->told->watched, key);
        free(key);
    }
    free(*watch);
    *watch = NULL;
}

struct told *
told_new(struct store *store)
{
    struct told *told = xcalloc(1, sizeof *told);

    told->store = store;
    uv_timer_init(loop_uv(store->loop), &told->look);
    told->look.data = told;
    return told;
}

static void
free_closed(uv_handle_t *look)
{
    free(look->data);
}

void
told_free(struct told **told)
{
    if (*told == NULL) {
        return;
    }
    assert((*told)->watched == NULL);
    uv_close((uv_handle_t *)&(*told)->look, free_closed);
    *told = NULL;
}
