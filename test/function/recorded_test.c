/* test/function/recorded_test.c - walking a book while it grows, on a real store.
 *
 * The linker leads call_wait_all() here (Makefile), so that a leaf can be read later than
 * its neighbours, as when it was refused and asked for again. */
#include "storage/sale/recorded.h"

#include "proto/time.h"
#include "storage/member/member.h"
#include "storage/redis/call.h"
#include "storage/shop/shop.h"
#include "test/support/keyed.h"
#include "test/support/store_test.h"

#define NOW (INT64_C(20500) * 86400 * 1000)

enum {
    FIRST = 64, /* three leaves of 32 */
    MORE = 32,  /* and a fourth, which takes its part of leaf 1 */
    SPLIT_LEAF = 1
};

static struct shop_number shop;
static void (*meanwhile)(struct store *store, struct arena *arena);
static bool disturbed;

enum err __real_call_wait_all(struct store *store, struct call **calls, size_t count);
enum err __wrap_call_wait_all(struct store *store, struct call **calls, size_t count);

/* Once: all but one leaf, something else, then that leaf, which tells of one more. */
enum err
__wrap_call_wait_all(struct store *store, struct call **calls, size_t count)
{
    void (*something)(struct store * store, struct arena * arena) = meanwhile;
    int64_t before = 0, then = 0;
    enum err err;

    if (something == NULL) {
        return __real_call_wait_all(store, calls, count);
    }
    meanwhile = NULL;
    err = __real_call_wait_all(store, calls, SPLIT_LEAF);
    if (err == ERR_NONE) {
        err =
            __real_call_wait_all(store, calls + SPLIT_LEAF + 1, count - SPLIT_LEAF - 1);
    }
    something(store, calls[0]->arena);
    if (err == ERR_NONE) {
        err = __real_call_wait_all(store, calls + SPLIT_LEAF, 1);
    }
    if (err == ERR_NONE) {
        assert_true(reply_int(reply_at(calls[0]->reply, 1), &before));
        assert_true(reply_int(reply_at(calls[SPLIT_LEAF]->reply, 1), &then));
        assert_true(then > before); /* leaves: the book has grown in between */
        disturbed = true;
    }
    return err;
}

static void
sell(struct store *store, struct arena *arena, int from, int to)
{
    struct sale_report *reports = arena_alloc(arena, FIRST * sizeof(*reports));
    size_t count = 0;

    for (int i = from; i < to; i++) {
        reports[count++] = (struct sale_report){
            .want = { .merchant = { 3 * PARTITIONS + 7 },
                      .sale_id = arena_printf(arena, "S-%d", i),
                      .shop = shop,
                      .product = { 4609 },
                      .quantity = 1,
                      .amount_fen = 100 + i,
                      .buyer_ref = STR("buyer"),
                      .sold_at_ms = NOW },
            .shop_known = true,
        };
    }
    sales_report(store, arena, reports, count, NOW);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(reports[i].err, ERR_NONE);
    }
}

static void
sell_more(struct store *store, struct arena *arena)
{
    sell(store, arena, FIRST, FIRST + MORE);
}

static void
open_shop(struct store_test *t)
{
    struct member_want owner = { .nickname = STR("Owner"), .now_ms = NOW };
    struct shop_open_want want = { .nickname = STR("Shop"), .now_ms = NOW };
    struct session_token token;
    struct member member;

    assert_int_equal(member_make(t->store, t->arena, &owner, &member, &token),
                     ERR_NONE);
    want.owner = member.id;
    assert_int_equal(shop_open(t->store, t->arena, &want, &shop), ERR_NONE);
}

STORE_TEST(a_leaf_that_is_read_late_hides_no_sale)
{
    bool wanted[PARTITIONS] = { false }, seen[FIRST] = { false };
    struct recorded_walk walk = { 0 };
    struct recorded_sale *sales;
    size_t count;

    open_shop(t);
    wanted[id_partition(shop.value)] = true;
    sell(t->store, t->arena, 0, FIRST);
    while (!walk.done) {
        if (wanted[walk.partition]) {
            meanwhile = walk.leaf == 0 ? sell_more : NULL;
        }
        assert_int_equal(
            recorded_sales_next(t->store, t->arena, &walk, wanted, &sales, &count),
            ERR_NONE);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(sales[i].err, ERR_NONE);
            if (sales[i].sale.amount_fen < 100 + FIRST) {
                seen[sales[i].sale.amount_fen - 100] = true;
            }
        }
    }
    assert_true(disturbed);
    for (int i = 0; i < FIRST; i++) {
        assert_true(seen[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaf_that_is_read_late_hides_no_sale),
    };

    return cmocka_run_group_tests(tests, keyed_begin, keyed_end);
}
