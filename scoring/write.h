/* scoring/write.h - a changed shop becomes writes. Pure but for the arena. */
#ifndef SCORING_WRITE_H
#define SCORING_WRITE_H

#include "scoring/shop.h"
#include "storage/score/apply.h"

/* What has changed of a finished shop; afterwards it counts as written. */
void shop_write(struct score_writes *writes, struct arena *arena,
                struct scored_shop *shop);
/* The batch's credit changes. */
void batch_write_pending(struct score_writes *writes, struct arena *arena,
                         const struct score_batch *batch);

#endif
