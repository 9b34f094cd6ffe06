/* proto/score/figure.c - how released figures are shown. */
#include "proto/score/figure.h"

/* The value of the second significant digit. */
static int64_t
second_digit(int64_t value)
{
    int64_t unit = 1;

    while (value / unit >= 100) {
        unit *= 10;
    }
    return unit;
}

int64_t
figure_down(int64_t value)
{
    return value <= 0 ? 0 : value - value % second_digit(value);
}

int64_t
figure_about(int64_t value)
{
    int64_t unit;

    if (value <= 0) {
        return 0;
    }
    unit = second_digit(value);
    return (value + unit / 2) / unit * unit;
}

int64_t
figure_sales_fen(int64_t shown_before_fen, int64_t points)
{
    int64_t fen = figure_down(points) * 100;

    return fen > shown_before_fen ? fen : shown_before_fen;
}

int64_t
figure_visits(int64_t shown_before, int64_t points)
{
    int64_t visits = points * FIGURE_VISITS_PER_POINT;

    visits = visits < FIGURE_VISITS_MIN ? 0 : figure_down(visits);
    return visits > shown_before ? visits : shown_before;
}
