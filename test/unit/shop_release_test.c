/* test/unit/shop_release_test.c - what one shop publishes: waiting, instalments, debts. */
#include <string.h>

#include "proto/score/decay.h"
#include "scoring/shop_release.h"
#include "test/support/score.h"
#include "test/unit/unit.h"

enum { ROOM = 32, DAY = 733 * PERIOD_DAYS + 3 };

static const uint8_t key[32] = { 7 };
static struct score_policy policy;
static struct pending_entry entries[ROOM];

static struct shop_release
begin(int k, int32_t noise)
{
    policy = (struct score_policy){ .version = 1,
                                    .score = score_defaults(),
                                    .release = release_defaults() };
    policy.release.k_min = policy.release.k_max = k;
    policy.release.noise_points = noise;
    memset(entries, 0, sizeof(entries));
    return (struct shop_release){ .shop = { 10000128 },
                                  .release = 1,
                                  .day = DAY,
                                  .policy = &policy,
                                  .measure = release_measure_of(&policy.score),
                                  .key = str_of(key, sizeof(key)),
                                  .on_boards = true,
                                  .figures = { .half_life_days = 30 },
                                  .entry = entries,
                                  .room = ROOM };
}

static void
add(struct shop_release *release, int32_t period, uint64_t buyer, int32_t eligible_day,
    int64_t fen)
{
    release->entry[release->count++] = (struct pending_entry){
        .field = { period, buyer, BUYER_MERCHANT, eligible_day }, .fen = fen
    };
}

/* The next release of the shop: what was not taken and the rests. */
static void
go_on(struct shop_release *release, int32_t day)
{
    size_t kept = 0;

    for (size_t i = 0; i < release->count; i++) {
        if (!release->entry[i].gone) {
            release->entry[kept++] = release->entry[i];
        }
    }
    release->count = kept;
    release->release++;
    release->day = day;
}

static void
too_few_buyers_publish_nothing_and_lose_nothing(void **state UNUSED)
{
    struct shop_release release = begin(3, 100);

    add(&release, 733, 1, DAY, 5000);
    add(&release, 733, 2, DAY - 1, 3000);
    shop_release(&release);
    assert_false(release.published);
    assert_true(release.left);
    assert_int_equal(release.count, 2);
    assert_false(release.entry[0].gone || release.entry[1].gone);
    assert_int_equal(release.figures.release, 0);
}

static void
credits_wait_for_their_day(void **state UNUSED)
{
    struct shop_release release = begin(1, 0);

    add(&release, 733, 1, DAY, 5000);
    add(&release, 733, 1, DAY + 1, 3000);
    shop_release(&release);
    assert_int_equal(release.figures.sales_points, 50);
    assert_true(release.left);
    go_on(&release, DAY + 7);
    assert_int_equal(release.count, 1);
    shop_release(&release);
    assert_int_equal(release.figures.sales_points, 80);
    assert_false(release.left);
    assert_int_equal(release.figures.batch, 2);
}

/* 285 points go out in three, over the end of their period. */
static void
large_purchases_go_out_in_instalments_over_a_periods_end(void **state UNUSED)
{
    static const int64_t published[] = { 100, 200, 285 };
    struct shop_release release = begin(1, 0);

    add(&release, 733, 1, DAY - 2, 20000);
    add(&release, 733, 1, DAY, 8500);
    for (int i = 0; i < 3; i++) {
        shop_release(&release);
        assert_int_equal(release.figures.sales_points, published[i]);
        assert_int_equal(release.left, i < 2);
        go_on(&release, DAY + 28 * (i + 1));
    }
    assert_int_equal(release.count, 0);
}

static void
a_purchase_and_its_refund_meet_and_leave_nothing(void **state UNUSED)
{
    struct shop_release release = begin(5, 100);

    add(&release, 733, 1, DAY, 5000);
    add(&release, 733, 1, 0, -5000);
    add(&release, 733, 2, DAY, 0);
    shop_release(&release);
    assert_false(release.published);
    assert_false(release.left);
}

static void
the_same_release_again_gives_the_same_figures(void **state UNUSED)
{
    struct shop_release once = begin(2, 100), again;
    struct pending_entry before[ROOM];

    for (uint64_t buyer = 1; buyer < 9; buyer++) {
        add(&once, 733, buyer, DAY - (int32_t)buyer, (int64_t)buyer * 2500);
    }
    once.visits_total_fen = 2345;
    once.active_days_total = 4;
    memcpy(before, entries, sizeof(before));
    again = once;
    shop_release(&once);
    assert_true(once.published && once.figures.z > 0.0);
    memcpy(entries, before, sizeof(before));
    shop_release(&again);
    assert_memory_equal(&once.figures, &again.figures, sizeof(once.figures));
    assert_int_equal(once.count, again.count);
}

/* Of the first buyers it is done; the others are too few for k, and that is decided. Who
 * is done is not asked again in this release, whatever has come since. */
static void
a_release_goes_on_behind_the_last_buyer_that_was_taken(void **state UNUSED)
{
    struct shop_release whole = begin(6, 100), rest;

    for (uint64_t buyer = 1; buyer < 9; buyer++) {
        add(&whole, 733, buyer, DAY - 1, (int64_t)buyer * 2500);
    }
    shop_release(&whole);
    assert_int_equal(whole.kind, RELEASE_ALL);

    rest = begin(6, 100);
    rest.taken = (struct release_taken){ RELEASE_ALL, 0, 733, 5 };
    for (int i = 0; i < 5; i++) {
        rest.taken.fen += i < 4 ? (i + 1) * 2500 : 10000;
    }
    add(&rest, 733, 5, 0, 2500);       /* what is left of the fifth */
    add(&rest, 733, 2, DAY - 1, 7777); /* came since */
    for (uint64_t buyer = 6; buyer < 9; buyer++) {
        add(&rest, 733, buyer, DAY - 1, (int64_t)buyer * 2500);
    }
    shop_release(&rest);
    assert_memory_equal(&whole.figures, &rest.figures, sizeof(whole.figures));
    assert_int_equal(rest.kind, RELEASE_ALL);
    assert_true(rest.left);
    assert_false(rest.entry[0].gone || rest.entry[1].gone);
    assert_true(rest.entry[2].gone);
}

static void
few_visits_wait_and_activity_does_not(void **state UNUSED)
{
    struct shop_release release = begin(1, 0);

    release.visits_total_fen = 499;
    release.active_days_total = 2;
    shop_release(&release);
    assert_true(release.published && release.left);
    assert_int_equal(release.figures.visits_points, 0);
    assert_true(release.figures.sum.activity > 0.0);
    assert_true(release.figures.z == 0.0); /* activity alone makes nothing public */
    release.visits_total_fen = 5000;
    release.release = 2;
    shop_release(&release);
    assert_int_equal(release.figures.visits_points, 50);
    assert_int_equal(release.figures.visits_shown, 100);
    assert_true(release.figures.z > 0.0);
    assert_false(release.left);
}

static void
another_half_life_keeps_the_points_of_the_day(void **state UNUSED)
{
    struct shop_release release = begin(1, 0);
    struct half_life before = half_life(30, LANDMARK), now = half_life(90, LANDMARK);
    struct release_measure measure = release.measure;
    int64_t points;

    measure.half_life_days = 90;
    add(&release, 733, 1, DAY, 9900);
    shop_release(&release);
    points = influence_points(release.figures.z, DAY, &before);
    assert_int_equal(points, 99);
    assert_true(figures_convert(&release.figures, &measure, DAY));
    assert_int_equal(influence_points(release.figures.z, DAY, &now), points);
    assert_false(figures_convert(&release.figures, &measure, DAY + 5));
}

static void
another_share_counts_for_what_was_published_before(void **state UNUSED)
{
    struct shop_release release = begin(1, 0);
    struct half_life half = half_life(30, LANDMARK);
    struct release_measure measure = release.measure;

    release.active_days_total = 1;
    add(&release, 733, 1, DAY, 9900);
    shop_release(&release);
    assert_int_equal(influence_points(release.figures.z, DAY, &half), 104);
    assert_false(figures_convert(&release.figures, &measure, DAY + 5));
    measure.activity_of_rest_pct = 0;
    assert_true(figures_convert(&release.figures, &measure, DAY + 5));
    assert_int_equal(influence_points(release.figures.z, DAY, &half), 99);
    assert_int_equal(release.figures.half_life_days, 30);
}

static void
leaving_the_boards_is_published_without_new_figures(void **state UNUSED)
{
    struct shop_release release = begin(1, 0);
    double z;

    add(&release, 733, 1, DAY, 9900);
    shop_release(&release);
    z = release.figures.z;
    go_on(&release, DAY + 7);
    release.on_boards = false;
    shop_release(&release);
    assert_true(release.published && !release.figures.on_boards);
    assert_true(release.figures.z == z);
    assert_int_equal(release.figures.batch, 1);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_few_buyers_publish_nothing_and_lose_nothing),
        cmocka_unit_test(credits_wait_for_their_day),
        cmocka_unit_test(large_purchases_go_out_in_instalments_over_a_periods_end),
        cmocka_unit_test(a_purchase_and_its_refund_meet_and_leave_nothing),
        cmocka_unit_test(the_same_release_again_gives_the_same_figures),
        cmocka_unit_test(a_release_goes_on_behind_the_last_buyer_that_was_taken),
        cmocka_unit_test(few_visits_wait_and_activity_does_not),
        cmocka_unit_test(another_half_life_keeps_the_points_of_the_day),
        cmocka_unit_test(another_share_counts_for_what_was_published_before),
        cmocka_unit_test(leaving_the_boards_is_published_without_new_figures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
