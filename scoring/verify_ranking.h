/* scoring/verify_ranking.h - the part of `xiaopu verify` that reads the ranking.
 *
 * The pages and figures of a release go when two others have followed. When that happens
 * while they are read, those of the newest are judged.
 *
 * Waits       verify_ranking().
 */
#ifndef SCORING_VERIFY_RANKING_H
#define SCORING_VERIFY_RANKING_H

#include "storage/store.h"
#include "storage/tally.h"

/* Counts the places of the release in force. `ranked` shops should have one in the release
 * `counted`; whether they do is judged while that one is in force. */
enum err verify_ranking(struct store *store, int64_t counted, int64_t ranked,
                        struct tally *tally);

#endif
