/* storage/shop/shop.h - shops: opened, read, edited, suspended.
 *
 * shop:{s}:N is small and stays a listpack (no value over 64 bytes): status, owner, tier,
 * slots, parked products. Texts lie beside it in profile:{s}:N, packed. Figures, live or
 * released, are not known here, nor is who may ask.
 *
 * Waits       Every function that takes the store.
 * Ownership   Arguments are borrowed; strings of results lie in the arena.
 */
#ifndef STORAGE_SHOP_SHOP_H
#define STORAGE_SHOP_SHOP_H

#include "base/arena.h"
#include "proto/err.h"
#include "proto/ids.h"

struct idempotency;
struct store;

enum { BIO_CHARS_MAX = 200, NOTE_CHARS_MAX = 80 };

enum shop_status { SHOP_OPEN, SHOP_RESTING, SHOP_SUSPENDED, SHOP_CLOSED };

struct shop_slot {
    struct product_id product; /* value 0: empty */
    int64_t placed_at_ms;
    int64_t promised_at_ms; /* changeable then at the latest */
    struct str note;
};
struct shop_parked {
    struct product_id product;
    int64_t until_ms; /* until then its link works and counts */
};

/* What the worker writes about a shop's tier (SCORING.md 8). */
struct shop_tier {
    int tier;              /* index into the policy's tiers */
    int slots;             /* how many may be filled now; 0: never evaluated */
    int up;                /* consecutive evaluations at or over a higher threshold */
    int down;              /* the same below what this tier asks */
    int64_t hold_until_ms; /* a lower tier's limit holds from then; 0: none announced */
    int32_t tier_day;      /* the last evaluation */
    int earned;            /* the slots that the tier gave then; 0: not noted */
};

struct shop {
    struct shop_number number;
    struct member_id owner;
    enum shop_status status;
    bool on_boards;
    int64_t opened_at_ms;
    struct str nickname;
    struct str bio;
    struct shop_tier tier;
    struct shop_slot slot[SLOTS_MAX]; /* slot 1 is slot[0] */
    struct shop_parked parked[PARKED_MAX];
    size_t parked_count;
};

const char *shop_status_name(enum shop_status status); /* "open" */
bool shop_status_parse(struct str name, enum shop_status *status);

struct shop_open_want {
    struct member_id owner;
    struct str nickname;
    int64_t now_ms;
};
/* Opens the member's one shop. ERR_SHOP_EXISTS, *number being the one there is. A shop
 * that was taken but not made (we stopped in between) is made now. */
enum err shop_open(struct store *store, struct arena *arena,
                   const struct shop_open_want *want, struct shop_number *number);

/* The same under a key (storage/idempotency.h), by the policy of that version.
 * ERR_IDEMPOTENCY_BUSY. */
struct shop_opened {
    struct shop_number number; /* value 0: it was not */
    int64_t at_ms;
    int64_t policy_version;
    struct str nickname;
};
enum err shop_open_keyed(struct store *store, struct arena *arena,
                         const struct shop_open_want *want,
                         const struct idempotency *key, int64_t policy_version,
                         struct shop_opened *opened);
/* How the member opened a shop before under this key. ERR_IDEMPOTENCY_MISMATCH. */
enum err shop_open_before(struct store *store, struct arena *arena,
                          struct member_id owner, const struct idempotency *key,
                          struct shop_opened *opened);

/* From the store: for the owner and for whatever decides a write. ERR_NO_SUCH_SHOP,
 * ERR_BAD_DATA. */
enum err shop_read(struct store *store, struct arena *arena, struct shop_number number,
                   struct shop *shop);
/* The same without the texts. */
enum err shop_read_rules(struct store *store, struct arena *arena,
                         struct shop_number number, struct shop *shop);
/* From the cache where it may be: for public documents. ERR_NO_SUCH_SHOP. */
enum err shop_read_public(struct store *store, struct arena *arena,
                          struct shop_number number, struct shop *shop);
/* Nicknames of many, from the cache where they may be; an empty one for no such shop, and
 * for one whose texts are damaged. */
enum err shop_nicknames(struct store *store, struct arena *arena,
                        const struct shop_number *numbers, size_t count,
                        struct str *nicknames);

struct shop_edit {
    struct shop_number shop;
    const struct str *nickname; /* NULL: as it is; the same below */
    const struct str *bio;
    const bool *on_boards;
    const bool *resting;
    int64_t now_ms;
};
/* ERR_NO_SUCH_SHOP, ERR_SUSPENDED, ERR_SHOP_CLOSED. */
enum err shop_edit(struct store *store, struct arena *arena,
                   const struct shop_edit *edit);
/* What an operator does. Doing it again changes nothing. */
enum err shop_suspend(struct store *store, struct arena *arena, struct shop_number shop,
                      bool suspend);
/* The same under a key (storage/idempotency.h). ERR_IDEMPOTENCY_BUSY. */
enum err shop_suspend_keyed(struct store *store, struct arena *arena,
                            struct shop_number shop, bool suspend,
                            const struct idempotency *key);
/* Was it done before? Then *shop is as it is now, but for its status, which is what it
 * was made then. ERR_IDEMPOTENCY_MISMATCH, ERR_NO_SUCH_SHOP. */
enum err shop_suspend_before(struct store *store, struct arena *arena,
                             struct shop_number number, const struct idempotency *key,
                             struct shop *shop, bool *found);
/* Nothing has to be done for the key: the shop as it is is its answer.
 * ERR_IDEMPOTENCY_BUSY. */
enum err shop_suspend_nothing(struct store *store, struct arena *arena,
                              const struct shop *shop, const struct idempotency *key);

#endif
