/* test/function/scoring_test.c - the worker's batches on a real Redis: whatever stops
 * them, each event counts once, and what is stored gives the same rows again. */
#include "proto/time.h"
#include "storage/score/place.h"
#include "storage/shop/tier.h"
#include "test/support/chance.h"
#include "test/support/world.h"

enum { SHOPS = 6, EVENTS = 400, ENTRY = 7 };

static struct event
random_event(void)
{
    struct event event = { .kind = EVENT_SALE, .shop = shop_of((int)below(SHOPS)) };
    int64_t kind = below(10);

    if (kind < 4) {
        event.sale = (struct event_sale){
            (uint64_t)below(300),
            0,
            time_day_starts_s(today - 60) + below(60 * DAY_S),
            0,
            BUYER_MERCHANT,
        };
        /* a sale's content follows from its id; only what is left of it differs */
        event.sale.paid_at_s =
            time_day_starts_s(today - 60) + (int64_t)(event.sale.sale * 17000);
        event.sale.buyer = event.sale.sale % 9;
        event.shop = shop_of((int)(event.sale.sale % SHOPS));
        event.sale.net_fen = below(30000);
    } else if (kind < 9) {
        event.kind = EVENT_VISIT;
        event.visit =
            (struct event_visit){ today - (int32_t)below(3), (uint64_t)below(200),
                                  (uint16_t)(1 + below(9)),
                                  below(4) == 0 ? VISITOR_MEMBER : VISITOR_ANONYMOUS };
    } else {
        event.kind = EVENT_ACTIVITY;
        event.activity_day = today - (int32_t)below(60);
    }
    return event;
}

static void
append_all(struct world *world, const struct event *events, size_t count)
{
    for (size_t i = 0; i < count; i += ENTRY) {
        append(world, events + i, count - i < ENTRY ? count - i : ENTRY);
    }
}

static void
assert_same_shop(const struct scored_shop *a, const struct scored_shop *b,
                 const struct score_policy *policy)
{
    struct sums x = shop_sums(a, policy), y = shop_sums(b, policy);

    assert_int_equal(a->row.count, b->row.count);
    for (size_t i = 0; i < a->row.count; i++) {
        assert_int_equal(a->row.days[i].day, b->row.days[i].day);
        assert_int_equal(a->row.days[i].sales_fen, b->row.days[i].sales_fen);
        assert_int_equal(a->row.days[i].visits, b->row.days[i].visits);
        assert_int_equal(a->row.days[i].visitors, b->row.days[i].visitors);
    }
    assert_memory_equal(&x, &y, sizeof(x));
}

/* The same events in memory alone, in another order. */
static void
replay(struct world *world, struct rows *rows, const struct event *events, size_t count)
{
    struct score_batch batch;

    score_batch_init(&batch, &world->scoring.policy, store_now_ms(world->store) / 1000,
                     STR("key"));
    for (int i = 0; i < SHOPS; i++) {
        struct scored_shop *shop = rows_add(rows, shop_of(i));

        shop_init(shop, shop_of(i), today, &world->scoring.policy);
        for (int32_t period = 725; period < 740; period++) {
            shop_add_sales(shop, period);
        }
    }
    for (size_t i = count; i > 0; i--) {
        struct scored_shop *shop = rows_find(rows, events[i - 1].shop);

        assert_int_equal(shop_event(&batch, shop, &events[i - 1]), SHOP_DONE);
    }
    for (int i = 0; i < SHOPS; i++) {
        shop_finish(&batch, rows_find(rows, shop_of(i)));
    }
    score_batch_free(&batch);
}

static void
assert_as_replayed(struct world *world, const struct event *events, size_t count)
{
    struct rows *stored = rows_new(1 << 24), *replayed = rows_new(1 << 24);
    struct score_batch batch;

    replay(world, replayed, events, count);
    for (int i = 0; i < SHOPS; i++) {
        assert_same_shop(read_shop(world, shop_of(i), stored, &batch),
                         rows_find(replayed, shop_of(i)), &world->scoring.policy);
    }
    rows_free(&stored);
    rows_free(&replayed);
}

static void
make_events(struct event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        events[i] = random_event();
    }
}

/* Invariants 1 and 4 through the store. */
STORE_TEST(what_is_stored_is_what_a_replay_gives)
{
    static struct event events[EVENTS];
    struct world world;

    begin(&world, t);
    make_events(events, EVENTS);
    append_all(&world, events, EVENTS / 2);
    work(&world);
    append_all(&world, events + EVENTS / 2, EVENTS - EVENTS / 2);
    append_all(&world, events, EVENTS); /* all of it again */
    work(&world);
    assert_as_replayed(&world, events, EVENTS);
    assert_int_equal(world.scoring.counts.dead, 0);
    end(&world);
}

/* A worker that stops before or after its call, and one that wakes up late. */
STORE_TEST(a_worker_that_stopped_counts_nothing_twice)
{
    static struct event events[EVENTS];
    struct world world;
    struct partition old;
    bool more;

    begin(&world, t);
    make_events(events, EVENTS);
    append_all(&world, events, EVENTS / 2);
    work(&world);
    old = world.partition;
    append_all(&world, events + EVENTS / 2, EVENTS - EVENTS / 2);
    partition_forget(&world.scoring, &world.partition); /* another takes over */
    work(&world);
    append(&world, events, 1);
    assert_int_equal(partition_step(&world.scoring, &old, &more), ERR_MOVED_ON);
    assert_false(old.open); /* it wakes up, and forgets what it remembered */
    work(&world);
    assert_as_replayed(&world, events, EVENTS);
    end(&world);
}

STORE_TEST(sales_settle_when_their_time_has_come)
{
    struct event sale = { .kind = EVENT_SALE, .shop = shop_of(0) };
    struct rows *rows = rows_new(1 << 20);
    struct score_batch batch;
    struct world world;

    begin(&world, t);
    sale.sale =
        (struct event_sale){ 1, 1, time_day_starts_s(today - 1), 5000, BUYER_MERCHANT };
    append(&world, &sale, 1);
    work(&world);
    assert_int_equal(read_shop(&world, shop_of(0), rows, &batch)->row.count, 0);
    rows_forget(rows, 7);
    t->clock.offset_ms += 7 * DAY_S * INT64_C(1000);
    work(&world);
    assert_int_equal(read_shop(&world, shop_of(0), rows, &batch)->row.days[0].sales_fen,
                     5000);
    assert_int_equal(store_test_say(t, "EXISTS settling:{s007}")->integer, 0);
    rows_free(&rows);
    end(&world);
}

enum { STUCK = 3 * STEP_SETTLES };

/* Rows that cannot be read and members that are no shops, all in front of the others. */
static void
put_stuck_in_front(struct world *world)
{
    for (int i = 0; i < STUCK; i++) {
        struct shop_number shop = shop_of(1 + i);
        struct call *row = call_command(world->t->arena, "HSET");
        struct call *due = call_command(world->t->arena, "ZADD");

        call_key(row, score_row_key(world->t->arena, shop));
        call_arg(row, score_field(world->t->arena, shop));
        call_text(row, "rotten");
        call_keyf(due, KEY_SETTLING, 7u);
        call_int(due, i);
        call_arg(due, arena_printf(world->t->arena, i % 5 ? "%lld" : "no shop %lld",
                                   (long long)shop.value));
        assert_int_equal(call_wait(world->store, row), ERR_NONE);
        assert_int_equal(call_wait(world->store, due), ERR_NONE);
    }
}

STORE_TEST(shops_that_cannot_be_read_keep_no_other_from_settling)
{
    struct event sale = { .kind = EVENT_SALE, .shop = shop_of(0) };
    struct rows *rows = rows_new(1 << 20);
    struct score_batch batch;
    struct scored_shop *shop;
    struct world world;

    begin(&world, t);
    put_stuck_in_front(&world);
    for (int day = 1; day <= 2; day++) { /* the second time they are known */
        sale.sale = (struct event_sale){ (uint64_t)day, 1,
                                         time_day_starts_s(today + 8 * day - 9), 5000,
                                         BUYER_MERCHANT };
        append(&world, &sale, 1);
        work(&world);
        t->clock.offset_ms += 8 * DAY_S * INT64_C(1000);
        work(&world);
        shop = read_shop(&world, shop_of(0), rows, &batch);
        assert_int_equal(shop->row.count, day);
        assert_int_equal(shop->row.days[day - 1].sales_fen, 5000);
        rows_forget(rows, 7);
    }
    assert_int_equal(store_test_say(t, "ZCARD settling:{s007}")->integer, STUCK);
    rows_free(&rows);
    end(&world);
}

enum { MANY = 6000, MANY_ENTRY = 400, MANY_BUYERS = 700 };

/* How many sales have settled, by the store's rows. */
static size_t
settled(struct world *world)
{
    struct rows *rows = rows_new(1 << 24);
    struct score_batch batch;
    struct scored_shop *shop = read_shop(world, shop_of(0), rows, &batch);
    size_t count = 0;

    for (struct sale_period *at = shop->sales; at != NULL; at = at->next) {
        for (size_t i = 0; i < at->count; i++) {
            count += at->sale[i].settled;
        }
    }
    rows_free(&rows);
    return count;
}

/* All of a shop that sells much comes due at once: the worker goes on in steps, each as
 * large as a batch of events, and beats between them. */
STORE_TEST(many_sales_settle_a_batch_at_a_time)
{
    static struct event sales[MANY];
    struct world world;
    size_t before = 0, after;
    int steps = 0;

    begin(&world, t);
    for (size_t i = 0; i < MANY; i++) {
        int64_t paid_at_s = time_day_starts_s(today - 6) + (int64_t)i;

        sales[i] = (struct event){ .kind = EVENT_SALE, .shop = shop_of(0) };
        sales[i].sale =
            (struct event_sale){ i, i % MANY_BUYERS, paid_at_s, 1000, BUYER_MERCHANT };
    }
    for (size_t i = 0; i < MANY; i += MANY_ENTRY) {
        append(&world, sales + i, MANY_ENTRY);
    }
    work(&world);
    t->clock.offset_ms += 7 * DAY_S * INT64_C(1000);
    for (bool more = true; more; steps++, before = after) {
        assert_int_equal(partition_step(&world.scoring, &world.partition, &more),
                         ERR_NONE);
        after = settled(&world);
        assert_in_range(after - before, more ? 1 : 0, 2000);
    }
    assert_int_equal(before, MANY);
    assert_in_range(steps, 4, 60);
    assert_as_replayed(&world, sales, MANY);
    assert_int_equal(store_test_say(t, "EXISTS settling:{s007}")->integer, 0);
    end(&world);
}

STORE_TEST(bad_events_are_put_aside_with_a_reason)
{
    struct event visit = { .kind = EVENT_VISIT, .shop = shop_of(0) };
    const struct reply *dead;
    struct world world;

    begin(&world, t);
    store_test_say(t, "XADD events:{s007} * e garbage");
    store_test_say(t, "XADD events:{s007} * x y");
    visit.visit = (struct event_visit){ today + 9, 1, 1, VISITOR_MEMBER };
    append(&world, &visit, 1);
    visit.shop.value++; /* of another partition */
    append(&world, &visit, 1);
    work(&world);
    dead = store_test_say(t, "XRANGE dead:{s007} - +");
    assert_int_equal(dead->count, 4);
    assert_int_equal(world.scoring.counts.dead, 4);
    assert_true(str_equal(reply_str(reply_at(reply_at(reply_at(dead, 3), 1), 3)),
                          STR("a shop of another partition")));
    end(&world);
}

/* Other brackets take hold at once, without a replay; so does another half-life. */
STORE_TEST(another_policy_gives_what_a_replay_under_it_gives)
{
    static struct event events[EVENTS];
    struct world world;

    begin(&world, t);
    for (size_t i = 0; i < EVENTS; i++) {
        events[i] = random_event();
        list_shop(&world, events[i].shop);
    }
    append_all(&world, events, EVENTS);
    turn(&world);
    world.scoring.policy.version = 2;
    world.scoring.policy.score.sales.at[1].permille = 900;
    world.scoring.policy.score.half_life_days = 14;
    turn(&world);
    assert_as_replayed(&world, events, EVENTS);
    end(&world);
}

static struct shop_tier_row
tier_of(struct world *world, struct shop_number shop)
{
    struct shop_tier_row row = { .shop = shop };

    assert_int_equal(shop_tiers_read(world->store, world->t->arena, &row, 1), ERR_NONE);
    return row;
}

static void
pass_days(struct world *world, int days)
{
    for (int i = 0; i < days; i++) {
        world->t->clock.offset_ms += DAY_S * INT64_C(1000);
        turn(world);
    }
}

/* Enough for the second tier: buyers of 285 points each. */
static void
sell(struct world *world, struct shop_number shop, int buyers)
{
    for (int i = 0; i < buyers; i++) {
        struct event sale = { .kind = EVENT_SALE, .shop = shop };

        sale.sale = (struct event_sale){ (uint64_t)(1000 + i), (uint64_t)i,
                                         store_now_ms(world->store) / 1000 - 8 * DAY_S,
                                         200000, BUYER_MERCHANT };
        append(world, &sale, 1);
    }
    turn(world);
}

STORE_TEST(a_tier_is_reached_after_two_days_and_lost_after_four_and_a_hold)
{
    struct shop_number shop = shop_of(0);
    struct shop_tier_row row;
    struct world world;

    begin(&world, t);
    world.scoring.policy.hold_s = 2 * DAY_S;
    store_test_say(t, "HSET shop:{s007}:10000135 status open owner 1");
    store_test_say(t, "SETBIT shops:{s007} 0 1");
    assert_int_equal(shop.value, 10000135);
    turn(&world);
    sell(&world, shop, 2);
    pass_days(&world, 1);
    assert_int_equal(tier_of(&world, shop).tier.up, 1);
    pass_days(&world, 1);
    assert_int_equal(tier_of(&world, shop).tier.slots, 5);
    pass_days(&world, 44); /* 210 points are its line; it falls below in the end */
    row = tier_of(&world, shop);
    assert_int_equal(row.tier.tier, 0);
    assert_int_equal(row.tier.slots, 4);

    world.scoring.policy.version = 2; /* operators: everybody anew, at once */
    world.scoring.policy.tiers.at[1].influence = 100;
    turn(&world);
    assert_int_equal(tier_of(&world, shop).tier.slots, 5);
    world.scoring.policy.version = 3;
    world.scoring.policy.tiers.at[1].slots = 4;
    turn(&world);
    row = tier_of(&world, shop);
    assert_int_equal(row.tier.slots,
                     5); /* nobody loses a slot before the hold is over */
    assert_true(row.tier.hold_until_ms > 0);
    pass_days(&world, 2);
    assert_int_equal(tier_of(&world, shop).tier.slots, 4);
    end(&world);
}

/* A visit of a period before the row's newest, which is newer than the clock. */
STORE_TEST(a_clock_that_steps_back_over_a_periods_end_loses_no_visit)
{
    struct event visit = { .kind = EVENT_VISIT, .shop = shop_of(0) };
    struct rows *rows = rows_new(1 << 20);
    struct score_batch batch;
    struct scored_shop *shop;
    struct world world;

    begin(&world, t);
    visit.visit = (struct event_visit){ today, 1, 1, VISITOR_MEMBER };
    append(&world, &visit, 1);
    work(&world);
    t->clock.offset_ms -= 10 * DAY_S * INT64_C(1000);
    visit.visit.day = today - 10;
    append(&world, &visit, 1);
    work(&world);
    t->clock.offset_ms += 10 * DAY_S * INT64_C(1000);
    shop = read_shop(&world, shop_of(0), rows, &batch);
    assert_int_equal(shop->row.count, 2);
    assert_int_equal(shop->row.days[0].day, today - 10);
    assert_int_equal(shop->row.days[0].visitors, 1);
    assert_int_equal(shop->row.days[1].visitors, 1);
    rows_free(&rows);
    end(&world);
}

/* The list has a hole of more than a page (storage/shop/list.h), and a shop that is not. */
STORE_TEST(a_damaged_list_holds_up_no_shop_that_is)
{
    struct shop_number far = shop_of(9000);
    struct world world;
    char words[80];

    begin(&world, t);
    snprintf(words, sizeof(words),
             "HSET shop:{s007}:%" PRId64 " status open owner 1 slots 4", far.value);
    store_test_say(t, words);
    list_shop(&world, shop_of(3));
    list_shop(&world, far);
    turn(&world);
    sell(&world, far, 2);
    pass_days(&world, 2);
    assert_int_equal(tier_of(&world, far).tier.slots, 5);
    assert_false(tier_of(&world, shop_of(3)).found);
    end(&world);
}

/* What no worker wrote is said and passed over. */
STORE_TEST(a_damaged_tier_holds_up_no_other_shop)
{
    struct world world;

    begin(&world, t);
    store_test_say(t, "HSET shop:{s007}:10000135 status open owner 1 tier 99");
    store_test_say(t, "HSET shop:{s007}:10000391 status open owner 2");
    store_test_say(t, "SETBIT shops:{s007} 0 1");
    store_test_say(t, "SETBIT shops:{s007} 1 1");
    turn(&world);
    sell(&world, shop_of(1), 2);
    pass_days(&world, 2);
    assert_int_equal(tier_of(&world, shop_of(1)).tier.slots, 5);
    assert_false(tier_of(&world, shop_of(0)).found);
    end(&world);
}

/* One turn later nothing is due any more, and nothing is written. */
STORE_TEST(what_was_done_is_not_done_again)
{
    struct world world;
    uint64_t step;

    begin(&world, t);
    turn(&world);
    step = world.partition.applied.at.step;
    turn(&world);
    assert_int_equal(world.partition.applied.at.step, step);
    partition_forget(&world.scoring, &world.partition);
    turn(&world);
    assert_int_equal(world.partition.applied.at.step, step);
    end(&world);
}

/* Servers put 64 visits into an entry, a merchant's report one sale. */
STORE_TEST(entries_of_one_event_and_of_many_are_all_applied)
{
    static const struct {
        int entries, events;
    } parts[] = { { 300, 1 }, { 20, 512 }, { 600, 1 }, { 40, 64 }, { 1, 1 } };
    struct score_batch batch;
    struct world world;
    struct event *events = arena_alloc(t->arena, EVENTS_PER_ENTRY * sizeof(*events));
    struct rows *rows;
    int64_t told = 0;

    begin(&world, t);
    rows = rows_new(1 << 20);
    for (size_t i = 0; i < COUNT(parts); i++) {
        for (int entry = 0; entry < parts[i].entries; entry++) {
            for (int k = 0; k < parts[i].events; k++) {
                events[k] = (struct event){ .kind = EVENT_VISIT,
                                            .shop = shop_of(0),
                                            .visit = { today, 1 + (uint64_t)k, 9,
                                                       VISITOR_ANONYMOUS } };
            }
            append(&world, events, (size_t)parts[i].events);
            told += parts[i].events;
        }
    }
    work(&world);
    assert_int_equal(world.scoring.counts.events, told);
    assert_true(world.scoring.counts.batches >= told / STEP_EVENTS);
    assert_int_equal(read_shop(&world, shop_of(0), rows, &batch)->row.days[0].views,
                     told);
    rows_free(&rows);
    end(&world);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_stored_is_what_a_replay_gives),
        cmocka_unit_test(a_worker_that_stopped_counts_nothing_twice),
        cmocka_unit_test(sales_settle_when_their_time_has_come),
        cmocka_unit_test(another_policy_gives_what_a_replay_under_it_gives),
        cmocka_unit_test(
            a_tier_is_reached_after_two_days_and_lost_after_four_and_a_hold),
        cmocka_unit_test(a_clock_that_steps_back_over_a_periods_end_loses_no_visit),
        cmocka_unit_test(a_damaged_list_holds_up_no_shop_that_is),
        cmocka_unit_test(a_damaged_tier_holds_up_no_other_shop),
        cmocka_unit_test(what_was_done_is_not_done_again),
        cmocka_unit_test(shops_that_cannot_be_read_keep_no_other_from_settling),
        cmocka_unit_test(many_sales_settle_a_batch_at_a_time),
        cmocka_unit_test(bad_events_are_put_aside_with_a_reason),
        cmocka_unit_test(entries_of_one_event_and_of_many_are_all_applied),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
