/* test/function/sale_book_test.c - many sales: their leaves, and the lists that name
 * them. */
#include "storage/sale/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/score/decay.h"
#include "proto/time.h"
#include "storage/member/member.h"
#include "storage/redis/call.h"
#include "storage/sale/recorded.h"
#include "storage/shop/shop.h"
#include "storage/stats/stats.h"
#include "test/support/keyed.h"
#include "test/support/store_test.h"

#define NOW    (INT64_C(20500) * 86400 * 1000)
#define SOLD   (NOW - 3600 * 1000)
#define DAY_MS (DAY_S * INT64_C(1000))

static const struct member_id merchant = { 3 * PARTITIONS + 7 };

static struct shop_number
shop_made(struct store_test *t)
{
    struct member_want owner = { .nickname = STR("Owner"), .now_ms = NOW };
    struct shop_open_want want = { .nickname = STR("Shop"), .now_ms = NOW };
    struct session_token token;
    struct shop_number number;
    struct member member;

    assert_int_equal(member_make(t->store, t->arena, &owner, &member, &token),
                     ERR_NONE);
    want.owner = member.id;
    assert_int_equal(shop_open(t->store, t->arena, &want, &number), ERR_NONE);
    return number;
}

static struct sale_report
report_of(struct shop_number shop, const char *id, int64_t amount_fen)
{
    return (struct sale_report){ .want = { .merchant = merchant,
                                           .sale_id = str_from(id),
                                           .shop = shop,
                                           .product = { 4609 },
                                           .quantity = 1,
                                           .amount_fen = amount_fen,
                                           .buyer_ref = STR("buyer-1"),
                                           .sold_at_ms = SOLD } };
}

static struct sale_report
reported(struct store_test *t, struct shop_number shop, const char *id,
         int64_t amount_fen)
{
    struct sale_report report = report_of(shop, id, amount_fen);

    sales_report(t->store, t->arena, &report, 1, NOW);
    return report;
}

static struct sale_refund
refunded(struct store_test *t, const char *sale, const char *id, int64_t amount_fen)
{
    struct sale_refund refund = { .merchant = merchant,
                                  .sale_id = str_from(sale),
                                  .refund_id = str_from(id),
                                  .amount_fen = amount_fen };

    sales_refund(t->store, t->arena, &refund, 1, NOW);
    return refund;
}

/* What the owner is told of the day, in fen. */
static int64_t
sales_fen(struct store_test *t, struct shop_number shop)
{
    int32_t day = time_day(SOLD / 1000);
    struct stats stats;

    assert_int_equal(stats_read(t->store, t->arena, shop, day, day, &stats), ERR_NONE);
    assert_true(stats.count == 2 && stats.rows[0].product.value == 0);
    return stats.rows[0].sales_fen;
}

enum { BOOK = 2000, BOOK_REFUNDS = 300 };

static struct sale_report *
book_made(struct store_test *t, struct shop_number shop)
{
    struct sale_report *reports = arena_alloc(t->arena, BOOK * sizeof(*reports));

    for (int i = 0; i < BOOK; i++) {
        char *id = arena_alloc(t->arena, 16);

        snprintf(id, 16, "B-%d", i);
        reports[i] = report_of(shop, id, 1000 + i);
        reports[i].shop_known = true;
    }
    sales_report(t->store, t->arena, reports, BOOK, NOW);
    for (int i = 0; i < BOOK; i++) {
        assert_true(reports[i].err == ERR_NONE && reports[i].made);
    }
    return reports;
}

/* How many keys there are of a kind; each is a listpack. */
static size_t
leaves_of(struct store_test *t, const char *pattern)
{
    struct str words = arena_printf(t->arena, "KEYS %s", pattern);
    const struct reply *keys = store_test_say(t, arena_cstr(t->arena, words));

    for (size_t i = 0; i < keys->count; i++) {
        struct call *call = call_command(t->arena, "OBJECT");

        call_text(call, "ENCODING");
        call_key(call, reply_str(reply_at(keys, i)));
        assert_int_equal(call_wait(t->store, call), ERR_NONE);
        assert_true(str_equal(reply_str(call->reply), STR("listpack")));
    }
    return keys->count;
}

STORE_TEST(a_book_that_grows_finds_each_sale_and_stays_small)
{
    struct shop_number shop = shop_made(t);
    struct sale_report *reports = book_made(t, shop);
    int64_t left_fen = 0;

    for (int i = 0; i < BOOK; i++) {
        left_fen += reports[i].want.amount_fen;
    }
    for (int i = 0; i < BOOK_REFUNDS; i++) {
        struct sale_refund refund =
            refunded(t, arena_cstr(t->arena, reports[i].want.sale_id), "R", 1000);

        assert_true(refund.err == ERR_NONE && refund.made);
        left_fen -= 1000;
    }
    sales_report(t->store, t->arena, reports, BOOK, NOW + 1);
    for (int i = 0; i < BOOK; i++) {
        assert_true(reports[i].err == ERR_NONE && !reports[i].made);
        assert_int_equal(reports[i].sale.refunded_fen, i < BOOK_REFUNDS ? 1000 : 0);
        assert_int_equal(reports[i].sale.reported_at_ms, NOW);
    }
    assert_int_equal(sales_fen(t, shop), left_fen);
    assert_true(leaves_of(t, "sale:*") > BOOK / 64);
    assert_true(leaves_of(t, "claim:*") > BOOK / 64);
    assert_true(leaves_of(t, "refund:*") > BOOK_REFUNDS / 64);
}

static int
compare_hashes(const void *a, const void *b)
{
    return memcmp(((const struct recorded_sale *)a)->sale.hash,
                  ((const struct recorded_sale *)b)->sale.hash, SALE_HASH_BYTES);
}

STORE_TEST(each_recorded_sale_is_walked_over_once)
{
    struct shop_number shop = shop_made(t);
    struct recorded_sale *all = arena_alloc(t->arena, 2 * BOOK * sizeof(*all));
    struct recorded_walk walk = { 0 };
    size_t seen = 0;

    book_made(t, shop);
    while (!walk.done) {
        struct recorded_sale *sales;
        size_t count;

        assert_int_equal(
            recorded_sales_next(t->store, t->arena, &walk, NULL, &sales, &count),
            ERR_NONE);
        assert_true(seen + count <= 2 * BOOK);
        memcpy(all + seen, sales, count * sizeof(*all));
        seen += count;
    }
    assert_int_equal(seen, BOOK);
    qsort(all, seen, sizeof(*all), compare_hashes);
    for (size_t i = 0; i < seen; i++) {
        assert_int_equal(all[i].err, ERR_NONE);
        assert_int_equal(all[i].sale.shop.value, shop.value);
        assert_int_equal(all[i].sale.merchant.value, merchant.value);
        assert_true(i == 0 || compare_hashes(&all[i - 1], &all[i]) < 0);
    }
}

/* As when its server was killed between the last two steps. */
STORE_TEST(a_sale_that_was_not_listed_is_listed_by_a_repeat)
{
    struct shop_number shop = shop_made(t);
    struct sale_report report = reported(t, shop, "A-1", 100);
    struct call *call = call_command(t->arena, "HSET");
    struct sale_page page;

    store_test_say(t, "DEL reports:{m007}:775");
    call_text(call, "claim:{m007}:0");
    call_arg(call, sale_hash(&report.sale));
    call_int(call, shop.value);
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    for (int i = 0; i < 2; i++) {
        report = reported(t, shop, "A-1", 100);
        assert_true(report.err == ERR_NONE && !report.made);
        assert_int_equal(sale_list(t->store, t->arena, merchant, 0, STR(""), 10, &page),
                         ERR_NONE);
        assert_int_equal(page.count, 1);
        assert_true(str_equal(page.sales[0].sale_id, STR("A-1")));
    }
}

STORE_TEST(a_list_goes_on_when_a_clock_stepped_back)
{
    struct shop_number shop = shop_made(t);
    struct sale_report later = report_of(shop, "A-2", 100);
    struct sale_page page;

    assert_int_equal(reported(t, shop, "A-1", 100).err, ERR_NONE);
    sales_report(t->store, t->arena, &later, 1, NOW - DAY_MS / 2);
    assert_int_equal(later.err, ERR_NONE);
    assert_int_equal(sale_list(t->store, t->arena, merchant, NOW, STR(""), 10, &page),
                     ERR_NONE);
    assert_int_equal(page.count, 2);
    assert_true(str_equal(page.sales[1].sale_id, STR("A-2")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_book_that_grows_finds_each_sale_and_stays_small),
        cmocka_unit_test(each_recorded_sale_is_walked_over_once),
        cmocka_unit_test(a_sale_that_was_not_listed_is_listed_by_a_repeat),
        cmocka_unit_test(a_list_goes_on_when_a_clock_stepped_back),
    };

    return cmocka_run_group_tests(tests, keyed_begin, keyed_end);
}
