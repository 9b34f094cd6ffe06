/* server/api/sale.c - sales that merchants report, and refunds. */
#include "storage/sale/sale.h"

#include "base/encode.h"
#include "proto/money.h"
#include "proto/policy.h"
#include "proto/time.h"
#include "server/api/api.h"
#include "server/api/doc.h"
#include "storage/catalogue/product.h"

enum { LIST_MAX = 100, LIST_USUAL = 50, CURSOR_BYTES_MAX = 512 };

#define SOLD_AHEAD_MAX_MS (INT64_C(300) * 1000)
#define SOLD_BACK_MAX_MS  (INT64_C(400) * DAY_S * 1000)

/* Never the buyer's reference: it is not kept. */
static json_t *
sale_doc(const struct sale *sale)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:o, s:o}", "sale_id",
        doc_str(sale->sale_id), "number", doc_id(sale->shop.value), "product_id",
        doc_id(sale->product.value), "variant_id", doc_id_or_null(sale->variant),
        "quantity", (json_int_t)sale->quantity, "amount_fen",
        (json_int_t)sale->amount_fen, "refunded_fen", (json_int_t)sale->refunded_fen,
        "sold_at", doc_time(sale->sold_at_ms), "reported_at",
        doc_time(sale->reported_at_ms));
}

/* A report as it came, before ids were looked at. */
struct sale_words {
    struct str number, product_id, variant_id, sold_at;
};

static enum err
read_words(struct request *req, struct sale_want *want, struct sale_words *words)
{
    const struct json_field fields[] = {
        { .name = "sale_id",
          .kind = JSON_FIELD_STRING,
          .out = &want->sale_id,
          .min = 1,
          .max = SALE_ID_BYTES_MAX,
          .required = true },
        { .name = "number",
          .kind = JSON_FIELD_STRING,
          .out = &words->number,
          .max = 64,
          .required = true },
        { .name = "product_id",
          .kind = JSON_FIELD_STRING,
          .out = &words->product_id,
          .max = 64,
          .required = true },
        { .name = "variant_id",
          .kind = JSON_FIELD_STRING,
          .out = &words->variant_id,
          .max = 64,
          .nullable = true },
        { .name = "quantity",
          .kind = JSON_FIELD_INTEGER,
          .out = &want->quantity,
          .min = 1,
          .max = SALE_QUANTITY_MAX,
          .required = true },
        { .name = "amount_fen",
          .kind = JSON_FIELD_INTEGER,
          .out = &want->amount_fen,
          .max = MONEY_FEN_MAX,
          .required = true },
        { .name = "buyer_ref",
          .kind = JSON_FIELD_STRING,
          .out = &want->buyer_ref,
          .min = 1,
          .max = SALE_BUYER_BYTES_MAX,
          .required = true },
        { .name = "sold_at",
          .kind = JSON_FIELD_STRING,
          .out = &words->sold_at,
          .max = 64,
          .required = true },
    };

    *words = (struct sale_words){ 0 };
    return request_read(req, fields, sizeof(fields) / sizeof(fields[0]));
}

static enum err
judge_sold_at(struct request *req, struct str sold_at, struct sale_want *want)
{
    if (!time_read(sold_at, &want->sold_at_ms)) {
        return problem_field(req, "sold_at", "must be an RFC 3339 time");
    }
    if (want->sold_at_ms > req->now_ms + SOLD_AHEAD_MAX_MS) {
        return problem_field(req, "sold_at", "lies more than 300 s ahead");
    }
    if (want->sold_at_ms < req->now_ms - SOLD_BACK_MAX_MS) {
        return problem_field(req, "sold_at", "lies more than 400 days back");
    }
    return ERR_NONE;
}

static enum err
judge_sale_id(struct request *req, const char *path, struct str id)
{
    return sale_id_ok(id) ? ERR_NONE
                          : problem_field(req, path,
                                          "must be 1 to 100 bytes without control "
                                          "characters");
}

static enum err
judge_words(struct request *req, const struct sale_words *words, struct sale_want *want)
{
    enum err err;

    if ((err = judge_sale_id(req, "sale_id", want->sale_id)) != ERR_NONE ||
        (err = judge_sold_at(req, words->sold_at, want)) != ERR_NONE) {
        return err;
    }
    if (!shop_number_parse(words->number, &want->shop)) {
        return ERR_NO_SUCH_SHOP;
    }
    return product_id_parse(words->product_id, &want->product) ? ERR_NONE
                                                               : ERR_NO_SUCH_PRODUCT;
}

static bool
find_variant(struct str variant_id, const struct product *product, int *variant)
{
    int64_t id;

    if (variant_id.len == 0) {
        return true;
    }
    for (size_t i = 0; i < product->variant_count; i++) {
        if (str_to_i64(variant_id, &id) && id == product->variants[i].id) {
            *variant = (int)id;
            return true;
        }
    }
    return false;
}

/* The product must be the merchant's own. It may have been taken down since. What was
 * sold was sold before this moment, and whose a product is never changes: so the product
 * as the cache has it will do, and a report costs the store a call less. Only a refusal
 * is made by the store's own word: a variant may be newer than what is cached. */
static enum err
judge_product(struct request *req, const struct sale_words *words,
              struct sale_want *want)
{
    struct product product;
    enum err err = product_read(req->store, req->arena, want->product, &product);
    bool found =
        err == ERR_NONE && find_variant(words->variant_id, &product, &want->variant);

    if (!found && (err == ERR_NONE || err == ERR_NO_SUCH_PRODUCT)) {
        err = product_read_fresh(req->store, req->arena, want->product, &product);
        found = err == ERR_NONE &&
                find_variant(words->variant_id, &product, &want->variant);
    }
    if (err != ERR_NONE) {
        return err;
    }
    if (product.merchant.value != want->merchant.value) {
        return ERR_NOT_YOUR_PRODUCT;
    }
    want->sensitive = policy_is_sensitive(req->policy, product.category);
    return found ? ERR_NONE
                 : problem_field(req, "variant_id", "is no variant of this product");
}

enum err
api_sale_post(struct request *req)
{
    struct sale_report report = { .want = { .merchant = req->caller.member } };
    struct sale_words words;
    enum err err;

    if ((err = read_words(req, &report.want, &words)) != ERR_NONE ||
        (err = judge_words(req, &words, &report.want)) != ERR_NONE ||
        (err = judge_product(req, &words, &report.want)) != ERR_NONE) {
        return err;
    }
    sales_report(req->store, req->arena, &report, 1, req->now_ms);
    if (report.err != ERR_NONE) {
        return report.err;
    }
    if (!report.made) {
        return reply_json(req, 200, sale_doc(&report.sale));
    }
    return reply_created(req, STR("/api/v1/merchant/sales"), sale_doc(&report.sale));
}

static enum err
read_refund(struct request *req, struct sale_refund *refund)
{
    const struct json_field fields[] = {
        { .name = "refund_id",
          .kind = JSON_FIELD_STRING,
          .out = &refund->refund_id,
          .min = 1,
          .max = SALE_ID_BYTES_MAX,
          .required = true },
        { .name = "amount_fen",
          .kind = JSON_FIELD_INTEGER,
          .out = &refund->amount_fen,
          .min = 1,
          .max = MONEY_FEN_MAX,
          .required = true },
    };
    enum err err = request_read(req, fields, 2);

    return err == ERR_NONE ? judge_sale_id(req, "refund_id", refund->refund_id) : err;
}

static json_t *
refund_doc(const struct sale_refund *refund)
{
    return json_pack("{s:o, s:o, s:I, s:I}", "refund_id", doc_str(refund->refund_id),
                     "sale_id", doc_str(refund->sale_id), "amount_fen",
                     (json_int_t)refund->amount_fen, "refunded_fen",
                     (json_int_t)refund->sale.refunded_fen);
}

enum err
api_sale_refund_post(struct request *req)
{
    struct sale_refund refund = { .merchant = req->caller.member,
                                  .sale_id = request_param(req, "sale_id") };
    enum err err = read_refund(req, &refund);

    if (err != ERR_NONE) {
        return err;
    }
    if (!sale_id_ok(refund.sale_id)) {
        return ERR_NOT_FOUND;
    }
    sales_refund(req->store, req->arena, &refund, 1, req->now_ms);
    if (refund.err == ERR_REFUND_EXCEEDS_SALE) {
        problem_member(req, "left_fen",
                       json_integer(refund.sale.amount_fen - refund.sale.refunded_fen));
    }
    if (refund.err != ERR_NONE) {
        return refund.err;
    }
    if (!refund.made) {
        return reply_json(req, 200, refund_doc(&refund));
    }
    return reply_created(req, STR("/api/v1/merchant/sales"), refund_doc(&refund));
}

/* Where to go on: the last sale's place, as opaque text. */
static json_t *
cursor_doc(struct request *req, struct str place)
{
    char *text;

    if (place.len == 0) {
        return json_null();
    }
    text = arena_alloc(req->arena, ENCODE_BASE64_BYTES(place.len));
    encode_base64url(place, text);
    return json_string(text);
}

static enum err
read_cursor(struct request *req, struct str *after)
{
    struct str given = request_query(req, "cursor");
    size_t len = CURSOR_BYTES_MAX;
    uint8_t *bytes = arena_alloc(req->arena, len);

    *after = STR("");
    if (given.data == NULL) {
        return ERR_NONE;
    }
    if (!decode_base64url(given, bytes, &len) || len == 0) {
        return problem_field(req, "cursor", "is not one that was given out");
    }
    *after = str_of(bytes, len);
    return ERR_NONE;
}

static enum err
read_since(struct request *req, int64_t *since_ms)
{
    struct str given = request_query(req, "since");

    *since_ms = 0;
    if (given.data == NULL || time_read(given, since_ms)) {
        return ERR_NONE;
    }
    return problem_field(req, "since", "must be an RFC 3339 time");
}

static enum err
reply_sales(struct request *req, const struct sale_page *page)
{
    json_t *items = json_array();

    for (size_t i = 0; i < page->count; i++) {
        json_array_append_new(items, sale_doc(&page->sales[i]));
    }
    return reply_json(req, 200,
                      json_pack("{s:o, s:o}", "items", items, "next_cursor",
                                cursor_doc(req, page->next)));
}

enum err
api_sales_get(struct request *req)
{
    static const char *const known[] = { "since", "limit", "cursor", NULL };
    struct sale_page page;
    struct str after;
    int64_t since_ms;
    int limit;
    enum err err;

    if ((err = request_query_only(req, known)) != ERR_NONE ||
        (err = request_limit(req, LIST_MAX, LIST_USUAL, &limit)) != ERR_NONE ||
        (err = read_since(req, &since_ms)) != ERR_NONE ||
        (err = read_cursor(req, &after)) != ERR_NONE) {
        return err;
    }
    err = sale_list(req->store, req->arena, req->caller.member, since_ms, after,
                    (size_t)limit, &page);
    if (err == ERR_INVALID_FIELD) {
        return problem_field(req, "cursor", "is not one that was given out");
    }
    return err == ERR_NONE ? reply_sales(req, &page) : err;
}
