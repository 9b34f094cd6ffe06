/* storage/catalogue/settle.c - what a product shall be, against what it was. Pure.
 *
 * A variant keeps its id for life: orders and reports name it. */
#include <assert.h>

#include "storage/catalogue/product.h"

/* The former variants, and which of them have found their successor. */
struct former {
    const struct product *product;
    bool taken[VARIANTS_MAX];
};

typedef bool same_fn(const struct variant *a, const struct variant *b);

static bool
same_id(const struct variant *a, const struct variant *b)
{
    return a->id == b->id;
}

static bool
same_options(const struct variant *a, const struct variant *b)
{
    for (size_t i = 0; i < PRODUCT_OPTIONS_MAX; i++) {
        if (!str_equal(a->option[i], b->option[i])) {
            return false;
        }
    }
    return true;
}

static bool
same_sku(const struct variant *a, const struct variant *b)
{
    return a->sku.len > 0 && str_equal(a->sku, b->sku);
}

static const struct variant *
take(struct former *former, const struct variant *wanted, same_fn *same)
{
    for (size_t i = 0; i < former->product->variant_count; i++) {
        if (!former->taken[i] && same(&former->product->variants[i], wanted)) {
            former->taken[i] = true;
            return &former->product->variants[i];
        }
    }
    return NULL;
}

/* One without a price stands for the former one as it was. */
static void
continue_variant(struct variant *wanted, const struct variant *was)
{
    if (wanted->price_fen == PRICE_NONE) {
        *wanted = *was;
    }
    wanted->id = was->id;
}

static void
match(struct former *former, struct product *want, same_fn *same)
{
    for (size_t i = 0; i < want->variant_count; i++) {
        const struct variant *was =
            want->variants[i].id == 0 ? take(former, &want->variants[i], same) : NULL;

        if (was != NULL) {
            continue_variant(&want->variants[i], was);
        }
    }
}

/* Those that name their id must continue a former variant, each its own. */
static bool
match_ids(struct former *former, struct product *want)
{
    for (size_t i = 0; i < want->variant_count; i++) {
        if (want->variants[i].id != 0 &&
            take(former, &want->variants[i], same_id) == NULL) {
            return false;
        }
    }
    return true;
}

/* Those that stand for a former one which is not there stand for nothing. */
static void
drop_unpriced(struct product *want)
{
    size_t kept = 0;

    for (size_t i = 0; i < want->variant_count; i++) {
        if (want->variants[i].price_fen != PRICE_NONE) {
            want->variants[kept++] = want->variants[i];
        }
    }
    want->variant_count = kept;
}

static bool
id_in_use(const struct product *want, int id)
{
    for (size_t i = 0; i < want->variant_count; i++) {
        if (want->variants[i].id == id) {
            return true;
        }
    }
    return false;
}

/* An id that was never given, while there are any; then one that is free again. */
static int
new_id(struct product *want)
{
    int id = 1;

    if (want->ids_given < VARIANTS_MAX) {
        return ++want->ids_given;
    }
    while (id_in_use(want, id)) {
        id++;
    }
    return id;
}

enum err
product_settle(struct product_change *change)
{
    struct former former = { .product = &change->former };
    struct product *want = &change->want;

    assert(want->variant_count <= VARIANTS_MAX);
    want->ids_given = change->former.ids_given;
    if (change->former.version > 0) {
        want->id = change->former.id;
        want->order = change->former.order;
        want->down_by_operator = change->former.down_by_operator;
    }
    if (!match_ids(&former, want)) {
        return ERR_INVALID_FIELD;
    }
    match(&former, want, same_options);
    match(&former, want, same_sku);
    drop_unpriced(want);
    for (size_t i = 0; i < want->variant_count; i++) {
        struct variant *variant = &want->variants[i];

        if (variant->id == 0) {
            variant->id = new_id(want);
        }
        if (variant->exclusive_fen == variant->price_fen) {
            variant->exclusive_fen = PRICE_NONE; /* the same without saying so */
        }
    }
    return want->variant_count > 0 ? ERR_NONE : ERR_INVALID_FIELD;
}
