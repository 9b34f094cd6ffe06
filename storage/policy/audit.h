/* storage/policy/audit.h - who changed what, when, from what to what: a chain.
 *
 * Append-only. Each entry bears the SHA-256 of itself and of the hash before it:
 *
 *     hash = hex SHA-256(prev 00 seq 00 at_ms 00 actor 00 what 00 target 00 from 00 to
 *                        00 note)      numbers in decimal, prev "" for the first
 *
 * so that an entry that was changed, left out or put in later shows (audit_check()). A
 * change in another tag is audited first and made then: nothing is ever changed without
 * its line, and a line without effect is repaired by asking again.
 *
 * Waits       Every function here.
 * Ownership   Results lie in the arena.
 */
#ifndef STORAGE_POLICY_AUDIT_H
#define STORAGE_POLICY_AUDIT_H

#include "base/arena.h"
#include "base/crypto.h"
#include "proto/err.h"
#include "proto/ids.h"

struct call;
struct idempotency;
struct store;

enum { AUDIT_HASH_CHARS = 2 * SHA256_BYTES, AUDIT_PAGE_MAX = 100 };

struct audit_entry {
    int64_t at_ms;
    struct member_id actor; /* value 0: the command line */
    struct str what;        /* "policy_changed", "shop_suspended" ...: a past fact */
    struct str target;      /* "shop 10000128", or empty */
    struct str from;        /* JSON, or empty */
    struct str to;          /* JSON, or empty */
    struct str note;        /* the actor's own words */
    const struct idempotency *key; /* of the request that changes something in another
                                      tag; NULL: none */
};

struct audit_link {
    int64_t seq; /* 1, 2 ... */
    struct str prev;
    char hash[AUDIT_HASH_CHARS + 1];
};

struct audit_line {
    struct audit_entry entry;
    struct audit_link link;
};

/* Appends, however many others do at the same time. Of requests under one key that are
 * under way together the first is told of: the others find its line there, or are
 * refused with ERR_IDEMPOTENCY_MISMATCH. One that comes later is told of anew, for much
 * may have been changed in between. */
enum err audit_append(struct store *store, struct arena *arena,
                      const struct audit_entry *entry);

/* Newest first, those with a seq below `before` (0: from the end); at most `limit`. */
enum err audit_page(struct store *store, struct arena *arena, int64_t before,
                    size_t limit, struct audit_line *lines, size_t *count);

/* Recomputes the whole chain. ERR_BAD_DATA with the first seq that does not hold, is
 * missing, or was there once. */
struct audit_checked {
    int64_t entries;
    int64_t policies;   /* of them, those that changed the policy */
    int64_t broken_seq; /* 0: none */
};
enum err audit_check(struct store *store, struct audit_checked *checked);

/* For a function of this tag that appends while it changes something (policy_put): the
 * link that would follow now, and the arguments seq ... hash. ERR_MOVED_ON from that
 * function means: link anew. */
enum err audit_link(struct store *store, struct arena *arena,
                    const struct audit_entry *entry, struct audit_link *link);
void audit_args(struct call *call, const struct audit_entry *entry,
                const struct audit_link *link);

#endif
