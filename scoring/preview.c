/* scoring/preview.c - what another policy would do to the shops there are. */
#include "scoring/preview.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "proto/score/tier.h"
#include "proto/time.h"
#include "scoring/due.h"
#include "scoring/load.h"
#include "scoring/pace.h"
#include "scoring/preview_sum.h"
#include "scoring/series.h"
#include "scoring/store_call.h"
#include "storage/key.h"
#include "storage/shop/list.h"
#include "storage/shop/tier.h"

enum {
    ROWS_BYTES = 64 << 20,
    AWAY_MS = 20000, /* that a store may be away in the middle of it */
    AWAY_LOOK_MS = 250,
    SLOTS_AT_ONCE = 64,
    RECREDITED_AT_ONCE = 8 /* each has about a hundred fields of sales */
};

/* A policy, and its half-life worked out. */
struct weighing {
    struct score_policy policy;
    struct half_life half;
};

struct preview {
    /* Rows of our own: those of the worker are not ours to change. */
    struct scoring own;
    struct weighing now, then;
    bool credits_differ;
    int32_t today;
    int64_t done, total;
    struct pace pace;
    struct series *series;
    struct preview_sum *sum;
    preview_told_fn *told;
    void *told_arg;
};

/* --- one shop ---------------------------------------------------------------------------- */

static double
z_of(const struct preview *preview, const struct score_row *row,
     const struct weighing *weighing)
{
    size_t first = row_days_before(row, score_oldest_day(preview->today));
    struct sums sums = { 0 };

    if (first < row->count) { /* a row without days points nowhere */
        influence_add_days(&sums, row->days + first, row->count - first,
                           &weighing->policy.score, &weighing->half);
    }
    return influence_compose(&sums, &weighing->policy.score).total;
}

static void
measure_now(const struct preview *preview, const struct score_row *row,
            struct previewed *shop)
{
    shop->standing.now = z_of(preview, row, &preview->now);
    shop->now_points =
        influence_points(shop->standing.now, preview->today, &preview->now.half);
}

static void
measure_then(const struct preview *preview, const struct score_row *row,
             struct previewed *shop)
{
    shop->standing.then = z_of(preview, row, &preview->then);
    shop->then_points =
        influence_points(shop->standing.then, preview->today, &preview->then.half);
    if (row->flags & ROW_OFF_BOARDS) {
        shop->standing.now = shop->standing.then = 0.0;
    }
}

static void
count_shop(struct preview *preview, struct previewed *shop,
           const struct shop_slots_row *held)
{
    const struct tier_params *now = &preview->now.policy.tiers;
    const struct tier_params *then = &preview->then.policy.tiers;

    if (!held->found) {
        return;
    }
    shop->now_slots = held->slots > 0 ? held->slots : now->at[0].slots;
    shop->then_slots = tier_slots(tier_anew(shop->then_points, then).tier, then);
    shop->filled = held->filled;
    preview_sum_add(preview->sum, shop);
}

/* --- credits by other brackets or weights -------------------------------------------------- */

/* The shop with its row, as one of our own. */
static struct scored_shop *
adopt(struct preview *preview, const struct score_batch *batch, size_t i)
{
    struct series *series = preview->series;
    struct scored_shop *shop = rows_add(preview->own.rows, series->number[i]);

    shop_init(shop, series->number[i], preview->today, batch->policy);
    row_free(&shop->row);
    shop->row = series->row[i];
    row_init(&series->row[i], 0);
    return shop;
}

static enum err
recredit(struct preview *preview, struct score_batch *batch, struct scored_shop **shops,
         size_t count)
{
    struct series *series = preview->series;
    struct load load = { .store = preview->own.store,
                         .arena = series->arena,
                         .rows = preview->own.rows,
                         .batch = batch,
                         .partition = series->partition };
    enum err err;

    for (size_t i = 0; i < count; i++) {
        if (shops[i]->row.count > 0) {
            load_for_recredit(&load, shops[i]);
        }
    }
    pace_ask(&preview->pace);
    err = load_parts(&load);
    pace_answered(&preview->pace);
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        if (!shops[i]->damaged) {
            shop_recredit(batch, shops[i]);
        }
    }
    pace_rest(&preview->pace);
    return err;
}

/* Some of the series' shops: their sales are many reads, and are not kept. */
static enum err
measure_some(struct preview *preview, struct score_batch *batch, size_t from,
             size_t count, struct previewed *shops)
{
    struct scored_shop *own[RECREDITED_AT_ONCE];
    enum err err;

    for (size_t i = 0; i < count; i++) {
        own[i] = adopt(preview, batch, from + i);
    }
    err = recredit(preview, batch, own, count);
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        measure_then(preview, &own[i]->row, &shops[from + i]);
    }
    rows_forget(preview->own.rows, preview->series->partition);
    return err;
}

/* What was swept out by the day that the partition names is gone. */
static enum err
begin_batch(struct preview *preview, struct score_batch *batch)
{
    struct series *series = preview->series;
    struct score_applied applied;
    enum err err =
        scoring_batch(&preview->own, series->arena, &preview->then.policy, batch);

    if (err == ERR_NONE) {
        err = score_applied_read(series->store, series->arena, series->partition,
                                 &applied);
    }
    if (err == ERR_NONE) {
        score_batch_swept(batch, applied.swept_day);
    }
    return err;
}

static enum err
measure_recredited(struct preview *preview, struct previewed *shops)
{
    size_t count = preview->series->count, some;
    struct score_batch batch = { .policy = NULL };
    enum err err = begin_batch(preview, &batch);

    for (size_t i = 0; i < count && err == ERR_NONE; i += some) {
        some = count - i < RECREDITED_AT_ONCE ? count - i : (size_t)RECREDITED_AT_ONCE;
        err = measure_some(preview, &batch, i, some, shops);
    }
    score_batch_free(&batch);
    return err;
}

/* --- some shops ----------------------------------------------------------------------------- */

static enum err
measure_shops(struct preview *preview, struct previewed *shops)
{
    struct series *series = preview->series;

    for (size_t i = 0; i < series->count; i++) {
        shops[i] = (struct previewed){ .standing.shop = series->number[i] };
        measure_now(preview, &series->row[i], &shops[i]);
    }
    if (preview->credits_differ) {
        return measure_recredited(preview, shops);
    }
    for (size_t i = 0; i < series->count; i++) {
        measure_then(preview, &series->row[i], &shops[i]);
    }
    return ERR_NONE;
}

/* Each shop's slots are a read of its own, and many of them are one piece of work to the
 * store: so some at a time. */
static enum err
read_slots(struct preview *preview, struct shop_slots_row *held)
{
    struct series *series = preview->series;
    enum err err = ERR_NONE;

    for (size_t i = 0, some; i < series->count && err == ERR_NONE; i += some) {
        size_t left = series->count - i;

        some = left < SLOTS_AT_ONCE ? left : (size_t)SLOTS_AT_ONCE;
        for (size_t k = i; k < i + some; k++) {
            held[k].shop = series->number[k];
        }
        pace_ask(&preview->pace);
        err = shop_slots_read(series->store, series->arena, held + i, some);
        pace_answered(&preview->pace);
        pace_rest(&preview->pace);
    }
    return err;
}

static enum err
preview_shops(struct preview *preview)
{
    struct series *series = preview->series;
    size_t count = series->count;
    struct shop_slots_row *held = arena_alloc(series->arena, count * sizeof(held[0]));
    struct previewed *shops = arena_alloc(series->arena, count * sizeof(shops[0]));
    enum err err = read_slots(preview, held);

    if (err == ERR_NONE) {
        err = measure_shops(preview, shops);
    }
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        count_shop(preview, &shops[i], &held[i]);
    }
    return err;
}

/* --- others go first -------------------------------------------------------------------------- */

/* The next shops of the series are counted; *more says whether others may follow. Counting
 * comes when everything is read, so a step that failed may be taken again. */
static enum err
step(struct preview *preview, bool *more)
{
    struct series *series = preview->series;
    enum err err = series_next(series);

    if (err != ERR_NONE) {
        return err;
    }
    if (series->count > 0 && (err = preview_shops(preview)) != ERR_NONE) {
        series_again(series);
        return err;
    }
    *more = series->count > 0;
    preview->done += (int64_t)series->count;
    err = preview->told(preview->told_arg, preview->done, preview->total);
    pace_rest(&preview->pace);
    return err;
}

static enum err
preview_partition(struct preview *preview, unsigned partition)
{
    int64_t away_by_ms = 0;
    bool more = true;
    enum err err = ERR_NONE;

    series_begin(preview->series, preview->own.store, partition, &preview->pace);
    while (err == ERR_NONE && more) {
        err = step(preview, &more);
        if (!err_passes(err)) {
            away_by_ms = 0;
            continue;
        }
        away_by_ms = away_by_ms > 0 ? away_by_ms : clock_mono_ms() + AWAY_MS;
        if (clock_mono_ms() < away_by_ms) {
            task_sleep(AWAY_LOOK_MS);
            err = preview->told(preview->told_arg, preview->done, preview->total);
        }
    }
    series_end(preview->series);
    return err;
}

/* --- all ---------------------------------------------------------------------------------- */

static enum err
count_shops(struct preview *preview)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct call **calls = arena_alloc(arena, PARTITIONS * sizeof(calls[0]));
    enum err err;

    for (unsigned i = 0; i < PARTITIONS; i++) {
        calls[i] = shops_count_call(arena, i);
        calls[i]->timeout_ms = WORKER_TIMEOUT_MS;
    }
    err = call_wait_all(preview->own.store, calls, PARTITIONS);
    for (unsigned i = 0; i < PARTITIONS && err == ERR_NONE; i++) {
        preview->total += calls[i]->reply->integer;
    }
    arena_free(&arena);
    return err;
}

static struct preview *
preview_new(const struct scoring *scoring, const struct score_policy *proposed)
{
    struct preview *preview = xcalloc(1, sizeof(*preview));
    const struct score_policy *policies[] = { &scoring->policy, proposed };
    struct weighing *weighings[] = { &preview->now, &preview->then };

    scoring_init(&preview->own, scoring->store, ROWS_BYTES);
    preview->own.policy = scoring->policy;
    preview->series = xcalloc(1, sizeof(*preview->series));
    preview->sum = xcalloc(1, sizeof(*preview->sum));
    preview->today = time_day(store_now_ms(scoring->store) / 1000);
    for (size_t i = 0; i < 2; i++) {
        weighings[i]->policy = *policies[i];
        weighings[i]->half = half_life(policies[i]->score.half_life_days, LANDMARK);
    }
    preview->credits_differ = credits_fingerprint(&scoring->policy.score) !=
                              credits_fingerprint(&proposed->score);
    return preview;
}

static void
preview_free(struct preview **preview)
{
    scoring_free(&(*preview)->own);
    free((*preview)->series);
    free((*preview)->sum);
    free(*preview);
    *preview = NULL;
}

enum err
preview_run(const struct scoring *scoring, const struct score_policy *proposed,
            preview_told_fn *told, void *arg, json_t **result)
{
    struct preview *preview = preview_new(scoring, proposed);
    enum err err;

    preview->told = told;
    preview->told_arg = arg;
    if ((err = count_shops(preview)) == ERR_NONE) {
        err = told(arg, 0, preview->total);
    }
    for (unsigned i = 0; i < PARTITIONS && err == ERR_NONE; i++) {
        err = preview_partition(preview, i);
    }
    if (err == ERR_NONE) {
        err = told(arg, preview->done, preview->done);
    }
    if (err == ERR_NONE) {
        *result = preview_sum_doc(preview->sum);
    }
    preview_free(&preview);
    return err;
}
