/* storage/sale/sale.h - sales that merchants report, and what they take back.
 *
 * A sale id is one merchant's, over all shops. A claim in the merchant's tag takes the
 * shop's number once and for ever; the sale itself lies in the book of the shop's tag,
 * written together with its event and the owner's sums; at last the merchant's own list
 * names it. Each of the three steps does nothing the second time, so asking again
 * completes what stopped. Of the buyer only the pseudonym of that shop and period is kept
 * or sent on.
 *
 * When a period's buyers are forgotten (storage/privacy/pseudonym.h: 580 days after its
 * end) its sales are not taken back any more. History of such a period, which only an
 * import brings, is for the books alone: no buyer, no event, no weight; what is taken
 * back of it changes the books.
 *
 * Waits       Every function that takes the store.
 * Ownership   Arguments are borrowed; strings of results lie in the arena.
 */
#ifndef STORAGE_SALE_SALE_H
#define STORAGE_SALE_SALE_H

#include "base/arena.h"
#include "proto/err.h"
#include "proto/event.h"
#include "proto/ids.h"

struct store;

enum {
    SALE_BUYER_BYTES_MAX = 200,
    SALE_QUANTITY_MAX = 1000000,
    SALE_REFUNDS_MAX = 1000, /* of one sale */
    SALE_PSEUDONYM_BYTES = 8,
    SALE_HASH_BYTES = 12 /* of merchant and sale id: what a sale is found by */
};

/* As a merchant reports it. */
struct sale_want {
    struct member_id merchant;
    struct str sale_id;
    struct shop_number shop;
    struct product_id product;
    int variant; /* 0: not said */
    int64_t quantity;
    int64_t amount_fen;
    struct str buyer_ref;
    int64_t sold_at_ms;
    bool sensitive; /* the product's category is one of the policy's */
};
/* As it is kept. */
struct sale {
    struct member_id merchant;
    struct str sale_id; /* empty when it was found without it */
    uint8_t hash[SALE_HASH_BYTES];
    struct shop_number shop;
    struct product_id product;
    int variant;
    int64_t quantity;
    int64_t amount_fen;
    int64_t refunded_fen;
    int refunds;
    int64_t sold_at_ms;
    int64_t reported_at_ms;
    enum buyer_class buyer_class;
    uint8_t buyer[SALE_PSEUDONYM_BYTES]; /* zeros: forgotten when it was reported */
};

/* 1 ... SALE_ID_BYTES_MAX bytes of UTF-8 without control characters. */
bool sale_id_ok(struct str id);

/* --- reporting, one or many --------------------------------------------------------- */
struct sale_report {
    struct sale_want want;
    bool shop_known; /* the caller has seen that there is such a shop, and open */
    enum err err;    /* outcome */
    bool made;       /* outcome: false when it was reported before */
    bool listed;     /* by its claim: its merchant's list names it */
    struct sale sale;
};

/* Reports sales, any number of any shops; of two with one id the second is a repeat.
 * Each report has its own outcome: ERR_NONE, ERR_NO_SUCH_SHOP, ERR_SUSPENDED,
 * ERR_SHOP_CLOSED, ERR_SALE_MISMATCH (the id stands for other content or in another
 * shop), or a store error, after which asking again is safe. */
void sales_report(struct store *store, struct arena *arena, struct sale_report *reports,
                  size_t count, int64_t now_ms);

/* --- taking back --------------------------------------------------------------------- */
struct sale_refund {
    struct member_id merchant;
    struct str sale_id;
    struct str refund_id; /* one sale's */
    int64_t amount_fen;   /* 1 ... */
    enum err err;         /* outcome */
    bool made;            /* outcome: false when it was taken back before */
    struct sale sale;     /* outcome: as it now stands */
};
/* Each refund's outcome: ERR_NONE, ERR_NOT_FOUND (no such sale of this merchant),
 * ERR_SALE_MISMATCH (the refund's id stands for another amount),
 * ERR_REFUND_TOO_LATE, ERR_REFUND_EXCEEDS_SALE, or a store error. `sale` is there also
 * after the last three refusals. */
void sales_refund(struct store *store, struct arena *arena, struct sale_refund *refunds,
                  size_t count, int64_t now_ms);

/* --- reading ------------------------------------------------------------------------- */
/* A merchant's sale by its id. ERR_NOT_FOUND. */
enum err sale_read(struct store *store, struct arena *arena, struct member_id merchant,
                   struct str sale_id, struct sale *sale);

struct sale_page {
    struct sale *sales;
    size_t count;
    struct str next; /* the last one's place; empty when there are no more */
};
/* A merchant's sales in the order of reporting: those listed from since_ms on, or those
 * behind the place `after` when that is not empty. ERR_INVALID_FIELD: it is no place. */
enum err sale_list(struct store *store, struct arena *arena, struct member_id merchant,
                   int64_t since_ms, struct str after, size_t limit,
                   struct sale_page *page);

/* Its buyer was never known here: no event tells of it. */
bool sale_is_for_the_books(const struct sale *sale);
/* What the scoring worker is told of it, as it now stands. */
struct event sale_event(const struct sale *sale);

#endif
