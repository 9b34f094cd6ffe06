/* storage/catalogue/index.h - finding products: lists, words, categories.
 *
 * The index lies in {g} and follows the products: by whoever wrote one, at once, and by
 * the product's outbox in any case. It holds ids only; what is shown is read from the
 * products, and what the index has not heard of yet is left out then. Pages are stable:
 * a cursor is a place in the order, not a number of products. Categories and the
 * beginnings of lists without words come from the cache.
 *
 * Waits       Every function that takes the store.
 * Ownership   Results lie in the arena.
 */
#ifndef STORAGE_CATALOGUE_INDEX_H
#define STORAGE_CATALOGUE_INDEX_H

#include "storage/catalogue/product.h"

enum {
    CATALOGUE_PAGE_MAX = 100,
    CATALOGUE_CATEGORIES_MAX = 1000,
    CATALOGUE_QUERY_CHARS_MAX = 100,
    CURSOR_TEXT_BYTES = 40
};

enum catalogue_sort { SORT_ORDER, SORT_NEWEST, SORT_PRICE, SORT_PRICE_DOWN };

struct catalogue_cursor {
    bool given;
    int64_t value; /* order, or price in fen */
    struct product_id id;
};

struct catalogue_query {
    struct str text;           /* empty: all */
    struct str category;       /* empty: all */
    struct member_id merchant; /* value 0: all */
    enum catalogue_sort sort;
    size_t limit; /* 1 ... CATALOGUE_PAGE_MAX */
    struct catalogue_cursor after;
};

struct catalogue_page {
    struct product *products;
    size_t count;                 /* may be fewer than asked for though more follow */
    struct catalogue_cursor next; /* not given: this was the last page */
};

/* Listed products only. */
enum err catalogue_search(struct store *store, struct arena *arena,
                          const struct catalogue_query *query,
                          struct catalogue_page *page);
/* All of a merchant's, taken down or not, in the catalogue's order, with their
 * descriptions. */
enum err catalogue_own(struct store *store, struct arena *arena,
                       struct member_id merchant, const struct catalogue_cursor *after,
                       size_t limit, struct catalogue_page *page);

/* "1299-66305"; out holds CURSOR_TEXT_BYTES. */
void catalogue_cursor_write(const struct catalogue_cursor *cursor, char *out);
bool catalogue_cursor_read(struct str s, struct catalogue_cursor *cursor);

struct catalogue_category {
    struct str name;
    int64_t count; /* listed products, never 0 */
};
/* The largest first, at most CATALOGUE_CATEGORIES_MAX. */
enum err catalogue_categories(struct store *store, struct arena *arena,
                              const struct catalogue_category **categories,
                              size_t *count);

/* What the index holds of a product when it is up to date. */
struct str catalogue_entry(struct arena *arena, const struct product *product);

/* Puts products as they are into the index, in one wait; an older version than the
 * index holds changes nothing. */
enum err catalogue_index_many(struct store *store, struct arena *arena,
                              const struct product *const *products, size_t count);
/* The same for what was just written and is not PRODUCT_SAME. */
enum err catalogue_index_changes(struct store *store, struct arena *arena,
                                 const struct product_change *changes, size_t count);
/* Reads the product and puts it into the index. */
enum err catalogue_index(struct store *store, struct arena *arena,
                         struct product_id id);
/* What an outbox's message of the kind "product" asks for (storage/outbox/outbox.h). */
struct outbox_message;
enum err catalogue_deliver(struct store *store, struct arena *arena,
                           const struct outbox_message *message);

#endif
