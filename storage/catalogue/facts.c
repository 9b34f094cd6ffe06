/* storage/catalogue/facts.c - what follows from a product. Pure. */
#include <assert.h>

#include "base/utf8.h"
#include "storage/catalogue/product.h"

enum { ORDER_SECOND_BITS = 20 }; /* a second has room for this many rows */

/* One word in an address: no control bytes, no spaces, no slash; what is in it must be
 * text, as it comes out on pages and in files. */
bool
product_handle_ok(struct str handle)
{
    if (handle.len == 0 || handle.len > HANDLE_BYTES_MAX || !utf8_valid(handle)) {
        return false;
    }
    for (size_t i = 0; i < handle.len; i++) {
        unsigned char c = (unsigned char)handle.data[i];

        if (c <= ' ' || c == 0x7f || c == '/' || c == '\\') {
            return false;
        }
    }
    return !str_equal(handle, STR(".")) && !str_equal(handle, STR(".."));
}

const struct variant *
product_cheapest(const struct product *product)
{
    const struct variant *cheapest = &product->variants[0];

    assert(product->variant_count > 0);
    for (size_t i = 1; i < product->variant_count; i++) {
        if (product->variants[i].price_fen < cheapest->price_fen) {
            cheapest = &product->variants[i];
        }
    }
    return cheapest;
}

int64_t
variant_exclusive_fen(const struct variant *variant)
{
    return variant->exclusive_fen == PRICE_NONE ? variant->price_fen
                                                : variant->exclusive_fen;
}

struct str
variant_title(struct arena *arena, const struct variant *variant)
{
    struct str title = variant->option[0];

    for (size_t i = 1; i < PRODUCT_OPTIONS_MAX; i++) {
        if (variant->option[i].len > 0) {
            title = arena_printf(arena, "%.*s / %.*s", STR_ARGS(title),
                                 STR_ARGS(variant->option[i]));
        }
    }
    return title;
}

static enum stock_level
stock_level(int64_t stock)
{
    if (stock == 0) {
        return STOCK_OUT;
    }
    return stock == STOCK_OPEN || stock > STOCK_LOW ? STOCK_IN : STOCK_FEW;
}

enum stock_level
variant_stock_level(const struct variant *variant)
{
    return stock_level(variant->stock);
}

enum stock_level
product_stock_level(const struct product *product)
{
    int64_t sum = 0;

    for (size_t i = 0; i < product->variant_count; i++) {
        if (product->variants[i].stock == STOCK_OPEN) {
            return STOCK_IN;
        }
        sum += product->variants[i].stock;
    }
    return stock_level(sum);
}

int64_t
product_order(int64_t now_ms, int64_t row)
{
    return ((now_ms / 1000) << ORDER_SECOND_BITS) +
           (row > 0 ? row : (now_ms % 1000) * 1024);
}
