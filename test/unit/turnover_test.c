/* test/unit/turnover_test.c - the first of all shops, and Kendall's tau. */
#include "scoring/turnover.h"

#include <math.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "test/support/chance.h"
#include "test/unit/unit.h"

enum { SHOPS = 2000, ROUNDS = 60 };

/* Few different values, so that ties are many; some are none. */
static void
draw(struct standing *standings, size_t count)
{
    int64_t values = 1 + below(1000);

    for (size_t i = 0; i < count; i++) {
        standings[i] = (struct standing){
            .shop = { SHOP_NUMBER_MIN + (int64_t)((i * 7919) % count) },
            .now = (double)below(values),
            .then = (double)below(values),
        };
    }
}

static bool
stands_before(const struct standing *a, const struct standing *b, bool then)
{
    double x = then ? a->then : a->now, y = then ? b->then : b->now;

    return x > y || (x == y && a->shop.value < b->shop.value);
}

static double
tau_of_all_pairs(const struct standing *standings, size_t count)
{
    int64_t kept = 0, turned = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 1; k < count; k++) {
            bool same = stands_before(&standings[i], &standings[k], false) ==
                        stands_before(&standings[i], &standings[k], true);

            kept += same;
            turned += !same;
        }
    }
    return kept + turned == 0 ? 1.0 : (double)(kept - turned) / (double)(kept + turned);
}

static void
tau_is_that_of_all_pairs(void **state UNUSED)
{
    struct standing *standings = xcalloc(SHOPS, sizeof(standings[0]));

    chance_begin();
    for (int i = 0; i < ROUNDS; i++) {
        size_t count = (size_t)below(i < 20 ? 5 : SHOPS / 4);
        double expected;

        draw(standings, count);
        expected = tau_of_all_pairs(standings, count);
        assert_true(fabs(kendall_tau(standings, count) - expected) < 1e-12);
    }
    free(standings);
}

static void
tau_of_a_turned_order_is_minus_one(void **state UNUSED)
{
    struct standing standings[50];

    for (int i = 0; i < 50; i++) {
        standings[i] = (struct standing){ { SHOP_NUMBER_MIN + i }, 1 + i, 100 - i };
    }
    assert_true(kendall_tau(standings, 50) == -1.0);
    assert_true(kendall_tau(standings, 1) == 1.0);
}

/* How many of the others stand before it. */
static size_t
rank_of(const struct standing *standings, size_t count, size_t of, bool then)
{
    size_t before = 0;

    for (size_t i = 0; i < count; i++) {
        before += stands_before(&standings[i], &standings[of], then);
    }
    return before;
}

static void
the_first_are_those_of_all(void **state UNUSED)
{
    struct standing *all = xcalloc(SHOPS, sizeof(all[0]));
    struct standing *first = xcalloc(SHOPS, sizeof(first[0]));
    struct turnover *turnover = xcalloc(1, sizeof(*turnover));

    chance_begin();
    for (int round = 0; round < 12; round++) {
        size_t count = (size_t)below(SHOPS), firsts = 0;
        int64_t in = 0, out = 0;
        struct turnover_sum sum;

        *turnover = (struct turnover){ 0 };
        draw(all, count);
        for (size_t i = 0; i < count; i++) {
            bool now = all[i].now > 0.0 && rank_of(all, count, i, false) < TURNOVER_TOP;
            bool then =
                all[i].then > 0.0 && rank_of(all, count, i, true) < TURNOVER_TOP;

            turnover_add(turnover, &all[i]);
            in += then && !now;
            out += now && !then;
            if (now) {
                first[firsts++] = all[i];
            }
        }
        sum = turnover_sum(turnover);
        assert_int_equal(sum.in, in);
        assert_int_equal(sum.out, out);
        assert_true(fabs(sum.tau - tau_of_all_pairs(first, firsts)) < 1e-12);
    }
    free(turnover);
    free(first);
    free(all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tau_is_that_of_all_pairs),
        cmocka_unit_test(tau_of_a_turned_order_is_minus_one),
        cmocka_unit_test(the_first_are_those_of_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
