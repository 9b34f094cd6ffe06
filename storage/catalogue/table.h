/* storage/catalogue/table.h - the columns of a product table, and its rows as products.
 *
 * Shopify's CSV in both header families, and three optional columns of our own
 * (API.md, CSV). Rows of one handle follow each other: the first says what the product
 * is, each says a variant, later ones may say a picture only. Columns that are not ours
 * to know are passed over. Pure.
 */
#ifndef STORAGE_CATALOGUE_TABLE_H
#define STORAGE_CATALOGUE_TABLE_H

#include "base/csv.h"
#include "storage/catalogue/product.h"

enum table_column {
    COLUMN_HANDLE,
    COLUMN_TITLE,
    COLUMN_BODY,
    COLUMN_VENDOR,
    COLUMN_CATEGORY,
    COLUMN_TYPE,
    COLUMN_PUBLISHED,
    COLUMN_STATUS,
    COLUMN_OPTION1_NAME,
    COLUMN_OPTION1_VALUE,
    COLUMN_OPTION2_NAME,
    COLUMN_OPTION2_VALUE,
    COLUMN_OPTION3_NAME,
    COLUMN_OPTION3_VALUE,
    COLUMN_SKU,
    COLUMN_QUANTITY,
    COLUMN_PRICE,
    COLUMN_COMPARE,
    COLUMN_IMAGE,
    COLUMN_EXCLUSIVE,
    COLUMN_COMMISSION,
    COLUMN_URL,
    TABLE_COLUMNS
};

/* Why a row was not taken, as a merchant can read it. */
struct table_fault {
    int64_t line;
    const char *field;  /* the column, by its newer name; NULL: the row as a whole */
    const char *reason; /* a literal in English */
};

enum { TABLE_PRODUCT_ROWS_MAX = 200 };

struct table {
    int at[TABLE_COLUMNS]; /* where in the row; -1: not there */
    size_t width;
    int64_t commission_bps_max;
};

/* By the first row of the file. False with the fault: then nothing can be read. */
bool table_read_header(struct table *table, const struct csv_row *row,
                       struct table_fault *fault);
void table_write_header(struct csv_writer *writer);
const char *table_column_name(enum table_column column);

/* A product as its rows come. */
struct draft {
    struct product product; /* variants has room for VARIANTS_MAX */
    bool refused;           /* its first row was: nothing of it is taken */
    int rows;               /* looked at so far */
};

/* The row's own handle, or one made of its title; empty when it has neither. In the
 * arena. */
struct str table_row_handle(struct arena *arena, const struct table *table,
                            const struct csv_row *row);
/* Begins a product with its first row, adding no variant yet. */
bool table_read_product(struct arena *arena, const struct table *table,
                        const struct csv_row *row, struct draft *draft,
                        struct table_fault *fault);
/* Adds what any row says: a variant, a picture. Of a bad row a variant without a price
 * stays, which product_settle() takes for "as it was". */
bool table_read_variant(struct arena *arena, const struct table *table,
                        const struct csv_row *row, struct draft *draft,
                        struct table_fault *fault);

/* One row for each variant, and for pictures beyond them. */
void table_write_product(struct csv_writer *writer, struct arena *arena,
                         const struct product *product);

#endif
