/* scoring/shop_release.c - what one shop publishes in a release. */
#include "scoring/shop_release.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "proto/score/bracket.h"
#include "proto/score/decay.h"
#include "proto/score/figure.h"

static int
by_buyer(const void *left, const void *right)
{
    const struct pending_entry *a = left, *b = right;

    if (a->field.period != b->field.period) {
        return a->field.period < b->field.period ? -1 : 1;
    }
    return a->field.buyer < b->field.buyer ? -1 : a->field.buyer > b->field.buyer;
}

static bool
same_buyer(const struct pending_entry *a, const struct pending_entry *b)
{
    return by_buyer(a, b) == 0;
}

static bool
is_done(const struct shop_release *release, const struct pending_entry *entry)
{
    const struct release_taken *taken = &release->taken;
    const struct pending_entry last = { .field = { .period = taken->period,
                                                   .buyer = taken->buyer } };

    return taken->kind != RELEASE_NOTHING && by_buyer(entry, &last) <= 0;
}

static bool
is_eligible(const struct shop_release *release, const struct pending_entry *entry)
{
    return entry->field.eligible_day <= release->day && !is_done(release, entry);
}

/* --- buyers ---------------------------------------------------------------------------- */

static int32_t
weight_of(const struct shop_release *release, const struct pending_entry *entry)
{
    return bracket_buyer_weight(&release->policy->score, entry->field.buyer_class);
}

/* One for each buyer with something eligible; first[] says where its entries begin. */
static size_t
gather_buyers(const struct shop_release *release, struct release_buyer *buyers,
              size_t *first)
{
    size_t count = 0;

    for (size_t i = 0; i < release->count; i++) {
        const struct pending_entry *entry = &release->entry[i];

        if (!is_eligible(release, entry)) {
            continue;
        }
        if (count == 0 || !same_buyer(&release->entry[first[count - 1]], entry)) {
            first[count] = i;
            buyers[count++] = (struct release_buyer){ .period = entry->field.period,
                                                      .buyer = entry->field.buyer };
        }
        buyers[count - 1].pending_fen += entry->fen;
        buyers[count - 1].counts =
            buyers[count - 1].counts ||
            weight_of(release, entry) >= RELEASE_BUYER_WEIGHT_MIN;
    }
    return count;
}

/* What is left of a buyer lies under day 0, in one entry with the best class. */
static void
leave_rest(struct shop_release *release, size_t first, int64_t rest_fen)
{
    struct pending_entry rest = release->entry[first];
    size_t count = release->count;

    for (size_t i = first; i < count && same_buyer(&release->entry[i], &rest); i++) {
        struct pending_entry *entry = &release->entry[i];

        if (is_eligible(release, entry)) {
            entry->gone = true;
            if (weight_of(release, entry) > weight_of(release, &rest)) {
                rest.field.buyer_class = entry->field.buyer_class;
            }
        }
    }
    if (rest_fen != 0) {
        assert(release->count < release->room);
        rest.field.eligible_day = 0;
        rest.fen = rest_fen;
        rest.released_fen = 0;
        rest.gone = false;
        release->entry[release->count++] = rest;
    }
}

static void
note_day(struct figures *figures, int32_t day)
{
    memmove(&figures->published[1], &figures->published[0],
            (FIGURES_RECENT - 1) * sizeof(figures->published[0]));
    figures->published[0] = day;
}

static void
publish_sales(struct shop_release *release, int64_t points)
{
    struct half_life half = half_life(release->figures.half_life_days, LANDMARK);
    struct figures *figures = &release->figures;

    points += release_noise(release->key, release->shop.value, figures->batch,
                            &release->policy->release);
    figures->sales_points += points;
    figures->sum.sales += 100.0 * (double)points * decay_factor(release->day, &half);
    figures->batch++;
    release->published = true;
}

/* All of it, or what is left to be taken after we were stopped. */
static int64_t
take(struct shop_release *release, struct release_buyer *buyers, size_t count)
{
    const struct release_params *params = &release->policy->release;
    int32_t period_now = period_of_day(release->day);
    int k =
        release_k(release->key, release->shop.value, release->figures.batch, params);

    release->kind = release->taken.kind != RELEASE_NOTHING
                        ? release->taken.kind
                        : release_judge(buyers, count, k, period_now);
    return release->taken.fen +
           release_take_out(buyers, count, release->kind, period_now, params);
}

static void
release_sales(struct shop_release *release)
{
    size_t room = release->count + 1, before = release->count;
    struct release_buyer *buyers = xcalloc(room, sizeof(buyers[0]));
    size_t *first = xcalloc(room, sizeof(first[0]));
    size_t count = gather_buyers(release, buyers, first);
    int64_t sum_fen = take(release, buyers, count);

    if (release->kind != RELEASE_NOTHING) {
        publish_sales(release, release_points(sum_fen));
    }
    if (release->kind == RELEASE_ALL) {
        note_day(&release->figures, release->day);
    }
    for (size_t i = 0; i < count; i++) {
        release->entry[first[i]].released_fen = buyers[i].released_fen;
        if (buyers[i].released_fen != 0 || buyers[i].pending_fen == 0) {
            leave_rest(release, first[i], buyers[i].pending_fen);
        }
    }
    for (size_t i = 0; i < before; i++) {
        release->left = release->left || !release->entry[i].gone;
    }
    release->left = release->left || release->count > before;
    free(buyers);
    free(first);
}

/* --- visits and activity ------------------------------------------------------------------ */

static void
release_visits(struct shop_release *release)
{
    struct half_life half = half_life(release->figures.half_life_days, LANDMARK);
    struct figures *figures = &release->figures;
    int64_t waiting_fen = release->visits_total_fen - figures->visits_taken_fen;
    int64_t points;

    if (waiting_fen < RELEASE_VISITS_MIN_FEN) {
        release->left = release->left || waiting_fen > 0;
        return;
    }
    points = waiting_fen / 100 + release_visit_noise(release->key, release->shop.value,
                                                     release->release,
                                                     &release->policy->release);
    figures->visits_points += points;
    figures->visits_taken_fen = release->visits_total_fen;
    figures->sum.visits += 100.0 * (double)points * decay_factor(release->day, &half);
    release->published = true;
}

static void
release_activity(struct shop_release *release)
{
    struct half_life half = half_life(release->figures.half_life_days, LANDMARK);
    struct figures *figures = &release->figures;
    int64_t days = release->active_days_total - figures->active_days_taken;

    if (days <= 0) {
        return;
    }
    figures->active_days_taken = release->active_days_total;
    figures->sum.activity += (double)(days * release->policy->score.activity_fen) *
                             decay_factor(release->day, &half);
    release->published = true;
}

static void
convert_sums(struct figures *figures, int32_t half_life_days, int32_t day)
{
    struct half_life before = half_life(figures->half_life_days, LANDMARK),
                     now = half_life(half_life_days, LANDMARK);
    double factor = decay_factor(day, &now) / decay_factor(day, &before);

    figures->sum.sales *= factor;
    figures->sum.visits *= factor;
    figures->sum.activity *= factor;
    figures->half_life_days = half_life_days;
}

bool
figures_convert(struct figures *figures, const struct release_measure *measure,
                int32_t day)
{
    int32_t half_life_before = figures->half_life_days;
    double z_before = figures->z;

    if (figures->release == 0) {
        figures->half_life_days = measure->half_life_days;
        return false;
    }
    if (figures->half_life_days != measure->half_life_days) {
        convert_sums(figures, measure->half_life_days, day);
    }
    figures->z = release_compose(measure, &figures->sum);
    return figures->half_life_days != half_life_before || figures->z != z_before;
}

/* What was published, put together. */
static void
make_figures(struct shop_release *release)
{
    struct figures *figures = &release->figures;

    figures->z = release_compose(&release->measure, &figures->sum);
    figures->sales_shown_fen =
        figure_sales_fen(figures->sales_shown_fen, figures->sales_points);
    figures->visits_shown =
        figure_visits(figures->visits_shown, figures->visits_points);
}

void
shop_release(struct shop_release *release)
{
    struct figures *figures = &release->figures;

    if (release->count > 0) {
        qsort(release->entry, release->count, sizeof(release->entry[0]), by_buyer);
    }
    release->published = release->left = false;
    release_sales(release);
    release_visits(release);
    release_activity(release);
    if (release->published) {
        make_figures(release);
    }
    if (figures->release != 0 && figures->on_boards != release->on_boards) {
        release->published = true; /* the same figures in another light */
    }
    figures->on_boards = release->on_boards;
    if (release->published) {
        figures->release = release->release;
    }
}
