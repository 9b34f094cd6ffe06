/* storage/catalogue/product.h - a merchant's product: what it is, costs and has left.
 *
 * The product's hash in its tag is the truth; the index (storage/catalogue/index.h)
 * follows it through the outbox. A product is found by its id or by its merchant and
 * the merchant's handle. It is written whole: read it, settle what shall be against
 * what was, write, and begin again on ERR_MOVED_ON. What says nothing new is not
 * written, and nobody is told. Products are never deleted: their number is the sum of
 * the partitions' counters.
 *
 * It is shown when neither its merchant nor an operator has taken it down. Neither
 * lifts the other's take-down.
 *
 * Waits       Every function that takes the store.
 * Ownership   Arguments are borrowed; results and their strings lie in the arena.
 */
#ifndef STORAGE_CATALOGUE_PRODUCT_H
#define STORAGE_CATALOGUE_PRODUCT_H

#include "base/arena.h"
#include "proto/err.h"
#include "proto/ids.h"

struct idempotency;
struct store;

enum {
    PRODUCTS_MAX = 100000, /* in the whole catalogue */
    PRODUCT_TITLE_CHARS_MAX = 255,
    PRODUCT_DESCRIPTION_CHARS_MAX = 10000,
    PRODUCT_BRAND_CHARS_MAX = 100,
    PRODUCT_CATEGORY_CHARS_MAX = 100,
    PRODUCT_URL_BYTES_MAX = 2000,
    PRODUCT_IMAGES_MAX = 20,
    PRODUCT_OPTIONS_MAX = 3,
    OPTION_NAME_CHARS_MAX = 100,
    OPTION_VALUE_CHARS_MAX = 255,
    SKU_CHARS_MAX = 100,
    STOCK_MAX = 1000000000,
    STOCK_LOW = 5 /* this many left, or fewer, are few */
};

#define PRICE_NONE   INT64_C(-1) /* not said */
#define RATE_DEFAULT INT64_C(-1) /* what the policy in force says */
#define STOCK_OPEN   INT64_C(-1) /* not counted */

struct variant {
    int id;                                 /* 1 ... VARIANTS_MAX; 0: none yet */
    struct str option[PRODUCT_OPTIONS_MAX]; /* values; none at all: the only variant */
    struct str sku;
    int64_t price_fen;
    int64_t exclusive_fen; /* at most the price; PRICE_NONE: the price */
    int64_t compare_fen;   /* what it costs elsewhere, says the merchant; PRICE_NONE */
    int64_t stock;         /* pieces left; STOCK_OPEN */
};

/* What whoever makes pages made of a cached product alone, so that it is made once: it
 * goes with the product. Nobody here knows what it is. */
struct product_memo {
    struct arena *arena; /* for what is made; holds the product's strings */
    void *made;          /* NULL until then */
};

struct product {
    struct product_id id;
    struct member_id merchant;
    struct str handle;
    struct str title;
    struct str description; /* text, not HTML; empty in products of a list */
    struct str brand;
    struct str category;
    struct str url;
    struct str option_name[PRODUCT_OPTIONS_MAX];
    struct str image[PRODUCT_IMAGES_MAX]; /* where the merchant has them */
    size_t images;
    int64_t commission_bps; /* RATE_DEFAULT */
    struct variant *variants;
    size_t variant_count; /* at least 1, in the merchant's order */
    int ids_given;        /* the highest variant id so far */
    bool down_by_merchant;
    bool down_by_operator;
    struct str down_reason; /* the operator's */
    int64_t order;          /* the catalogue's order: when it first came, and where */
    int64_t version;        /* rises with every change but the stock's; 0: not made */
    int64_t changed_at_ms;  /* of that change */
    struct product_memo *memo; /* beside the cached product; NULL: it came elsewhere */
};

bool product_handle_ok(struct str handle);
/* The host of an address that people may be led to, which the browser will ask as they
 * read it: https, a plain name or IPv4 address with an optional port, no user, and
 * nothing anywhere that browsers rewrite. { NULL, 0 }: a product may not name it. */
struct str product_url_host(struct str url);
/* An absolute http or https address in printable ASCII, with a host and no user in it. */
bool product_image_ok(struct str url);
static inline bool
product_is_listed(const struct product *product)
{
    return !product->down_by_merchant && !product->down_by_operator;
}
/* The cheapest variant, whose price is the product's; the first of equals. */
const struct variant *product_cheapest(const struct product *product);
int64_t variant_exclusive_fen(const struct variant *variant);
/* "red / L"; empty for the only variant. */
struct str variant_title(struct arena *arena, const struct variant *variant);

enum stock_level { STOCK_IN, STOCK_FEW, STOCK_OUT };
enum stock_level variant_stock_level(const struct variant *variant);
enum stock_level product_stock_level(const struct product *product);

/* The place in the catalogue's order of what first comes at now_ms, as the row-th of a
 * file; row 0 for single ones. Below 2^53. */
int64_t product_order(int64_t now_ms, int64_t row);

/* Public reads: from the cache where it may be. ERR_NO_SUCH_PRODUCT. */
enum err product_read(struct store *store, struct arena *arena, struct product_id id,
                      struct product *product);
/* Many at once, in one wait. What does not exist comes out with version 0. */
enum err product_read_many(struct store *store, struct arena *arena,
                           const struct product_id *ids, size_t count,
                           struct product *products);
/* The same from the store itself: for what decides a write, and for its merchant. (A
 * report of a sale may go by the cache, which is good enough to accept it.) */
enum err product_read_fresh(struct store *store, struct arena *arena,
                            struct product_id id, struct product *product);
enum err product_read_many_fresh(struct store *store, struct arena *arena,
                                 const struct product_id *ids, size_t count,
                                 struct product *products);

enum product_outcome { PRODUCT_MADE, PRODUCT_CHANGED, PRODUCT_SAME };

struct product_change {
    struct product want;   /* merchant and handle, and then all that shall be */
    struct product former; /* version 0: there is none yet */
    enum product_outcome outcome;
    enum err err;
};

/* Fills in `former` by merchant and handle, in one wait. Each change has its err. */
enum err product_find_many(struct store *store, struct arena *arena,
                           struct product_change *changes, size_t count);
/* Gives the wanted variants the ids of the former ones that they continue, known by
 * id, option values or article number, in this order; and new ids to the others. One
 * without a price (PRICE_NONE) stays as it was, or is dropped when it was not there.
 * What the merchant does not decide (id, order, the operator's take-down) is taken over.
 * ERR_INVALID_FIELD when a variant names an id that is not there or named twice, or
 * when no variant is left. */
enum err product_settle(struct product_change *change);
/* Writes what was settled, in one wait, at most PRODUCT_WRITES_MAX. Each change has its
 * outcome or its err: ERR_MOVED_ON (find and settle again), ERR_CATALOGUE_FULL, a store
 * error (after ERR_STORE_UNCERTAIN find again: what was written is PRODUCT_SAME then).
 */
enum err product_write_many(struct store *store, struct arena *arena,
                            struct product_change *changes, size_t count,
                            int64_t now_ms);

enum { PRODUCT_WRITES_MAX = 512 };

/* An operator's take-down, or its end. ERR_NO_SUCH_PRODUCT. What is so already changes
 * nothing. Gone from every page when this returns: they all go with the product's key.
 */
enum err product_set_down(struct store *store, struct arena *arena,
                          struct product_id id, bool down, struct str reason,
                          int64_t now_ms);

/* The same under a key (storage/idempotency.h). ERR_IDEMPOTENCY_BUSY. */
struct product_down {
    struct product_id id;
    bool down;
    struct str reason;
    int64_t now_ms;
    const struct idempotency *key;
};
enum err product_set_down_keyed(struct store *store, struct arena *arena,
                                const struct product_down *want);
/* Was it done before? Then *product is as it is now, but for what was done: who keeps
 * it down, and when it changed. ERR_IDEMPOTENCY_MISMATCH, ERR_NO_SUCH_PRODUCT. */
enum err product_set_down_before(struct store *store, struct arena *arena,
                                 const struct idempotency *key, struct product *product,
                                 bool *found);
/* Nothing has to be done for the key: the product as it is is its answer.
 * ERR_IDEMPOTENCY_BUSY. */
enum err product_set_down_nothing(struct store *store, struct arena *arena,
                                  const struct idempotency *key,
                                  const struct product *product);

/* Products there are, unlisted ones too. */
enum err product_count(struct store *store, struct arena *arena, int64_t *count);

#endif
