/* storage/catalogue/draft.c - rows of a product table into a product.
 *
 * Every cell is judged here, once; what is refused is refused with the column and the
 * reason. Text is normalised as in a request (base/utf8.h). */
#include <assert.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "proto/money.h"
#include "storage/catalogue/grams.h"
#include "storage/catalogue/html.h"
#include "storage/catalogue/table.h"

/* What is read from: one row, and where its fault goes. */
struct source {
    struct arena *arena;
    const struct table *table;
    const struct csv_row *row;
    struct table_fault *fault;
};

static struct str
cell(const struct table *table, const struct csv_row *row, enum table_column column)
{
    int at = table->at[column];

    return at >= 0 && (size_t)at < row->count ? str_trim(row->fields[at]) : STR("");
}

static bool
refuse(const struct source *from, enum table_column column, const char *reason)
{
    from->fault->field = table_column_name(column);
    from->fault->reason = reason;
    return false;
}

static bool
refuse_row(const struct source *from, const char *reason)
{
    from->fault->field = NULL;
    from->fault->reason = reason;
    return false;
}

/* --- cells -------------------------------------------------------------------------- */
/* Up to `max` characters; the reason names the limit. Empty is allowed. */
static bool
read_text(const struct source *from, enum table_column column, size_t max,
          const char *reason, struct str *out)
{
    struct str text = cell(from->table, from->row, column);

    *out = STR("");
    if (text.len == 0) {
        return true;
    }
    return (text.len <= max * 4 &&
            utf8_text(from->arena, text, UTF8_LINE, 0, max, out)) ||
           refuse(from, column, reason);
}

static bool
read_description(const struct source *from, struct str *out)
{
    struct str html = cell(from->table, from->row, COLUMN_BODY);
    struct str text = html_to_text(from->arena, html);

    return (text.len <= PRODUCT_DESCRIPTION_CHARS_MAX * 4 &&
            utf8_text(from->arena, text, UTF8_PARAGRAPH, 0,
                      PRODUCT_DESCRIPTION_CHARS_MAX, out)) ||
           refuse(from, COLUMN_BODY,
                  "must be text of at most 10,000 characters, none of them control");
}

static bool
read_price(const struct source *from, enum table_column column, int64_t *fen)
{
    struct str text = cell(from->table, from->row, column);

    if (text.len == 0) {
        return true;
    }
    switch (money_read_yuan(text, fen)) {
    case ERR_NONE:
        return true;
    case ERR_AMOUNT_RANGE:
        return refuse(from, column, "is more than 10,000,000,000.00");
    default:
        return refuse(from, column, "is no amount, exact to the hundredth");
    }
}

static bool
read_stock(const struct source *from, int64_t *stock)
{
    struct str text = cell(from->table, from->row, COLUMN_QUANTITY);

    if (text.len == 0) {
        return true;
    }
    if (!str_to_i64(text, stock) || *stock > STOCK_MAX) {
        return refuse(from, COLUMN_QUANTITY, "must be a whole number up to 10^9");
    }
    *stock = *stock < 0 ? 0 : *stock; /* oversold elsewhere: nothing is left */
    return true;
}

static bool
read_url(const struct source *from, struct str *out)
{
    struct str url = cell(from->table, from->row, COLUMN_URL);

    if (url.len > 0 && product_url_host(url).data == NULL) {
        return refuse(from, COLUMN_URL,
                      "must be https, with a host's full name or IPv4 address");
    }
    *out = arena_dup(from->arena, url);
    return true;
}

static bool
read_commission(const struct source *from, int64_t *bps)
{
    struct str text = cell(from->table, from->row, COLUMN_COMMISSION);

    return text.len == 0 ||
           money_read_percent(text, from->table->commission_bps_max, bps) == ERR_NONE ||
           refuse(from, COLUMN_COMMISSION,
                  "must be a percentage within what the policy allows");
}

static bool
is_one_of(struct str word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (str_equal_nocase(word, str_from(*words))) {
            return true;
        }
    }
    return false;
}

/* Published says no, or Status says anything but active: not on sale. */
static bool
read_status(const struct source *from, bool *down)
{
    static const char *const no[] = { "false", "no", "0", NULL };
    static const char *const yes[] = { "true", "yes", "1", "", NULL };
    struct str published = cell(from->table, from->row, COLUMN_PUBLISHED);
    struct str status = cell(from->table, from->row, COLUMN_STATUS);

    if (!is_one_of(published, yes) && !is_one_of(published, no)) {
        return refuse(from, COLUMN_PUBLISHED, "must be true or false");
    }
    *down = is_one_of(published, no) ||
            (status.len > 0 && !str_equal_nocase(status, STR("active")));
    return true;
}

/* --- products ----------------------------------------------------------------------- */
/* The title's words with hyphens between them, cut where a character ends. */
static struct str
slug(struct arena *arena, struct str title)
{
    struct str rest = utf8_fold(arena, title), word;
    struct buf out;
    struct str made;

    buf_init(&out, HANDLE_BYTES_MAX);
    while (!out.full && grams_next_word(&rest, &word)) {
        int32_t point;
        size_t len;

        if (out.len > 0) {
            buf_put_char(&out, '-');
        }
        while (!out.full && (len = utf8_next(word, &point)) > 0) {
            buf_put(&out, word.data, len);
            word = str_of(word.data + len, word.len - len);
        }
    }
    made = arena_dup(arena, buf_str(&out));
    buf_free(&out);
    return made;
}

struct str
table_row_handle(struct arena *arena, const struct table *table,
                 const struct csv_row *row)
{
    struct str handle = cell(table, row, COLUMN_HANDLE);
    struct str title = cell(table, row, COLUMN_TITLE);

    if (handle.len > 0) {
        return arena_dup(arena, str_of(handle.data, handle.len <= HANDLE_BYTES_MAX
                                                        ? handle.len
                                                        : HANDLE_BYTES_MAX + 1));
    }
    return title.len <= PRODUCT_TITLE_CHARS_MAX * 4 && utf8_valid(title)
               ? slug(arena, title)
               : STR("");
}

static bool
read_option_names(const struct source *from, struct product *product)
{
    for (int i = 0; i < PRODUCT_OPTIONS_MAX; i++) {
        if (!read_text(from, (enum table_column)(COLUMN_OPTION1_NAME + 2 * i),
                       OPTION_NAME_CHARS_MAX, "must be text of at most 100 characters",
                       &product->option_name[i])) {
            return false;
        }
    }
    return true;
}

static bool
read_title(const struct source *from, struct str *title)
{
    return read_text(from, COLUMN_TITLE, PRODUCT_TITLE_CHARS_MAX,
                     "must be one line of at most 255 characters", title) &&
           (title->len > 0 || refuse(from, COLUMN_TITLE, "is missing"));
}

static bool
read_category(const struct source *from, struct str *category)
{
    static const char reason[] = "must be one line of at most 100 characters";

    if (!read_text(from, COLUMN_TYPE, PRODUCT_CATEGORY_CHARS_MAX, reason, category)) {
        return false;
    }
    return category->len > 0 || read_text(from, COLUMN_CATEGORY,
                                          PRODUCT_CATEGORY_CHARS_MAX, reason, category);
}

bool
table_read_product(struct arena *arena, const struct table *table,
                   const struct csv_row *row, struct draft *draft,
                   struct table_fault *fault)
{
    struct source from = { arena, table, row, fault };
    struct product *product = &draft->product;
    bool taken;

    *draft = (struct draft){ .product = { .commission_bps = RATE_DEFAULT } };
    product->variants = arena_alloc(arena, VARIANTS_MAX * sizeof(struct variant));
    product->handle = table_row_handle(arena, table, row);
    taken = (product_handle_ok(product->handle) ||
             refuse(&from, COLUMN_HANDLE,
                    "must be one word of at most 100 bytes, without a slash")) &&
            read_title(&from, &product->title) &&
            read_description(&from, &product->description) &&
            read_text(&from, COLUMN_VENDOR, PRODUCT_BRAND_CHARS_MAX,
                      "must be one line of at most 100 characters", &product->brand) &&
            read_category(&from, &product->category) &&
            read_url(&from, &product->url) &&
            read_commission(&from, &product->commission_bps) &&
            read_status(&from, &product->down_by_merchant) &&
            read_option_names(&from, product);
    draft->refused = !taken;
    return taken;
}

/* --- variants ----------------------------------------------------------------------- */
static bool
read_options(const struct source *from, const struct product *product,
             struct variant *variant)
{
    for (int i = 0; i < PRODUCT_OPTIONS_MAX; i++) {
        if (!read_text(from, (enum table_column)(COLUMN_OPTION1_VALUE + 2 * i),
                       OPTION_VALUE_CHARS_MAX, "must be text of at most 255 characters",
                       &variant->option[i])) {
            return false;
        }
    }
    if (str_equal(product->option_name[0], STR("Title")) &&
        str_equal(variant->option[0], STR("Default Title"))) {
        variant->option[0] = STR("");
    }
    return true;
}

/* Shopify's way of saying that there is nothing to choose. */
static void
forget_default_option(struct product *product)
{
    const struct variant *first = &product->variants[0];

    if (product->variant_count == 1 && first->option[0].len == 0 &&
        str_equal(product->option_name[0], STR("Title"))) {
        product->option_name[0] = STR("");
    }
}

static bool
is_new_variant(const struct source *from, const struct product *product,
               const struct variant *variant)
{
    for (size_t i = 0; i < product->variant_count; i++) {
        const struct str *there = product->variants[i].option;

        if (str_equal(there[0], variant->option[0]) &&
            str_equal(there[1], variant->option[1]) &&
            str_equal(there[2], variant->option[2])) {
            return refuse(from, COLUMN_OPTION1_VALUE,
                          "an earlier row has the same variant");
        }
    }
    return product->variant_count < VARIANTS_MAX ||
           refuse_row(from, "the product has more than 100 variants");
}

static bool
read_amounts(const struct source *from, struct variant *variant)
{
    int64_t price_fen = PRICE_NONE;

    if (!read_price(from, COLUMN_PRICE, &price_fen) ||
        !read_price(from, COLUMN_COMPARE, &variant->compare_fen) ||
        !read_price(from, COLUMN_EXCLUSIVE, &variant->exclusive_fen) ||
        !read_stock(from, &variant->stock)) {
        return false;
    }
    if (price_fen == PRICE_NONE) {
        return refuse(from, COLUMN_PRICE, "is missing");
    }
    if (variant->exclusive_fen > price_fen) {
        return refuse(from, COLUMN_EXCLUSIVE, "is higher than the price");
    }
    variant->price_fen = price_fen; /* last: only a good row has one */
    return true;
}

static bool
add_variant(const struct source *from, struct product *product)
{
    struct variant variant = { .price_fen = PRICE_NONE,
                               .exclusive_fen = PRICE_NONE,
                               .compare_fen = PRICE_NONE,
                               .stock = STOCK_OPEN };
    bool taken;

    if (!read_options(from, product, &variant) ||
        !is_new_variant(from, product, &variant)) {
        return false;
    }
    taken = read_text(from, COLUMN_SKU, SKU_CHARS_MAX,
                      "must be one line of at most 100 characters", &variant.sku) &&
            read_amounts(from, &variant);
    product->variants[product->variant_count++] = variant;
    forget_default_option(product);
    return taken;
}

static bool
add_image(const struct source *from, struct product *product)
{
    struct str url = cell(from->table, from->row, COLUMN_IMAGE);

    if (url.len == 0) {
        return true;
    }
    if (!product_image_ok(url)) {
        return refuse(from, COLUMN_IMAGE, "must be an http or https address in ASCII");
    }
    if (product->images == PRODUCT_IMAGES_MAX) {
        return refuse(from, COLUMN_IMAGE, "the product has more than 20 pictures");
    }
    product->image[product->images++] = arena_dup(from->arena, url);
    return true;
}

/* A later row that bears a picture and nothing of a variant. */
static bool
is_image_only(const struct source *from, const struct product *product)
{
    static const enum table_column said[] = { COLUMN_PRICE, COLUMN_SKU,
                                              COLUMN_OPTION1_VALUE, COLUMN_QUANTITY };

    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (cell(from->table, from->row, said[i]).len > 0) {
            return false;
        }
    }
    return product->variant_count > 0 &&
           cell(from->table, from->row, COLUMN_IMAGE).len > 0;
}

bool
table_read_variant(struct arena *arena, const struct table *table,
                   const struct csv_row *row, struct draft *draft,
                   struct table_fault *fault)
{
    struct source from = { arena, table, row, fault };

    assert(!draft->refused);
    if (draft->rows++ >= TABLE_PRODUCT_ROWS_MAX) {
        return refuse_row(&from, "the product has more than 200 rows");
    }
    if (!is_image_only(&from, &draft->product) &&
        !add_variant(&from, &draft->product)) {
        return false;
    }
    return add_image(&from, &draft->product);
}
