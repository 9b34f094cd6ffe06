/* storage/catalogue/import.h - a merchant's product table, taken in as it arrives.
 *
 * Bytes are fed in pieces of any size. Good rows land, bad ones are told by line,
 * column and reason; a product that is there already is changed to what the table says
 * of it, and left alone when that is nothing new. Products are written in batches of
 * IMPORT_BATCH_PRODUCTS, one batch at a time, so that the store's other callers get
 * their turn. When the store fails, a batch is tried again for about 25 s. What was
 * written stays; feeding the same table again is safe.
 *
 * Waits       import_feed() and import_end().
 */
#ifndef STORAGE_CATALOGUE_IMPORT_H
#define STORAGE_CATALOGUE_IMPORT_H

#include "storage/catalogue/table.h"

enum { IMPORT_BATCH_PRODUCTS = 256, IMPORT_BATCH_BYTES = 256 << 10 };

struct import_config {
    struct store *store;
    struct member_id merchant;
    int64_t commission_bps_max;
    void (*fault)(void *arg, const struct table_fault *fault); /* for each bad row */
    /* The header can be used and no row was taken yet; an error ends the import. May
     * wait. NULL: nobody asks. */
    enum err (*began)(void *arg);
    void *arg;
};

struct import_counts {
    int64_t rows; /* read, without the header */
    int64_t bad_rows;
    int64_t made, changed, same; /* products */
};

struct import;

struct import *import_open(const struct import_config *config);
void import_close(struct import **import);

/* ERR_INVALID_FIELD when the first row is no header that can be used (told as a fault),
 * the store's error that stood between us and the end, or what began() said. The same
 * again afterwards. */
enum err import_feed(struct import *import, struct str bytes);
/* Nothing more comes. An import without a header is ERR_INVALID_FIELD, too. */
enum err import_end(struct import *import);
const struct import_counts *import_counts(const struct import *import);

#endif
