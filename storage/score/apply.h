/* storage/score/apply.h - the worker's one way to write a partition.
 *
 * Writes are collected by key and command, absolute values, and go out in one call with
 * the position they lead to. The call is refused (ERR_MOVED_ON) when the stored position
 * is not the expected one: whoever gets that, or ERR_STORE_UNCERTAIN, forgets what it
 * has in memory of the partition and reads the position again.
 *
 * Waits       score_apply(), score_applied_read().
 * Ownership   Everything lies in the arena; arguments are borrowed until the call.
 */
#ifndef STORAGE_SCORE_APPLY_H
#define STORAGE_SCORE_APPLY_H

#include "base/arena.h"
#include "proto/err.h"

struct store;

/* How far the worker has come in a partition: the last event's id, and a number that
 * every write raises. */
struct score_position {
    char event[44]; /* "1700000000000-0"; "0-0" before the first */
    uint64_t step;
};

/* What applied:{sNNN} holds: the position, and what was done by time or policy. */
struct score_applied {
    struct score_position at;
    int64_t release;   /* the last whose part this partition has made */
    int64_t tier_day;  /* the last on which tiers were evaluated; 0: none */
    int64_t swept_day; /* the last on which ended periods were swept out */
    int64_t credits;   /* which brackets and weights the credits follow; 0: none yet */
    int64_t tiers;     /* which tiers the shops have; 0: none yet */
    int64_t slots_first; /* the slots of the first of them */
    int64_t
        loose; /* 1: the stream was cut, and the position stands on no entry of it */
    int64_t rebuild; /* 1: ... and what was recorded is still to be told again */
};
enum err score_applied_read(struct store *store, struct arena *arena,
                            unsigned partition, struct score_applied *applied);
/* As it stands in the store: "" before the first write. For functions of other subjects
 * that write under the same fence (storage/shop/tier.h). */
struct str score_position_text(struct arena *arena, const struct score_position *at);

enum {
    SCORE_CALL_BYTES = 64 << 10, /* what a call should hold; a batch stops there */
    SCORE_COMMAND_ARGS_MAX = 4000
};

struct score_writes;

struct score_writes *score_writes_new(struct arena *arena, unsigned partition,
                                      const struct score_position *from);
struct score_command {
    const char *command; /* a literal that lua/score.lua knows */
    struct str key;
    size_t head; /* leading arguments that are said once ("LT" of ZADD) */
};
/* Goes into one command with others of the same kind and key. */
void score_write(struct score_writes *writes, const struct score_command *command,
                 const struct str *args, size_t count);
/* A field of applied:{sNNN}, by its name above. */
void score_write_applied(struct score_writes *writes, const char *name, int64_t value);
size_t score_writes_bytes(const struct score_writes *writes);
/* Nothing to write. */
bool score_writes_empty(const struct score_writes *writes);

/* Writes it all and moves the position: to `event` when it is not NULL, and one step on.
 * *next is where it then is. */
enum err score_apply(struct store *store, struct score_writes *writes,
                     const char *event, struct score_position *next);

#endif
