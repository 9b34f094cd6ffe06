/* scoring/preview_sum.h - what a preview counts, and how it tells it.
 *
 * Of as many shops as there are it keeps counts, the first of both orders and the shops
 * that would change most: memory does not grow with the shops. Pure.
 */
#ifndef SCORING_PREVIEW_SUM_H
#define SCORING_PREVIEW_SUM_H

#include <jansson.h>

#include "scoring/turnover.h"

enum {
    PREVIEW_SAMPLE = 20,
    PREVIEW_BINS = 8 /* 0, 1, 10, 100 ... points */
};

struct previewed {
    struct standing standing;  /* z 0: not on boards, or no score */
    int64_t now_points;        /* influence today */
    int64_t then_points;       /* under the proposed policy */
    int now_slots, then_slots; /* 0 ... SLOTS_MAX */
    int filled;                /* slots with a product */
};

struct preview_sum {
    struct slot_count {
        int64_t now, then;  /* shops with so many slots */
        int64_t gain, lose; /* of those that have them now */
    } slots[SLOTS_MAX + 1];
    int64_t over_limit;
    int64_t bins_now[PREVIEW_BINS], bins_then[PREVIEW_BINS];
    struct previewed sample[PREVIEW_SAMPLE]; /* those that change most first */
    size_t sample_count;
    struct turnover turnover;
};

/* Begins with all zero. */
void preview_sum_add(struct preview_sum *sum, const struct previewed *shop);
/* API.md, POST /operator/policy/preview; the caller json_decref()s it. Nothing may be
 * added afterwards. */
json_t *preview_sum_doc(struct preview_sum *sum);

#endif
