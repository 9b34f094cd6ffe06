/* storage/policy/policy.h - the versions of the policy that the store keeps.
 *
 * Version 1 are the defaults of the binary that came first to an empty store; each
 * change writes the next one with its line in the audit, in one function. Which one is
 * in force in this process, storage/policy/holder.h knows.
 *
 * Waits       Every function here.
 * Ownership   A struct policy is the caller's (policy_free()); all else lies in the
 * arena.
 */
#ifndef STORAGE_POLICY_POLICY_H
#define STORAGE_POLICY_POLICY_H

#include "base/arena.h"
#include "proto/err.h"
#include "proto/policy.h"

struct idempotency;
struct store;

enum { POLICY_NOTE_CHARS_MAX = 200, POLICY_VERSIONS_PAGE_MAX = 100 };

/* The newest version. ERR_BAD_DATA when what is stored cannot be understood. */
enum err policy_load(struct store *store, struct arena *arena, struct policy **policy);

struct policy_version {
    int64_t version;
    int64_t at_ms;
    struct member_id actor; /* value 0: the command line, or the beginning */
    struct str note;
};

/* A former version, or the newest. ERR_NOT_FOUND. `about` may be NULL. */
enum err policy_load_version(struct store *store, struct arena *arena, int64_t version,
                             struct policy **policy, struct policy_version *about);

/* The history, newest first: versions below `before` (0: from the newest). */
enum err policy_history(struct store *store, struct arena *arena, int64_t before,
                        size_t limit, struct policy_version *versions, size_t *count);

struct policy_change {
    int64_t expected;            /* the version that it was made from */
    const struct policy *policy; /* what is to hold; its version plays no part */
    struct str what;             /* the audit's word: "policy_changed" ... */
    struct str target;           /* the audit's: "version 3" of a rollback, or empty */
    struct member_id actor;
    int64_t now_ms;
    struct str note;
    const struct idempotency *key; /* NULL: none */
};

/* Writes it as the next version. ERR_STALE_VERSION when `expected` is not the newest
 * any more. Asked again after ERR_STORE_UNCERTAIN it changes nothing twice.
 * ERR_IDEMPOTENCY_BUSY. */
enum err policy_put(struct store *store, struct arena *arena,
                    const struct policy_change *change, int64_t *version);
/* The version that a change under this key led to before; 0: there was none.
 * ERR_IDEMPOTENCY_MISMATCH. */
enum err policy_put_before(struct store *store, struct arena *arena,
                           const struct idempotency *key, int64_t *version);
/* The key's change would change nothing: the version in force is its answer.
 * ERR_IDEMPOTENCY_BUSY. */
enum err policy_put_nothing(struct store *store, struct arena *arena,
                            const struct idempotency *key, int64_t version);

/* The whole document as compact JSON in the arena. */
struct str policy_document(struct arena *arena, const struct policy *policy);
/* {"slots.cooldown_s": 60}: the fields of `of` that differ in `other`, as compact JSON
 * in the arena. */
struct str policy_changed_fields(struct arena *arena, const struct policy *of,
                                 const struct policy *other);

#endif
