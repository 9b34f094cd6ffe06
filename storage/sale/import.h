/* storage/sale/import.h - a merchant's sales from elsewhere, taken in as they arrive.
 *
 * A CSV with these columns, in any order, named in the first row: sale_id, number,
 * product_handle, buyer_ref, quantity, amount_fen, sold_at, and for refunds kind
 * ("refund"; empty, "sale" or "order" otherwise) and refund_of, the sale that it takes
 * back. A refund's own id is its sale_id; of the rest it needs amount_fen.
 *
 * Rows are worked on in windows, several at a time, each in a task. A refund whose sale
 * is not there yet waits until all sales are in, so the order of rows does not matter.
 * Good rows land, bad ones are told by line and reason. History of any age is taken, but
 * sales whose buyers are forgotten (storage/sale/sale.h) are for the books alone. When
 * the store fails, a window is tried again for about 25 s. Feeding the same file again
 * changes nothing.
 *
 * Waits       sales_import_feed(), sales_import_end(), sales_import_close().
 */
#ifndef STORAGE_SALE_IMPORT_H
#define STORAGE_SALE_IMPORT_H

#include "base/str.h"
#include "proto/err.h"
#include "proto/ids.h"

struct policy;
struct store;

struct sales_import_config {
    struct store *store;
    struct member_id merchant;
    const struct policy *policy; /* outlives the import */
    /* for each row that cannot be taken, not always in order */
    void (*fault)(void *arg, int64_t line, const char *reason);
    void *arg;
};

struct sales_import_counts {
    int64_t rows;    /* read, without the header */
    int64_t done;    /* of these */
    int64_t sales;   /* new ones */
    int64_t refunds; /* new ones */
    int64_t repeats; /* that were there already */
    int64_t bad;
};

struct sales_import;

struct sales_import *sales_import_open(const struct sales_import_config *config);
void sales_import_close(struct sales_import **import);

/* ERR_INVALID_FIELD when the first row is no header that can be used (told as a fault),
 * or the store's error that stood between us and the end. The same again afterwards. */
enum err sales_import_feed(struct sales_import *import, struct str bytes);
/* Nothing more comes: waits for what is under way, then takes the refunds that waited.
 */
enum err sales_import_end(struct sales_import *import);
const struct sales_import_counts *sales_import_counts(
    const struct sales_import *import);

#endif
