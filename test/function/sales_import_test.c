/* test/function/sales_import_test.c - history from elsewhere on a real store: any order,
 * any number of times, the same outcome. */
#include "storage/sale/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "proto/policy.h"
#include "storage/catalogue/product.h"
#include "storage/member/member.h"
#include "storage/sale/sale.h"
#include "storage/shop/shop.h"
#include "test/support/keyed.h"
#include "test/support/store_test.h"

enum { SHOPS = 20, SALES = 6000, ROWS = SALES + SALES / 50, FAULTS_MAX = 32 };
#define NOW (INT64_C(20500) * 86400 * 1000)

static const struct member_id merchant = { 513 };

struct world {
    struct store_test *t;
    struct policy *policy;
    struct shop_number shop[SHOPS];
    struct str row[ROWS];
    int64_t fault[FAULTS_MAX];
    size_t faults;
};

static void
note_fault(void *arg, int64_t line, const char *reason)
{
    struct world *w = arg;

    assert_non_null(reason);
    assert_true(w->faults < FAULTS_MAX);
    w->fault[w->faults++] = line;
}

static void
make_product(struct store_test *t, const char *handle)
{
    struct variant variant = { .price_fen = 1000,
                               .exclusive_fen = PRICE_NONE,
                               .compare_fen = PRICE_NONE,
                               .stock = STOCK_OPEN };
    struct product_change change = { .want = { .merchant = merchant,
                                               .handle = str_from(handle),
                                               .title = STR("Tea"),
                                               .commission_bps = RATE_DEFAULT,
                                               .variants = &variant,
                                               .variant_count = 1 } };

    assert_int_equal(product_find_many(t->store, t->arena, &change, 1), ERR_NONE);
    assert_int_equal(product_settle(&change), ERR_NONE);
    assert_int_equal(product_write_many(t->store, t->arena, &change, 1, NOW), ERR_NONE);
}

static struct shop_number
make_shop(struct store_test *t)
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

static struct world *
begin(struct store_test *t)
{
    struct world *w = arena_alloc(t->arena, sizeof(*w));

    w->t = t;
    w->policy = policy_default();
    for (int i = 0; i < SHOPS; i++) {
        w->shop[i] = make_shop(t);
    }
    make_product(t, "tea-1");
    make_product(t, "tea-2");
    for (int i = 0; i < SALES; i++) {
        w->row[i] =
            arena_printf(t->arena,
                         "S%d,%" PRId64 ",tea-%d,b%d,1,%d,2026-01-02T03:04:05Z,"
                         "sale,\n",
                         i, w->shop[i % SHOPS].value, 1 + i % 2, i % 97, 100 + i);
    }
    for (int i = 0; i < SALES / 50; i++) {
        w->row[SALES + i] =
            arena_printf(t->arena, "R%d,,,,,%d,,refund,S%d\n", i, 50, i * 50);
    }
    return w;
}

/* The same rows in another order, the same each time. */
static void
shuffle(struct world *w)
{
    uint64_t state = 12345;

    for (size_t i = ROWS - 1; i > 0; i--) {
        struct str held = w->row[i];
        size_t other;

        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        other = (size_t)(state >> 33) % (i + 1);
        w->row[i] = w->row[other];
        w->row[other] = held;
    }
}

static struct sales_import_counts
import_rows(struct world *w, size_t count)
{
    static const struct str header =
        STR("sale_id,number,product_handle,buyer_ref,quantity,"
            "amount_fen,sold_at,kind,refund_of\n");
    struct sales_import_config config = { w->t->store, merchant, w->policy, note_fault,
                                          w };
    struct sales_import *import = sales_import_open(&config);
    struct sales_import_counts counts;

    assert_int_equal(sales_import_feed(import, header), ERR_NONE);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(sales_import_feed(import, w->row[i]), ERR_NONE);
    }
    assert_int_equal(sales_import_end(import), ERR_NONE);
    counts = *sales_import_counts(import);
    sales_import_close(&import);
    return counts;
}

static void
end(struct world *w)
{
    policy_free(&w->policy);
}

STORE_TEST(rows_in_order_land_and_again_change_nothing)
{
    struct world *w = begin(t);
    struct sales_import_counts counts = import_rows(w, ROWS);
    struct sale sale;

    assert_int_equal(counts.sales, SALES);
    assert_int_equal(counts.refunds, SALES / 50);
    assert_int_equal(counts.done, ROWS);
    assert_int_equal(counts.bad, 0);
    counts = import_rows(w, ROWS);
    assert_int_equal(counts.repeats, ROWS);
    assert_int_equal(counts.sales + counts.refunds + counts.bad, 0);
    assert_int_equal(sale_read(t->store, t->arena, merchant, STR("S100"), &sale),
                     ERR_NONE);
    assert_int_equal(sale.amount_fen, 200);
    assert_int_equal(sale.refunded_fen, 50);
    end(w);
}

STORE_TEST(a_refund_before_its_sale_waits_for_it)
{
    struct world *w = begin(t);
    struct sales_import_counts counts;

    shuffle(w);
    counts = import_rows(w, ROWS);
    assert_int_equal(counts.sales, SALES);
    assert_int_equal(counts.refunds, SALES / 50);
    assert_int_equal(counts.bad, 0);
    end(w);
}

/* Its buyers are forgotten: it is for the books. */
STORE_TEST(history_from_long_ago_lands_and_again_changes_nothing)
{
    struct world *w = begin(t);
    struct sales_import_counts counts;

    w->row[0] = arena_printf(
        t->arena, "S1,%" PRId64 ",tea-1,b1,1,100,2001-01-02T03:04:05Z,sale,\n",
        w->shop[0].value);
    w->row[1] = STR("R1,,,,,30,,refund,S1\n");
    counts = import_rows(w, 2);
    assert_int_equal(counts.sales, 1);
    assert_int_equal(counts.refunds, 1);
    counts = import_rows(w, 2);
    assert_int_equal(counts.repeats, 2);
    assert_int_equal(counts.bad, 0);
    assert_int_equal(store_test_say(t, "EXISTS period:{g}")->integer, 0);
    end(w);
}

STORE_TEST(bad_rows_are_told_by_line_and_the_others_land)
{
    /* "#" stands for the shop's number */
    static const char *const rows[] = {
        "S1,#,tea-1,b1,1,100,2026-01-02T03:04:05Z,sale,\n", /* line 2 */
        "S2,#,nothing,b1,1,100,2026-01-02T03:04:05Z,sale,\n",
        "S3,99999999,tea-1,b1,1,100,2026-01-02T03:04:05Z,sale,\n",
        "S4,#,tea-1,b1,0,100,2026-01-02T03:04:05Z,sale,\n",
        "S5,#,tea-1,b1,1,-100,2026-01-02T03:04:05Z,sale,\n",
        "S6,#,tea-1,b1,1,100,2096-01-02T03:04:05Z,sale,\n",
        "S7,#,tea-1,,1,100,2026-01-02T03:04:05Z,sale,\n",
        ",#,tea-1,b1,1,100,2026-01-02T03:04:05Z,sale,\n",
        "S9,#,tea-1,b1,1,100,2026-01-02T03:04:05Z,gift,\n",
        "R1,,,,,100,,refund,S99\n",
        "R2,,,,,-30,,refund,S1\n", /* line 12 */
    };
    struct world *w = begin(t);
    struct sales_import_counts counts;
    bool seen[16] = { false };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *place = strchr(rows[i], '#');

        w->row[i] = place == NULL ? str_from(rows[i])
                                  : arena_printf(t->arena, "%.*s%" PRId64 "%s",
                                                 (int)(place - rows[i]), rows[i],
                                                 w->shop[0].value, place + 1);
    }
    counts = import_rows(w, sizeof(rows) / sizeof(rows[0]));
    assert_int_equal(counts.sales, 1);
    assert_int_equal(counts.refunds, 1);
    assert_int_equal(counts.bad, 9);
    for (size_t i = 0; i < w->faults; i++) {
        seen[w->fault[i]] = true;
    }
    for (int line = 3; line <= 11; line++) {
        assert_true(seen[line]);
    }
    end(w);
}

/* A row for a shop that takes no sales claims no id: corrected, it lands. */
STORE_TEST(a_row_for_a_suspended_shop_leaves_no_claim)
{
    static const char row[] =
        "S1,%" PRId64 ",tea-1,b1,1,100,2026-01-02T03:04:05Z,sale,\n";
    struct world *w = begin(t);
    struct sales_import_counts counts;

    assert_int_equal(shop_suspend(t->store, t->arena, w->shop[0], true), ERR_NONE);
    w->row[0] = arena_printf(t->arena, row, w->shop[0].value);
    counts = import_rows(w, 1);
    assert_int_equal(counts.bad, 1);
    w->row[0] = arena_printf(t->arena, row, w->shop[1].value);
    counts = import_rows(w, 1);
    assert_int_equal(counts.sales, 1);
    assert_int_equal(shop_suspend(t->store, t->arena, w->shop[1], true), ERR_NONE);
    counts = import_rows(w, 1);
    assert_int_equal(counts.repeats, 1);
    end(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_in_order_land_and_again_change_nothing),
        cmocka_unit_test(a_refund_before_its_sale_waits_for_it),
        cmocka_unit_test(history_from_long_ago_lands_and_again_changes_nothing),
        cmocka_unit_test(bad_rows_are_told_by_line_and_the_others_land),
        cmocka_unit_test(a_row_for_a_suspended_shop_leaves_no_claim),
    };

    return cmocka_run_group_tests(tests, keyed_begin, keyed_end);
}
