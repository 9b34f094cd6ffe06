/* storage/score/whole.h - a shop with its books, read in one piece for `xiaopu verify`.
 *
 * Waits       whole_read().
 * Ownership   Everything lies in the arena but the row, which whole_free() gives back;
 *             after an error there is nothing to give back, and doing it is no harm.
 */
#ifndef STORAGE_SCORE_WHOLE_H
#define STORAGE_SCORE_WHOLE_H

#include "base/arena.h"
#include "proto/err.h"
#include "storage/score/row.h"
#include "storage/shop/shop.h"

struct store;

enum { WHOLE_PERIODS_MAX = 32 };

/* One period: the worker's records of sales, and the shop's own sums of its days. */
struct whole_period {
    int32_t period;
    struct sale_record *sale;
    size_t count;
    int64_t orders[PERIOD_DAYS];
    int64_t sales_fen[PERIOD_DAYS];
};

struct whole {
    struct shop shop;
    bool applied; /* every event of its partition is in the row */
    struct score_row row;
    bool has_row;
    bool has_visitors; /* row.visits is complete */
    struct whole_period period[WHOLE_PERIODS_MAX];
    size_t periods;
};

struct whole_span {
    int32_t first_period; /* at most WHOLE_PERIODS_MAX up to the last (asserted) */
    int32_t last_period;
    int32_t now_period;
};

/* Reads and decodes one shop. ERR_BAD_DATA when any part of it is damaged. */
enum err whole_read(struct store *store, struct arena *arena, struct shop_number shop,
                    const struct whole_span *span, struct whole *whole);
void whole_free(struct whole *whole);

#endif
