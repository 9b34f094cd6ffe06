/* server/api/product_doc.c - see the header. */
#include "server/api/product_doc.h"

#include "proto/policy.h"
#include "server/api/doc.h"
#include "server/request.h"
#include "storage/member/merchant.h"

const char *
product_stock_word(enum stock_level level)
{
    static const char *const words[] = {
        [STOCK_IN] = "in_stock", [STOCK_FEW] = "low", [STOCK_OUT] = "sold_out"
    };

    return words[level];
}

/* Merchants are made by operators, so all of them are verified. */
static json_t *
merchant_doc(struct request *req, struct member_id merchant)
{
    struct str name = STR("");

    merchant_name_read(req->store, req->arena, merchant, &name);
    return json_pack("{s:o, s:o, s:b}", "id", doc_id(merchant.value), "name",
                     doc_str(name), "verified", 1);
}

/* How many pieces are left is nobody's business but the merchant's: a count that falls
 * would tell of each purchase. */
static json_t *
variants_doc(struct request *req, const struct product *product)
{
    json_t *list = json_array();

    for (size_t i = 0; i < product->variant_count; i++) {
        const struct variant *variant = &product->variants[i];

        json_array_append_new(
            list, json_pack("{s:o, s:o, s:I, s:I, s:s}", "id", doc_id(variant->id),
                            "title", doc_str(variant_title(req->arena, variant)),
                            "price_fen", variant->price_fen, "exclusive_price_fen",
                            variant_exclusive_fen(variant), "stock",
                            product_stock_word(variant_stock_level(variant))));
    }
    return list;
}

static json_t *
reference_prices_doc(const struct product *product)
{
    const struct variant *cheapest = product_cheapest(product);
    json_t *list = json_array();

    if (cheapest->compare_fen != PRICE_NONE) {
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:o}", "source", "merchant",
                                        "price_fen", cheapest->compare_fen, "seen_at",
                                        doc_time(product->changed_at_ms)));
    }
    return list;
}

/* Pictures are named here when we serve them ourselves. */
static json_t *
make_doc(struct request *req, const struct product *product, bool whole)
{
    const struct variant *cheapest = product_cheapest(product);
    json_t *doc = json_object();

    json_object_set_new(doc, "id", doc_id(product->id.value));
    json_object_set_new(doc, "handle", doc_str(product->handle));
    json_object_set_new(doc, "title", doc_str(product->title));
    if (whole) {
        json_object_set_new(doc, "description", doc_str(product->description));
    }
    json_object_set_new(doc, "brand", doc_text_or_null(product->brand));
    json_object_set_new(doc, "category", doc_text_or_null(product->category));
    json_object_set_new(doc, "images", json_array());
    json_object_set_new(doc, "merchant", merchant_doc(req, product->merchant));
    json_object_set_new(doc, "url", doc_text_or_null(product->url));
    json_object_set_new(doc, "price_fen", json_integer(cheapest->price_fen));
    json_object_set_new(doc, "exclusive_price_fen",
                        json_integer(variant_exclusive_fen(cheapest)));
    json_object_set_new(doc, "commission_bps",
                        json_integer(product->commission_bps == RATE_DEFAULT
                                         ? req->policy->commission.default_bps
                                         : product->commission_bps));
    if (whole) {
        json_object_set_new(doc, "reference_prices", reference_prices_doc(product));
    }
    json_object_set_new(doc, "variants", variants_doc(req, product));
    json_object_set_new(doc, "stock",
                        json_string(product_stock_word(product_stock_level(product))));
    json_object_set_new(
        doc, "status", json_string(product_is_listed(product) ? "listed" : "unlisted"));
    return doc;
}

json_t *
product_doc(struct request *req, const struct product *product)
{
    return make_doc(req, product, true);
}

json_t *
product_list_doc(struct request *req, const struct product *product)
{
    return make_doc(req, product, false);
}
