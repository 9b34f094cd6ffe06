/* storage/catalogue/check.h - does the index hold what the products say?
 *
 * A product is read before what its outbox still has to deliver, and that before the
 * index: what was delivered is in the index then, so on a store at work too only a
 * product whose message is lost disagrees.
 *
 * Waits       Both functions.
 */
#ifndef STORAGE_CATALOGUE_CHECK_H
#define STORAGE_CATALOGUE_CHECK_H

#include "proto/err.h"
#include "storage/tally.h"

struct store;

/* Each product of the partition, against what the index holds of it. */
enum err catalogue_check_products(struct store *store, unsigned partition,
                                  struct tally *tally);
/* What the index holds of each product, against its lists, words and categories; and what
 * stands in those, against it. */
enum err catalogue_check_index(struct store *store, struct tally *tally);

#endif
