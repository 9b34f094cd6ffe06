/* storage/catalogue/record.c - products to JSON and back, and what their hash adds. */
#include "storage/catalogue/record.h"

#include <assert.h>
#include <stdlib.h>

#include "proto/json.h"
#include "proto/money.h"

/* --- writing: what is empty or not said is left out --------------------------------- */
static void
put_text(json_t *object, const char *name, struct str text)
{
    if (text.len > 0) {
        json_object_set_new(object, name, json_stringn(text.data, text.len));
    }
}

static void
put_number(json_t *object, const char *name, int64_t number)
{
    if (number >= 0) {
        json_object_set_new(object, name, json_integer(number));
    }
}

/* The values up to the last that is not empty. */
static void
put_texts(json_t *object, const char *name, const struct str *texts, size_t count)
{
    json_t *array;

    while (count > 0 && texts[count - 1].len == 0) {
        count--;
    }
    if (count == 0) {
        return;
    }
    array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, json_stringn(texts[i].data, texts[i].len));
    }
    json_object_set_new(object, name, array);
}

static json_t *
variant_json(const struct variant *variant)
{
    json_t *object = json_object();

    put_number(object, "id", variant->id);
    put_texts(object, "option", variant->option, PRODUCT_OPTIONS_MAX);
    put_text(object, "sku", variant->sku);
    put_number(object, "price", variant->price_fen);
    put_number(object, "exclusive", variant->exclusive_fen);
    put_number(object, "compare", variant->compare_fen);
    return object;
}

struct str
record_write(struct arena *arena, const struct product *product)
{
    json_t *doc = json_object(), *variants = json_array();
    struct str written;
    char *text;

    put_text(doc, "title", product->title);
    put_text(doc, "brand", product->brand);
    put_text(doc, "category", product->category);
    put_text(doc, "url", product->url);
    put_texts(doc, "names", product->option_name, PRODUCT_OPTIONS_MAX);
    put_texts(doc, "images", product->image, product->images);
    put_number(doc, "commission", product->commission_bps);
    put_number(doc, "ids", product->ids_given);
    for (size_t i = 0; i < product->variant_count; i++) {
        json_array_append_new(variants, variant_json(&product->variants[i]));
    }
    json_object_set_new(doc, "variants", variants);
    text = json_dumps(doc, JSON_COMPACT);
    assert(text != NULL); /* of valid UTF-8 always */
    json_decref(doc);
    written = arena_dup(arena, str_from(text));
    free(text);
    return written;
}

/* --- reading ------------------------------------------------------------------------ */
static struct str
dup_value(struct arena *arena, const json_t *string)
{
    return arena_dup(arena,
                     str_of(json_string_value(string), json_string_length(string)));
}

static bool
read_texts(struct arena *arena, const json_t *array, struct str *texts, size_t max,
           size_t *count)
{
    size_t i;
    json_t *value;

    if (array == NULL) {
        return true;
    }
    if (json_array_size(array) > max) {
        return false;
    }
    json_array_foreach(array, i, value)
    {
        if (!json_is_string(value)) {
            return false;
        }
        texts[i] = dup_value(arena, value);
    }
    *count = i;
    return true;
}

static enum err
read_variant(struct arena *arena, const json_t *object, struct variant *variant)
{
    int64_t id = 0;
    size_t count = 0;
    const json_t *options = NULL;
    struct json_fault fault;
    const struct json_field fields[] = {
        { "id", JSON_FIELD_INTEGER, &id, .min = 1, .max = VARIANTS_MAX,
          .required = true },
        { "option", JSON_FIELD_ARRAY, &options, .min = 1, .max = PRODUCT_OPTIONS_MAX },
        { "sku", JSON_FIELD_STRING, &variant->sku, .min = 0, .max = SKU_CHARS_MAX * 4 },
        { "price", JSON_FIELD_INTEGER, &variant->price_fen, .min = 0,
          .max = MONEY_FEN_MAX, .required = true },
        { "exclusive", JSON_FIELD_INTEGER, &variant->exclusive_fen, .min = 0,
          .max = MONEY_FEN_MAX },
        { "compare", JSON_FIELD_INTEGER, &variant->compare_fen, .min = 0,
          .max = MONEY_FEN_MAX },
    };

    *variant = (struct variant){ .exclusive_fen = PRICE_NONE,
                                 .compare_fen = PRICE_NONE,
                                 .stock = STOCK_OPEN };
    if (json_read(arena, object, "", fields, sizeof fields / sizeof *fields, &fault) !=
            ERR_NONE ||
        !read_texts(arena, options, variant->option, PRODUCT_OPTIONS_MAX, &count)) {
        return ERR_BAD_DATA;
    }
    variant->id = (int)id;
    variant->sku = arena_dup(arena, variant->sku);
    return ERR_NONE;
}

static enum err
read_variants(struct arena *arena, const json_t *array, struct product *product)
{
    size_t i;
    json_t *object;

    product->variant_count = json_array_size(array);
    product->variants =
        arena_alloc(arena, product->variant_count * sizeof *product->variants);
    json_array_foreach(array, i, object)
    {
        if (read_variant(arena, object, &product->variants[i]) != ERR_NONE) {
            return ERR_BAD_DATA;
        }
    }
    return ERR_NONE;
}

/* The strings are the document's until they are copied here. */
static void
keep_strings(struct arena *arena, struct product *product)
{
    product->title = arena_dup(arena, product->title);
    product->brand = arena_dup(arena, product->brand);
    product->category = arena_dup(arena, product->category);
    product->url = arena_dup(arena, product->url);
}

static enum err
read_doc(struct arena *arena, const json_t *doc, struct product *product)
{
    const json_t *names = NULL, *images = NULL, *variants = NULL;
    int64_t ids_given = VARIANTS_MAX;
    size_t name_count = 0;
    struct json_fault fault;
    const struct json_field fields[] = {
        { "title", JSON_FIELD_STRING, &product->title, .min = 1,
          .max = PRODUCT_TITLE_CHARS_MAX * 4, .required = true },
        { "brand", JSON_FIELD_STRING, &product->brand, .min = 1,
          .max = PRODUCT_BRAND_CHARS_MAX * 4 },
        { "category", JSON_FIELD_STRING, &product->category, .min = 1,
          .max = PRODUCT_CATEGORY_CHARS_MAX * 4 },
        { "url", JSON_FIELD_STRING, &product->url, .min = 1,
          .max = PRODUCT_URL_BYTES_MAX },
        { "names", JSON_FIELD_ARRAY, &names, .min = 1, .max = PRODUCT_OPTIONS_MAX },
        { "images", JSON_FIELD_ARRAY, &images, .min = 1, .max = PRODUCT_IMAGES_MAX },
        { "commission", JSON_FIELD_INTEGER, &product->commission_bps, .min = 0,
          .max = 10000 },
        { "ids", JSON_FIELD_INTEGER, &ids_given, .min = 1, .max = VARIANTS_MAX },
        { "variants", JSON_FIELD_ARRAY, &variants, .min = 1, .max = VARIANTS_MAX,
          .required = true },
    };

    if (json_read(arena, doc, "", fields, sizeof fields / sizeof *fields, &fault) !=
            ERR_NONE ||
        !read_texts(arena, names, product->option_name, PRODUCT_OPTIONS_MAX,
                    &name_count) ||
        !read_texts(arena, images, product->image, PRODUCT_IMAGES_MAX,
                    &product->images)) {
        return ERR_BAD_DATA;
    }
    keep_strings(arena, product);
    product->ids_given = (int)ids_given;
    return read_variants(arena, variants, product);
}

static enum err
read_doc_text(struct arena *arena, struct str text, struct product *product)
{
    json_t *doc;
    enum err err;

    if (json_parse(text, &doc) != ERR_NONE) {
        return ERR_BAD_DATA;
    }
    err = json_is_object(doc) ? read_doc(arena, doc, product) : ERR_BAD_DATA;
    json_decref(doc);
    return err;
}

static enum err
read_stock(const struct reply *stock, struct product *product)
{
    for (size_t i = 0; i + 1 < stock->count; i += 2) {
        int64_t id, pieces;

        if (!reply_int(reply_at(stock, i), &id) ||
            !reply_int(reply_at(stock, i + 1), &pieces) || pieces < 0 ||
            pieces > STOCK_MAX) {
            return ERR_BAD_DATA;
        }
        for (size_t v = 0; v < product->variant_count; v++) {
            if (product->variants[v].id == id) {
                product->variants[v].stock = pieces;
            }
        }
    }
    return ERR_NONE;
}

static bool
holds(struct str s, char c)
{
    return s.len > 0 && memchr(s.data, c, s.len) != NULL;
}

/* One field beside the document; what is not known is left alone. */
static bool
read_field(struct arena *arena, struct str name, const struct reply *value,
           struct product *product)
{
    if (str_equal(name, STR("merchant"))) {
        return member_id_parse(reply_str(value), &product->merchant);
    } else if (str_equal(name, STR("handle"))) {
        product->handle = arena_dup(arena, reply_str(value));
    } else if (str_equal(name, STR("doc"))) {
        return read_doc_text(arena, reply_str(value), product) == ERR_NONE;
    } else if (str_equal(name, STR("text"))) {
        product->description = arena_dup(arena, reply_str(value));
    } else if (str_equal(name, STR("down"))) {
        product->down_by_merchant = holds(reply_str(value), 'm');
        product->down_by_operator = holds(reply_str(value), 'o');
    } else if (str_equal(name, STR("reason"))) {
        product->down_reason = arena_dup(arena, reply_str(value));
    } else if (str_equal(name, STR("order"))) {
        return reply_int(value, &product->order);
    } else if (str_equal(name, STR("version"))) {
        return reply_int(value, &product->version) && product->version > 0;
    } else if (str_equal(name, STR("changed_at"))) {
        return reply_int(value, &product->changed_at_ms);
    }
    return true;
}

enum err
record_read(struct arena *arena, const struct reply *reply, struct product *product)
{
    const struct reply *fields = reply_at(reply, 1);

    *product = (struct product){ .id = product->id, .commission_bps = RATE_DEFAULT };
    for (size_t i = 0; i + 1 < fields->count; i += 2) {
        if (!read_field(arena, reply_str(reply_at(fields, i)), reply_at(fields, i + 1),
                        product)) {
            return ERR_BAD_DATA;
        }
    }
    if (product->version == 0 || product->variant_count == 0 ||
        product->merchant.value == 0) {
        return ERR_BAD_DATA;
    }
    return read_stock(reply_at(reply, 2), product);
}
