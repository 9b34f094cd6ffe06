/* test/unit/score_property_test.c - SCORING.md 10 over random sets of events.
 *
 * The seed is printed (test/support/chance.h). */
#include <math.h>
#include <string.h>

#include "proto/score/credit.h"
#include "proto/score/influence.h"
#include "proto/score/visit.h"
#include "test/support/chance.h"
#include "test/support/score.h"

enum { ROUNDS = 200, SALES = 60, BUYERS = 6, VISITS = 400, SHOPS = 40 };

static int
begin(void **state UNUSED)
{
    chance_begin();
    return 0;
}

struct sale {
    int buyer;
    int32_t day;
    int64_t net_fen;
};

static void
make_sales(struct sale *sales)
{
    for (int i = 0; i < SALES; i++) {
        sales[i] = (struct sale){ (int)below(BUYERS), (int32_t)below(PERIOD_DAYS),
                                  below(8) == 0 ? 0 : below(60000) };
    }
}

static void
shuffle_sales(struct sale *sales)
{
    for (int i = SALES - 1; i > 0; i--) {
        int64_t at = below(i + 1);
        struct sale kept = sales[i];

        sales[i] = sales[at];
        sales[at] = kept;
    }
}

/* The buckets of a period, buyers one after the other; *most is the most any gave. */
static void
fill_buckets(const struct sale *sales, int64_t bucket[PERIOD_DAYS], int64_t *most)
{
    struct score_params params = score_defaults();

    memset(bucket, 0, PERIOD_DAYS * sizeof(bucket[0]));
    for (int buyer = 0; buyer < BUYERS; buyer++) {
        struct day_fen days[PERIOD_DAYS];
        size_t count = 0;
        int64_t sum = 0;

        for (int i = 0; i < SALES; i++) {
            if (sales[i].buyer == buyer) {
                count = credit_add_day(days, count, sales[i].day, sales[i].net_fen);
            }
        }
        credit_buyer(&params.sales, 0, days, count);
        for (size_t i = 0; i < count; i++) {
            bucket[days[i].day] += days[i].fen;
            sum += days[i].fen;
        }
        *most = sum > *most ? sum : *most;
    }
}

/* Invariants 1 and 6. */
static void
the_order_of_sales_changes_nothing_and_no_buyer_gives_too_much(void **state UNUSED)
{
    for (int round = 0; round < ROUNDS; round++) {
        int64_t one[PERIOD_DAYS], other[PERIOD_DAYS], most = 0;
        struct sale sales[SALES];

        make_sales(sales);
        fill_buckets(sales, one, &most);
        shuffle_sales(sales);
        fill_buckets(sales, other, &most);
        assert_memory_equal(one, other, sizeof(one));
        assert_true(most <= 28500);
    }
}

/* Invariant 2: what is refunded in full leaves no bucket. */
static void
refunding_everything_leaves_no_bucket(void **state UNUSED)
{
    static const int64_t nothing[PERIOD_DAYS];

    for (int round = 0; round < ROUNDS; round++) {
        int64_t bucket[PERIOD_DAYS], most = 0;
        struct sale sales[SALES];

        make_sales(sales);
        for (int i = 0; i < SALES; i++) {
            sales[i].net_fen = 0;
        }
        fill_buckets(sales, bucket, &most);
        assert_memory_equal(bucket, nothing, sizeof(bucket));
    }
}

/* Whatever the brackets: what `verify` asks of days whose sales are forgotten, and what
 * an owner's pending points are made of. */
static void
a_day_counts_no_more_than_was_sold_and_all_days_what_their_total_does(
    void **state UNUSED)
{
    for (int round = 0; round < 10 * ROUNDS; round++) {
        struct score_params params = score_defaults();
        struct day_fen sold[PERIOD_DAYS], days[PERIOD_DAYS];
        int64_t total = 0, sum = 0;

        for (size_t i = 0; i < params.sales.count; i++) {
            params.sales.at[i].permille = (int32_t)below(1001);
        }
        for (int i = 0; i < PERIOD_DAYS; i++) {
            sold[i] = (struct day_fen){ i, below(3) == 0 ? below(30000) : 0 };
            total += sold[i].fen;
        }
        memcpy(days, sold, sizeof(days));
        credit_buyer(&params.sales, 0, days, PERIOD_DAYS);
        for (int i = 0; i < PERIOD_DAYS; i++) {
            assert_in_range(days[i].fen, 0, sold[i].fen);
            sum += days[i].fen;
        }
        assert_int_equal(sum, bracket_fen(&params.sales, total));
    }
}

static struct visitor
random_visit(void)
{
    bool verified = below(6) == 0;

    return (struct visitor){ (uint64_t)below(60),
                             verified ? 0 : (uint16_t)(1 + below(5)),
                             (uint8_t)below(PERIOD_DAYS),
                             (uint8_t)(verified ? VISITOR_VERIFIED : 1 + below(2)) };
}

/* Invariants 1 and 6: order and repeats of visits change nothing. */
static void
the_order_and_repeats_of_visits_change_nothing(void **state UNUSED)
{
    struct score_params params = score_defaults();

    for (int round = 0; round < ROUNDS; round++) {
        struct visitor told[VISITS], again[2 * VISITS];
        struct visit_days one, other;

        for (int i = 0; i < VISITS; i++) {
            told[i] = random_visit();
            again[i] = told[i];
            again[VISITS + i] = told[i];
        }
        for (int i = 2 * VISITS - 1; i > 0; i--) {
            int64_t at = below(i + 1);
            struct visitor kept = again[i];

            again[i] = again[at];
            again[at] = kept;
        }
        visit_weigh(told, VISITS, &params, &one);
        visit_weigh(again, 2 * VISITS, &params, &other);
        assert_memory_equal(&one, &other, sizeof(one));
        for (int day = 0; day < PERIOD_DAYS; day++) {
            assert_true(bracket_visits_fen(&params, one.milli[day]) <= 9500);
        }
    }
}

static struct sums
random_sums(const struct half_life *half)
{
    struct score_params params = score_defaults();
    struct score_day days[40];
    struct sums sums = { 0 };
    int32_t day = LANDMARK - 100;

    for (size_t i = 0; i < COUNT(days); i++) {
        day += 1 + (int32_t)below(10);
        days[i] = (struct score_day){ .day = day,
                                      .active = below(2) == 0,
                                      .sales_fen = below(3) == 0 ? 0 : below(300000),
                                      .visits = (int32_t)below(2000) };
    }
    influence_add_days(&sums, days, COUNT(days), &params, half);
    return sums;
}

/* Invariant 5, and F's homogeneity for powers of two. */
static void
moving_the_landmark_scales_every_score_exactly(void **state UNUSED)
{
    struct score_params params = score_defaults();

    for (int round = 0; round < ROUNDS; round++) {
        int moves = 1 + (int)below(20);
        struct half_life half = half_life(30, LANDMARK);
        struct half_life later = half_life(30, LANDMARK + 30 * moves);
        uint64_t before = chance_seed;
        struct sums one = random_sums(&half), other;

        chance_seed = before;
        other = random_sums(&later);
        assert_true(influence_compose(&one, &params).total ==
                    ldexp(influence_compose(&other, &params).total, moves));
    }
}

/* Invariant 3: the order of Z is the order of influence on every day. */
static void
the_order_of_shops_is_the_same_on_every_day(void **state UNUSED)
{
    struct score_params params = score_defaults();
    struct half_life half = half_life(30, LANDMARK);
    double z[SHOPS];

    for (int i = 0; i < SHOPS; i++) {
        struct sums sums = random_sums(&half);

        z[i] = influence_compose(&sums, &params).total;
    }
    for (int32_t day = LANDMARK; day < LANDMARK + 700; day += 50) {
        for (int i = 1; i < SHOPS; i++) {
            int64_t a = influence_points(z[i - 1], day, &half);
            int64_t b = influence_points(z[i], day, &half);

            assert_true(z[i - 1] < z[i] ? a <= b : a >= b);
        }
    }
}

/* Invariant 6: visits without sales count a tenth. */
static void
visits_without_sales_count_a_tenth(void **state UNUSED)
{
    struct score_params params = score_defaults();

    for (int round = 0; round < ROUNDS; round++) {
        struct sums sums = { 0.0, (double)below(1000000), (double)below(100000) };
        struct influence made = influence_compose(&sums, &params);

        assert_true(made.visits == sums.visits / 10.0);
        assert_true(made.activity <= made.visits / 10.0);
    }
}

/* What an owner is shown adds up. */
static void
parts_add_up_to_the_score(void **state UNUSED)
{
    struct score_params params = score_defaults();
    struct half_life half = half_life(30, LANDMARK);

    for (int round = 0; round < ROUNDS * 10; round++) {
        struct sums sums = { (double)below(100000), (double)below(100000),
                             (double)below(10000) };
        struct influence made = influence_compose(&sums, &params);
        int32_t day = LANDMARK + (int32_t)below(100);
        struct influence_parts parts = influence_parts(&made, day, &half);

        assert_int_equal(parts.sales + parts.visits + parts.activity, parts.total);
        assert_true(parts.sales >= 0 && parts.visits >= 0 && parts.activity >= 0);
        assert_int_equal(parts.total, influence_points(made.total, day, &half));
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            the_order_of_sales_changes_nothing_and_no_buyer_gives_too_much),
        cmocka_unit_test(refunding_everything_leaves_no_bucket),
        cmocka_unit_test(
            a_day_counts_no_more_than_was_sold_and_all_days_what_their_total_does),
        cmocka_unit_test(the_order_and_repeats_of_visits_change_nothing),
        cmocka_unit_test(moving_the_landmark_scales_every_score_exactly),
        cmocka_unit_test(the_order_of_shops_is_the_same_on_every_day),
        cmocka_unit_test(visits_without_sales_count_a_tenth),
        cmocka_unit_test(parts_add_up_to_the_score),
    };

    return cmocka_run_group_tests(tests, begin, NULL);
}
