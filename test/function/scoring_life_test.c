/* test/function/scoring_life_test.c - SCORING.md 10 over years of random shops: what was
 * reported and taken back, however late the worker came to it, however often it forgot
 * all it knew, and whatever the policy was meanwhile, counts as a plain calculation says,
 * and `verify` agrees. */
#include "proto/policy.h"
#include "proto/score/credit.h"
#include "scoring/verify.h"
#include "storage/policy/policy.h"
#include "storage/sale/sale.h"
#include "test/support/world.h"

enum {
    SHOPS = 3,
    BUYERS = 5,
    ACTIONS = 500,
    SALES_MAX = ACTIONS,
    AWAY_DAYS_MAX = 400, /* a worker's */
    KEPT_DAYS = 400 + 180,
    LATE_DAYS = 2,
    SPAN_BEFORE = 900, /* days before `today` */
    SPAN = SPAN_BEFORE + 9000
};

struct known_sale {
    struct sale_want want;
    int shop;
    int buyer;
    int32_t day;
    int64_t refunded_fen;
    int refunds;
    bool weighs; /* its buyer was known when it was reported */
    bool settled;
};

struct life {
    struct world world;
    struct policy *policy;
    struct known_sale sale[SALES_MAX];
    size_t sales;
    int64_t fen[SHOPS][SPAN]; /* by day: what counts, also when it is long ago */
    int32_t swept_day;
    int away_days;
    bool credits_changed; /* by the policy: releases know nothing of it */
};

static int64_t
now_s(const struct life *life)
{
    return store_now_ms(life->world.store) / 1000;
}

static int64_t *
fen_of(struct life *life, int shop, int32_t day)
{
    int32_t at = day - today + SPAN_BEFORE;

    assert_in_range(at, 0, SPAN - 1);
    return &life->fen[shop][at];
}

static bool
is_over(int32_t day, int kept_days, int32_t on)
{
    return (period_of_day(day) + 1) * PERIOD_DAYS - 1 + kept_days < on;
}

static int32_t
oldest_day(const struct life *life)
{
    return time_day(now_s(life)) - DAYS_KEPT + 1;
}

/* --- what should count ------------------------------------------------------------------ */

static int64_t
effective(const struct life *life, const struct known_sale *sale)
{
    return (sale->want.amount_fen - sale->refunded_fen) *
           life->policy->influence.merchant_buyer_weight / 1000;
}

static void
credit_one_buyer(struct life *life, int shop, int buyer, int32_t period)
{
    const struct score_params *params = &life->world.scoring.policy.score;
    struct day_fen days[PERIOD_DAYS + 1];
    size_t count = 0;

    for (size_t i = 0; i < life->sales; i++) {
        const struct known_sale *sale = &life->sale[i];

        if (sale->settled && sale->shop == shop && sale->buyer == buyer &&
            period_of_day(sale->day) == period) {
            count = credit_add_day(days, count, sale->day, effective(life, sale));
        }
    }
    credit_buyer(&params->sales, 0, days, count);
    for (size_t i = 0; i < count; i++) {
        if (days[i].day >= oldest_day(life)) {
            *fen_of(life, shop, days[i].day) += days[i].fen;
        }
    }
}

/* Days of periods that were not swept before this turn, anew; those that are too old
 * stay what they were when they weighed. */
static void
credit_all(struct life *life)
{
    int32_t first = today - SPAN_BEFORE, last = time_day(now_s(life)) + 1;

    while (is_over(first, KEPT_DAYS + LATE_DAYS, life->swept_day)) {
        first++;
    }
    for (int shop = 0; shop < SHOPS; shop++) {
        for (int32_t day = first; day <= last; day++) {
            *fen_of(life, shop, day) *= day < oldest_day(life);
        }
        for (int32_t period = period_of_day(first); period <= period_of_day(last);
             period++) {
            for (int buyer = 0; buyer < BUYERS; buyer++) {
                credit_one_buyer(life, shop, buyer, period);
            }
        }
    }
}

static void
settle_all(struct life *life)
{
    int64_t settle_after_s = life->policy->influence.settle_after_s;

    for (size_t i = 0; i < life->sales; i++) {
        struct known_sale *sale = &life->sale[i];

        sale->settled = sale->settled ||
                        (sale->weighs &&
                         sale->want.sold_at_ms / 1000 + settle_after_s <= now_s(life));
    }
}

/* --- what does ---------------------------------------------------------------------------- */

static void
compare_shop(struct life *life, int number)
{
    struct world *world = &life->world;
    const struct score_policy *policy = &world->scoring.policy;
    struct half_life half = half_life(policy->score.half_life_days, LANDMARK);
    struct rows *rows = rows_new(1 << 20);
    struct score_batch batch;
    struct scored_shop *shop = read_shop(world, shop_of(number), rows, &batch);
    int32_t now = time_day(now_s(life)), oldest = oldest_day(life);
    struct sums sums = { 0 }, stored = shop_sums(shop, policy);
    size_t at = 0;

    for (int32_t day = today - SPAN_BEFORE; day <= now; day++) {
        struct score_day one = { .day = day, .sales_fen = *fen_of(life, number, day) };
        int64_t has = 0;

        while (at < shop->row.count && shop->row.days[at].day < day) {
            at++;
        }
        if (at < shop->row.count && shop->row.days[at].day == day) {
            has = shop->row.days[at].sales_fen;
            assert_true(day >= oldest);
        }
        if (day >= oldest) {
            assert_int_equal(has, one.sales_fen);
            influence_add_days(&sums, &one, 1, &policy->score, &half);
        }
    }
    assert_memory_equal(&sums.sales, &stored.sales, sizeof(sums.sales));
    rows_free(&rows);
}

/* All credits that changed wait for a release, and nothing else does. */
static void
compare_pending(struct life *life, int number)
{
    struct call *call = call_command(life->world.t->arena, "HVALS");
    int64_t waits = 0, counts = 0, fen;

    call_keyf(call, KEY_PENDING, 7u, shop_of(number).value);
    assert_int_equal(call_wait(life->world.store, call), ERR_NONE);
    for (size_t i = 0; i < call->reply->count; i++) {
        assert_true(reply_int(reply_at(call->reply, i), &fen));
        waits += fen;
    }
    for (int i = 0; i < SPAN; i++) {
        counts += life->fen[number][i];
    }
    assert_int_equal(waits, counts);
}

static void
compare_all(struct life *life)
{
    for (int i = 0; i < SHOPS; i++) {
        compare_shop(life, i);
        if (!life->credits_changed) {
            compare_pending(life, i);
        }
    }
}

static void
compare_verify(struct life *life)
{
    static const enum verify_what of_scores[] = {
        VERIFY_READABLE, VERIFY_SALES,  VERIFY_VISITS,    VERIFY_SCORES,   VERIFY_BOOKS,
        VERIFY_ONCE,     VERIFY_CLAIMS, VERIFY_FORGOTTEN, VERIFY_POSITIONS
    };
    struct scoring other; /* a process of its own */
    struct verify_report report;

    scoring_init(&other, life->world.store, 1 << 20);
    assert_int_equal(verify_store(&other, &report, NULL), ERR_NONE);
    for (size_t i = 0; i < COUNT(of_scores); i++) {
        assert_int_equal(report.wrong[of_scores[i]], 0);
    }
    assert_int_equal(report.waiting, 0);
    scoring_free(&other);
}

/* --- what happens ----------------------------------------------------------------- */

static void
let_it_work(struct life *life)
{
    if (below(2) == 0) {
        go_cold(&life->world);
    }
    turn(&life->world);
    settle_all(life);
    credit_all(life);
    life->swept_day = time_day(now_s(life));
    life->away_days = 0;
    compare_all(life);
}

static void
pass_time(struct life *life)
{
    int days = (int)below(below(8) == 0 ? 300 : 12);

    if (life->away_days + days + 1 > AWAY_DAYS_MAX) {
        let_it_work(life);
    }
    life->away_days += days + 1;
    life->world.t->clock.offset_ms += (days * DAY_S + below(DAY_S)) * 1000;
}

static void
report(struct life *life, const struct known_sale *sale, bool is_new)
{
    struct sale_report report = { .want = sale->want };

    sales_report(life->world.store, life->world.t->arena, &report, 1,
                 now_s(life) * 1000);
    assert_int_equal(report.err, ERR_NONE);
    assert_int_equal(report.made, is_new);
}

/* Mostly fresh, as far back as a merchant may report, or history. */
static int64_t
random_age_days(void)
{
    int64_t kind = below(10);

    return kind < 5 ? below(10) : kind < 7 ? below(400) : below(800);
}

static void
sell(struct life *life)
{
    struct known_sale *sale = &life->sale[life->sales];
    struct arena *arena = life->world.t->arena;
    int64_t at_s = now_s(life) - random_age_days() * DAY_S - below(DAY_S);

    *sale = (struct known_sale){ .shop = (int)below(SHOPS),
                                 .buyer = (int)below(BUYERS),
                                 .day = time_day(at_s) };
    sale->want = (struct sale_want){
        .merchant = { 4609 },
        .sale_id = arena_printf(arena, "L-%zu", life->sales),
        .shop = shop_of(sale->shop),
        .product = { 4609 },
        .quantity = 1,
        .amount_fen = below(60000),
        .buyer_ref = arena_printf(arena, "buyer-%d", sale->buyer),
        .sold_at_ms = at_s * 1000,
    };
    sale->weighs = !is_over(sale->day, KEPT_DAYS, time_day(now_s(life)));
    report(life, sale, true);
    life->sales++;
}

static struct known_sale *
some_sale(struct life *life)
{
    return &life->sale[below((int64_t)life->sales)];
}

static void
take_back(struct life *life)
{
    struct known_sale *sale = some_sale(life);
    int64_t left = sale->want.amount_fen - sale->refunded_fen;
    bool late = sale->weighs && is_over(sale->day, KEPT_DAYS, time_day(now_s(life)));
    struct sale_refund refund = { .merchant = sale->want.merchant,
                                  .sale_id = sale->want.sale_id,
                                  .amount_fen = left };

    if (left == 0) {
        return;
    }
    if (below(2) == 0) {
        refund.amount_fen = 1 + below(left);
    }
    refund.refund_id = arena_printf(life->world.t->arena, "R-%d", sale->refunds++);
    sales_refund(life->world.store, life->world.t->arena, &refund, 1,
                 now_s(life) * 1000);
    assert_int_equal(refund.err, late ? ERR_REFUND_TOO_LATE : ERR_NONE);
    sale->refunded_fen += late ? 0 : refund.amount_fen;
}

/* Its event once more, as when a stream was cut and what is recorded is told again. */
static void
retell(struct life *life)
{
    const struct known_sale *known = some_sale(life);
    struct event event;
    struct sale sale;

    assert_int_equal(sale_read(life->world.store, life->world.t->arena,
                               known->want.merchant, known->want.sale_id, &sale),
                     ERR_NONE);
    if (!sale_is_for_the_books(&sale)) {
        event = sale_event(&sale);
        append(&life->world, &event, 1);
    }
}

static void
visit(struct life *life)
{
    int32_t now = time_day(now_s(life));
    struct event events[8];

    for (size_t i = 0; i < COUNT(events); i++) {
        events[i] =
            (struct event){ .kind = EVENT_VISIT, .shop = shop_of((int)below(SHOPS)) };
        events[i].visit =
            (struct event_visit){ now - (int32_t)below(2), (uint64_t)below(40),
                                  (uint16_t)(1 + below(4)), VISITOR_ANONYMOUS };
    }
    events[0].kind = EVENT_ACTIVITY;
    events[0].activity_day = now;
    append(&life->world, events, COUNT(events));
}

static void
change_policy(struct life *life)
{
    static const int half_lives[] = { 7, 14, 30, 60, 90 };
    struct policy *policy = life->policy;
    struct policy_change change = { .expected = policy->version,
                                    .policy = policy,
                                    .what = STR("policy_changed"),
                                    .now_ms = now_s(life) * 1000 };

    switch (below(4)) {
    case 0:
        policy->influence.merchant_buyer_weight = below(1001);
        life->credits_changed = true;
        break;
    case 1:
        policy->influence.sales_brackets.item[1].permille = below(1001);
        life->credits_changed = true;
        break;
    case 2:
        policy->influence.half_life_days = half_lives[below(COUNT(half_lives))];
        break;
    default:
        policy->influence.settle_after_s = below(15) * DAY_S;
    }
    assert_int_equal(
        policy_put(life->world.store, life->world.t->arena, &change, &policy->version),
        ERR_NONE);
    scoring_set_policy(&life->world.scoring, policy);
}

static void
act(struct life *life, bool policies)
{
    int64_t kind = below(100);

    if (kind < 40 || life->sales == 0) {
        sell(life);
    } else if (kind < 43) {
        report(life, some_sale(life), false);
    } else if (kind < 46) {
        retell(life);
    } else if (kind < 58) {
        take_back(life);
    } else if (kind < 65) {
        visit(life);
    } else if (kind < 88) {
        pass_time(life);
    } else if (kind < 90 && policies) {
        let_it_work(life); /* what was told before is judged by the former policy */
        change_policy(life);
    } else {
        let_it_work(life);
    }
}

static void
live(struct store_test *t, bool policies)
{
    struct life *life = arena_alloc(t->arena, sizeof(*life));
    struct world *world = &life->world;

    begin(world, t);
    assert_int_equal(policy_load(world->store, t->arena, &life->policy), ERR_NONE);
    scoring_set_policy(&world->scoring, life->policy);
    for (int i = 0; i < SHOPS; i++) {
        struct call *call = call_command(t->arena, "HSET");

        call_keyf(call, KEY_SHOP, 7u, shop_of(i).value);
        call_text(call, "status");
        call_text(call, "open");
        call_text(call, "owner");
        call_text(call, "4609");
        assert_int_equal(call_wait(world->store, call), ERR_NONE);
        list_shop(world, shop_of(i));
    }
    let_it_work(life);
    for (int i = 0; i < ACTIONS; i++) {
        act(life, policies);
        if (i % (ACTIONS / 3) == 0) {
            let_it_work(life);
            compare_verify(life);
        }
    }
    let_it_work(life);
    compare_verify(life);
    policy_free(&life->policy);
    end(world);
}

STORE_TEST(years_of_sales_count_as_calculated)
{
    live(t, false);
}

STORE_TEST(years_of_sales_under_changing_policies_count_as_calculated)
{
    live(t, true);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(years_of_sales_count_as_calculated),
        cmocka_unit_test(years_of_sales_under_changing_policies_count_as_calculated),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
