/* storage/catalogue/table.c - which column is which, and writing rows. */
#include "storage/catalogue/table.h"

#include <inttypes.h>

#include "proto/money.h"
#include "storage/catalogue/html.h"

/* The newer name is written; both are read, in any case. */
static const struct {
    const char *newer;
    const char *older;
} columns[TABLE_COLUMNS] = {
    [COLUMN_HANDLE] = { "URL handle", "Handle" },
    [COLUMN_TITLE] = { "Title", "Title" },
    [COLUMN_BODY] = { "Description", "Body (HTML)" },
    [COLUMN_VENDOR] = { "Vendor", "Vendor" },
    [COLUMN_CATEGORY] = { "Product category", "Product category" },
    [COLUMN_TYPE] = { "Type", "Type" },
    [COLUMN_PUBLISHED] = { "Published on online store", "Published" },
    [COLUMN_STATUS] = { "Status", "Status" },
    [COLUMN_OPTION1_NAME] = { "Option1 name", "Option1 name" },
    [COLUMN_OPTION1_VALUE] = { "Option1 value", "Option1 value" },
    [COLUMN_OPTION2_NAME] = { "Option2 name", "Option2 name" },
    [COLUMN_OPTION2_VALUE] = { "Option2 value", "Option2 value" },
    [COLUMN_OPTION3_NAME] = { "Option3 name", "Option3 name" },
    [COLUMN_OPTION3_VALUE] = { "Option3 value", "Option3 value" },
    [COLUMN_SKU] = { "SKU", "Variant SKU" },
    [COLUMN_QUANTITY] = { "Inventory quantity", "Variant Inventory Qty" },
    [COLUMN_PRICE] = { "Price", "Variant Price" },
    [COLUMN_COMPARE] = { "Compare-at price", "Variant Compare At Price" },
    [COLUMN_IMAGE] = { "Product image URL", "Image Src" },
    [COLUMN_EXCLUSIVE] = { "Exclusive Price", "Exclusive Price" },
    [COLUMN_COMMISSION] = { "Commission %", "Commission %" },
    [COLUMN_URL] = { "URL", "URL" },
};

const char *
table_column_name(enum table_column column)
{
    return columns[column].newer;
}

/* --- the header --------------------------------------------------------------------- */
static int
column_of(struct str name)
{
    for (int i = 0; i < TABLE_COLUMNS; i++) {
        if (str_equal_nocase(name, str_from(columns[i].newer)) ||
            str_equal_nocase(name, str_from(columns[i].older))) {
            return i;
        }
    }
    return -1;
}

static bool
refuse(struct table_fault *fault, int column, const char *reason)
{
    fault->field = column < 0 ? NULL : columns[column].newer;
    fault->reason = reason;
    return false;
}

bool
table_read_header(struct table *table, const struct csv_row *row,
                  struct table_fault *fault)
{
    fault->line = row->line;
    for (int i = 0; i < TABLE_COLUMNS; i++) {
        table->at[i] = -1;
    }
    if (row->fault != NULL) {
        return refuse(fault, -1, row->fault);
    }
    table->width = row->count;
    for (size_t i = 0; i < row->count; i++) {
        int column = column_of(str_trim(row->fields[i]));

        if (column >= 0 && table->at[column] >= 0) {
            return refuse(fault, column, "this column is there twice");
        }
        if (column >= 0) {
            table->at[column] = (int)i;
        }
    }
    if (table->at[COLUMN_TITLE] < 0) {
        return refuse(fault, COLUMN_TITLE, "this column is missing");
    }
    return table->at[COLUMN_PRICE] >= 0 ||
           refuse(fault, COLUMN_PRICE, "this column is missing");
}

void
table_write_header(struct csv_writer *writer)
{
    for (int i = 0; i < TABLE_COLUMNS; i++) {
        csv_put(writer, str_from(columns[i].newer));
    }
    csv_put_end(writer);
}

/* --- writing a product -------------------------------------------------------------- */
static struct str
price_text(struct arena *arena, int64_t fen)
{
    char text[MONEY_TEXT_BYTES];

    if (fen == PRICE_NONE) {
        return STR("");
    }
    money_write_yuan(fen, text);
    return arena_dup(arena, str_from(text));
}

static struct str
percent_text(struct arena *arena, int64_t bps)
{
    return bps == RATE_DEFAULT
               ? STR("")
               : arena_printf(arena, "%" PRId64 ".%02d", bps / 100, (int)(bps % 100));
}

static void
fill_product(struct arena *arena, const struct product *product,
             struct str cells[TABLE_COLUMNS])
{
    cells[COLUMN_TITLE] = product->title;
    cells[COLUMN_BODY] = html_from_text(arena, product->description);
    cells[COLUMN_VENDOR] = product->brand;
    cells[COLUMN_TYPE] = product->category;
    cells[COLUMN_PUBLISHED] = product->down_by_merchant ? STR("false") : STR("true");
    cells[COLUMN_STATUS] = product->down_by_merchant ? STR("draft") : STR("active");
    cells[COLUMN_COMMISSION] = percent_text(arena, product->commission_bps);
    cells[COLUMN_URL] = product->url;
    for (int i = 0; i < PRODUCT_OPTIONS_MAX; i++) {
        cells[COLUMN_OPTION1_NAME + 2 * i] = product->option_name[i];
    }
}

static void
fill_variant(struct arena *arena, const struct variant *variant,
             struct str cells[TABLE_COLUMNS])
{
    for (int i = 0; i < PRODUCT_OPTIONS_MAX; i++) {
        cells[COLUMN_OPTION1_VALUE + 2 * i] = variant->option[i];
    }
    cells[COLUMN_SKU] = variant->sku;
    cells[COLUMN_PRICE] = price_text(arena, variant->price_fen);
    cells[COLUMN_COMPARE] = price_text(arena, variant->compare_fen);
    cells[COLUMN_EXCLUSIVE] = price_text(arena, variant->exclusive_fen);
    if (variant->stock != STOCK_OPEN) {
        cells[COLUMN_QUANTITY] = arena_printf(arena, "%" PRId64, variant->stock);
    }
}

/* The only variant, as Shopify writes it. */
static void
fill_only_variant(const struct product *product, struct str cells[TABLE_COLUMNS])
{
    const struct variant *variant = &product->variants[0];

    if (product->option_name[0].len == 0 && variant->option[0].len == 0 &&
        variant->option[1].len == 0 && variant->option[2].len == 0) {
        cells[COLUMN_OPTION1_NAME] = STR("Title");
        cells[COLUMN_OPTION1_VALUE] = STR("Default Title");
    }
}

void
table_write_product(struct csv_writer *writer, struct arena *arena,
                    const struct product *product)
{
    size_t rows = product->variant_count > product->images ? product->variant_count
                                                           : product->images;

    for (size_t row = 0; row < rows; row++) {
        struct str cells[TABLE_COLUMNS] = { [COLUMN_HANDLE] = product->handle };

        if (row < product->variant_count) {
            fill_variant(arena, &product->variants[row], cells);
        }
        if (row == 0) {
            fill_product(arena, product, cells);
            fill_only_variant(product, cells);
        }
        if (row < product->images) {
            cells[COLUMN_IMAGE] = product->image[row];
        }
        for (int i = 0; i < TABLE_COLUMNS; i++) {
            csv_put(writer, cells[i]);
        }
        csv_put_end(writer);
    }
}
