/* test/function/sale_test.c - reported sales and refunds on a real store. */
#include "storage/sale/content.h"

#include <stdio.h>
#include <string.h>

#include "proto/event.h"
#include "proto/score/decay.h"
#include "proto/time.h"
#include "storage/key.h"
#include "storage/member/member.h"
#include "storage/privacy/pseudonym.h"
#include "storage/redis/call.h"
#include "storage/shop/shop.h"
#include "storage/stats/stats.h"
#include "test/support/keyed.h"
#include "test/support/store_test.h"

#define NOW    (INT64_C(20500) * 86400 * 1000)
#define SOLD   (NOW - 3600 * 1000)
#define DAY_MS (DAY_S * INT64_C(1000))

static const struct member_id merchant = { 3 * PARTITIONS + 7 };
static const struct member_id other_merchant = { 4 * PARTITIONS + 8 };

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

/* All events of a shop's partition, in order. */
static size_t
read_events(struct store_test *t, struct shop_number shop, struct event *events)
{
    struct call *call = call_command(t->arena, "XRANGE");
    size_t count = 0;

    call_keyf(call, KEY_EVENTS, id_partition(shop.value));
    call_text(call, "-");
    call_text(call, "+");
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    for (size_t i = 0; i < call->reply->count; i++) {
        const struct reply *fields = reply_at(reply_at(call->reply, i), 1);
        const char *why;
        size_t more;

        assert_int_equal(
            event_read(reply_str(reply_at(fields, 1)), events + count, &more, &why),
            ERR_NONE);
        count += more;
    }
    return count;
}

/* What the owner is told of the day: orders ('o') or fen ('s'). */
static int64_t
sum_of(struct store_test *t, struct shop_number shop, char kind)
{
    int32_t day = time_day(SOLD / 1000);
    struct stats stats;

    assert_int_equal(stats_read(t->store, t->arena, shop, day, day, &stats), ERR_NONE);
    assert_true(stats.count == 2 && stats.rows[0].product.value == 0);
    assert_int_equal(stats.rows[0].orders, stats.rows[1].orders);
    return kind == 'o' ? stats.rows[0].orders : stats.rows[0].sales_fen;
}

STORE_TEST(a_sale_is_told_once_however_often_it_is_reported)
{
    struct shop_number shop = shop_made(t);
    struct event *events = arena_alloc(t->arena, 512 * sizeof(*events));
    struct sale_report first = reported(t, shop, "A-1", 4990);
    struct sale_report again = reported(t, shop, "A-1", 4990);

    assert_int_equal(first.err, ERR_NONE);
    assert_true(first.made);
    assert_int_equal(again.err, ERR_NONE);
    assert_false(again.made);
    assert_int_equal(read_events(t, shop, events), 1);
    assert_int_equal(events[0].kind, EVENT_SALE);
    assert_int_equal(events[0].shop.value, shop.value);
    assert_int_equal(events[0].sale.net_fen, 4990);
    assert_int_equal(events[0].sale.buyer_class, BUYER_MERCHANT);
    assert_int_equal(sum_of(t, shop, 's'), 4990);
    assert_int_equal(sum_of(t, shop, 'o'), 1);
}

STORE_TEST(an_id_stands_for_one_content_in_one_shop_of_one_merchant)
{
    struct shop_number shop = shop_made(t), other = shop_made(t);
    struct sale_report report = report_of(shop, "A-1", 4990);

    assert_int_equal(reported(t, shop, "A-1", 4990).err, ERR_NONE);
    assert_int_equal(reported(t, shop, "A-1", 4991).err, ERR_SALE_MISMATCH);
    assert_int_equal(reported(t, other, "A-1", 4990).err, ERR_SALE_MISMATCH);
    report.want.buyer_ref = STR("buyer-2");
    sales_report(t->store, t->arena, &report, 1, NOW);
    assert_int_equal(report.err, ERR_SALE_MISMATCH);
    report.want.merchant = other_merchant;
    sales_report(t->store, t->arena, &report, 1, NOW);
    assert_int_equal(report.err, ERR_NONE);
}

/* "Nothing happened" would be untrue. */
STORE_TEST(a_sale_that_was_written_but_not_listed_is_uncertain)
{
    struct shop_number shop = shop_made(t);
    struct sale_report report;
    struct sale_page page;

    store_test_say(t, "ACL SETUSER default resetkeys ~[^r]*"); /* not the list */
    report = reported(t, shop, "A-1", 4990);
    assert_int_equal(report.err, ERR_STORE_UNCERTAIN);
    assert_int_equal(sum_of(t, shop, 's'), 4990);
    store_test_say(t, "ACL SETUSER default allkeys");
    report = reported(t, shop, "A-1", 4990);
    assert_int_equal(report.err, ERR_NONE);
    assert_false(report.made);
    assert_int_equal(sum_of(t, shop, 's'), 4990);
    assert_int_equal(sale_list(t->store, t->arena, merchant, 0, STR(""), 10, &page),
                     ERR_NONE);
    assert_int_equal(page.count, 1);
}

STORE_TEST(a_report_for_no_shop_leaves_no_claim)
{
    struct shop_number none = { id_make(SHOP_N_FIRST, 3) }, shop = shop_made(t);

    assert_int_equal(reported(t, none, "A-1", 100).err, ERR_NO_SUCH_SHOP);
    assert_int_equal(reported(t, shop, "A-1", 100).err, ERR_NONE);
}

STORE_TEST(a_suspended_shop_sells_nothing_new)
{
    struct shop_number shop = shop_made(t);

    assert_int_equal(reported(t, shop, "A-1", 100).err, ERR_NONE);
    assert_int_equal(shop_suspend(t->store, t->arena, shop, true), ERR_NONE);
    assert_int_equal(reported(t, shop, "A-2", 100).err, ERR_SUSPENDED);
    assert_int_equal(reported(t, shop, "A-1", 100).err, ERR_NONE);
    assert_int_equal(shop_suspend(t->store, t->arena, shop, false), ERR_NONE);
    assert_int_equal(reported(t, shop, "A-2", 100).err, ERR_NONE);
}

STORE_TEST(refunds_take_off_until_nothing_is_left)
{
    struct shop_number shop = shop_made(t);
    struct event *events = arena_alloc(t->arena, 512 * sizeof(*events));
    struct sale_refund refund;

    assert_int_equal(reported(t, shop, "A-1", 1000).err, ERR_NONE);
    refund = refunded(t, "A-1", "R-1", 400);
    assert_int_equal(refund.err, ERR_NONE);
    assert_true(refund.made);
    assert_int_equal(refund.sale.refunded_fen, 400);
    refund = refunded(t, "A-1", "R-1", 400);
    assert_int_equal(refund.err, ERR_NONE);
    assert_false(refund.made);
    assert_int_equal(refunded(t, "A-1", "R-1", 401).err, ERR_SALE_MISMATCH);
    refund = refunded(t, "A-1", "R-2", 601);
    assert_int_equal(refund.err, ERR_REFUND_EXCEEDS_SALE);
    assert_int_equal(refund.sale.refunded_fen, 400);
    assert_int_equal(sum_of(t, shop, 'o'), 1);
    assert_int_equal(refunded(t, "A-1", "R-2", 600).err, ERR_NONE);
    assert_int_equal(refunded(t, "A-1", "R-3", 1).err, ERR_REFUND_EXCEEDS_SALE);

    assert_int_equal(read_events(t, shop, events), 3);
    assert_int_equal(events[1].kind, EVENT_REFUND);
    assert_int_equal(events[1].sale.net_fen, 600);
    assert_int_equal(events[2].sale.net_fen, 0);
    assert_int_equal(events[2].sale.sale, events[0].sale.sale);
    assert_int_equal(events[2].sale.buyer, events[0].sale.buyer);
    assert_int_equal(sum_of(t, shop, 's'), 0);
    assert_int_equal(sum_of(t, shop, 'o'), 0);
}

STORE_TEST(what_cost_nothing_is_told_but_is_no_order)
{
    struct shop_number shop = shop_made(t);
    struct event *events = arena_alloc(t->arena, 512 * sizeof(*events));

    assert_int_equal(reported(t, shop, "A-1", 0).err, ERR_NONE);
    assert_false(reported(t, shop, "A-1", 0).made);
    assert_int_equal(refunded(t, "A-1", "R-1", 1).err, ERR_REFUND_EXCEEDS_SALE);
    assert_int_equal(read_events(t, shop, events), 1);
    assert_int_equal(events[0].sale.net_fen, 0);
    assert_int_equal(sum_of(t, shop, 's'), 0);
    assert_int_equal(sum_of(t, shop, 'o'), 0);
}

STORE_TEST(a_refund_of_no_sale_is_not_found)
{
    struct shop_number shop = shop_made(t);
    struct sale_refund other = { .merchant = other_merchant,
                                 .sale_id = STR("A-1"),
                                 .refund_id = STR("R-1"),
                                 .amount_fen = 1 };

    assert_int_equal(refunded(t, "A-1", "R-1", 1).err, ERR_NOT_FOUND);
    assert_int_equal(reported(t, shop, "A-1", 1000).err, ERR_NONE);
    sales_refund(t->store, t->arena, &other, 1, NOW);
    assert_int_equal(other.err, ERR_NOT_FOUND);
}

STORE_TEST(refunds_of_one_sale_at_once_are_all_taken)
{
    struct shop_number shop = shop_made(t);
    struct sale_refund refunds[10];
    struct sale sale;

    assert_int_equal(reported(t, shop, "A-1", 95).err, ERR_NONE);
    for (int i = 0; i < 10; i++) {
        refunds[i] = (struct sale_refund){
            .merchant = merchant,
            .sale_id = STR("A-1"),
            .refund_id = arena_printf(t->arena, "R-%d", i),
            .amount_fen = 10,
        };
    }
    sales_refund(t->store, t->arena, refunds, 10, NOW);
    for (int i = 0; i < 9; i++) {
        assert_int_equal(refunds[i].err, ERR_NONE);
    }
    assert_int_equal(refunds[9].err, ERR_REFUND_EXCEEDS_SALE);
    assert_int_equal(sale_read(t->store, t->arena, merchant, STR("A-1"), &sale),
                     ERR_NONE);
    assert_int_equal(sale.refunded_fen, 90);
}

/* --- buyers who are forgotten --------------------------------------------------------- */

/* The last moment at which a sale of SOLD's period can be refunded. */
static int64_t
last_moment(void)
{
    int32_t next = (period_of_day(time_day(SOLD / 1000)) + 1) * PERIOD_DAYS;

    return time_day_starts_s(next + PERIOD_KEPT_DAYS) * 1000 - 1;
}

static struct sale_refund
refunded_at(struct store_test *t, const char *id, int64_t now_ms)
{
    struct sale_refund refund = { .merchant = merchant,
                                  .sale_id = STR("A-1"),
                                  .refund_id = str_from(id),
                                  .amount_fen = 100 };

    sales_refund(t->store, t->arena, &refund, 1, now_ms);
    return refund;
}

STORE_TEST(what_was_sold_is_taken_back_until_its_buyer_is_forgotten)
{
    struct shop_number shop = shop_made(t);
    struct event *events = arena_alloc(t->arena, 512 * sizeof(*events));
    struct sale_refund refund;

    assert_int_equal(reported(t, shop, "A-1", 1000).err, ERR_NONE);
    assert_int_equal(refunded_at(t, "R-1", last_moment()).err, ERR_NONE);
    refund = refunded_at(t, "R-2", last_moment() + 1);
    assert_int_equal(refund.err, ERR_REFUND_TOO_LATE);
    assert_int_equal(refund.sale.refunded_fen, 100);
    refund = refunded_at(t, "R-1", last_moment() + 1); /* its answer was lost */
    assert_int_equal(refund.err, ERR_NONE);
    assert_false(refund.made);
    assert_int_equal(read_events(t, shop, events), 2);
    assert_int_equal(sum_of(t, shop, 's'), 900);
}

static struct sale_report
reported_at(struct store_test *t, struct sale_report report, int64_t now_ms)
{
    report.want.sensitive = true;
    sales_report(t->store, t->arena, &report, 1, now_ms);
    return report;
}

static int64_t
count_of(struct store_test *t, const char *key)
{
    return store_test_say(t, arena_printf(t->arena, "HLEN %s", key).data)->integer;
}

/* Nobody could tell two of its buyers apart: it counts for nothing but the sums. */
STORE_TEST(history_whose_buyers_are_forgotten_is_for_the_books_alone)
{
    struct shop_number shop = shop_made(t);
    struct event *events = arena_alloc(t->arena, 512 * sizeof(*events));
    struct sale_report want = report_of(shop, "A-1", 1000);
    int64_t now_ms = last_moment() + 1;

    assert_true(reported_at(t, want, now_ms).made);
    assert_int_equal(count_of(t, "period:{g}"), 0);
    assert_int_equal(sum_of(t, shop, 's'), 1000);
    assert_int_equal(reported_at(t, want, now_ms).err, ERR_NONE);
    assert_int_equal(refunded_at(t, "R-1", now_ms).err, ERR_NONE);
    assert_int_equal(sum_of(t, shop, 's'), 900);
    assert_int_equal(read_events(t, shop, events), 0);
    assert_int_equal(store_test_say(t, "KEYS buyers:*")->count, 0);
}

STORE_TEST(a_repeat_after_its_buyer_is_forgotten_is_the_same_sale)
{
    struct shop_number shop = shop_made(t);
    struct sale_report want = report_of(shop, "A-1", 1000), again;

    assert_true(reported_at(t, want, NOW).made);
    again = reported_at(t, want, last_moment() + 1);
    assert_int_equal(again.err, ERR_NONE);
    assert_false(again.made);
    want.want.amount_fen++;
    assert_int_equal(reported_at(t, want, last_moment() + 1).err, ERR_SALE_MISMATCH);
}

enum { MANY = 1000 };

STORE_TEST(many_sales_of_many_shops_go_in_one_batch)
{
    struct sale_report *reports = arena_alloc(t->arena, MANY * sizeof(*reports));
    struct event *events = arena_alloc(t->arena, MANY * sizeof(*events));
    struct shop_number shop[5];
    size_t told = 0;

    for (int i = 0; i < 5; i++) {
        shop[i] = shop_made(t);
    }
    for (int i = 0; i < MANY; i++) {
        reports[i] = report_of(shop[i % 5], arena_printf(t->arena, "S-%d", i).data, i);
        reports[i].shop_known = true;
    }
    reports[MANY - 1] = reports[0]; /* twice in one batch */
    sales_report(t->store, t->arena, reports, MANY, NOW);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(reports[i].err, ERR_NONE);
        assert_int_equal(reports[i].made, i < MANY - 1);
    }
    for (int i = 0; i < 5; i++) {
        bool seen = false;

        for (int j = 0; j < i; j++) {
            seen = seen || id_partition(shop[j].value) == id_partition(shop[i].value);
        }
        told += seen ? 0 : read_events(t, shop[i], events);
    }
    assert_int_equal(told, MANY - 1);
}

STORE_TEST(a_sale_that_stands_twice_in_a_batch_counts_once)
{
    struct shop_number shop = shop_made(t);
    struct event *events = arena_alloc(t->arena, 512 * sizeof(*events));
    struct sale_report reports[] = { report_of(shop, "A-1", 4990),
                                     report_of(shop, "A-1", 4990),
                                     report_of(shop, "A-1", 4991) };

    sales_report(t->store, t->arena, reports, 3, NOW);
    assert_int_equal(reports[0].err, ERR_NONE);
    assert_int_equal(reports[1].err, ERR_NONE);
    assert_int_equal(reports[2].err, ERR_SALE_MISMATCH);
    assert_int_equal(reports[0].made + reports[1].made, 1);
    assert_int_equal(read_events(t, shop, events), 1);
    assert_int_equal(sum_of(t, shop, 'o'), 1);
    assert_int_equal(sum_of(t, shop, 's'), 4990);
}

STORE_TEST(a_sum_that_would_lose_a_fen_is_refused_and_nothing_written)
{
    struct shop_number shop = shop_made(t);
    struct event *events = arena_alloc(t->arena, 512 * sizeof(*events));
    struct sale_report report = reported(t, shop, "A-1", 1);
    struct call *call = call_command(t->arena, "HSET");

    sale_put_stats_key(call, &report.sale);
    call_arg(call, sale_sum_word(t->arena, &report.sale));
    call_text(call, "1 9007199254740990"); /* 2^53 - 2 */
    assert_int_equal(call_wait(t->store, call), ERR_NONE);

    assert_int_equal(reported(t, shop, "A-2", 2).err, ERR_AMOUNT_RANGE);
    assert_int_equal(refunded(t, "A-2", "R-1", 2).err, ERR_NOT_FOUND);
    assert_int_equal(reported(t, shop, "A-3", 1).err, ERR_NONE);
    assert_int_equal(read_events(t, shop, events), 2);
    assert_int_equal(sum_of(t, shop, 's'), (INT64_C(1) << 53) - 1);
}

STORE_TEST(a_merchant_reads_its_reports_page_by_page)
{
    struct shop_number shop = shop_made(t);
    struct str after = STR("");
    struct sale_page page;
    size_t seen = 0;

    for (int i = 0; i < 25; i++) {
        struct sale_report report =
            report_of(shop, arena_printf(t->arena, "S-%d", i).data, i);

        sales_report(t->store, t->arena, &report, 1, NOW + i / 10);
        assert_int_equal(report.err, ERR_NONE);
    }
    do {
        assert_int_equal(sale_list(t->store, t->arena, merchant, 0, after, 10, &page),
                         ERR_NONE);
        seen += page.count;
        after = page.next;
    } while (after.len > 0);
    assert_int_equal(seen, 25);
    assert_int_equal(
        sale_list(t->store, t->arena, merchant, NOW + 2, STR(""), 10, &page), ERR_NONE);
    assert_int_equal(page.count, 5);
    assert_int_equal(page.sales[0].reported_at_ms, NOW + 2);
    assert_int_equal(
        sale_list(t->store, t->arena, other_merchant, 0, STR(""), 10, &page), ERR_NONE);
    assert_int_equal(page.count, 0);
    assert_int_equal(sale_list(t->store, t->arena, merchant, 0, STR("x"), 10, &page),
                     ERR_INVALID_FIELD);
}

STORE_TEST(the_buyer_is_nowhere_in_the_store)
{
    struct shop_number shop = shop_made(t);
    const struct reply *keys;

    assert_int_equal(reported(t, shop, "A-1", 1000).err, ERR_NONE);
    keys = store_test_say(t, "KEYS *");
    for (size_t i = 0; i < keys->count; i++) {
        struct str key = reply_str(&keys->element[i]);
        struct call *dump = call_command(t->arena, "DUMP");
        struct str bytes;

        call_key(dump, key);
        assert_int_equal(call_wait(t->store, dump), ERR_NONE);
        bytes = reply_str(dump->reply);
        assert_null(memmem(bytes.data, bytes.len, "buyer-1", 7));
        assert_null(memmem(key.data, key.len, "buyer-1", 7));
    }
}

/* --- buyers of sensitive products -------------------------------------------------------- */

static void
report_sensitive(struct store_test *t, struct shop_number shop, const char *id,
                 const char *buyer, int64_t sold_at_ms)
{
    struct sale_report report = report_of(shop, id, 100);

    report.want.buyer_ref = str_from(buyer);
    report.want.sold_at_ms = sold_at_ms;
    report.want.sensitive = true;
    sales_report(t->store, t->arena, &report, 1, NOW);
    assert_int_equal(report.err, ERR_NONE);
}

static int64_t
buyers_of(struct store_test *t, struct shop_number shop, int64_t sold_at_ms)
{
    const struct stats_row row = { .day = time_day(sold_at_ms / 1000),
                                   .product = { 4609 } };
    int64_t buyers = -1;

    assert_int_equal(stats_buyers(t->store, t->arena, shop, &row, 1, &buyers),
                     ERR_NONE);
    return buyers;
}

STORE_TEST(different_buyers_of_a_sensitive_product_are_counted_by_the_day)
{
    struct shop_number shop = shop_made(t), other = shop_made(t);

    assert_int_equal(buyers_of(t, shop, SOLD), 0);
    report_sensitive(t, shop, "A-1", "ann", SOLD);
    report_sensitive(t, shop, "A-2", "bob", SOLD);
    report_sensitive(t, shop, "A-3", "ann", SOLD);
    report_sensitive(t, shop, "A-3", "ann", SOLD); /* told twice */
    report_sensitive(t, shop, "A-4", "ann", SOLD - DAY_MS);
    report_sensitive(t, other, "A-5", "cid", SOLD);
    assert_int_equal(buyers_of(t, shop, SOLD), 2);
    assert_int_equal(buyers_of(t, shop, SOLD - DAY_MS), 1);
    assert_int_equal(buyers_of(t, other, SOLD), 1);
}

/* Whatever bytes their pseudonyms have, and in one call. */
STORE_TEST(a_crowd_of_buyers_is_counted_up_to_what_anybody_asks)
{
    struct shop_number shop = shop_made(t);
    struct sale_report *reports =
        arena_alloc(t->arena, (STATS_BUYERS_MAX + 100) * sizeof(*reports));

    for (int i = 0; i < STATS_BUYERS_MAX + 100; i++) {
        char *id = arena_alloc(t->arena, 16);

        snprintf(id, 16, "C-%d", i);
        reports[i] = report_of(shop, id, 100);
        reports[i].want.buyer_ref = str_from(id);
        reports[i].want.sensitive = true;
    }
    sales_report(t->store, t->arena, reports, 500, NOW);
    assert_int_equal(buyers_of(t, shop, SOLD), 500);
    sales_report(t->store, t->arena, reports, STATS_BUYERS_MAX + 100, NOW);
    assert_int_equal(buyers_of(t, shop, SOLD), STATS_BUYERS_MAX);
}

/* A period's buyers lie in one key of the partition, which goes when their pseudonyms'
 * key does; of a period that is so old nobody is written down any more. */
STORE_TEST(buyers_are_kept_by_the_period_and_for_its_time)
{
    struct shop_number shop = shop_made(t);
    char words[80];

    snprintf(words, sizeof(words), "EXISTS buyers:{s%03u}:%d", id_partition(shop.value),
             (int)period_of_day(time_day(SOLD / 1000)));
    report_sensitive(t, shop, "A-1", "ann", SOLD);
    assert_int_equal(store_test_say(t, words)->integer, 1);
    report_sensitive(t, shop, "A-2", "ann",
                     SOLD - (PERIOD_KEPT_DAYS + PERIOD_DAYS + 1) * DAY_MS);
    assert_int_equal(store_test_say(t, "KEYS buyers:*")->count, 1);
    assert_int_equal(buyers_of(t, shop, SOLD), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sale_is_told_once_however_often_it_is_reported),
        cmocka_unit_test(an_id_stands_for_one_content_in_one_shop_of_one_merchant),
        cmocka_unit_test(a_sale_that_was_written_but_not_listed_is_uncertain),
        cmocka_unit_test(a_report_for_no_shop_leaves_no_claim),
        cmocka_unit_test(a_suspended_shop_sells_nothing_new),
        cmocka_unit_test(refunds_take_off_until_nothing_is_left),
        cmocka_unit_test(what_cost_nothing_is_told_but_is_no_order),
        cmocka_unit_test(a_refund_of_no_sale_is_not_found),
        cmocka_unit_test(refunds_of_one_sale_at_once_are_all_taken),
        cmocka_unit_test(what_was_sold_is_taken_back_until_its_buyer_is_forgotten),
        cmocka_unit_test(history_whose_buyers_are_forgotten_is_for_the_books_alone),
        cmocka_unit_test(a_repeat_after_its_buyer_is_forgotten_is_the_same_sale),
        cmocka_unit_test(many_sales_of_many_shops_go_in_one_batch),
        cmocka_unit_test(a_sale_that_stands_twice_in_a_batch_counts_once),
        cmocka_unit_test(a_sum_that_would_lose_a_fen_is_refused_and_nothing_written),
        cmocka_unit_test(a_merchant_reads_its_reports_page_by_page),
        cmocka_unit_test(the_buyer_is_nowhere_in_the_store),
        cmocka_unit_test(
            different_buyers_of_a_sensitive_product_are_counted_by_the_day),
        cmocka_unit_test(a_crowd_of_buyers_is_counted_up_to_what_anybody_asks),
        cmocka_unit_test(buyers_are_kept_by_the_period_and_for_its_time),
    };

    return cmocka_run_group_tests(tests, keyed_begin, keyed_end);
}
