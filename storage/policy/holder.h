/* storage/policy/holder.h - the policy in force, known to each loop.
 *
 * A loop opens one beside its store. It watches the key, so that a change is in force
 * here within a second of the PUT that made it, and keeps the last good policy while
 * the store is away. Who works by a policy takes it and gives it back: a request that
 * began under one ends under it, though another may be in force by then.
 *
 * Threads     One loop's.
 */
#ifndef STORAGE_POLICY_HOLDER_H
#define STORAGE_POLICY_HOLDER_H

#include "proto/err.h"
#include "proto/policy.h"

struct store;
struct policy_holder;

/* Begins to watch. `changed`, which may be NULL, is called in a task when another
 * version has come into force, the first one too. */
struct policy_holder *policy_holder_open(struct store *store,
                                         void (*changed)(void *arg), void *arg);
/* Ends the watching; must come before store_close(). Policies may still be given back
 * afterwards, and what is left goes with the last one. Waits for a reading that is under
 * way. */
void policy_holder_close(struct policy_holder **holder);

/* Waits until a policy is in force, for at most timeout_ms: ERR_NONE or
 * ERR_STORE_DOWN. */
enum err policy_holder_wait(struct policy_holder *holder, int timeout_ms);

bool policy_holder_knows(const struct policy_holder *holder); /* is one in force? */
/* The one in force; NULL before the first was read, or without a holder: answer 503. */
const struct policy *policy_take(struct policy_holder *holder);
/* NULL is allowed. */
void policy_give(struct policy_holder *holder, const struct policy *policy);

/* Reads at once, for the loop that has just changed it. Waits. */
void policy_holder_refresh(struct policy_holder *holder);

#endif
