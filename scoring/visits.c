/* scoring/visits.c - visits become records, and records weigh in a shop's days. */
#include <assert.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "proto/score/bracket.h"
#include "scoring/effects.h"

bool
score_period_is_over(const struct score_batch *batch, int32_t period)
{
    return (period + 1) * PERIOD_DAYS - 1 + LATE_VISIT_DAYS < batch->today;
}

/* The list that a visit of this period goes to. A newer period than the row's begins a
 * new list in the row; the old one becomes `former` and goes to its chunks, or nowhere
 * when its time is over. NULL when a second former list would be needed, as after a clock
 * that stepped back by periods, or for a damaged row that is ahead of time. */
static struct visitor_list *
list_of(const struct score_batch *batch, struct scored_shop *shop, int32_t period)
{
    struct score_row *row = &shop->row;

    if (period > row->visits.period) {
        assert(shop->former.count == shop->former.stored); /* nothing unwritten */
        visitor_list_free(&shop->former);
        if (score_period_is_over(batch, row->visits.period)) {
            visitor_list_free(&row->visits);
        } else {
            assert(row->visits.complete);
            shop->former = row->visits;
            shop->former_visited_from = shop->visited_from;
        }
        visitor_list_init(&row->visits, period);
        row->flags &= ~(unsigned)ROW_VISIT_CHUNKS;
        shop->visited_from = NOT_VISITED;
        shop->changed = true;
    }
    if (period == row->visits.period) {
        return &row->visits;
    }
    return shop->former.period == period && shop->former.complete ? &shop->former
                                                                  : NULL;
}

static void
note_day(int32_t *from, int32_t day)
{
    *from = day < *from ? day : *from;
}

enum shop_outcome
shop_visit(struct score_batch *batch, struct scored_shop *shop,
           const struct event_visit *told)
{
    int32_t period = period_of_day(told->day);
    struct visitor visitor = { told->visitor, told->net,
                               (uint8_t)(told->day - period * PERIOD_DAYS),
                               (uint8_t)told->visitor_class };
    struct visitor_list *list;

    if (told->day > batch->today + 1 || told->day < 0) {
        return SHOP_IMPOSSIBLE;
    }
    if (score_period_is_over(batch, period)) {
        return SHOP_LATE;
    }
    list = list_of(batch, shop, period);
    if (list == NULL || list->count >= VISITORS_FETCHED_MAX) {
        return SHOP_LATE;
    }
    if (visitor_list_tell(list, visitor)) {
        note_day(list == &shop->row.visits ? &shop->visited_from
                                           : &shop->former_visited_from,
                 told->day);
    }
    assert(told->day >= shop->row.base || shop->row.older);
    row_day(&shop->row, told->day)->views++;
    shop->changed = true;
    shop->older_changed = shop->older_changed || told->day < shop->row.base;
    return SHOP_DONE;
}

static void
put_day(struct score_batch *batch, struct scored_shop *shop, int32_t on, int64_t milli,
        int32_t visitors)
{
    const struct score_params *params = &batch->policy->score;
    struct score_day *day;

    if (visitors == 0) {
        return;
    }
    day = row_day(&shop->row, on);
    shop->row.visits_total_fen -= influence_visits_fen(day, params);
    day->visits = (int32_t)(milli / SCORE_VISIT_MILLI);
    day->visitors = visitors;
    shop->row.visits_total_fen += influence_visits_fen(day, params);
    if (shop->row.visits_total_fen < 0) {
        shop->row.visits_total_fen = 0; /* the policy made them worth less meanwhile */
    }
}

/* A visit changes its own day and, when it takes the place of a fifth one, a later day of
 * its visitor: never a day before it. */
static void
weigh(struct score_batch *batch, struct scored_shop *shop,
      const struct visitor_list *list, int32_t from)
{
    struct visitor *work =
        xmemdup(list->visitor, list->count * sizeof(list->visitor[0]));
    int32_t first = list->period * PERIOD_DAYS;
    struct visit_days days;

    visit_weigh(work, list->count, score_batch_rules(batch, list->period), &days);
    free(work);
    for (int32_t day = from; day < first + PERIOD_DAYS; day++) {
        put_day(batch, shop, day, days.milli[day - first], days.visitors[day - first]);
    }
    shop->row.flags |= ROW_UNRELEASED;
    shop->older_changed = shop->older_changed || from < shop->row.base;
    shop->changed = true;
}

void
shop_weigh_visits(struct score_batch *batch, struct scored_shop *shop)
{
    if (shop->visited_from != NOT_VISITED) {
        weigh(batch, shop, &shop->row.visits, shop->visited_from);
        shop->visited_from = NOT_VISITED;
    }
    if (shop->former_visited_from != NOT_VISITED) {
        weigh(batch, shop, &shop->former, shop->former_visited_from);
        shop->former_visited_from = NOT_VISITED;
    }
}
