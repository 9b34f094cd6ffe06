/* proto/score/figure.h - how released figures are shown.
 *
 * Only released values come here (SCORING.md 7): what is shown is a function of them
 * and of what was shown before.
 */
#ifndef PROTO_SCORE_FIGURE_H
#define PROTO_SCORE_FIGURE_H

#include <stdint.h>

/* To two significant digits, down; what is below 0 is 0. */
int64_t figure_down(int64_t value);
/* To two significant digits, to the nearest, halves up: "about". */
int64_t figure_about(int64_t value);

/* Counted sales in fen of the running sum of points released; never lower than shown
 * before. */
int64_t figure_sales_fen(int64_t shown_before_fen, int64_t points);
/* Visits of the running sum of points released: nothing (0) below FIGURE_VISITS_MIN,
 * never lower than shown before. */
enum { FIGURE_VISITS_MIN = 50, FIGURE_VISITS_PER_POINT = 2 };
int64_t figure_visits(int64_t shown_before, int64_t points);

#endif
