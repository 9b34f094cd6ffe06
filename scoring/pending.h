/* scoring/pending.h - the credits that wait for a shop's next release, read and written
 * in portions: a crowd of buyers fits into no single call, and should block nobody.
 *
 * pending:{s}:N is read whole before anything is written; it cannot change meanwhile, for
 * then the position moves and our writes are refused. Of a shop that is written in several
 * calls part:{s}:E says under "t" and n which buyers are done and what went out of them,
 * until its figures are written: who was stopped is followed by another that goes on from
 * there, and each credit goes out once.
 *
 * Waits       pending_read().
 * Ownership   pending_free() gives back what pending_read() took.
 */
#ifndef SCORING_PENDING_H
#define SCORING_PENDING_H

#include "scoring/shop_release.h"
#include "storage/redis/call.h"
#include "storage/score/apply.h"

struct pending {
    struct pending_entry *entry;
    size_t count;
    size_t room; /* for a rest of each behind them */
};

/* The call that begins to read, so that those of many shops go out together. */
struct call *pending_call(struct arena *arena, struct shop_number shop);
/* Goes on from its reply. ERR_BAD_DATA or a store error. */
enum err pending_read(struct store *store, struct shop_number shop,
                      const struct reply *first, struct pending *pending);
void pending_free(struct pending *pending);

/* How far these shops, of one partition, are in a release: the call, and each's reply. */
struct call *pending_call_taken(struct arena *arena, int64_t release,
                                const struct shop_number *shops, size_t count);
enum err pending_read_taken(const struct reply *reply, struct release_taken *taken);

/* What becomes of the entries after shop_release(). */
struct pending_writer {
    const struct shop_release *release;
    size_t before; /* entries that were read */
    size_t at;     /* that are written, with their buyers' rests */
    size_t rest;
    struct release_taken taken;
    bool told; /* the store knows how far we are */
};
struct pending_writer pending_writer(const struct shop_release *release, size_t before);
/* The next portion. True when others follow: then this goes out alone, in a call of its
 * own. With the last one goes what the shop publishes. */
bool pending_write(struct pending_writer *writer, struct score_writes *writes,
                   struct arena *arena);

#endif
