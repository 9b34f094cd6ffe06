/* scoring/turnover.h - how the first of all shops would change, of as many as there are.
 *
 * Only the first TURNOVER_TOP of both orders are kept, so memory does not grow with the
 * shops. Orders are those of boards: by z, ties by the smaller number. Pure.
 */
#ifndef SCORING_TURNOVER_H
#define SCORING_TURNOVER_H

#include "storage/score/ranking.h"

enum { TURNOVER_TOP = 300 };

/* A shop's z as it is, and as it would be; 0: no place. */
struct standing {
    struct shop_number shop;
    double now;
    double then;
};

struct turnover {
    struct standing now[TURNOVER_TOP]; /* the first as it is: a heap, the last on top */
    struct standing then[TURNOVER_TOP]; /* the first as it would be: the same */
    size_t now_count;
    size_t then_count;
};

/* Begins with all zero. */
void turnover_add(struct turnover *turnover, const struct standing *standing);

struct turnover_sum {
    int64_t in;  /* would come among the first */
    int64_t out; /* would leave them */
    double tau;  /* of those that are there now: Kendall's, of the two orders */
};
/* Afterwards nothing may be added. */
struct turnover_sum turnover_sum(struct turnover *turnover);

/* Of all pairs how many keep their order, less those that turn, by all: 1 when nothing
 * changes, also for less than two. Sorts the standings. */
double kendall_tau(struct standing *standings, size_t count);

#endif
