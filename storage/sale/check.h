/* storage/sale/check.h - sales, the claims on their ids, and the merchants' lists.
 *
 * A sale is written after its claim and before its place in its merchant's list. So a
 * claim without a sale, and a sale that is not listed, are reports that stopped half-way
 * and that nobody has repeated: what was acknowledged is in all three.
 *
 * Waits       Both functions.
 */
#ifndef STORAGE_SALE_CHECK_H
#define STORAGE_SALE_CHECK_H

#include "proto/err.h"
#include "storage/tally.h"

struct store;

/* Every recorded sale under its claim. *unlisted: those that their merchant's list does
 * not show. */
enum err sale_check_claims(struct store *store, struct tally *tally, int64_t *unlisted);
/* Every place in the lists of the partition's merchants, with its sale. */
enum err sale_check_reports(struct store *store, unsigned partition,
                            struct tally *tally);

#endif
