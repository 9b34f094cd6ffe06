/* storage/member/username.h - claims on user names.
 *
 * username:{m}:NAME, in the name's own partition, says which member has the name:
 * "ID AT_MS" while that member is being written, "ID" once it is. The member's own
 * record decides in the end: a claim whose member does not bear the name is free when
 * it was confirmed (a rename that stopped half-way) or is older than USERNAME_CLAIM_MS.
 * Every change is compare-and-set, so of two claimants one wins.
 *
 * Waits       Every function that takes the store.
 */
#ifndef STORAGE_MEMBER_USERNAME_H
#define STORAGE_MEMBER_USERNAME_H

#include "base/arena.h"
#include "proto/err.h"
#include "proto/ids.h"

struct store;

#define USERNAME_CLAIM_MS (INT64_C(60) * 1000)

struct username_claim {
    struct str name; /* folded */
    struct member_id member;
    struct str held; /* the claim's value as it stands in the store */
};

/* Lower case; false unless it is 3 ... 32 of a-z 0-9 _ -. The result lies in the arena.
 */
bool username_fold(struct arena *arena, struct str name, struct str *folded);

/* ERR_USERNAME_TAKEN. A claim of the same member is claimed anew. */
enum err username_take(struct store *store, struct arena *arena, int64_t now_ms,
                       struct username_claim *claim);
/* The member bears the name now. ERR_MOVED_ON: somebody took the claim over. */
enum err username_confirm(struct store *store, struct arena *arena,
                          struct username_claim *claim);
/* Gives up a claim that stands as claim->held says; one that moved on is left alone. */
enum err username_release(struct store *store, struct arena *arena,
                          const struct username_claim *claim);
/* Whose name it is, by its claim alone: the member's record must be asked as well.
 * ERR_NOT_FOUND. */
enum err username_find(struct store *store, struct arena *arena, struct str name,
                       struct username_claim *claim);

#endif
