/* storage/store.h - a loop's way to the store.
 *
 * Each loop thread opens one: its connections, its calls under way, its cache
 * (storage/redis/cache.h). Nothing in it is shared with other loops. The clock, the
 * policy in force and the key file come along, for what storage/ decides needs them.
 */
#ifndef STORAGE_STORE_H
#define STORAGE_STORE_H

#include "base/clock.h"
#include "base/task.h"
#include "proto/err.h"
#include "storage/redis/call.h"

struct store_config {
    const char *url;      /* see storage/redis/address.h */
    const char *user;     /* NULL: from the URL */
    const char *password; /* NULL: from the URL */
    struct clock *clock;  /* shared by the process; outlives the store */
    struct keys *keys;    /* storage/privacy/keys.h; shared; outlives the store */
    size_t cache_bytes;   /* 0: CACHE_BYTES_MAX (storage/redis/cache.h) */
};

struct store;

/* Can it be understood? */
bool store_url_ok(const char *url);
/* Begins to connect and goes on for ever, with back-off; never fails for want of a
 * server. NULL and one log line when the URL cannot be understood. */
struct store *store_open(struct loop *loop, const struct store_config *config);
/* Ends what is under way (ERR_STORE_DOWN, ERR_STORE_UNCERTAIN), closes. Tasks that use
 * the store must have ended, or end when their call does. Waits. */
void store_close(struct store **store);

/* Was every node connected once, its functions loaded, and is that of the global tag now?
 * While another is away, what lies there is answered with ERR_STORE_DOWN. */
bool store_ready(const struct store *store);
/* Nodes that should be connected and are not. */
size_t store_nodes_away(const struct store *store);
/* Waits until every node is connected, for at most timeout_ms; ERR_NONE, ERR_STORE_DOWN,
 * or why it is refused: ERR_NEWER_FORMAT, ERR_OLDER_FORMAT, ERR_BAD_DATA, ERR_OTHER_KEYS
 * (another key file's store). */
enum err store_wait_ready(struct store *store, int timeout_ms);

/* From now on calls that fail with ERR_STORE_DOWN, which says that nothing happened, are
 * made again for so long, each wait anew, before their callers hear of it: for a command,
 * which would rather wait than begin anew. A refusal that lasts (memory is full, a right
 * is missing) is heard of as late. */
void store_be_patient(struct store *store, int patience_ms);

int64_t store_now_ms(const struct store *store); /* the clock's */
struct clock *store_clock(struct store *store);
struct keys *store_keys(struct store *store);
struct loop *store_loop(struct store *store);
struct period_keys *store_period_keys(struct store *store); /* storage/privacy */

/* The versions of the function libraries that this program calls, with a space between
 * two: what a process that beats says it needs (storage/process.h). Borrowed. */
struct str store_functions(const struct store *store);

/* How far Redis' clock is ahead of this machine's, without the test clock's offset.
 * Waits. ERR_NONE or a store error. */
enum err store_clock_skew(struct store *store, int64_t *ahead_ms);

/* What happened on this loop since the start; for metrics. */
struct store_counts {
    int64_t calls;        /* sent */
    int64_t refused;      /* not sent: no connection, or too many in flight */
    int64_t late;         /* their deadline passed first */
    int64_t unreplicated; /* written, but no replica said in time that it has it */
    int64_t connects;     /* of the connection that carries calls */
    int64_t told;         /* keys that Redis said had changed */
};
const struct store_counts *store_counts(const struct store *store);

/* --- watching a key -----------------------------------------------------------------
 * changed(arg) is called from the loop, outside of any task: soon after the watch
 * begins, when a tracked read of the key (call_track()) has gone stale, after every
 * reconnect, and every WATCH_LOOK_MS for the case that a look failed. It starts or
 * wakes a task that reads the key again, with call_track(). It must not end a watch. */
/* Is Redis telling us of changes just now? Watches look once a second all the same. */
bool store_is_told(const struct store *store);

enum { WATCH_LOOK_MS = 1000 };
struct watch;

struct watch *store_watch(struct store *store, struct str key,
                          void (*changed)(void *arg), void *arg);
void store_unwatch(struct watch **watch);

#endif
