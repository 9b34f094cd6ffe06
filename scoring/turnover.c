/* scoring/turnover.c - how the first of all shops would change. */
#include "scoring/turnover.h"

#include <stdlib.h>

#include "base/xmalloc.h"

static int
compare(double a_z, double b_z, const struct standing *a, const struct standing *b)
{
    const struct place left = { a_z, a->shop }, right = { b_z, b->shop };

    return place_compare(&left, &right);
}

static int
by_now(const void *left, const void *right)
{
    const struct standing *a = left, *b = right;

    return compare(a->now, b->now, a, b);
}

static int
by_then(const void *left, const void *right)
{
    const struct standing *a = left, *b = right;

    return compare(a->then, b->then, a, b);
}

/* --- the first of all ------------------------------------------------------------------- */

typedef int order_fn(const void *left, const void *right);

static void
swap(struct standing *a, struct standing *b)
{
    struct standing kept = *a;

    *a = *b;
    *b = kept;
}

static void
sift_up(struct standing *heap, size_t at, order_fn *order)
{
    while (at > 0 && order(&heap[at], &heap[(at - 1) / 2]) > 0) {
        swap(&heap[at], &heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static void
sift_down(struct standing *heap, size_t count, order_fn *order)
{
    for (size_t at = 0, last;; at = last) {
        last = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++) {
            last = order(&heap[child], &heap[last]) > 0 ? child : last;
        }
        if (last == at) {
            return;
        }
        swap(&heap[at], &heap[last]);
    }
}

static void
keep_first(struct standing *heap, size_t *count, const struct standing *standing,
           order_fn *order)
{
    if (*count < TURNOVER_TOP) {
        heap[*count] = *standing;
        sift_up(heap, (*count)++, order);
    } else if (order(standing, &heap[0]) < 0) {
        heap[0] = *standing;
        sift_down(heap, *count, order);
    }
}

void
turnover_add(struct turnover *turnover, const struct standing *standing)
{
    if (standing->now > 0.0) {
        keep_first(turnover->now, &turnover->now_count, standing, by_now);
    }
    if (standing->then > 0.0) {
        keep_first(turnover->then, &turnover->then_count, standing, by_then);
    }
}

/* --- the sum ------------------------------------------------------------------------------ */

/* Sorts by the order then, and counts the pairs that turn: a merge takes each element of
 * the right half past all that are left of the left one. */
static int64_t
count_turned(struct standing *standings, struct standing *room, size_t count)
{
    int64_t turned = 0;

    for (size_t width = 1; width < count; width *= 2) {
        for (size_t from = 0; from < count; from += 2 * width) {
            size_t middle = from + width < count ? from + width : count;
            size_t end = middle + width < count ? middle + width : count;
            size_t left = from, right = middle;

            for (size_t at = from; at < end; at++) {
                if (left < middle && (right == end || by_then(&standings[left],
                                                              &standings[right]) < 0)) {
                    room[at] = standings[left++];
                } else {
                    turned += (int64_t)(middle - left);
                    room[at] = standings[right++];
                }
            }
        }
        memcpy(standings, room, count * sizeof(standings[0]));
    }
    return turned;
}

double
kendall_tau(struct standing *standings, size_t count)
{
    double pairs = (double)count * ((double)count - 1.0) / 2.0;
    struct standing *room;
    int64_t turned;

    if (count < 2) {
        return 1.0;
    }
    qsort(standings, count, sizeof(standings[0]), by_now);
    room = xcalloc(count, sizeof(room[0]));
    turned = count_turned(standings, room, count);
    free(room);
    return 1.0 - 2.0 * (double)turned / pairs;
}

struct turnover_sum
turnover_sum(struct turnover *turnover)
{
    const struct standing *last = &turnover->then[0];
    int64_t stay = 0;

    for (size_t i = 0; i < turnover->now_count; i++) {
        const struct standing *standing = &turnover->now[i];

        stay += standing->then > 0.0 && by_then(standing, last) <= 0;
    }
    return (struct turnover_sum){
        .in = (int64_t)turnover->then_count - stay,
        .out = (int64_t)turnover->now_count - stay,
        .tau = kendall_tau(turnover->now, turnover->now_count),
    };
}
