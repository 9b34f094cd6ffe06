/* server/api/product_body.c - see the header. */
#include "server/api/product_body.h"

#include <stdio.h>

#include "proto/money.h"
#include "proto/policy.h"
#include "server/api/product_doc.h"

/* A field that may be a number, null, or the word that our own documents have there. */
struct stock_said {
    bool number; /* or null: `pieces` says how many, or STOCK_OPEN */
    int64_t pieces;
};

/* What the body says; `given` is false for what it does not name, and then the value is
 * what stands there without it. */
struct body {
    struct str title, description, brand, category, url, status;
    int64_t price_fen, exclusive_fen, compare_fen, commission_bps;
    bool price_given, exclusive_given, compare_given, status_given;
    bool commission_null, exclusive_null, compare_null;
    bool echoes; /* our document came back: what we filled in is not said by it */
    struct stock_said stock;
    const json_t *variants;
};

/* --- fields that our table reader has no kind for ----------------------------------- */
static bool
is_stock_word(const json_t *value)
{
    for (enum stock_level level = STOCK_IN; level <= STOCK_OUT; level++) {
        if (json_is_string(value) &&
            strcmp(json_string_value(value), product_stock_word(level)) == 0) {
            return true;
        }
    }
    return false;
}

/* Our own words say nothing, and are no fault only where they came from: in what
 * `echoes` our document. */
static enum err
read_stock(struct request *req, const json_t *value, const char *path, bool echoes,
           struct stock_said *said)
{
    *said = (struct stock_said){ .number = false };
    if (value == NULL || (echoes && is_stock_word(value))) {
        return ERR_NONE;
    }
    if (json_is_null(value)) {
        *said = (struct stock_said){ .number = true, .pieces = STOCK_OPEN };
    } else if (json_is_integer(value) && json_integer_value(value) >= 0 &&
               json_integer_value(value) <= STOCK_MAX) {
        said->number = true;
        said->pieces = json_integer_value(value);
    } else {
        return problem_field(req, path,
                             "must be an integer from 0 to 1000000000, or null");
    }
    return ERR_NONE;
}

/* Takes what is ours out of the body, when it is as we said it. */
static enum err
take_ours(struct request *req, json_t *body, const struct product_change *change,
          bool *echoes)
{
    static const char *const ours[] = { "id", "handle", "merchant", "images",
                                        "reference_prices" };
    json_t *doc = NULL;
    enum err err = ERR_NONE;

    *echoes = json_object_get(body, "id") != NULL;
    for (size_t i = 0; i < sizeof ours / sizeof *ours && err == ERR_NONE; i++) {
        const json_t *said = json_object_get(body, ours[i]);

        if (said == NULL) {
            continue;
        }
        if (doc == NULL && change->former.version > 0) {
            doc = product_doc(req, &change->former); /* waits */
        }
        if (doc == NULL || !json_equal(said, json_object_get(doc, ours[i]))) {
            err = problem_field(req, ours[i], "cannot be set here");
        }
        json_object_del(body, ours[i]);
    }
    json_decref(doc);
    return err;
}

/* --- variants ----------------------------------------------------------------------- */
struct variant_body {
    struct str id, title, sku;
    int64_t price_fen, exclusive_fen, compare_fen;
    bool id_given, title_given, sku_given, price_given, exclusive_given, compare_given;
    bool exclusive_null, compare_null;
    struct stock_said stock;
};

static enum err
read_variant_fields(struct request *req, const json_t *object, const char *path,
                    struct variant_body *said)
{
    struct json_fault fault;
    const struct json_field fields[] = {
        { "id", JSON_FIELD_STRING, &said->id, .min = 1, .max = 3,
          .given = &said->id_given },
        { "title", JSON_FIELD_TEXT, &said->title, .min = 0,
          .max = OPTION_VALUE_CHARS_MAX, .given = &said->title_given },
        { "sku", JSON_FIELD_TEXT, &said->sku, .min = 0, .max = SKU_CHARS_MAX,
          .given = &said->sku_given },
        { "price_fen", JSON_FIELD_INTEGER, &said->price_fen, .min = 0,
          .max = MONEY_FEN_MAX, .given = &said->price_given },
        { "exclusive_price_fen", JSON_FIELD_INTEGER, &said->exclusive_fen, .min = 0,
          .max = MONEY_FEN_MAX, .nullable = true, .given = &said->exclusive_given,
          .null = &said->exclusive_null },
        { "reference_price_fen", JSON_FIELD_INTEGER, &said->compare_fen, .min = 0,
          .max = MONEY_FEN_MAX, .nullable = true, .given = &said->compare_given,
          .null = &said->compare_null },
    };
    enum err err = json_read(req->arena, object, path, fields,
                             sizeof fields / sizeof *fields, &fault);

    return err == ERR_NONE ? ERR_NONE : problem_fault(req, err, &fault);
}

/* The former variant that this one continues: by id, else by title; NULL for a new one.
 */
static const struct variant *
find_former(struct request *req, const struct product *former,
            const struct variant_body *said)
{
    int64_t id = 0;

    str_to_i64(said->id, &id);
    for (size_t i = 0; i < former->variant_count; i++) {
        const struct variant *variant = &former->variants[i];

        if (said->id_given
                ? variant->id == id
                : str_equal(variant_title(req->arena, variant), said->title)) {
            return variant;
        }
    }
    return NULL;
}

static void
set_title(struct request *req, struct variant *variant, struct str title)
{
    if (!str_equal(variant_title(req->arena, variant), title)) {
        variant->option[0] = title;
        variant->option[1] = variant->option[2] = STR("");
    }
}

/* Tables say so where there is nothing to choose, and their reader understands it; what
 * it reads must be what was written here. */
static bool
is_no_choice(const struct product *former, struct str title)
{
    return str_equal(title, STR("Default Title")) &&
           (former->option_name[0].len == 0 ||
            str_equal(former->option_name[0], STR("Title")));
}

/* Prices that a variant does not name are the product's. */
static void
set_amounts(const struct body *body, const struct variant_body *said,
            struct variant *variant)
{
    variant->price_fen = said->price_given ? said->price_fen : body->price_fen;
    variant->exclusive_fen = PRICE_NONE;
    if (!body->echoes) {
        variant->compare_fen = PRICE_NONE;
    }
    if (said->exclusive_given && !said->exclusive_null) {
        variant->exclusive_fen = said->exclusive_fen;
    } else if (body->exclusive_given && !body->exclusive_null &&
               variant->price_fen == body->price_fen) {
        variant->exclusive_fen = body->exclusive_fen;
    }
    if (said->compare_given && !said->compare_null) {
        variant->compare_fen = said->compare_fen;
    } else if (body->compare_given && !body->compare_null) {
        variant->compare_fen = body->compare_fen;
    }
}

static enum err
read_variant(struct request *req, const struct body *body, const struct product *former,
             const json_t *given, const char *path, struct variant *variant)
{
    struct variant_body said = { .title = STR("") };
    json_t *object = json_copy((json_t *)(uintptr_t)given);
    const struct variant *was;
    char stock_path[48];
    enum err err;

    snprintf(stock_path, sizeof stock_path, "%s.stock", path);
    err = read_stock(req, json_object_get(object, "stock"), stock_path,
                     json_object_get(object, "id") != NULL, &said.stock);
    json_object_del(object, "stock");
    if (err == ERR_NONE) {
        err = read_variant_fields(req, object, path, &said);
    }
    json_decref(object); /* its strings are still held by the body */
    if (err != ERR_NONE) {
        return err;
    }
    if (is_no_choice(former, said.title)) {
        said.title = STR("");
    }
    was = find_former(req, former, &said);
    if (said.id_given && was == NULL) {
        return problem_field(req, path, "has an id that is not there");
    }
    if (!said.price_given && !body->price_given) {
        return problem_field(req, path, "needs a price_fen");
    }
    *variant = was != NULL
                   ? *was
                   : (struct variant){ .compare_fen = PRICE_NONE, .stock = STOCK_OPEN };
    set_title(req, variant,
              said.title_given || was == NULL ? said.title
                                              : variant_title(req->arena, was));
    set_amounts(body, &said, variant);
    variant->sku = said.sku_given ? said.sku : variant->sku;
    if (said.stock.number) {
        variant->stock = said.stock.pieces;
    }
    return ERR_NONE;
}

/* Neither ids nor titles stand twice: who chooses must know which is which. */
static enum err
check_repeats(struct request *req, const struct product *want)
{
    struct str *titles = arena_alloc(req->arena, want->variant_count * sizeof *titles);
    char path[32];

    for (size_t i = 0; i < want->variant_count; i++) {
        const struct variant *variant = &want->variants[i];

        titles[i] = variant_title(req->arena, variant);
        for (size_t k = 0; k < i; k++) {
            if (str_equal(titles[k], titles[i]) ||
                (variant->id != 0 && want->variants[k].id == variant->id)) {
                snprintf(path, sizeof path, "variants[%zu]", i);
                return problem_field(req, path, "is an earlier variant again");
            }
        }
    }
    return ERR_NONE;
}

static enum err
read_variants(struct request *req, const struct body *body,
              const struct product *former, struct product *want)
{
    char path[32];
    enum err err;

    want->variant_count = json_array_size(body->variants);
    want->variants =
        arena_alloc(req->arena, want->variant_count * sizeof *want->variants);
    for (size_t i = 0; i < want->variant_count; i++) {
        const json_t *object = json_array_get(body->variants, i);

        snprintf(path, sizeof path, "variants[%zu]", i);
        if (!json_is_object(object)) {
            return problem_field(req, path, "must be an object");
        }
        err = read_variant(req, body, former, object, path, &want->variants[i]);
        if (err != ERR_NONE) {
            return err;
        }
    }
    return check_repeats(req, want);
}

/* --- one variant, said by the product's own fields ---------------------------------- */
static enum err
change_only_variant(struct request *req, const struct body *body, bool patch,
                    const struct product *former, struct product *want)
{
    struct variant *variant = arena_alloc(req->arena, sizeof *variant);

    *variant = former->variant_count == 1
                   ? former->variants[0]
                   : (struct variant){ .exclusive_fen = PRICE_NONE,
                                       .compare_fen = PRICE_NONE,
                                       .stock = STOCK_OPEN };
    if (!patch) {
        variant->exclusive_fen = PRICE_NONE;
    }
    if (!patch && !body->echoes) {
        variant->compare_fen = PRICE_NONE;
    }
    if (body->price_given) {
        variant->price_fen = body->price_fen;
    }
    if (body->exclusive_given) {
        variant->exclusive_fen =
            body->exclusive_null ? PRICE_NONE : body->exclusive_fen;
    }
    if (body->compare_given) {
        variant->compare_fen = body->compare_null ? PRICE_NONE : body->compare_fen;
    }
    if (body->stock.number) {
        variant->stock = body->stock.pieces;
    }
    want->variants = variant;
    want->variant_count = 1;
    return ERR_NONE;
}

/* A PATCH that names no variants leaves several as they are. */
static enum err
keep_variants(struct request *req, const struct body *body,
              const struct product *former, struct product *want)
{
    size_t bytes = former->variant_count * sizeof *former->variants;

    if (body->price_given || body->exclusive_given || body->compare_given ||
        body->stock.number) {
        return problem_field(req, "variants",
                             "say prices and stock of each of several variants");
    }
    want->variants = arena_alloc(req->arena, bytes);
    memcpy(want->variants, former->variants, bytes);
    want->variant_count = former->variant_count;
    return ERR_NONE;
}

/* --- the product -------------------------------------------------------------------- */
/* A product's own prices are its cheapest variant's: what the body says of both must
 * agree. */
static enum err
check_prices(struct request *req, const struct body *body, const struct product *want)
{
    const struct variant *cheapest = product_cheapest(want);

    for (size_t i = 0; i < want->variant_count; i++) {
        if (want->variants[i].exclusive_fen > want->variants[i].price_fen) {
            return problem_field(req, "exclusive_price_fen",
                                 "is higher than the price");
        }
    }
    if (body->price_given && body->price_fen != cheapest->price_fen) {
        return problem_field(req, "price_fen", "is not the cheapest variant's price");
    }
    if (body->exclusive_given && !body->exclusive_null &&
        body->exclusive_fen != variant_exclusive_fen(cheapest)) {
        return problem_field(req, "exclusive_price_fen",
                             "is not the cheapest variant's exclusive price");
    }
    return ERR_NONE;
}

static enum err
read_fields(struct request *req, const json_t *object, bool patch, struct body *body)
{
    struct json_fault fault;
    bool brand_null = false, category_null = false, url_null = false, text_null = false;
    const struct json_field fields[] = {
        { "title", JSON_FIELD_TEXT, &body->title, .min = 1,
          .max = PRODUCT_TITLE_CHARS_MAX, .required = !patch },
        { "description", JSON_FIELD_LONGTEXT, &body->description, .min = 0,
          .max = PRODUCT_DESCRIPTION_CHARS_MAX, .nullable = true, .null = &text_null },
        { "brand", JSON_FIELD_TEXT, &body->brand, .min = 0,
          .max = PRODUCT_BRAND_CHARS_MAX, .nullable = true, .null = &brand_null },
        { "category", JSON_FIELD_TEXT, &body->category, .min = 0,
          .max = PRODUCT_CATEGORY_CHARS_MAX, .nullable = true, .null = &category_null },
        { "url", JSON_FIELD_STRING, &body->url, .min = 0, .max = PRODUCT_URL_BYTES_MAX,
          .nullable = true, .null = &url_null },
        { "price_fen", JSON_FIELD_INTEGER, &body->price_fen, .min = 0,
          .max = MONEY_FEN_MAX, .given = &body->price_given },
        { "exclusive_price_fen", JSON_FIELD_INTEGER, &body->exclusive_fen, .min = 0,
          .max = MONEY_FEN_MAX, .nullable = true, .given = &body->exclusive_given,
          .null = &body->exclusive_null },
        { "reference_price_fen", JSON_FIELD_INTEGER, &body->compare_fen, .min = 0,
          .max = MONEY_FEN_MAX, .nullable = true, .given = &body->compare_given,
          .null = &body->compare_null },
        { "commission_bps", JSON_FIELD_INTEGER, &body->commission_bps, .min = 0,
          .max = req->policy->commission.max_bps, .nullable = true,
          .null = &body->commission_null },
        { "status", JSON_FIELD_STRING, &body->status, .min = 1, .max = 20,
          .given = &body->status_given },
        { "variants", JSON_FIELD_ARRAY, &body->variants, .min = 1,
          .max = VARIANTS_MAX },
    };
    enum err err = json_read(req->arena, object, "", fields,
                             sizeof fields / sizeof *fields, &fault);

    if (err != ERR_NONE) {
        return problem_fault(req, err, &fault);
    }
    body->description = text_null ? STR("") : body->description;
    body->brand = brand_null ? STR("") : body->brand;
    body->category = category_null ? STR("") : body->category;
    body->url = url_null ? STR("") : body->url;
    if (body->commission_null) {
        body->commission_bps = RATE_DEFAULT;
    }
    return ERR_NONE;
}

static enum err
check_words(struct request *req, const struct body *body)
{
    if (body->url.len > 0 && product_url_host(body->url).data == NULL) {
        return problem_field(req, "url",
                             "must be https, with a host's full name or IPv4 address");
    }
    if (body->status_given && !str_equal(body->status, STR("listed")) &&
        !str_equal(body->status, STR("unlisted"))) {
        return problem_field(req, "status", "must be listed or unlisted");
    }
    return ERR_NONE;
}

/* Where the body is silent: as it was, or as a new product begins. */
static struct body
body_begin(bool patch, const struct product *former)
{
    struct body body = { .commission_bps = RATE_DEFAULT };

    if (patch) {
        body.title = former->title;
        body.description = former->description;
        body.brand = former->brand;
        body.category = former->category;
        body.url = former->url;
        body.commission_bps = former->commission_bps;
    }
    return body;
}

static enum err
read_body(struct request *req, bool patch, const struct product_change *change,
          struct body *body)
{
    json_t *object = req->json != NULL ? json_copy(req->json) : json_object();
    enum err err = take_ours(req, object, change, &body->echoes);

    if (err == ERR_NONE) {
        err = read_stock(req, json_object_get(object, "stock"), "stock", body->echoes,
                         &body->stock);
    }
    json_object_del(object, "stock");
    if (err == ERR_NONE) {
        err = read_fields(req, object, patch, body);
    }
    json_decref(object); /* its strings are still held by req->json */
    return err == ERR_NONE ? check_words(req, body) : err;
}

static enum err
set_variants(struct request *req, const struct body *body, bool patch,
             const struct product *former, struct product *want)
{
    if (body->variants != NULL) {
        if (body->stock.number && body->stock.pieces != STOCK_OPEN) {
            return problem_field(req, "stock", "say it of each variant");
        }
        return read_variants(req, body, former, want);
    }
    if (patch && former->variant_count > 1) {
        return keep_variants(req, body, former, want);
    }
    if (!patch && !body->price_given) {
        return problem_field(req, "price_fen", "is required");
    }
    return change_only_variant(req, body, patch, former, want);
}

/* Variants with titles have an option to choose by; its name is Shopify's default. */
static void
name_option(struct product *want)
{
    if (want->option_name[0].len == 0 && want->variants[0].option[0].len > 0) {
        want->option_name[0] = STR("Title");
    }
}

/* A rate that we filled in from the policy is not the merchant's own. */
static int64_t
said_commission(const struct request *req, const struct body *body,
                const struct product *former)
{
    return body->echoes && former->commission_bps == RATE_DEFAULT &&
                   body->commission_bps == req->policy->commission.default_bps
               ? RATE_DEFAULT
               : body->commission_bps;
}

enum err
product_body_read(struct request *req, bool patch, struct product_change *change)
{
    const struct product *former = &change->former;
    struct product *want = &change->want;
    struct body body = body_begin(patch, former);
    enum err err;

    if ((err = read_body(req, patch, change, &body)) != ERR_NONE ||
        (err = set_variants(req, &body, patch, former, want)) != ERR_NONE ||
        (err = check_prices(req, &body, want)) != ERR_NONE) {
        return err;
    }
    want->title = body.title;
    want->description = body.description;
    want->brand = body.brand;
    want->category = body.category;
    want->url = body.url;
    want->commission_bps = said_commission(req, &body, former);
    want->down_by_merchant = body.status_given ? str_equal(body.status, STR("unlisted"))
                                               : patch && former->down_by_merchant;
    memcpy(want->option_name, former->option_name, sizeof want->option_name);
    memcpy(want->image, former->image, sizeof want->image);
    want->images = former->images;
    name_option(want);
    return ERR_NONE;
}
