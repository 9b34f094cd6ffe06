/* test/unit/scoring_shop_test.c - the worker's pure batch: order, repeats and the cutting
 * into batches change nothing (SCORING.md 10, invariants 1, 2, 4).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/time.h"
#include "scoring/shop.h"
#include "test/support/chance.h"
#include "test/support/score.h"
#include "test/unit/unit.h"

enum { ROUNDS = 60, EVENTS = 150, DAYS = 70 };

static const struct shop_number shop_number = { 10000128 };
static const int32_t first_day = 733 * PERIOD_DAYS;
static const uint8_t key[32] = { 1 };

static int
start_seed(void **state UNUSED)
{
    chance_begin();
    return 0;
}

static struct score_policy
policy_of(int half_life_days)
{
    struct score_policy policy = { .version = 1,
                                   .score = score_defaults(),
                                   .tiers = tier_defaults(),
                                   .release = release_defaults() };

    policy.score.half_life_days = half_life_days;
    return policy;
}

/* --- one world: a shop and its clock --------------------------------------------------- */

/* Everything is here, as after loading. */
static void
load_all(struct scored_shop *shop)
{
    for (int32_t period = 730; period < 740; period++) {
        if (shop_sales(shop, period) == NULL) {
            shop_add_sales(shop, period);
        }
    }
}

static void
run_batch(struct scored_shop *shop, const struct score_policy *policy, int64_t now_s,
          const struct event *events, size_t count)
{
    struct score_batch batch;

    load_all(shop);
    score_batch_init(&batch, policy, now_s, str_of(key, sizeof(key)));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(shop_event(&batch, shop, &events[i]), SHOP_DONE);
    }
    shop_settle(&batch, shop, SIZE_MAX);
    shop_finish(&batch, shop);
    score_batch_free(&batch);
}

/* Cut into batches at random. */
static void
run_all(struct scored_shop *shop, const struct score_policy *policy, int64_t now_s,
        const struct event *events, size_t count)
{
    size_t at = 0;

    while (at < count) {
        size_t take = 1 + (size_t)below(20);

        take = take < count - at ? take : count - at;
        run_batch(shop, policy, now_s, events + at, take);
        at += take;
    }
}

static void
shuffle(struct event *events, size_t count)
{
    for (size_t i = count - 1; i > 0; i--) {
        size_t at = (size_t)below((int64_t)i + 1);
        struct event kept = events[i];

        events[i] = events[at];
        events[at] = kept;
    }
}

static void
shuffle_some(struct event *events, size_t count)
{
    if (count > 1) {
        shuffle(events, count);
    }
}

static struct event
random_sale(int64_t id, int32_t last_day)
{
    struct event event = { .kind = EVENT_SALE, .shop = shop_number };
    int32_t day = first_day + (int32_t)below(last_day - first_day);

    event.sale = (struct event_sale){ (uint64_t)id, (uint64_t)below(5),
                                      time_day_starts_s(day) + below(DAY_S),
                                      below(40000), BUYER_MERCHANT };
    return event;
}

/* A sale, and perhaps what is left of it. */
static size_t
make_events(struct event *events, int32_t today)
{
    size_t count = 0;

    for (int64_t id = 1; count + 2 <= EVENTS; id++) {
        int64_t kind = below(10);

        if (kind < 5) {
            events[count++] = random_sale(id, today);
            if (kind == 0) {
                events[count] = events[count - 1];
                events[count].kind = EVENT_REFUND;
                events[count].sale.net_fen = below(events[count].sale.net_fen + 1);
                count++;
            }
        } else if (kind < 9) {
            events[count] = (struct event){ .kind = EVENT_VISIT, .shop = shop_number };
            events[count].visit =
                (struct event_visit){ period_of_day(today) * PERIOD_DAYS +
                                          (int32_t)below(1 + today % PERIOD_DAYS),
                                      (uint64_t)below(30), (uint16_t)(1 + below(3)),
                                      below(3) == 0 ? VISITOR_MEMBER
                                                    : VISITOR_ANONYMOUS };
            count++;
        } else {
            events[count] =
                (struct event){ .kind = EVENT_ACTIVITY, .shop = shop_number };
            events[count++].activity_day =
                first_day + (int32_t)below(today - first_day);
        }
    }
    return count;
}

static void
assert_same_days(const struct scored_shop *a, const struct scored_shop *b)
{
    assert_int_equal(a->row.count, b->row.count);
    for (size_t i = 0; i < a->row.count; i++) {
        const struct score_day *x = &a->row.days[i], *y = &b->row.days[i];

        assert_int_equal(x->day, y->day);
        assert_int_equal(x->active, y->active);
        assert_int_equal(x->sales_fen, y->sales_fen);
        assert_int_equal(x->visits, y->visits);
        assert_int_equal(x->visitors, y->visitors);
    }
}

static void
assert_same_sums(const struct scored_shop *a, const struct scored_shop *b,
                 const struct score_policy *policy)
{
    struct sums x = shop_sums(a, policy), y = shop_sums(b, policy);

    assert_memory_equal(&x, &y, sizeof(x));
}

/* --- the promises ------------------------------------------------------------------------ */

static void
order_and_repeats_change_nothing(void **state UNUSED)
{
    struct score_policy policy = policy_of(30);
    int32_t today = first_day + DAYS;
    int64_t now_s = time_day_starts_s(today) + 3600;

    for (int round = 0; round < ROUNDS; round++) {
        struct event events[2 * EVENTS];
        size_t count = make_events(events, today);
        struct scored_shop one, other;

        shop_init(&one, shop_number, today, &policy);
        shop_init(&other, shop_number, today, &policy);
        run_all(&one, &policy, now_s, events, count);
        memcpy(events + count, events, count * sizeof(events[0]));
        shuffle(events, 2 * count);
        run_all(&other, &policy, now_s, events, 2 * count);
        assert_same_days(&one, &other);
        assert_same_sums(&one, &other, &policy);
        shop_free(&one);
        shop_free(&other);
    }
}

/* Day by day with the clock, settled one after the other, or all at once at the end. */
static void
when_sales_are_told_changes_nothing(void **state UNUSED)
{
    struct score_policy policy = policy_of(30);
    int32_t last = first_day + DAYS;

    for (int round = 0; round < ROUNDS; round++) {
        struct event events[EVENTS];
        struct scored_shop one, other;
        size_t told = 0;

        for (int64_t id = 0; id < EVENTS; id++) {
            events[id] = random_sale(id, last);
        }
        shop_init(&one, shop_number, first_day, &policy);
        shop_init(&other, shop_number, last, &policy);
        for (int32_t day = first_day; day <= last; day++) {
            size_t some = (size_t)below((int64_t)(EVENTS - told) + 1);

            some = day == last ? EVENTS - told : some / 4;
            run_batch(&one, &policy, time_day_starts_s(day) + DAY_S, events + told,
                      some);
            told += some;
        }
        shuffle(events, EVENTS);
        run_all(&other, &policy, time_day_starts_s(last) + DAY_S, events, EVENTS);
        assert_same_days(&one, &other);
        assert_same_sums(&one, &other, &policy);
        shop_free(&one);
        shop_free(&other);
    }
}

static void
refunding_everything_leaves_nothing(void **state UNUSED)
{
    struct score_policy policy = policy_of(30);
    int32_t today = first_day + DAYS;
    struct event events[EVENTS];
    struct scored_shop shop;
    struct score_batch batch;
    int64_t pending = 0;

    shop_init(&shop, shop_number, today, &policy);
    load_all(&shop);
    score_batch_init(&batch, &policy, time_day_starts_s(today), str_of(key, 32));
    for (int64_t id = 0; id < EVENTS; id++) {
        events[id] = random_sale(id, today);
        shop_event(&batch, &shop, &events[id]);
    }
    for (int64_t id = 0; id < EVENTS; id++) {
        events[id].sale.net_fen = 0;
        shop_event(&batch, &shop, &events[id]);
    }
    shop_finish(&batch, &shop);
    for (size_t i = 0; i < batch.pending_count; i++) {
        pending += batch.pending[i].fen;
    }
    assert_int_equal(pending, 0);
    assert_int_equal(shop.row.count, 0);
    assert_true(shop_sums(&shop, &policy).sales == 0.0);
    shop.row.flags &= ~(unsigned)ROW_UNRELEASED; /* as the next release leaves it */
    assert_true(shop_is_empty(&shop));
    score_batch_free(&batch);
    shop_free(&shop);
}

/* Invariant 4: another half-life from the days is what a replay under it gives. */
static void
another_half_life_needs_no_replay(void **state UNUSED)
{
    static const int half_lives[] = { 7, 14, 60, 90 };
    int32_t today = first_day + DAYS;
    int64_t now_s = time_day_starts_s(today) + 3600;

    for (size_t i = 0; i < COUNT(half_lives); i++) {
        struct score_policy before = policy_of(30), after = policy_of(half_lives[i]);
        struct event events[EVENTS];
        size_t count = make_events(events, today);
        struct scored_shop changed, replayed;

        after.version = 2;
        shop_init(&changed, shop_number, today, &before);
        shop_init(&replayed, shop_number, today, &after);
        run_all(&changed, &before, now_s, events, count);
        run_all(&replayed, &after, now_s, events, count);
        assert_same_sums(&changed, &replayed, &after);
        run_batch(&changed, &after, now_s, NULL, 0); /* touched: it takes the new one */
        assert_int_equal(changed.row.policy_version, 2);
        assert_same_sums(&changed, &replayed, &after);
        shop_free(&changed);
        shop_free(&replayed);
    }
}

/* Other brackets: the days from the sale rows, as a replay would give them. */
static void
other_brackets_are_credited_anew(void **state UNUSED)
{
    struct score_policy before = policy_of(30), after = policy_of(30);
    int32_t today = first_day + DAYS;
    int64_t now_s = time_day_starts_s(today) + 3600;
    struct event events[EVENTS];
    size_t count = make_events(events, today);
    struct scored_shop changed, replayed;
    struct score_batch batch;

    after.version = 2;
    after.score.sales.at[1].permille = 700;
    after.score.merchant_buyer_weight = 900;
    shop_init(&changed, shop_number, today, &before);
    shop_init(&replayed, shop_number, today, &after);
    run_all(&changed, &before, now_s, events, count);
    run_all(&replayed, &after, now_s, events, count);
    score_batch_init(&batch, &after, now_s, str_of(key, sizeof(key)));
    shop_recredit(&batch, &changed);
    shop_finish(&batch, &changed);
    assert_same_days(&changed, &replayed);
    assert_same_sums(&changed, &replayed, &after);
    score_batch_free(&batch);
    shop_free(&changed);
    shop_free(&replayed);
}

static void
late_visits_of_the_former_period_count_for_two_days(void **state UNUSED)
{
    struct score_policy policy = policy_of(30);
    int32_t next_period = first_day + PERIOD_DAYS;
    struct event visit = { .kind = EVENT_VISIT, .shop = shop_number };
    struct scored_shop shop;
    struct score_batch batch;

    shop_init(&shop, shop_number, next_period - 1, &policy);
    visit.visit = (struct event_visit){ next_period - 1, 1, 9, VISITOR_MEMBER };
    run_batch(&shop, &policy, time_day_starts_s(next_period - 1), &visit, 1);
    visit.visit.day = next_period;
    run_batch(&shop, &policy, time_day_starts_s(next_period), &visit, 1);
    assert_int_equal(shop.row.visits.period, 734);
    assert_int_equal(shop.former.period, 733);
    visit.visit = (struct event_visit){ next_period - 1, 2, 9, VISITOR_MEMBER };
    run_batch(&shop, &policy, time_day_starts_s(next_period + 1), &visit, 1);
    assert_int_equal(shop.row.days[0].visitors, 2);
    assert_int_equal(shop.row.days[0].visits, 2 * 250 / SCORE_VISIT_MILLI);

    score_batch_init(&batch, &policy, time_day_starts_s(next_period + 2),
                     str_of(key, sizeof(key)));
    assert_int_equal(shop_event(&batch, &shop, &visit), SHOP_LATE);
    shop_free(&shop);
}

static void
old_days_leave_the_row_and_weigh_the_same(void **state UNUSED)
{
    struct score_policy policy = policy_of(30);
    struct scored_shop shop;
    struct event event;
    struct sums before, after;

    shop_init(&shop, shop_number, first_day, &policy);
    for (int64_t id = 0; id < 40; id++) {
        event = random_sale(id, first_day + 20);
        run_batch(&shop, &policy, time_day_starts_s(first_day + 20), &event, 1);
    }
    run_batch(&shop, &policy, time_day_starts_s(first_day + 27), NULL, 0);
    before = shop_sums(&shop, &policy);
    run_batch(&shop, &policy, time_day_starts_s(first_day + 60), NULL, 0);
    after = shop_sums(&shop, &policy);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_int_equal(row_days_before(&shop.row, shop.row.base), shop.row.count);
    assert_true(shop.row.flags & ROW_OLDER_DAYS);
    run_batch(&shop, &policy, time_day_starts_s(first_day + 60 + DAYS_KEPT), NULL, 0);
    assert_int_equal(shop.row.count, 0); /* two years on nothing weighs */
    assert_true(shop_sums(&shop, &policy).sales == 0.0);
    shop_free(&shop);
}

/* --- years ----------------------------------------------------------------------------- */

enum { YEARS_ROUNDS = 20, STEPS = 60 };

/* One world as the worker has it in memory, or as it comes back from the store. */
struct years {
    struct scored_shop shop;
    int64_t pending_fen;
};

/* As sweeping leaves it, and then as loading has it. */
static void
load_kept(struct scored_shop *shop, const struct score_batch *batch)
{
    struct sale_period **link = &shop->sales;

    while (*link != NULL) {
        struct sale_period *sales = *link;

        if (sales->period < batch->sales_from) {
            *link = sales->next;
            sale_period_free(&sales);
        } else {
            link = &sales->next;
        }
    }
    for (int32_t period = batch->sales_from; period <= period_of_day(batch->today) + 1;
         period++) {
        if (shop_sales(shop, period) == NULL) {
            shop_add_sales(shop, period);
        }
    }
}

/* With room for some sales a time, or for all. */
static void
pass_step(struct years *years, const struct score_policy *policy, int64_t now_s,
          const struct event *events, size_t count, size_t bytes_max)
{
    struct score_batch batch;
    bool recredit = shop_made_otherwise(&years->shop, policy);

    do {
        score_batch_init(&batch, policy, now_s, str_of(key, sizeof(key)));
        load_kept(&years->shop, &batch);
        if (recredit) {
            shop_recredit(&batch, &years->shop);
        }
        for (size_t i = 0; i < count; i++) {
            shop_event(&batch, &years->shop, &events[i]); /* some are too late */
        }
        shop_settle(&batch, &years->shop, bytes_max);
        shop_finish(&batch, &years->shop);
        for (size_t i = 0; i < batch.pending_count; i++) {
            years->pending_fen += batch.pending[i].fen;
        }
        score_batch_free(&batch);
        recredit = false;
        count = 0;
    } while (shop_is_due(&batch, &years->shop));
}

static void
come_back(struct years *years)
{
    struct score_row read, *row = &years->shop.row;
    struct buf packed, older;

    buf_init(&packed, ROW_BYTES_MAX);
    buf_init(&older, DAYS_BYTES_MAX);
    row_encode(row, &packed);
    row_encode_older(row, &older);
    row_init(&read, 0);
    assert_int_equal(row_decode(buf_str(&packed), &read), ERR_NONE);
    assert_int_equal(row_first_day(&read), row_first_day(row));
    if (!read.older) {
        assert_int_equal(row_decode_older(buf_str(&older), &read), ERR_NONE);
    }
    row_free(row);
    *row = read;
    buf_free(&packed);
    buf_free(&older);
}

/* A few sales, some of them told once more with less left, some from long ago. */
static size_t
some_events(struct event *events, int32_t now)
{
    size_t count = (size_t)below(6);

    for (size_t i = 0; i < count; i++) {
        int32_t day = now - (int32_t)below(below(2) == 0 ? 12 : 750);
        int64_t id = 4 * day + below(4); /* one sale's day is always the same */

        events[i] = (struct event){ .kind = EVENT_SALE, .shop = shop_number };
        events[i].sale =
            (struct event_sale){ (uint64_t)id, (uint64_t)(id % 5),
                                 time_day_starts_s(day), below(40000), BUYER_MERCHANT };
        if (below(8) == 0) {
            events[i].kind = EVENT_ACTIVITY;
            events[i].activity_day = day;
        }
    }
    return count;
}

/* Over years of selling, sweeping and other policies: a shop that is written, forgotten
 * and read again, and settles a sale at a time, is what one is that never left the
 * memory, and releases are told the same of it. */
static void
what_is_forgotten_and_read_again_counts_the_same(void **state UNUSED)
{
    for (int round = 0; round < YEARS_ROUNDS; round++) {
        struct score_policy policy = policy_of(30);
        struct years warm = { .pending_fen = 0 }, cold = { .pending_fen = 0 };
        int32_t now = first_day;

        shop_init(&warm.shop, shop_number, now, &policy);
        shop_init(&cold.shop, shop_number, now, &policy);
        for (int step = 0; step < STEPS; step++) {
            struct event events[8];
            size_t count = some_events(events, now);
            int64_t now_s = time_day_starts_s(now) + below(DAY_S);

            if (below(15) == 0) {
                policy.version++;
                policy.score.merchant_buyer_weight = (int32_t)below(1001);
                policy.score.settle_after_s = below(12) * DAY_S;
            }
            pass_step(&warm, &policy, now_s, events, count, SIZE_MAX);
            shuffle_some(events, count);
            come_back(&cold);
            pass_step(&cold, &policy, now_s, events, count, 1);
            assert_same_days(&warm.shop, &cold.shop);
            assert_same_sums(&warm.shop, &cold.shop, &policy);
            assert_int_equal(warm.pending_fen, cold.pending_fen);
            now += (int32_t)below(below(6) == 0 ? 200 : 20);
        }
        shop_free(&warm.shop);
        shop_free(&cold.shop);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_repeats_change_nothing),
        cmocka_unit_test(when_sales_are_told_changes_nothing),
        cmocka_unit_test(refunding_everything_leaves_nothing),
        cmocka_unit_test(another_half_life_needs_no_replay),
        cmocka_unit_test(other_brackets_are_credited_anew),
        cmocka_unit_test(late_visits_of_the_former_period_count_for_two_days),
        cmocka_unit_test(what_is_forgotten_and_read_again_counts_the_same),
        cmocka_unit_test(old_days_leave_the_row_and_weigh_the_same),
    };

    return cmocka_run_group_tests(tests, start_seed, NULL);
}
