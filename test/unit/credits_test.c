/* test/unit/credits_test.c - what is pending, told by buyers' totals, is what the sales would
 * count for if they settled day by day. */
#include <string.h>

#include "proto/time.h"
#include "storage/score/credits.h"
#include "test/support/chance.h"
#include "test/support/score.h"

enum { ROUNDS = 200, SALES = 120, DAYS = 12, PERIOD = 733 };

static const int32_t today = PERIOD * PERIOD_DAYS + 20;

static int
start(void **state UNUSED)
{
    chance_begin();
    return 0;
}

/* Some have settled, some are due and have not, some lie ahead by a clock's fault. */
static void
make_sales(struct sale_record *sales, size_t count, int64_t buyers)
{
    for (size_t i = 0; i < count; i++) {
        int64_t paid_at_s = time_day_starts_s(PERIOD * PERIOD_DAYS) + below(22 * DAY_S);

        sales[i] = (struct sale_record){ .sale = i,
                                         .buyer = (uint64_t)below(buyers),
                                         .net_fen = (uint32_t)below(30000),
                                         .paid_at_s = (uint32_t)paid_at_s,
                                         .buyer_class = (uint8_t)below(BUYER_CLASSES),
                                         .settled = below(3) == 0 };
    }
}

static int64_t
all_credits(const struct sale_record *sales, size_t count, int64_t settled_to_s,
            const struct score_params *params)
{
    int64_t fen[PERIOD_DAYS] = { 0 }, sum = 0;

    credits_by_day(sales, count, PERIOD, settled_to_s, params, fen);
    for (int i = 0; i < PERIOD_DAYS; i++) {
        sum += fen[i];
    }
    return sum;
}

static void
what_is_pending_is_what_settling_day_by_day_adds(void **state UNUSED)
{
    struct score_params params = score_defaults();

    for (int round = 0; round < ROUNDS; round++) {
        size_t count = (size_t)below(SALES);
        struct sale_record sales[SALES];
        int64_t fen[DAYS] = { 0 }, before;

        make_sales(sales, count, 1 + below(40));
        params.settle_after_s = below(10) * DAY_S + below(3) * 1000;
        before = all_credits(sales, count, CREDITS_SETTLED, &params);
        credits_pending(sales, count, &params, today, fen, DAYS);
        for (int32_t i = 0; i < DAYS; i++) {
            int64_t until_s =
                time_day_starts_s(today + i + 1) - 1 - params.settle_after_s;
            int64_t now = all_credits(sales, count, until_s, &params);

            assert_int_equal(fen[i], now - before);
            before = now;
        }
    }
}

/* Two periods' are added up. */
static void
what_is_there_already_stays(void **state UNUSED)
{
    struct score_params params = score_defaults();
    struct sale_record sale = { .buyer = 1,
                                .net_fen = 5000,
                                .paid_at_s = (uint32_t)time_day_starts_s(today - 2),
                                .buyer_class = BUYER_MERCHANT };
    int64_t fen[DAYS] = { 0 };

    credits_pending(NULL, 0, &params, today, fen, DAYS);
    assert_int_equal(fen[5], 0);
    for (int i = 1; i <= 3; i++) {
        credits_pending(&sale, 1, &params, today, fen, DAYS);
        assert_int_equal(fen[5], i * 5000);
    }
    credits_pending(&sale, 1, &params, today, fen, 5); /* beyond: not asked for */
    assert_int_equal(fen[5], 15000);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_pending_is_what_settling_day_by_day_adds),
        cmocka_unit_test(what_is_there_already_stays),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
