/* scoring/agree.h - the part of `xiaopu verify` that asks the subjects themselves whether
 * what lies in two places agrees.
 *
 * Waits       Both functions.
 */
#ifndef SCORING_AGREE_H
#define SCORING_AGREE_H

#include "scoring/verify.h"

/* Of one partition of each family. */
enum err agree_partition(struct store *store, unsigned partition,
                         struct verify_report *report);
/* What is no partition's: the index, the sales' claims, the audit. */
enum err agree_whole(struct store *store, struct verify_report *report);

#endif
