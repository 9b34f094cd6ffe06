/* proto/score/release.h - the privacy gate between live scores and public figures.
 *
 * The arithmetic of SCORING.md 7: who waits, how much goes out, and what noise covers
 * it. Everything random is a function of the release key and of words, so that a rerun
 * gives the same numbers. The key is borrowed and never copied.
 */
#ifndef PROTO_SCORE_RELEASE_H
#define PROTO_SCORE_RELEASE_H

#include <stdbool.h>

#include "base/str.h"
#include "proto/score/params.h"

enum { RELEASE_VISIT_NOISE_POINTS = 4, RELEASE_BUYER_MIN_FEN = 100 };
enum { RELEASE_VISITS_MIN_FEN = 500, RELEASE_BUYER_WEIGHT_MIN = 500 };

/* First 8 bytes, big endian, of HMAC-SHA256(key, label 0x00 part 0x00 part ...). */
uint64_t release_u64(struct str key, const char *label, const struct str *parts,
                     size_t count);

/* Days that the credit of a sale waits beside. `sale` is its word, "o1" or a number. */
int release_delay(struct str key, struct str sale, const struct release_params *params);
/* Buyers that batch number `batch` of this shop needs. */
int release_k(struct str key, int64_t shop, int64_t batch,
              const struct release_params *params);
/* floor(-ln(U) * b), two-sided when one is taken from the other. */
int64_t release_geom(uint64_t u, int32_t b);
int64_t release_noise(struct str key, int64_t shop, int64_t batch,
                      const struct release_params *params);
/* Of visits, by the number of the release. No noise when sales have none. */
int64_t release_visit_noise(struct str key, int64_t shop, int64_t release,
                            const struct release_params *params);

/* One buyer's credit changes that are eligible, summed. */
struct release_buyer {
    int32_t period;
    uint64_t buyer;
    bool counts;          /* weight at least RELEASE_BUYER_WEIGHT_MIN, not linked */
    int64_t pending_fen;  /* goes down by what is released */
    int64_t released_fen; /* out */
};

enum release_kind { RELEASE_NOTHING, RELEASE_DEBTS, RELEASE_ALL };

/* The number of buyers who count towards k: the largest of any period. Buyers are
 * sorted by period (asserted). */
int release_buyers(const struct release_buyer *buyers, size_t count);
/* What goes now: all with at least k buyers, else only debts of periods before
 * period_now, if there are any. */
enum release_kind release_judge(const struct release_buyer *buyers, size_t count, int k,
                                int32_t period_now);
/* Takes it out of each buyer's pending; gives the sum in fen. */
int64_t release_take_out(struct release_buyer *buyers, size_t count,
                         enum release_kind kind, int32_t period_now,
                         const struct release_params *params);
/* floor(sum / 100), not yet noised; it is noised and published unless nothing goes. */
int64_t release_points(int64_t sum_fen);
/* The three of them. */
enum release_kind release_take(struct release_buyer *buyers, size_t count, int k,
                               int32_t period_now, const struct release_params *params,
                               int64_t *points);

/* The newest moment of the schedule that is not after now_s: 1970-01-05T04:00+08:00 and
 * every interval_s from there; and the one after a moment. */
int64_t release_epoch_s(int64_t now_s, const struct release_params *params);
int64_t release_next_s(int64_t after_s, const struct release_params *params);

#endif
