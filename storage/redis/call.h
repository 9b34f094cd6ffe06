/* storage/redis/call.h - one command to the store and its answer.
 *
 * Everything above speaks to Redis through this page. A call is made in an arena,
 * filled, sent and waited for; its reply lies in the same arena. The first key given
 * decides where it goes: on a cluster to the node that holds its slot, also when that has
 * just changed. A call whose keys do not share one hash tag is refused (assert).
 *
 *     struct call *call = call_function(arena, "shop_feature");
 *     call_key(call, key);
 *     call_int(call, slot);
 *     err = call_wait(store, call);               waits
 *     if (err == ERR_NONE) ... call->reply ...
 *
 * Waits       call_wait(), call_wait_all(): every call ends exactly once, with its
 *             reply, a refusal or its deadline. A call is sent once, but for what was
 *             refused, and on a patient store (storage/store.h) what nothing happened
 *             to; make another to ask again.
 * Errors      ERR_STORE_DOWN       nothing happened (not connected, refused, too many
 *                                  in flight; or it was a read)
 *             ERR_STORE_UNCERTAIN  it may have happened: only idempotent things are
 *                                  asked again
 *             the code that a function answered: a store function's reply begins with
 *                                  "ok" or the code of an error (proto/err.h)
 *             ERR_INTERNAL         an error reply that is our own bug; it is logged
 */
#ifndef STORAGE_REDIS_CALL_H
#define STORAGE_REDIS_CALL_H

#include "base/arena.h"
#include "base/str.h"
#include "proto/err.h"

enum reply_type { REPLY_NIL, REPLY_INTEGER, REPLY_STRING, REPLY_ARRAY };

struct reply {
    enum reply_type type;
    int64_t integer;
    struct str str; /* bytes of a string or status */
    size_t count;   /* elements of an array */
    struct reply *element;
};

struct store; /* a loop's connections to the store and its cache: storage/store.h */

enum { CALL_TIMEOUT_MS = 1000, CALLS_IN_FLIGHT_MAX = 4096 };

struct call {
    struct arena *arena;
    const char *name; /* of the command or function; a literal */
    const char **argv;
    size_t *argv_len;
    size_t argc;
    size_t argv_room;
    size_t keys;    /* given by call_key() */
    struct str key; /* the first: where the call goes */
    bool is_function;
    bool is_read;              /* may be repeated blindly, may be cached */
    bool is_tracked;           /* by call_track() */
    bool is_constant;          /* by call_constant() */
    bool is_replicated;        /* by call_replicated() */
    bool quiet;                /* a refusal is expected and not logged */
    int timeout_ms;            /* CALL_TIMEOUT_MS unless changed */
    enum err err;              /* the outcome */
    const struct reply *reply; /* NULL unless err is ERR_NONE or a function's own code
                                */
    size_t at_node;            /* by call_at_node(): i + 1 */
    struct flight *flight;     /* send.c: under way */
    struct node *node;         /* send.c: where it is sent */
    bool asking;               /* send.c: the slot is on its way there */
    struct str refusal;        /* send.c: the words of an error reply */
};

/* A plain command. Reads (GET HGET HMGET HGETALL XRANGE ZRANGE SMEMBERS EXISTS ...) are
 * known by name. `name` is a literal. */
struct call *call_command(struct arena *arena, const char *name);
/* A store function, by its name without the version: FCALL, or FCALL_RO for those that
 * storage/redis/functions knows as readers. */
struct call *call_function(struct arena *arena, const char *name);

/* Keys come before other arguments. Bytes are borrowed until the call was waited for.
 */
void call_key(struct call *call, struct str key);
/* Written by one of storage/key.h's formats, which have few conversions: see call.c. */
void call_keyf(struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void call_arg(struct call *call, struct str arg);
void call_text(struct call *call, const char *text);
void call_int(struct call *call, int64_t number);
/* Asks Redis to tell when a key of this read changes: whoever watches it (store_watch)
 * or caches it (storage/redis/cache.h) hears of the next change, once. */
void call_track(struct call *call);
/* What it reads never changes once it is written: nobody needs to be told of it, and a
 * page made of it may be kept. */
void call_constant(struct call *call);

/* It is answered only when a replica has it too, where the node has replicas: what is
 * acknowledged then survives a failover. ERR_STORE_UNCERTAIN when none has it in time:
 * asked again, it waits for what was written the first time. */
void call_replicated(struct call *call);

/* The outcome of a call after another has written its part of the same thing: that
 * nothing happened would no longer be true. */
static inline enum err
err_after_write(enum err err)
{
    return err == ERR_STORE_DOWN ? ERR_STORE_UNCERTAIN : err;
}

/* Is it the store that could not, this time? Asked again it may be otherwise. */
static inline bool
err_passes(enum err err)
{
    return err == ERR_STORE_DOWN || err == ERR_STORE_UNCERTAIN || err == ERR_OVERLOADED;
}

/* --- what belongs to a node and not to a key ----------------------------------------- */
/* How many nodes hold keys: 1, or on a cluster its primaries. `map`, if not NULL, is
 * another number when keys have moved between them. */
size_t store_nodes(const struct store *store, int64_t *map);
/* A call without a key goes to the i-th of them; without this, to any that is good for
 * all: that of the global tag. */
void call_at_node(struct call *call, size_t i);

/* Sends and waits. The outcome is call->err as well. */
enum err call_wait(struct store *store, struct call *call);
/* Sends all, in this order where they go to the same node, and waits once for all of
 * them. The first error, or ERR_NONE. */
enum err call_wait_all(struct store *store, struct call **calls, size_t count);

/* --- reading replies; all judge the type and the range, for stored data is hostile too  */
/* The i-th element, or a REPLY_NIL when there is none. */
const struct reply *reply_at(const struct reply *array, size_t i);
bool reply_int(const struct reply *reply, int64_t *value); /* integer or its digits */
/* The bytes of a string; empty for anything else. */
struct str reply_str(const struct reply *reply);
/* The value behind a name in name, value, name, value ... (HGETALL, a stream's entry):
 * a REPLY_NIL when there is none; the bytes of a string, { NULL, 0 } for anything else. */
const struct reply *reply_of(const struct reply *pairs, const char *name);
struct str reply_field(const struct reply *pairs, const char *name);

#endif
