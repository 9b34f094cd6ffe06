/* storage/redis/cluster.c - who holds which slots, learnt from the nodes themselves.
 *
 * A single Redis says that it is no cluster: then its node holds everything, for good. On
 * a cluster the map is learnt when the first node is connected, and again, by one task,
 * when a node has sent a call elsewhere, was lost, or cannot be reached, and now and then
 * to see which replicas there are. */
#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/xmalloc.h"
#include "storage/redis/inside.h"

enum {
    MAP_AGE_MAX_MS = 5000, /* nobody tells of replicas that came or went */
    LOOK_MS = 1000,
    LEARN_BYTES_MAX = 8 << 20
};

static const struct str no_cluster =
    STR("ERR This instance has cluster support disabled");

/* --- the map ------------------------------------------------------------------------ */
static bool
holds_slots(const struct store *store, const struct node *node)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (store->owner[i] == node) {
            return true;
        }
    }
    return false;
}

/* Nodes that hold nothing any more go. */
static void
let_go_of_others(struct store *store)
{
    struct node *node = LIST_FIRST(&store->nodes);

    while (node != NULL) {
        struct node *next = LIST_NEXT(node, others);

        if (node->wanted && !holds_slots(store, node)) {
            node_let_go(node);
        }
        node = next;
    }
}

/* What we were told of a slot's keys is worth nothing at another node. */
static void
take_map(struct store *store, struct node *const *owner)
{
    bool moved = false;

    store->whole = true;
    for (size_t i = 0; i < SLOTS; i++) {
        store->whole = store->whole && owner[i] != NULL;
        moved = moved || (store->owner[i] != NULL && store->owner[i] != owner[i]);
        store->owner[i] = owner[i];
    }
    store->mapped = true;
    store->mapped_at_ms = clock_mono_ms();
    store->moves += moved;
    let_go_of_others(store);
    told_judge(store, moved);
    store->begun = store->begun || cluster_is_complete(store);
    waits_end(&store->changed);
}

static void
take_single(struct store *store, struct node *node)
{
    struct node **owner = xcalloc(SLOTS, sizeof(struct node *));

    for (size_t i = 0; i < SLOTS; i++) {
        owner[i] = node;
    }
    store->clustered = false;
    take_map(store, owner);
    free(owner);
}

/* A node does not know its own address before another has told it. */
struct node *
cluster_node_at(struct store *store, struct node *by, struct str host, int port)
{
    if (host.len > 0) {
        return node_take(store, host, port);
    }
    if (by->address.is_unix || by->address.port == port) {
        return by->wanted ? by : NULL;
    }
    return node_take(store, str_from(by->address.host), port);
}

static enum err
read_map(struct store *store, struct node *by, const struct reply *ranges,
         struct node **owner)
{
    for (size_t i = 0; i < ranges->count; i++) {
        struct slot_range range;
        struct node *node;

        if (!slot_range_read(ranges, i, &range)) {
            log_error("a cluster's map cannot be understood");
            return ERR_STORE_DOWN;
        }
        node = cluster_node_at(store, by, range.host, range.port);
        if (node == NULL) {
            log_error("no task is left to keep a node of the cluster connected");
            return ERR_STORE_DOWN;
        }
        node->replicas = range.replicas;
        if (node->replicas > 0 || node->demands_replica) {
            node_keep_sure(node);
        }
        for (unsigned slot = range.first; slot <= range.last; slot++) {
            owner[slot] = node;
        }
    }
    return ranges->count > 0 ? ERR_NONE : ERR_STORE_DOWN;
}

static enum err
learn_from(struct store *store, struct node *node, struct arena *arena)
{
    struct call *call = call_command(arena, "CLUSTER");
    struct node **owner;
    enum err err;

    call_text(call, "SLOTS");
    call->quiet = true;
    err = call_wait_on(store, node->main, &call, 1);
    if (!node->wanted) {
        return ERR_STORE_DOWN; /* let go meanwhile: its word is worth nothing */
    }
    if (str_equal(call->refusal, no_cluster)) {
        if (store->address.others > 0) { /* which of them? each may hold other data */
            log_error("several nodes were named, and one is of no cluster");
            return ERR_STORE_DOWN;
        }
        take_single(store, node);
        return ERR_NONE;
    }
    if (str_starts(call->refusal, STR("NOPERM "))) {
        log_error("the store's user may not ask for a cluster's slots",
                  LOG_S("refusal", call->refusal.data));
    }
    if (err != ERR_NONE) {
        return err;
    }
    owner = xcalloc(SLOTS, sizeof(struct node *));
    err = read_map(store, node, call->reply, owner);
    if (err == ERR_NONE) {
        store->clustered = true;
        take_map(store, owner);
    }
    free(owner);
    return err;
}

enum err
cluster_learn(struct store *store, struct node *node)
{
    struct arena *arena = arena_new(LEARN_BYTES_MAX);
    enum err err;

    node_hold(node);
    err = learn_from(store, node, arena);
    node_release(node);
    arena_free(&arena);
    return err;
}

struct node *
cluster_moved(struct store *store, struct node *by, const struct slot_moved *moved)
{
    struct node *node = cluster_node_at(store, by, moved->host, moved->port);

    if (node != NULL && store->owner[moved->slot] != node) {
        store->owner[moved->slot] = node;
        store->moves++;
        told_judge(store, true);
    }
    cluster_doubt(store);
    return node;
}

/* The i-th of the nodes in the order of their first slots; NULL when there are fewer. */
static struct node *
nth_node(const struct store *store, size_t i, size_t *count)
{
    struct node *nth = NULL;

    *count = 0;
    for (size_t slot = 0; slot < SLOTS; slot++) {
        struct node *node = store->owner[slot];
        size_t first = 0;

        if (node == NULL || (slot > 0 && node == store->owner[slot - 1])) {
            continue;
        }
        while (store->owner[first] != node) {
            first++;
        }
        if (first == slot && (*count)++ == i) {
            nth = node;
        }
    }
    return nth;
}

size_t
store_nodes(const struct store *store, int64_t *map)
{
    size_t count;

    nth_node(store, 0, &count);
    if (map != NULL) {
        *map = store->moves;
    }
    return count;
}

struct node *
cluster_owner(const struct store *store, const struct call *call)
{
    struct str tag = call->key.len > 0 ? call_tag(call->key) : STR("g");
    size_t count;

    if (call->at_node > 0) {
        return nth_node(store, call->at_node - 1, &count);
    }
    return store->owner[slot_of_tag(tag)];
}

/* --- learning again ----------------------------------------------------------------- */
void
cluster_doubt(struct store *store)
{
    store->map_is_old = true;
    waits_end(&store->changed);
}

/* Any that is ready, another each time: one alone may be cut off and not know. */
static struct node *
choose(const struct store *store)
{
    struct node *node, *chosen = NULL;
    uint64_t count = 0;

    LIST_FOREACH(node, &store->nodes, others)
    {
        if (node->wanted && node->ready && rand_u64() % ++count == 0) {
            chosen = node;
        }
    }
    return chosen;
}

/* When all we know are gone, those that were given may lead to others. */
static void
learn_again(struct store *store)
{
    struct node *node = choose(store);

    store->map_is_old = false;
    if (node == NULL) {
        store->mapped = false; /* whoever comes back says it */
        node_take_given(store);
    } else if (cluster_learn(store, node) != ERR_NONE) {
        store->map_is_old = true;
    }
}

size_t
store_nodes_away(const struct store *store)
{
    const struct node *node;
    size_t away = 0;

    LIST_FOREACH(node, &store->nodes, others)
    {
        away += node->wanted && !node->ready;
    }
    return away;
}

bool
cluster_is_complete(const struct store *store)
{
    return store->judged && store->whole && store_nodes_away(store) == 0;
}

static bool
is_due(const struct store *store)
{
    return store->map_is_old || !cluster_is_complete(store) ||
           clock_mono_ms() >= store->mapped_at_ms + MAP_AGE_MAX_MS;
}

static void
pause_learning(struct store *store)
{
    int64_t until_ms = clock_mono_ms() + LEARN_EVERY_MS;

    while (!store->closing && waits_join(&store->changed, until_ms)) {
    }
}

void
cluster_keep_map(void *arg)
{
    struct store *store = arg;

    while (!store->closing && (!store->mapped || store->clustered)) {
        if (store->clustered && is_due(store)) {
            learn_again(store);
            pause_learning(store);
        } else {
            waits_join(&store->changed, clock_mono_ms() + LOOK_MS);
        }
    }
    store->tasks--;
    waits_end(&store->changed);
}
