/* storage/score/live.h - a shop's live score, for its owner and for nobody else.
 *
 * Read in one piece from the rows that the worker keeps, and worked out under the policy
 * in force, whatever version the row was made by. What others see is released
 * (storage/score/figures.h) and never comes from here.
 *
 * Waits       live_read().
 * Ownership   Everything lies in the arena.
 */
#ifndef STORAGE_SCORE_LIVE_H
#define STORAGE_SCORE_LIVE_H

#include "base/arena.h"
#include "proto/err.h"
#include "storage/score/row.h"

struct store;

enum { LIVE_PENDING_MAX = 64 /* days on which pending sales will count */ };

/* Sales that will count from this day on, if nobody refunds them. */
struct live_pending {
    int32_t day;
    int64_t points;
};

struct live {
    int32_t day;            /* today: as_of_day */
    struct score_day *days; /* ascending, those that weigh something */
    size_t count;
    struct influence made; /* S, Ve, Ae, I */
    struct influence_parts parts;
    struct live_pending pending[LIVE_PENDING_MAX];
    size_t pending_count;
    int64_t pending_points;
};

/* A shop without a row has an empty score. ERR_BAD_DATA or a store error. */
enum err live_read(struct store *store, struct arena *arena, struct shop_number shop,
                   const struct score_policy *policy, int64_t now_ms,
                   struct live *live);

#endif
