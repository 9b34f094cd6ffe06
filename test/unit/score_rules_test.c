/* test/unit/score_rules_test.c - vectors of our own for what SCORING.md's leave open. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/score/credit.h"
#include "proto/score/figure.h"
#include "proto/score/influence.h"
#include "proto/score/release.h"
#include "proto/score/tier.h"
#include "proto/score/visit.h"
#include "proto/time.h"
#include "test/support/unit.h"

#include "test/support/score.h"

/* --- the three rules of visits, in their order --------------------------------------- */

static struct visitor
visitor(uint64_t who, int day, enum visitor_class class, uint16_t net)
{
    return (struct visitor){ who, net, (uint8_t)day, (uint8_t) class };
}

static struct visit_days
weigh(const struct visitor *told, size_t count)
{
    static struct visitor work[2 * VISITORS_PER_DAY_MAX + 16];
    struct score_params params = score_defaults();
    struct visit_days days;

    assert_true(count <= COUNT(work));
    memcpy(work, told, count * sizeof(told[0]));
    visit_weigh(work, count, &params, &days);
    return days;
}

/* Rule 2 before rule 3: a visitor whose four days are used up gives no place in a net
 * to nobody, and takes none. */
static void
a_fifth_day_takes_no_place_in_its_net(void **state UNUSED)
{
    struct visitor told[16];
    size_t count = 0;

    for (int day = 0; day < 4; day++) {
        told[count++] = visitor(1, day, VISITOR_ANONYMOUS, 100);
    }
    told[count++] = visitor(1, 9, VISITOR_ANONYMOUS, 7); /* its fifth: not counted */
    for (uint64_t who = 2; who <= 6; who++) {
        told[count++] = visitor(who, 9, VISITOR_ANONYMOUS, 7);
    }
    assert_int_equal(weigh(told, count).milli[9], 500); /* all five others */
    assert_int_equal(weigh(told, count).visitors[9], 6);
}

/* Not the other way round: whom rule 3 leaves out has used that day all the same. */
static void
a_day_lost_to_a_full_net_stays_used(void **state UNUSED)
{
    struct visitor told[16];
    size_t count = 0;

    for (uint64_t who = 1; who <= 5; who++) {
        told[count++] = visitor(who, 0, VISITOR_ANONYMOUS, 7);
    }
    for (int day = 0; day < 5; day++) {
        told[count++] = visitor(9, day, VISITOR_ANONYMOUS, day == 0 ? 7 : 8);
    }
    assert_int_equal(weigh(told, count).milli[0], 500); /* the five smallest */
    assert_int_equal(weigh(told, count).milli[3], 100); /* its fourth day */
    assert_int_equal(weigh(told, count).milli[4], 0);
}

/* Rule 1 before rule 2: whom a full day leaves out has not used it. */
static void
a_day_that_was_full_is_not_used(void **state UNUSED)
{
    static struct visitor told[VISITORS_PER_DAY_MAX + 8];
    size_t count = 0;

    for (uint64_t who = 1; who <= VISITORS_PER_DAY_MAX; who++) {
        told[count++] = visitor(who, 0, VISITOR_VERIFIED, 0);
    }
    for (int day = 0; day < 5; day++) {
        told[count++] = visitor(VISITORS_PER_DAY_MAX + 1, day, VISITOR_VERIFIED, 0);
    }
    assert_int_equal(weigh(told, count).visitors[0], VISITORS_PER_DAY_MAX);
    assert_int_equal(weigh(told, count).milli[4], 1000); /* its fourth day */
}

static void
the_smallest_pseudonyms_of_a_net_count_whatever_they_weigh(void **state UNUSED)
{
    struct visitor told[8];
    size_t count = 0;

    for (uint64_t who = 1; who <= 5; who++) {
        told[count++] = visitor(who, 3, VISITOR_ANONYMOUS, 7);
    }
    told[count++] = visitor(6, 3, VISITOR_MEMBER, 7);
    assert_int_equal(weigh(told, count).milli[3], 500);
    told[0].visitor_class = VISITOR_VERIFIED; /* who is verified leaves its net */
    told[0].net = 0;
    assert_int_equal(weigh(told, count).milli[3], 1000 + 4 * 100 + 250);
}

static void
of_two_nets_the_larger_class_then_the_smaller_net_decides(void **state UNUSED)
{
    struct visitor told[8];
    size_t count = 0;

    for (uint64_t who = 1; who <= 5; who++) {
        told[count++] = visitor(who, 3, VISITOR_MEMBER, 7);
    }
    told[count++] = visitor(6, 3, VISITOR_MEMBER, 7);
    assert_int_equal(weigh(told, count).milli[3], 5 * 250);
    told[count++] = visitor(6, 3, VISITOR_MEMBER, 6);
    assert_int_equal(weigh(told, count).milli[3], 6 * 250);
    told[count++] = visitor(6, 3, VISITOR_ANONYMOUS, 5);
    assert_int_equal(weigh(told, count).milli[3], 6 * 250);
}

/* --- decay ---------------------------------------------------------------------------- */

static const int half_lives[] = { 7, 14, 30, 60, 90 };

static void
each_half_life_halves_in_its_days(void **state UNUSED)
{
    for (size_t i = 0; i < COUNT(half_lives); i++) {
        struct half_life half = half_life(half_lives[i], LANDMARK);

        assert_true(half_life_allowed(half_lives[i]));
        for (int32_t day = LANDMARK - 200; day < LANDMARK + 200; day++) {
            double factor = decay_factor(day, &half);

            assert_true(decay_factor(day + half.days, &half) == 2.0 * factor);
            assert_true(fabs(factor / exp2((day - LANDMARK) / (double)half.days) - 1) <
                        1e-14);
        }
    }
    assert_false(half_life_allowed(28));
}

/* The scenario of SCORING.md 11 under the half-lives that it has no figure for, worked
 * out once by a second program (Python, glibc's exp2). */
static void
each_half_life_scores_the_same_days(void **state UNUSED)
{
    static const struct day_fen days[] = {
        { 20456, 5000 }, { 20457, 5000 }, { 20459, 16000 }, { 20461, 4000 }
    };
    static const double expected[] = { 0x1.6fc699ebb50e1p+15, 0x1.24c0458598e10p+15,
                                       0x1.03d1d83af7195p+15, 0x1.ed760b55f8ddcp+14,
                                       0x1.e510c6dc7cbd6p+14 };

    for (size_t i = 0; i < COUNT(half_lives); i++) {
        struct half_life half = half_life(half_lives[i], LANDMARK);

        assert_true(decay_sum(days, COUNT(days), &half) == expected[i]);
    }
}

/* --- instalments over a period's end --------------------------------------------------- */

static void
what_is_left_of_a_former_period_goes_out_with_the_next_batch(void **state UNUSED)
{
    struct release_params params = release_defaults();
    struct release_buyer buyers[] = {
        { .period = 730, .buyer = 1, .counts = true, .pending_fen = 13000 },
        { .period = 731, .buyer = 2, .counts = true, .pending_fen = 3000 },
        { .period = 731, .buyer = 3, .counts = true, .pending_fen = 12000 },
    };
    int64_t points;

    assert_int_equal(release_buyers(buyers, 3), 2); /* the larger period's alone */
    assert_int_equal(release_take(buyers, 3, 2, 731, &params, &points), RELEASE_ALL);
    assert_int_equal(points, 230);
    assert_int_equal(buyers[0].pending_fen, 3000);
    assert_int_equal(buyers[2].pending_fen, 2000);
    assert_int_equal(release_take(buyers, 3, 2, 731, &params, &points),
                     RELEASE_NOTHING); /* one buyer a period: all waits */
    assert_int_equal(points, 0);
    assert_int_equal(buyers[0].pending_fen, 3000);
}

static void
debts_of_ended_periods_do_not_wait_for_k(void **state UNUSED)
{
    struct release_params params = release_defaults();
    struct release_buyer buyers[] = {
        { .period = 729, .buyer = 1, .counts = true, .pending_fen = -12050 },
        { .period = 730, .buyer = 2, .counts = true, .pending_fen = -500 },
        { .period = 730, .buyer = 3, .counts = true, .pending_fen = 900 },
    };
    int64_t points;

    assert_int_equal(release_take(buyers, 3, 5, 730, &params, &points), RELEASE_DEBTS);
    assert_int_equal(points, -100); /* the clamp holds for debts as well */
    assert_int_equal(buyers[0].pending_fen, -2050);
    assert_int_equal(buyers[1].pending_fen, -500); /* its period goes on */
    assert_int_equal(release_take(buyers, 3, 5, 731, &params, &points), RELEASE_DEBTS);
    assert_int_equal(points, -26); /* -25.50 rounds down */
}

static void
buyers_who_weigh_little_do_not_count_but_go_out(void **state UNUSED)
{
    struct release_params params = release_defaults();
    struct release_buyer buyers[] = {
        { .period = 730, .buyer = 1, .counts = true, .pending_fen = 100 },
        { .period = 730, .buyer = 2, .counts = false, .pending_fen = 5000 },
        { .period = 730, .buyer = 3, .counts = true, .pending_fen = 99 },
    };
    int64_t points;

    assert_int_equal(release_buyers(buyers, 3), 1);
    assert_int_equal(release_take(buyers, 3, 1, 730, &params, &points), RELEASE_ALL);
    assert_int_equal(points, 51);
}

static void
epochs_fall_on_mondays_at_four(void **state UNUSED)
{
    struct release_params params = release_defaults();
    int64_t at_ms, monday_s;

    assert_true(time_read(STR("2026-11-23T04:00:00+08:00"), &at_ms));
    monday_s = at_ms / 1000;
    assert_int_equal(release_epoch_s(monday_s, &params), monday_s);
    assert_int_equal(release_epoch_s(monday_s - 1, &params), monday_s - 7 * DAY_S);
    assert_int_equal(release_next_s(monday_s, &params), monday_s + 7 * DAY_S);
    params.interval_s = 10;
    assert_int_equal(release_epoch_s(monday_s + 19, &params), monday_s + 10);
}

/* --- shown figures ---------------------------------------------------------------------- */

static void
figures_keep_two_digits_and_never_fall(void **state UNUSED)
{
    assert_int_equal(figure_down(0), 0);
    assert_int_equal(figure_down(-5), 0);
    assert_int_equal(figure_down(7), 7);
    assert_int_equal(figure_down(99), 99);
    assert_int_equal(figure_down(459), 450);
    assert_int_equal(figure_down(99999), 99000);
    assert_int_equal(figure_about(454), 450);
    assert_int_equal(figure_about(455), 460);
    assert_int_equal(figure_about(99999), 100000);
    assert_int_equal(figure_sales_fen(0, 408), 40000);
    assert_int_equal(figure_sales_fen(40000, 380), 40000);
    assert_int_equal(figure_sales_fen(0, -20), 0);
    assert_int_equal(figure_visits(0, 24), 0); /* 48: not yet shown */
    assert_int_equal(figure_visits(0, 25), 50);
    assert_int_equal(figure_visits(50, 10), 50);
    assert_int_equal(figure_visits(50, 66), 130);
}

/* Rows are hostile input too: whatever stands in one, its points are a number. */
static void
points_stay_within_their_range(void **state UNUSED)
{
    struct half_life half = half_life(7, LANDMARK);
    struct influence vast = { 1e300, 1e300, -1e300, 1e300 };
    struct influence odd = { 2e18, -1e18, 0.0, 1e18 }; /* parts that do not add up */
    struct influence_parts parts = influence_parts(&vast, LANDMARK, &half);

    assert_true(influence_points(1e300, LANDMARK, &half) == INFLUENCE_POINTS_MAX);
    assert_true(influence_points(-1e300, LANDMARK, &half) == -INFLUENCE_POINTS_MAX);
    assert_true(influence_points(1.0, 0, &half) == INFLUENCE_POINTS_MAX);
    assert_true(influence_points(0.0, 0, &half) == 0); /* 0 / 0 */
    assert_true(parts.total == INFLUENCE_POINTS_MAX);
    assert_true(parts.activity == -INFLUENCE_POINTS_MAX);
    parts = influence_parts(&odd, LANDMARK, &half);
    assert_true(parts.total == INFLUENCE_POINTS_MAX);
}

/* --- tiers -------------------------------------------------------------------------------- */

static void
new_tiers_hold_at_once(void **state UNUSED)
{
    struct tier_params params = tier_defaults();
    struct tier_state state_now = { 5, 1, 3 };

    assert_int_equal(tier_anew(299, &params).tier, 0);
    assert_int_equal(tier_anew(2000, &params).tier, 3);
    assert_int_equal(tier_anew(1000000, &params).tier, 5);
    params.count = 2; /* a tier that is gone counts as the last */
    assert_int_equal(tier_slots(5, &params), 5);
    tier_evaluate(&state_now, 1000, &params);
    assert_int_equal(state_now.tier, 1);
}

static void
the_next_tier_names_how_many_days_it_takes(void **state UNUSED)
{
    struct tier_params params = tier_defaults();
    struct tier_state state_now = { 0, 1, 0 };

    assert_int_equal(tier_evaluations_left(&state_now, 310, &params), 1);
    assert_int_equal(tier_evaluations_left(&state_now, 290, &params), 2);
    state_now.tier = 5;
    assert_int_equal(tier_evaluations_left(&state_now, 90000, &params), -1);
}

/* --- the order of visitors ------------------------------------------------------------- */

static int
compare_visitors(const void *left, const void *right)
{
    const struct visitor *a = left, *b = right;

    if (a->who != b->who) {
        return a->who < b->who ? -1 : 1;
    }
    if (a->day != b->day) {
        return a->day < b->day ? -1 : 1;
    }
    return a->visitor_class != b->visitor_class
               ? (int)b->visitor_class - (int)a->visitor_class
               : (int)a->net - (int)b->net;
}

/* Records of few visitors and of very many, from all bits that a pseudonym may have. */
static void
draw_visitors(struct visitor *records, size_t count, uint64_t visitors)
{
    uint64_t state = count * 2654435761u + visitors;

    for (size_t i = 0; i < count; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        records[i] =
            visitor(((state >> 20) % visitors * UINT64_C(0x9e3779b97f4a7c15)) >> 24,
                    (int)(state >> 33) % PERIOD_DAYS, 1 + (state >> 40) % 3,
                    (uint16_t)(state >> 44));
    }
}

static void
few_and_many_visitors_come_out_in_order(void **state UNUSED)
{
    static const size_t counts[] = { 1, 2, 47, 48, 49, 50, 256, 1000, 5000 };
    static struct visitor records[5000], wanted[5000];
    struct score_params params = score_defaults();
    struct visit_days days;

    for (size_t i = 0; i < COUNT(counts) * 3; i++) {
        size_t count = counts[i / 3], kept = 0, left;

        draw_visitors(records, count, i % 3 == 0 ? 1 + count / 20 : UINT64_C(1) << 40);
        for (size_t k = 0; k < count && i % 3 == 2; k++) {
            records[k].who >>= 25; /* of somebody who wants them to be alike */
            records[k].net = 7;
        }
        memcpy(wanted, records, count * sizeof(records[0]));
        qsort(wanted, count, sizeof(wanted[0]), compare_visitors);
        for (size_t k = 0; k < count; k++) {
            if (kept == 0 || wanted[kept - 1].who != wanted[k].who ||
                wanted[kept - 1].day != wanted[k].day) {
                wanted[kept++] = wanted[k];
            }
        }
        left = visit_weigh(records, count, &params, &days);
        assert_int_equal(left, kept);
        for (size_t k = 0; k < kept; k++) {
            assert_int_equal(compare_visitors(&records[k], &wanted[k]), 0);
        }
    }
}

/* As rule 3 reads: so many of a day and net count, the smallest pseudonyms first. */
static int32_t
weight_in_net(const struct visitor *records, size_t count, size_t i,
              const struct score_params *params)
{
    int32_t before = 0;

    for (size_t k = 0; k < count; k++) {
        before += records[k].day == records[i].day &&
                  records[k].net == records[i].net && records[k].who < records[i].who;
    }
    return records[i].visitor_class == VISITOR_VERIFIED ||
                   before < params->anonymous_per_net_max
               ? params->visitor_weight[records[i].visitor_class]
               : 0;
}

static void
whether_nets_are_crowded_or_not_their_visitors_weigh_the_same(void **state UNUSED)
{
    static const uint16_t nets[] = { 1, 2, 20, 80, 400, 60000 };
    static struct visitor records[600], work[600];
    struct score_params params = score_defaults();
    struct visit_days days;

    for (size_t i = 0; i < 8 * COUNT(nets); i++) {
        size_t count = i % 8 < 4 ? 600 : 1 + i;
        int32_t milli[PERIOD_DAYS] = { 0 };

        draw_visitors(records, count, UINT64_C(1) << 40); /* each on one day */
        for (size_t k = 0; k < count; k++) {
            records[k].net = (uint16_t)((records[k].net + i) % nets[i / 8]);
            records[k].day = (uint8_t)(i % 2 == 0 ? 5 : records[k].day);
            if (i % 8 == 7 && records[k].visitor_class == VISITOR_VERIFIED) {
                records[k].net = 0;
            }
        }
        for (size_t k = 0; k < count; k++) {
            milli[records[k].day] += weight_in_net(records, count, k, &params);
        }
        memcpy(work, records, count * sizeof(work[0]));
        visit_weigh(work, count, &params, &days);
        for (int day = 0; day < PERIOD_DAYS; day++) {
            assert_int_equal(days.milli[day],
                             milli[day] - milli[day] % SCORE_VISIT_MILLI);
        }
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_and_many_visitors_come_out_in_order),
        cmocka_unit_test(whether_nets_are_crowded_or_not_their_visitors_weigh_the_same),
        cmocka_unit_test(a_fifth_day_takes_no_place_in_its_net),
        cmocka_unit_test(a_day_lost_to_a_full_net_stays_used),
        cmocka_unit_test(a_day_that_was_full_is_not_used),
        cmocka_unit_test(the_smallest_pseudonyms_of_a_net_count_whatever_they_weigh),
        cmocka_unit_test(of_two_nets_the_larger_class_then_the_smaller_net_decides),
        cmocka_unit_test(each_half_life_halves_in_its_days),
        cmocka_unit_test(each_half_life_scores_the_same_days),
        cmocka_unit_test(what_is_left_of_a_former_period_goes_out_with_the_next_batch),
        cmocka_unit_test(debts_of_ended_periods_do_not_wait_for_k),
        cmocka_unit_test(buyers_who_weigh_little_do_not_count_but_go_out),
        cmocka_unit_test(epochs_fall_on_mondays_at_four),
        cmocka_unit_test(figures_keep_two_digits_and_never_fall),
        cmocka_unit_test(points_stay_within_their_range),
        cmocka_unit_test(new_tiers_hold_at_once),
        cmocka_unit_test(the_next_tier_names_how_many_days_it_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
