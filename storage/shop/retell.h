/* storage/shop/retell.h - a shop's state, told to the scoring worker once more.
 *
 * For a worker that has lost events: whether the shop may stand on boards, and the last
 * day on which its owner was active, each as the shop's hash says it at that moment. What
 * was known changes nothing.
 *
 * Waits       shops_retell().
 */
#ifndef STORAGE_SHOP_RETELL_H
#define STORAGE_SHOP_RETELL_H

#include "base/arena.h"
#include "proto/err.h"
#include "proto/ids.h"

struct store;

/* In one wait; a shop that is not there is passed over. */
enum err shops_retell(struct store *store, struct arena *arena,
                      const struct shop_number *shops, size_t count);

#endif
