/* test/function/scoring_years_test.c - what restarts and years do to scores: a worker that
 * knows nothing, periods whose sales are gone, days that are too old. */
#include "scoring/preview.h"
#include "scoring/verify.h"
#include "scoring/walk.h"
#include "storage/sale/sale.h"
#include "test/support/world.h"

/* --- cold workers ---------------------------------------------------------------------- */

static struct event
sale_of(uint64_t sale, int32_t day, int64_t net_fen)
{
    struct event event = { .kind = EVENT_SALE, .shop = shop_of(0) };

    event.sale = (struct event_sale){ sale, 1, time_day_starts_s(day) + 3600, net_fen,
                                      BUYER_MERCHANT };
    return event;
}

/* As the store has it. */
static struct score_day
day_of(struct world *world, int32_t day)
{
    struct rows *rows = rows_new(1 << 20);
    struct score_batch batch;
    struct scored_shop *shop = read_shop(world, shop_of(0), rows, &batch);
    size_t at = row_days_before(&shop->row, day);
    struct score_day found = { .day = day };

    if (at < shop->row.count && shop->row.days[at].day == day) {
        found = shop->row.days[at];
    }
    rows_free(&rows);
    return found;
}

static int64_t
sales_on(struct world *world, int32_t day)
{
    return day_of(world, day).sales_fen;
}

static int32_t
visitors_on(struct world *world, int32_t day)
{
    return day_of(world, day).visitors;
}

/* On a later day, with all that is due by then. */
static void
live_on(struct world *world, int days)
{
    world->t->clock.offset_ms += days * DAY_S * INT64_C(1000);
    turn(world);
}

/* The buyer's first sale lies among the older days; the credits of all the buyer's days
 * of the period are worked out anew. */
STORE_TEST(a_cold_worker_settles_what_a_buyer_of_the_period_buys_again)
{
    struct event first = sale_of(1, today - 31, 8000), again;
    struct world world;

    begin(&world, t);
    append(&world, &first, 1);
    work(&world);
    again = sale_of(2, today - 5, 4000);
    append(&world, &again, 1);
    work(&world);
    go_cold(&world);
    t->clock.offset_ms += 2 * DAY_S * INT64_C(1000);
    work(&world);
    assert_int_equal(sales_on(&world, today - 31), 8000);
    assert_int_equal(sales_on(&world, today - 5), 2000 + 2000 / 2);
    end(&world);
}

STORE_TEST(a_cold_worker_counts_what_a_buyer_of_the_period_bought_again)
{
    struct event first = sale_of(1, today - 31, 8000), again;
    struct world world;

    begin(&world, t);
    world.scoring.policy.score.settle_after_s = 0;
    append(&world, &first, 1);
    work(&world);
    go_cold(&world);
    again = sale_of(2, today - 5, 4000);
    append(&world, &again, 1);
    work(&world);
    assert_int_equal(sales_on(&world, today - 31), 8000);
    assert_int_equal(sales_on(&world, today - 5), 2000 + 2000 / 2);
    end(&world);
}

/* Two servers' visits of one midnight, of a shop that had none since the period before:
 * the newer one comes first. */
STORE_TEST(visits_of_two_new_periods_may_come_in_any_order)
{
    int32_t first_day = 736 * PERIOD_DAYS;
    struct event visits[2];
    struct world world;

    begin(&world, t);
    for (int i = 0; i < 2; i++) {
        visits[i] = (struct event){ .kind = EVENT_VISIT, .shop = shop_of(0) };
        visits[i].visit = (struct event_visit){ today, 7, 1, VISITOR_MEMBER };
    }
    append(&world, visits, 1);
    work(&world);
    live_on(&world, first_day - today);
    visits[0].visit.day = first_day;
    visits[1].visit.day = first_day - 1;
    append(&world, visits, 2);
    work(&world);
    assert_int_equal(visitors_on(&world, today), 1);
    assert_int_equal(visitors_on(&world, first_day - 1), 1);
    assert_int_equal(visitors_on(&world, first_day), 1);
    end(&world);
}

/* --- periods whose sales are gone ------------------------------------------------------- */

static int64_t
sale_rows(struct world *world)
{
    return store_test_say(world->t, "HLEN sales:{s007}:733")->integer;
}

/* What is left of a sale that nobody knows any more is no new sale. */
STORE_TEST(a_refund_after_its_period_was_swept_counts_nothing)
{
    struct event sale = sale_of(1, today - 31, 9000);
    struct world world;

    begin(&world, t);
    append(&world, &sale, 1);
    turn(&world);
    assert_int_equal(sale_rows(&world), 1);
    live_on(&world, 589);
    assert_int_equal(sale_rows(&world), 0);
    sale.kind = EVENT_REFUND;
    sale.sale.net_fen = 8999;
    append(&world, &sale, 1);
    turn(&world);
    assert_int_equal(sales_on(&world, today - 31), 9000);
    assert_int_equal(sale_rows(&world), 0);
    assert_int_equal(world.scoring.counts.late, 1);
    end(&world);
}

/* Its buyers would never be forgotten. */
STORE_TEST(history_of_a_period_that_is_over_leaves_no_rows)
{
    struct event sale = sale_of(1, today - 31, 9000);
    struct world world;

    begin(&world, t);
    live_on(&world, 589);
    append(&world, &sale, 1);
    turn(&world);
    live_on(&world, 1);
    assert_int_equal(sales_on(&world, today - 31), 0);
    assert_int_equal(sale_rows(&world), 0);
    end(&world);
}

/* Refunds that were taken at the last moment find their sale. */
STORE_TEST(rows_outlive_the_last_refund_by_two_days)
{
    struct event sale = sale_of(1, today - 31, 9000);
    struct world world;

    begin(&world, t);
    append(&world, &sale, 1);
    turn(&world);
    live_on(&world, 578); /* 582 days after the period's end */
    sale.kind = EVENT_REFUND;
    sale.sale.net_fen = 8999;
    append(&world, &sale, 1);
    turn(&world);
    assert_int_equal(sales_on(&world, today - 31), 8999);
    live_on(&world, 1);
    assert_int_equal(sale_rows(&world), 0);
    end(&world);
}

/* Days whose sales nobody knows any more keep what they count under any policy. */
STORE_TEST(other_brackets_leave_swept_periods_alone)
{
    struct event sale = sale_of(1, today - 31, 20000), newer;
    struct world world;

    begin(&world, t);
    list_shop(&world, shop_of(0));
    append(&world, &sale, 1);
    turn(&world);
    live_on(&world, 589);
    newer = sale_of(2, today + 500, 20000);
    append(&world, &newer, 1);
    turn(&world);
    world.scoring.policy.version = 2;
    world.scoring.policy.score.sales.at[1].permille = 900;
    turn(&world);
    assert_int_equal(sales_on(&world, today - 31), 15000);
    assert_int_equal(sales_on(&world, today + 500), 19000);
    end(&world);
}

static enum err
told(void *arg UNUSED, int64_t done UNUSED, int64_t total UNUSED)
{
    return ERR_NONE;
}

/* Also when the clock was set back after the sweep. */
STORE_TEST(a_preview_leaves_swept_periods_alone)
{
    struct score_policy proposed;
    struct world world;
    json_t *result, *sample;

    begin(&world, t);
    world.scoring.policy.score.half_life_days = 90;
    store_test_say(t, "HSET shop:{s007}:10000135 status open owner 4609");
    list_shop(&world, shop_of(0));
    for (uint64_t i = 0; i < 40; i++) {
        struct event sale = sale_of(i, today - 31, 20000);

        sale.sale.buyer = i;
        append(&world, &sale, 1);
    }
    turn(&world);
    live_on(&world, 579); /* the first day on which they are gone */
    t->clock.offset_ms -= DAY_S * INT64_C(1000);
    proposed = world.scoring.policy;
    proposed.score.sales.at[1].permille = 900;
    assert_int_equal(preview_run(&world.scoring, &proposed, told, NULL, &result),
                     ERR_NONE);
    sample = json_array_get(json_object_get(result, "sample"), 0);
    assert_true(json_integer_value(json_object_get(sample, "from")) > 0);
    assert_int_equal(json_integer_value(json_object_get(sample, "to")),
                     json_integer_value(json_object_get(sample, "from")));
    json_decref(result);
    end(&world);
}

/* A worker that was away for so long: the day is no more, for nobody. */
STORE_TEST(sales_of_days_that_are_too_old_are_not_released)
{
    struct event sale = sale_of(1, today - 31, 9000);
    struct world world;

    begin(&world, t);
    turn(&world);
    t->clock.offset_ms += 710 * DAY_S * INT64_C(1000);
    append(&world, &sale, 1);
    work(&world);
    assert_int_equal(sales_on(&world, today - 31), 0);
    assert_int_equal(sale_rows(&world), 1);
    assert_int_equal(store_test_say(t, "EXISTS pending:{s007}:10000135")->integer, 0);
    end(&world);
}

/* --- days that are too old ---------------------------------------------------------------- */

/* As a walk over untouched shops finds it. */
static double
live_sales(struct world *world)
{
    struct rows *rows = rows_new(1 << 20);
    struct score_batch batch;
    struct scored_shop *shop = read_shop(world, shop_of(0), rows, &batch);
    double sales = shop_sums(shop, &world->scoring.policy).sales;

    rows_free(&rows);
    return sales;
}

/* Tiers are made of what the owner sees: of the days that weigh, also when nothing
 * happens in the shop. */
STORE_TEST(a_day_weighs_for_730_days_in_a_shop_that_nobody_touches)
{
    struct event old = sale_of(1, today - 31, 9000), newer = sale_of(2, today - 8, 50);
    struct world world;

    begin(&world, t);
    list_shop(&world, shop_of(0));
    append(&world, &old, 1);
    append(&world, &newer, 1);
    turn(&world);
    live_on(&world, 20); /* all lies among the older days */
    append(&world, &newer, 1);
    turn(&world);
    live_on(&world, 678); /* the last day of the old one: it is 729 days old */
    assert_true(live_sales(&world) > 40000.0);
    go_cold(&world);
    live_on(&world, 1);
    assert_true(live_sales(&world) > 0.0);
    assert_true(live_sales(&world) < 1000.0);
    assert_int_equal(sales_on(&world, today - 31), 0);
    assert_int_equal(sales_on(&world, today - 8), 50);
    live_on(&world, 23);
    assert_true(live_sales(&world) == 0.0);
    end(&world);
}

/* --- what verify says of them ---------------------------------------------------------- */

static void
report_sale(struct world *world, int32_t day, int64_t amount_fen)
{
    int64_t now_ms = store_now_ms(world->store);
    struct sale_report report = {
        .want = { .merchant = { 4609 },
                  .sale_id = arena_printf(world->t->arena, "S-%d", (int)day),
                  .shop = shop_of(0),
                  .product = { 4609 },
                  .quantity = 1,
                  .amount_fen = amount_fen,
                  .buyer_ref = STR("b"),
                  .sold_at_ms = time_day_starts_s(day) * 1000 },
    };

    sales_report(world->store, world->t->arena, &report, 1, now_ms);
    assert_int_equal(report.err, ERR_NONE);
    turn(world);
}

static struct verify_report
verified(struct world *world)
{
    struct verify_report report;

    assert_int_equal(verify_store(&world->scoring, &report, NULL), ERR_NONE);
    return report;
}

static void
assert_scores_right(const struct verify_report *report)
{
    static const enum verify_what of_scores[] = { VERIFY_READABLE, VERIFY_SALES,
                                                  VERIFY_VISITS,   VERIFY_SCORES,
                                                  VERIFY_BOOKS,    VERIFY_ONCE,
                                                  VERIFY_FORGOTTEN };

    for (size_t i = 0; i < COUNT(of_scores); i++) {
        assert_int_equal(report->wrong[of_scores[i]], 0);
    }
}

STORE_TEST(verify_sees_what_is_wrong_with_days_whose_sales_are_gone)
{
    struct verify_report report;
    struct world world;

    begin(&world, t);
    store_test_say(t, "HSET shop:{s007}:10000135 status open owner 4609");
    list_shop(&world, shop_of(0));
    report_sale(&world, today - 31, 9000);
    store_test_say(t, "COPY sales:{s007}:733 kept:{s007}");
    live_on(&world, 500);
    report_sale(&world, today + 490, 9000);
    live_on(&world, 89);
    report = verified(&world);
    assert_scores_right(&report);
    assert_int_equal(report.right[VERIFY_BOOKS], 2);

    store_test_say(t, "DEL stats:{s007}:10000135:733"); /* more counts than was sold */
    assert_int_equal(verified(&world).wrong[VERIFY_BOOKS], 1);
    store_test_say(t,
                   "RENAME kept:{s007} sales:{s007}:733"); /* who bought it is kept */
    assert_int_equal(verified(&world).wrong[VERIFY_FORGOTTEN], 1);
    store_test_say(t, "HSET applied:{s007} tier_day 30000"); /* days should have gone */
    assert_int_equal(verified(&world).wrong[VERIFY_SCORES], 1);
    end(&world);
}

/* --- memory ------------------------------------------------------------------------------ */

enum { OLD_SHOPS = 192, OLD_DAYS = 400, CACHE_BYTES = 1 << 20 };

static void
fill_shops(struct world *world)
{
    struct event *events =
        arena_alloc(world->t->arena, OLD_DAYS * sizeof(struct event));

    for (int i = 0; i < OLD_SHOPS; i++) {
        for (int32_t day = 0; day < OLD_DAYS; day++) {
            events[day] = (struct event){ .kind = EVENT_ACTIVITY, .shop = shop_of(i) };
            events[day].activity_day = today - day;
        }
        list_shop(world, shop_of(i));
        append(world, events, OLD_DAYS);
    }
    turn(world);
}

static size_t
bytes_in_memory(struct world *world)
{
    size_t bytes = 0;

    for (int i = 0; i < OLD_SHOPS; i++) {
        struct scored_shop *shop = rows_find(world->scoring.rows, shop_of(i));

        bytes += shop == NULL ? 0 : shop_bytes(shop);
    }
    return bytes;
}

/* Some shops at a time, whatever the walk needs of them. */
STORE_TEST(a_walk_over_all_shops_keeps_within_the_memory_there_is)
{
    struct world world;
    struct walk walk;
    size_t most = 0, bytes;
    int shops = 0;

    begin(&world, t);
    fill_shops(&world);
    world.scoring.policy.version = 2; /* all their days are wanted */
    world.scoring.policy.score.half_life_days = 14;
    walk_begin(&walk, &world.scoring, &world.partition);
    while (walk_next(&walk) == ERR_NONE && walk.count > 0) {
        assert_true(walk.shop[0]->row.older);
        shops += (int)walk.count;
        bytes = bytes_in_memory(&world);
        assert_true(bytes <= rows_bytes(world.scoring.rows)); /* it knows of them */
        most = bytes > most ? bytes : most;
    }
    walk_end(&walk);
    assert_int_equal(shops, OLD_SHOPS);
    assert_true(most < CACHE_BYTES + CACHE_BYTES);
    assert_true(bytes_in_memory(&world) <= CACHE_BYTES);
    end(&world);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cold_worker_settles_what_a_buyer_of_the_period_buys_again),
        cmocka_unit_test(a_cold_worker_counts_what_a_buyer_of_the_period_bought_again),
        cmocka_unit_test(visits_of_two_new_periods_may_come_in_any_order),
        cmocka_unit_test(a_refund_after_its_period_was_swept_counts_nothing),
        cmocka_unit_test(history_of_a_period_that_is_over_leaves_no_rows),
        cmocka_unit_test(rows_outlive_the_last_refund_by_two_days),
        cmocka_unit_test(other_brackets_leave_swept_periods_alone),
        cmocka_unit_test(a_preview_leaves_swept_periods_alone),
        cmocka_unit_test(sales_of_days_that_are_too_old_are_not_released),
        cmocka_unit_test(a_day_weighs_for_730_days_in_a_shop_that_nobody_touches),
        cmocka_unit_test(verify_sees_what_is_wrong_with_days_whose_sales_are_gone),
        cmocka_unit_test(a_walk_over_all_shops_keeps_within_the_memory_there_is),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
