/* storage/idempotency.h - what was done under a client's Idempotency-Key.
 *
 * A key makes a retry safe (RELIABILITY.md 8). What it makes it also names, where that
 * can be: a job has its id from the key, and bears the fingerprint itself
 * (storage/job/job.h). An act that makes nothing it could name (a shop opened, a policy
 * put back, goods taken down) leaves a record beside the thing, in the thing's tag, of
 * the request's fingerprint and of the little that its first answer needs and that may
 * change afterwards. No body is kept, and a refusal leaves nothing.
 *
 *     idempotency_find()       was it done? then it is answered again from its state
 *     idempotency_put_...()    hands the key to the store function that acts: done and
 *                              recorded, or neither. A record that is there by now was
 *                              written by the same request on its way beside us:
 *                              ERR_IDEMPOTENCY_BUSY, and nothing is done
 *     idempotency_note()       nothing had to be done, and that is the answer
 *
 * A record goes by its TTL alone, so that a thing that lives on does not grow by the keys
 * it once met; a week is what RELIABILITY.md 6 asks for then, that no clock's step ends
 * it within the 24 h that are promised.
 *
 * Waits       idempotency_find(), idempotency_note().
 */
#ifndef STORAGE_IDEMPOTENCY_H
#define STORAGE_IDEMPOTENCY_H

#include "base/arena.h"
#include "proto/err.h"

struct call;
struct store;

enum { IDEMPOTENCY_KEPT_S = 7 * 86400, IDEMPOTENCY_BYTES = 32 };

struct idempotency {
    bool given;                             /* a key came; otherwise nothing is kept */
    uint8_t id[IDEMPOTENCY_BYTES];          /* of caller, method, path, key */
    uint8_t fingerprint[IDEMPOTENCY_BYTES]; /* of method, path, body */
};

/* Where a record lies: the thing's tag. */
struct idempotency_place {
    char family; /* 's', 'p'; 'g' has no partitions */
    unsigned partition;
};

/* *state is what the record says behind the fingerprint, in the arena; { NULL, 0 } when
 * nothing was done yet, or no key given. ERR_IDEMPOTENCY_MISMATCH. */
enum err idempotency_find(struct store *store, struct arena *arena,
                          const struct idempotency *key, struct idempotency_place place,
                          struct str *state);
/* ERR_IDEMPOTENCY_BUSY. */
enum err idempotency_note(struct store *store, struct arena *arena,
                          const struct idempotency *key, struct idempotency_place place,
                          struct str state);

/* The function's last key, and its last two arguments: fingerprint and TTL, for
 * "FINGERPRINT STATE". None of them without a key; `key` may be NULL. */
void idempotency_put_key(struct call *call, const struct idempotency *key,
                         struct idempotency_place place);
void idempotency_put_args(struct call *call, const struct idempotency *key, int kept_s);

#endif
