/* test/unit/order_test.c - very many shops in the order of boards. */
#include "scoring/order.h"

#include <math.h>
#include <stdlib.h>

#include "base/task.h"
#include "base/xmalloc.h"
#include "test/support/chance.h"
#include "test/unit/unit.h"

enum { MANY = 300000, ROUNDS = 12 };

struct world {
    struct part_entry *entry, *expected;
    size_t count;
    bool now;
};

/* Of very different sizes, in a narrow range, or few different values. */
static double
draw_z(int64_t kind)
{
    double share = (double)(chance_next() >> 11) * 0x1p-53;

    if (kind == 0) {
        return ldexp(1.0 + share, (int)below(200) - 60);
    }
    if (kind == 1) {
        return 1e6 + share;
    }
    return (double)(1 + below(5));
}

static void
draw(struct world *world)
{
    int64_t kind = below(3);

    for (size_t i = 0; i < world->count; i++) {
        struct part_entry *entry = &world->entry[i];

        *entry = (struct part_entry){
            .place = { draw_z(kind),
                       { SHOP_NUMBER_MIN + (int64_t)((i * 7919) % MANY) } },
        };
        entry->published[0] = (uint16_t)i;
    }
    memcpy(world->expected, world->entry, world->count * sizeof(world->entry[0]));
}

static int
by_place(const void *left, const void *right)
{
    const struct part_entry *a = left, *b = right;

    return place_compare(&a->place, &b->place);
}

static void
check(struct world *world)
{
    qsort(world->expected, world->count, sizeof(world->expected[0]), by_place);
    for (size_t i = 0; i < world->count; i++) {
        const struct part_entry *a = &world->entry[i], *b = &world->expected[i];

        assert_true(a->place.z == b->place.z);
        assert_int_equal(a->place.shop.value, b->place.shop.value);
        assert_int_equal(a->published[0], b->published[0]);
    }
}

static void
order(void *arg)
{
    struct world *world = arg;

    if (world->now) {
        order_entries_now(world->entry, world->count);
    } else {
        order_entries(world->entry, world->count);
    }
}

static void
any_entries_come_into_the_order_of_boards(void **state UNUSED)
{
    struct loop *loop = loop_new(100);
    struct world world = { .entry = xcalloc(MANY, sizeof(world.entry[0])),
                           .expected = xcalloc(MANY, sizeof(world.entry[0])) };

    chance_begin();
    for (int i = 0; i < ROUNDS; i++) {
        world.now = below(2) == 0;
        world.count = (size_t)below(i < 4 ? 100 : MANY);
        draw(&world);
        loop_run_task(loop, order, &world);
        check(&world);
    }
    free(world.entry);
    free(world.expected);
    loop_run(loop);
    loop_free(&loop);
}

/* Stored bytes may say anything. */
static void
what_is_no_score_does_no_harm(void **state UNUSED)
{
    const double none = (double)NAN, much = (double)INFINITY;
    const double odd[] = { none, -none, much, -much, -1.0, 0.0, -0.0, 2.0 };
    struct part_entry entry[1000];

    for (size_t i = 0; i < 1000; i++) {
        entry[i] = (struct part_entry){
            .place = { odd[i % 8], { SHOP_NUMBER_MIN + (int64_t)i } },
        };
    }
    order_entries_now(entry, 1000);
    for (size_t i = 1; i < 1000; i++) {
        assert_false(entry[i].place.z > entry[i - 1].place.z);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_entries_come_into_the_order_of_boards),
        cmocka_unit_test(what_is_no_score_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
