/* test/function/due_test.c - what time and policy make due in a partition, on a real
 * Redis: tiers, holds, and that no other work keeps them from being done. */
#include "proto/event.h"
#include "storage/privacy/pseudonym.h"
#include "storage/shop/tier.h"
#include "test/support/world.h"

#define DAY_MS (DAY_S * INT64_C(1000))

static void
pass_days(struct world *world, int days)
{
    for (int i = 0; i < days; i++) {
        world->t->clock.offset_ms += DAY_MS;
        turn(world);
    }
}

/* A shop with these fields beside its status, "tier 1 slots 5". */
static void
make_shop(struct world *world, int i, const char *fields)
{
    struct arena *arena = world->t->arena;
    int64_t number = shop_of(i).value;
    struct str shop = arena_printf(
        arena, "HSET shop:{s007}:%" PRId64 " status open owner 1 %s", number, fields);

    store_test_say(world->t, arena_cstr(arena, shop));
    list_shop(world, shop_of(i));
}

static struct shop_tier
tier_of(struct world *world, int i)
{
    struct shop_tier_row row = { .shop = shop_of(i) };

    assert_int_equal(shop_tiers_read(world->store, world->t->arena, &row, 1), ERR_NONE);
    return row.tier;
}

/* --- holds --------------------------------------------------------------------------- */

static void
begin_with_hold(struct world *world, struct store_test *t)
{
    begin(world, t);
    world->scoring.policy.hold_s = 14 * DAY_S;
}

/* A shop with 8 slots, of which it earns fewer; the rest ends at this moment. */
static void
make_held_shop(struct world *world, int earned, int64_t hold_until_ms)
{
    make_shop(world, 0,
              arena_cstr(world->t->arena,
                         arena_printf(world->t->arena,
                                      "tier 2 slots 8 earned %d hold_until_ms %" PRId64
                                      " tier_day %d",
                                      earned, hold_until_ms, (int)today)));
}

/* Any change: everybody is evaluated anew, and a shop without influence earns 4. */
static void
change_tiers(struct world *world)
{
    world->scoring.policy.version++;
    world->scoring.policy.tiers.at[1].influence++;
    turn(world);
}

/* SCORING.md 8: nobody loses a filled slot by a change of the tiers before hold_s. */
STORE_TEST(an_operators_change_has_its_hold_in_full)
{
    struct world world;
    int64_t now_ms;

    begin_with_hold(&world, t);
    now_ms = store_now_ms(world.store);
    turn(&world); /* the tiers in force are noted */
    make_held_shop(&world, 6, now_ms + DAY_MS - 5000);
    change_tiers(&world);
    assert_int_equal(tier_of(&world, 0).slots, 8);
    assert_true(tier_of(&world, 0).hold_until_ms > now_ms + 14 * DAY_MS - 1000);
    pass_days(&world, 13);
    assert_int_equal(tier_of(&world, 0).slots, 8);
    pass_days(&world, 2);
    assert_int_equal(tier_of(&world, 0).slots, 4);
    end(&world);
}

/* What was lost before goes when its own hold is over; what the change takes does not. */
STORE_TEST(a_hold_that_is_over_takes_no_more_than_was_lost_then)
{
    struct world world;
    int64_t now_ms;

    begin_with_hold(&world, t);
    now_ms = store_now_ms(world.store);
    turn(&world);
    make_held_shop(&world, 6, now_ms - 1000);
    change_tiers(&world);
    assert_int_equal(tier_of(&world, 0).slots, 6);
    assert_true(tier_of(&world, 0).hold_until_ms > now_ms + 14 * DAY_MS - 1000);
    end(&world);
}

/* A change that takes nothing from a shop leaves its hold as it was. */
STORE_TEST(a_change_that_takes_nothing_prolongs_no_hold)
{
    struct world world;
    int64_t now_ms;

    begin_with_hold(&world, t);
    now_ms = store_now_ms(world.store);
    turn(&world);
    make_held_shop(&world, 4, now_ms + DAY_MS - 5000);
    change_tiers(&world);
    assert_int_equal(tier_of(&world, 0).hold_until_ms, now_ms + DAY_MS - 5000);
    pass_days(&world, 1);
    assert_int_equal(tier_of(&world, 0).slots, 4);
    end(&world);
}

/* --- the fence ----------------------------------------------------------------------- */

/* A worker that was stopped while it set tiers, and wakes up when another has set newer
 * ones. */
STORE_TEST(a_worker_that_was_stopped_sets_no_tier)
{
    struct score_policy stale;
    struct partition stopped;
    struct world world;
    bool more;

    begin(&world, t);
    turn(&world);
    make_shop(&world, 0, "tier 0 slots 4 earned 4");
    stopped = world.partition;
    world.scoring.policy.version++;
    world.scoring.policy.tiers.at[0].slots = 3;
    stale = world.scoring.policy;
    world.scoring.policy.version++;
    world.scoring.policy.tiers.at[0].slots = 6;
    turn(&world);
    assert_int_equal(tier_of(&world, 0).slots, 6);
    world.scoring.policy = stale;
    assert_int_equal(turn_partition(&world.scoring, &stopped, &more), ERR_MOVED_ON);
    assert_false(stopped.open);
    assert_int_equal(tier_of(&world, 0).slots, 6);
    assert_int_equal(tier_of(&world, 0).earned, 6);
    end(&world);
}

/* --- what nobody may know any more ---------------------------------------------------- */

/* Pseudonyms of buyers go when no refund of their period is possible any more. */
STORE_TEST(a_periods_buyers_are_swept_with_its_sales)
{
    struct world world;

    begin(&world, t);
    turn(&world);
    store_test_say(t, "HSET buyers:{s007}:734 10000135:20555:4609 someone.");
    t->clock.offset_ms += (PERIOD_KEPT_DAYS + PERIOD_DAYS - 4) * DAY_MS;
    turn(&world);
    assert_int_equal(store_test_say(t, "EXISTS buyers:{s007}:734")->integer, 1);
    pass_days(&world, LATE_SALE_DAYS + 1);
    assert_int_equal(store_test_say(t, "EXISTS buyers:{s007}:734")->integer, 0);
    end(&world);
}

static void
append_visit(struct world *world, uint64_t visitor)
{
    struct event visit = { .kind = EVENT_VISIT, .shop = shop_of(0) };

    visit.visit = (struct event_visit){ today, visitor, 1, VISITOR_MEMBER };
    append(world, &visit, 1);
}

/* Trimming as events are applied leaves up to a hundred where few come: with the day they
 * go, and the last of them with the next. */
STORE_TEST(applied_events_do_not_stay_in_a_quiet_stream)
{
    struct world world;
    const struct reply *left;

    begin(&world, t);
    turn(&world);
    for (uint64_t i = 0; i < 30; i++) {
        append_visit(&world, i);
    }
    turn(&world);
    pass_days(&world, 1);
    assert_in_range(store_test_say(t, "XLEN events:{s007}")->integer, 1, 2);
    pass_days(&world, 1);
    left = store_test_say(t, "XRANGE events:{s007} - + COUNT 1");
    assert_true(
        str_equal(reply_str(reply_at(reply_at(reply_at(left, 0), 1), 0)), STR("day")));
    append_visit(&world, 30); /* and what comes then is applied */
    turn(&world);
    assert_int_equal(world.scoring.counts.events, 31);
    assert_int_equal(world.scoring.counts.dead, 0);
    assert_int_equal(world.scoring.counts.alarms, 0);
    partition_forget(&world.scoring, &world.partition);
    turn(&world);
    assert_int_equal(world.scoring.counts.alarms, 0);
    end(&world);
}

/* --- events that never end ------------------------------------------------------------ */

/* More events than a turn takes: whole steps of them. */
static void
append_turn(struct world *world)
{
    static struct event visits[EVENTS_PER_ENTRY];

    for (uint64_t i = 0; i < EVENTS_PER_ENTRY; i++) {
        visits[i] = (struct event){ .kind = EVENT_VISIT, .shop = shop_of(0) };
        visits[i].visit = (struct event_visit){ today, i, 1, VISITOR_MEMBER };
    }
    for (int i = 0; i < 20; i++) {
        append(world, visits, EVENTS_PER_ENTRY);
    }
}

/* It waits for the events that came before it, and not for those that never end. */
STORE_TEST(a_busy_partition_does_what_is_due_all_the_same)
{
    struct world world;
    bool more;

    begin(&world, t);
    turn(&world);
    t->clock.offset_ms += DAY_MS;
    append_turn(&world);
    assert_int_equal(turn_partition(&world.scoring, &world.partition, &more), ERR_NONE);
    assert_true(more);
    assert_int_equal(world.partition.applied.tier_day, today);
    append_turn(&world);
    assert_int_equal(turn_partition(&world.scoring, &world.partition, &more), ERR_NONE);
    assert_true(more);
    assert_int_equal(world.partition.applied.tier_day, today + 1);
    end(&world);
}

/* A release would wait for ever for the part of a busy partition. */
STORE_TEST(a_busy_partition_makes_its_part_of_a_release)
{
    struct world world;
    bool more = true;

    begin(&world, t);
    turn(&world);
    world.scoring.release.making = 1;
    world.scoring.release.making_as_of_ms = store_now_ms(world.store);
    world.scoring.release.measure.half_life_days = 30;
    world.scoring.release.making_measure.half_life_days = 30;
    for (int i = 0; i < 2; i++) {
        append_turn(&world);
        assert_int_equal(turn_partition(&world.scoring, &world.partition, &more),
                         ERR_NONE);
        assert_true(more);
    }
    assert_int_equal(world.partition.applied.release, 1);
    end(&world);
}

/* --- long walks ------------------------------------------------------------------------ */

/* The day's end goes through all shops. Of a large partition it waits until others are
 * done with theirs; its events do not. */
STORE_TEST(a_large_partition_waits_with_what_goes_through_all_shops)
{
    struct event event = { .kind = EVENT_ACTIVITY, .shop = shop_of(0) };
    struct world world;
    int64_t applied;

    begin(&world, t);
    for (int i = 0; i < 1200; i++) {
        list_shop(&world, shop_of(i));
    }
    turn(&world);
    assert_int_equal(world.partition.applied.tier_day, today);
    t->clock.offset_ms += DAY_MS;
    world.scoring.long_walks = 1;
    event.activity_day = today + 1;
    append(&world, &event, 1);
    applied = world.scoring.counts.events;
    turn(&world);
    assert_true(world.partition.postponed);
    assert_int_equal(world.partition.applied.tier_day, today);
    assert_int_equal(world.scoring.counts.events, applied + 1);

    world.scoring.long_walks = 0;
    turn(&world);
    assert_false(world.partition.postponed);
    assert_int_equal(world.partition.applied.tier_day, today + 1);
    assert_int_equal(world.scoring.long_walks, 0);
    end(&world);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operators_change_has_its_hold_in_full),
        cmocka_unit_test(a_hold_that_is_over_takes_no_more_than_was_lost_then),
        cmocka_unit_test(a_change_that_takes_nothing_prolongs_no_hold),
        cmocka_unit_test(a_worker_that_was_stopped_sets_no_tier),
        cmocka_unit_test(a_periods_buyers_are_swept_with_its_sales),
        cmocka_unit_test(applied_events_do_not_stay_in_a_quiet_stream),
        cmocka_unit_test(a_busy_partition_does_what_is_due_all_the_same),
        cmocka_unit_test(a_busy_partition_makes_its_part_of_a_release),
        cmocka_unit_test(a_large_partition_waits_with_what_goes_through_all_shops),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
