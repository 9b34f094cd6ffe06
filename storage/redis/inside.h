/* storage/redis/inside.h - what the files of storage/redis know of a store and of its
 * nodes, and nobody else does.
 *
 * A node is one Redis. Each has two connections: `main` carries calls, `subscriber`
 * nothing but the news that tracked keys have changed. A node with replicas, or
 * that takes no writes without one, has a third, `sure`, for calls that wait for a
 * replica: they hold up whatever stands behind them.
 * Each connection has a keeper, a task that opens it, sets it up, waits for its end and
 * begins again.
 *
 * A store has one node, or on a cluster each primary: owner[] says which of them holds a
 * slot. A node that holds none any more is let go; whoever keeps a pointer to one over a
 * wait holds it (node_hold()).
 */
#ifndef STORAGE_REDIS_INSIDE_H
#define STORAGE_REDIS_INSIDE_H

#include <sys/queue.h>

#include "storage/redis/address.h"
#include "storage/redis/connection.h"
#include "storage/redis/functions.h"
#include "storage/redis/slots.h"
#include "storage/redis/told.h"
#include "storage/store.h"

struct cache;
struct flight;

struct node {
    struct store *store;
    struct address address;
    struct connection *main;
    struct connection *subscriber;
    struct connection *sure; /* NULL: not needed so far */
    bool ready;              /* main is set up */
    bool sure_ready;         /* so is sure */
    bool wanted;             /* it holds slots, or we do not know yet */
    bool subscribed;         /* told.c: the subscription holds */
    bool told;               /* told.c: main's invalidations come to the subscriber */
    int64_t session; /* told.c: the subscriber's client id, another with each opening */
    size_t replicas; /* in sync, as far as we heard */
    bool demands_replica; /* it has min-replicas-to-write */
    bool loading;         /* functions.c: single flight */
    enum err outcome;     /* functions.c: of the last loading */
    unsigned holders;
    LIST_ENTRY(node) others;
};

struct store {
    struct loop *loop;
    struct clock *clock;
    struct keys *keys;
    struct period_keys *period_keys;
    struct address address;    /* as it was given: the first nodes to ask */
    LIST_HEAD(, node) nodes;   /* never empty while open */
    struct node *owner[SLOTS]; /* NULL: nobody, as far as we know */
    bool clustered;
    bool mapped;          /* owner[] has been learnt */
    int64_t mapped_at_ms; /* monotonic */
    int64_t moves;        /* how often slots have changed hands */
    bool whole;           /* every slot has an owner */
    bool map_is_old;      /* somebody said so: it is learnt again soon */
    bool judged;          /* the data is for us */
    bool begun;           /* all was connected once */
    enum err refused;     /* or why it is not */
    struct functions *functions;
    struct told *told;
    struct cache *cache;
    bool closing;
    int tasks; /* alive: keepers and the map's */
    struct waits changed;
    size_t in_flight; /* calls that hiredis owes an answer */
    int patience_ms;  /* by store_be_patient() */
    struct store_counts counts;
};

/* The map is learnt at most so often, and so often while a node is not reached. */
enum { LEARN_EVERY_MS = 250 };

/* --- node.c ------------------------------------------------------------------------- */
/* The node at an address, with the store's user and password; it begins to connect when
 * it is new. NULL when the loop has no task left for it: later. */
struct node *node_take(struct store *store, struct str host, int port);
/* All that store->address names. False when there is no task for any of them. */
bool node_take_given(struct store *store);
/* It has replicas, or demands one: `sure` is kept from now on. */
void node_keep_sure(struct node *node);
void node_hold(struct node *node);
void node_release(struct node *node);
/* It holds nothing any more: its connections are dropped, and it goes when nobody holds
 * it. */
void node_let_go(struct node *node);

/* --- cluster.c ---------------------------------------------------------------------- */
/* Learns from a node, whose main connection is open, who holds which slots. Waits. */
enum err cluster_learn(struct store *store, struct node *node);
/* A node has said that another holds a slot. The node to ask now, NULL: later. */
struct node *cluster_moved(struct store *store, struct node *by,
                           const struct slot_moved *moved);
/* The node at an address that `by` has named; without a host it is its own. NULL: later. */
struct node *cluster_node_at(struct store *store, struct node *by, struct str host,
                             int port);
/* Who holds the tag of the call's key, or the global tag; NULL when nobody does. */
struct node *cluster_owner(const struct store *store, const struct call *call);
/* Is every node that holds slots ready, every slot held, the data judged? */
bool cluster_is_complete(const struct store *store);
/* The map may be old: it is learnt again soon, once for all who say so. */
void cluster_doubt(struct store *store);
/* The task that learns. */
void cluster_keep_map(void *store);

/* --- call.c ------------------------------------------------------------------------- */
/* What stands before a function's first key: FCALL, its name, the number of keys. */
enum { FUNCTION_WORDS = 3 };

void call_set_word(struct call *call, size_t i, struct str word);
/* The tag of a key: what lies between its braces (asserted). */
struct str call_tag(struct str key);

/* --- send.c ------------------------------------------------------------------------- */
/* As call_wait_all(), over a connection that is not ready yet. */
enum err call_wait_on(struct store *store, struct connection *connection,
                      struct call **calls, size_t count);

/* --- store.c ------------------------------------------------------------------------ */
/* AUTH, when the address names somebody. Waits. */
enum err store_sign_in(struct store *store, struct connection *connection,
                       struct arena *arena);
/* The node of the global tag is there: is its data for us? Waits. False: no. */
bool store_judge_data(struct store *store, struct node *node, struct arena *arena);

#endif
