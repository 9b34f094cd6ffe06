/* storage/redis/node.c - a node's connections, kept open.
 *
 *     main: open, sign in, who holds which slots, is the data for us, functions --> ready
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/rand.h"
#include "base/xmalloc.h"
#include "storage/redis/inside.h"

enum { BACKOFF_FIRST_MS = 50, BACKOFF_MAX_MS = 2000, ARENA_BYTES_MAX = 4 << 20 };

/* --- setting a connection up -------------------------------------------------------- */
/* Nothing is written to a store before we know that it is for us: the node of the global
 * tag says so. Who holds that tag may change meanwhile, and while nobody is ready nobody
 * else asks. */
static bool
wait_for_judgement(struct node *node, struct arena *arena)
{
    struct store *store = node->store;

    while (!store->judged && node->wanted && connection_is_open(node->main)) {
        if (!store->mapped && cluster_learn(store, node) != ERR_NONE) {
            return false;
        }
        if (store->owner[slot_of_tag(STR("g"))] == node) {
            return store_judge_data(store, node, arena);
        }
        waits_join(&store->changed, clock_mono_ms() + LEARN_EVERY_MS);
    }
    return store->judged;
}

/* INFO counts good replicas only where min-replicas-to-write asks for them. A single
 * Redis' replicas are not waited for. */
static void
learn_demand(struct node *node, struct arena *arena)
{
    const struct str word = STR("min_slaves_good_slaves:");
    struct call *call = call_command(arena, "INFO");
    struct str info;

    call_text(call, "replication");
    call->quiet = true;
    if (!node->store->clustered ||
        call_wait_on(node->store, node->main, &call, 1) != ERR_NONE) {
        return;
    }
    info = reply_str(call->reply);
    node->demands_replica =
        info.len > 0 && memmem(info.data, info.len, word.data, word.len) != NULL;
    if (node->demands_replica) {
        node_keep_sure(node);
    }
}

/* A store that was judged before is judged again by each node that comes to hold the
 * global tag: another's data may lie there now. */
static bool
prepare_main(struct node *node, struct arena *arena)
{
    struct store *store = node->store;

    if (store_sign_in(store, node->main, arena) != ERR_NONE ||
        (!store->mapped && cluster_learn(store, node) != ERR_NONE)) {
        return false;
    }
    if (store->owner[slot_of_tag(STR("g"))] == node &&
        !store_judge_data(store, node, arena)) {
        return false;
    }
    learn_demand(node, arena);
    return wait_for_judgement(node, arena) && node->wanted &&
           functions_load(store, node) == ERR_NONE && connection_is_open(node->main);
}

static bool
set_up_main(struct node *node)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    bool done = prepare_main(node, arena);

    arena_free(&arena);
    if (done) {
        node->ready = true;
        node->store->begun = node->store->begun || cluster_is_complete(node->store);
        node->store->counts.connects++;
        waits_end(&node->store->changed);
        told_begin(node);
    }
    return done;
}

static bool
set_up_subscriber(struct node *node)
{
    if (!told_subscribe(node)) {
        return false;
    }
    told_begin(node);
    return true;
}

static bool
set_up_sure(struct node *node)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    enum err err = store_sign_in(node->store, node->sure, arena);

    arena_free(&arena);
    node->sure_ready = err == ERR_NONE && connection_is_open(node->sure);
    waits_end(&node->store->changed);
    return node->sure_ready;
}

/* --- keepers ------------------------------------------------------------------------ */
static bool
is_kept(const struct node *node)
{
    return node->wanted && !node->store->closing;
}

/* Half of the time is left to chance, so that many do not come back at once. */
static void
back_off(struct node *node, int *backoff_ms)
{
    int half_ms = *backoff_ms / 2;
    int64_t until_ms =
        clock_mono_ms() + half_ms + (int)(rand_u64() % (unsigned)half_ms);

    *backoff_ms = *backoff_ms < BACKOFF_MAX_MS / 2 ? 2 * *backoff_ms : BACKOFF_MAX_MS;
    while (is_kept(node) && waits_join(&node->store->changed, until_ms)) {
    }
}

static void
keep(struct node *node, struct connection *connection,
     bool (*set_up)(struct node *node))
{
    struct store *store = node->store;
    int backoff_ms = BACKOFF_FIRST_MS;

    while (is_kept(node)) {
        if (connection_open(connection) && set_up(node)) {
            backoff_ms = BACKOFF_FIRST_MS;
            while (connection_is_open(connection) && is_kept(node)) {
                waits_join(&store->changed, INT64_MAX);
            }
        }
        connection_drop(connection);
        back_off(node, &backoff_ms);
    }
    node_release(node);
    store->tasks--;
    waits_end(&store->changed);
}

static void
keep_main(void *arg)
{
    struct node *node = arg;

    keep(node, node->main, set_up_main);
}

static void
keep_subscriber(void *arg)
{
    struct node *node = arg;

    keep(node, node->subscriber, set_up_subscriber);
}

static void
keep_sure(void *arg)
{
    struct node *node = arg;

    keep(node, node->sure, set_up_sure);
}

static void
lost(void *arg)
{
    struct node *node = arg;

    if (node->ready && !connection_is_open(node->main)) {
        node->ready = false;
        cluster_doubt(node->store);
    }
    told_lost(node);
    waits_end(&node->store->changed);
}

/* --- the life of a node ------------------------------------------------------------- */
void
node_hold(struct node *node)
{
    node->holders++;
}

void
node_release(struct node *node)
{
    assert(node->holders > 0);
    if (--node->holders > 0) {
        return;
    }
    LIST_REMOVE(node, others);
    /* A store that is closing is asked until its end. */
    for (size_t i = 0; i < SLOTS; i++) {
        if (node->store->owner[i] == node) {
            node->store->owner[i] = NULL;
        }
    }
    waits_end(&node->store->changed);
    connection_free(&node->main);
    connection_free(&node->subscriber);
    connection_free(&node->sure);
    crypto_wipe(&node->address, sizeof node->address);
    free(node);
}

void
node_let_go(struct node *node)
{
    node->wanted = false;
    node_hold(node); /* its keepers may end at once */
    connection_drop(node->main);
    connection_drop(node->subscriber);
    if (node->sure != NULL) {
        connection_drop(node->sure);
    }
    waits_end(&node->store->changed);
    node_release(node);
}

static bool
start_keeper(struct node *node, task_fn *keeper)
{
    node_hold(node);
    node->store->tasks++;
    if (task_start(node->store->loop, keeper, node)) {
        return true;
    }
    node->store->tasks--;
    node->holders--;
    return false;
}

static void
lost_sure(void *arg)
{
    struct node *node = arg;

    node->sure_ready = false;
    waits_end(&node->store->changed);
}

void
node_keep_sure(struct node *node)
{
    if (node->sure != NULL) {
        return;
    }
    node->sure = connection_new(node->store->loop, &node->address, lost_sure, node);
    if (!start_keeper(node, keep_sure)) {
        connection_free(&node->sure); /* the next map brings it up again */
    }
}

/* Both keepers, or none: the one alone sees that the node is not wanted. */
static struct node *
start(struct store *store, const struct address *address)
{
    struct node *node = xcalloc(1, sizeof *node);
    bool started;

    node->store = store;
    node->address = *address;
    node->wanted = true;
    node->main = connection_new(store->loop, &node->address, lost, node);
    node->subscriber = connection_new(store->loop, &node->address, lost, node);
    LIST_INSERT_HEAD(&store->nodes, node, others);
    node_hold(node);
    started = start_keeper(node, keep_main) && start_keeper(node, keep_subscriber);
    if (!started) {
        node_let_go(node);
    }
    node_release(node);
    return started ? node : NULL;
}

static struct node *
find(const struct store *store, const struct address *address)
{
    struct node *node;

    LIST_FOREACH(node, &store->nodes, others)
    {
        if (node->wanted && node->address.is_unix == address->is_unix &&
            node->address.port == address->port &&
            strcmp(node->address.host, address->host) == 0) {
            return node;
        }
    }
    return NULL;
}

static struct node *
take(struct store *store, const struct address *address)
{
    struct node *node = find(store, address);

    return node != NULL ? node : start(store, address);
}

struct node *
node_take(struct store *store, struct str host, int port)
{
    struct address address = store->address;
    struct node *node;

    assert(host.len < sizeof address.host);
    address.is_unix = false;
    address.port = port;
    memcpy(address.host, host.data, host.len);
    address.host[host.len] = '\0';
    node = take(store, &address);
    crypto_wipe(&address, sizeof address);
    return node;
}

bool
node_take_given(struct store *store)
{
    const struct address *address = &store->address;
    bool taken = take(store, address) != NULL;

    for (size_t i = 0; i < address->others; i++) {
        const struct address_host *other = &address->other[i];

        taken = node_take(store, str_from(other->host), other->port) != NULL || taken;
    }
    return taken;
}
