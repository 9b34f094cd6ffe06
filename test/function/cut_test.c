/* test/function/cut_test.c - what scoring/cut.h and scoring/rebuild.h promise: a gap in a
 * stream is seen once, nothing counts twice for it, and what was recorded comes back. */
#include "scoring/cut.h"

#include "base/clock.h"
#include "proto/time.h"
#include "scoring/load.h"
#include "scoring/rebuild.h"
#include "scoring/turn.h"
#include "storage/key.h"
#include "storage/privacy/keys.h"
#include "storage/redis/call.h"
#include "storage/sale/content.h"
#include "storage/shop/shop.h"
#include "test/support/keyed.h"
#include "test/support/score.h"
#include "test/support/store_test.h"

static const struct shop_number shop = { (int64_t)SHOP_N_FIRST * PARTITIONS + 7 };
static const struct member_id merchant = { 3 * PARTITIONS + 7 };
static const bool never = false;

struct world {
    struct store_test *t;
    struct scoring scoring;
    struct partition partition;
    struct rows *rows; /* as the store has them */
    struct score_batch batch;
};

static void
begin(struct world *world, struct store_test *t)
{
    *world = (struct world){ .t = t, .partition = { .number = 7 } };
    world->rows = rows_new(1 << 20);
    scoring_init(&world->scoring, t->store, 1 << 20);
    world->scoring.policy = (struct score_policy){ .version = 1,
                                                   .score = score_defaults(),
                                                   .tiers = tier_defaults(),
                                                   .release = release_defaults() };
    world->scoring.policy.score.settle_after_s = 0;
    store_test_say(t, "HSET shop:{s007}:10000135 status open on_boards 1 owner 1");
    store_test_say(t, "SETBIT shops:{s007} 0 1");
    assert_int_equal(shop.value, 10000135);
}

static void
end(struct world *world)
{
    rows_free(&world->rows);
    scoring_free(&world->scoring);
}

static void
turn(struct world *world)
{
    bool more = true;

    while (more) {
        assert_int_equal(turn_partition(&world->scoring, &world->partition, &more),
                         ERR_NONE);
    }
}

static void
visit(struct world *world, uint64_t who)
{
    struct event event = { .kind = EVENT_VISIT, .shop = shop };
    struct call *call = call_command(world->t->arena, "XADD");
    struct buf buf;

    event.visit = (struct event_visit){ time_day(clock_real_ms() / 1000), who, 1,
                                        VISITOR_MEMBER };
    buf_init(&buf, EVENT_ENTRY_BYTES_MAX);
    event_write(&buf, &event, 1);
    call_keyf(call, KEY_EVENTS, 7u);
    call_text(call, "*");
    call_text(call, "e");
    call_arg(call, arena_dup(world->t->arena, buf_str(&buf)));
    assert_int_equal(call_wait(world->t->store, call), ERR_NONE);
    buf_free(&buf);
}

/* The row as the store has it. */
static const struct score_row *
row(struct world *world)
{
    struct load load = { .store = world->t->store,
                         .arena = world->t->arena,
                         .rows = world->rows,
                         .batch = &world->batch,
                         .partition = 7 };

    rows_forget(world->rows, 7);
    score_batch_init(&world->batch, &world->scoring.policy, clock_real_ms() / 1000,
                     STR("key"));
    assert_int_equal(load_shops(&load, &shop, 1), ERR_NONE);
    return &rows_find(world->rows, shop)->row;
}

static int64_t
views(struct world *world)
{
    const struct score_row *found = row(world);

    return found->count == 0 ? 0 : found->days[found->count - 1].views;
}

static void
delete_entry(struct store_test *t, const char *id)
{
    store_test_say(
        t, arena_cstr(t->arena, arena_printf(t->arena, "XDEL events:{s007} %s", id)));
}

/* What the store says, not what the worker remembers. */
static struct score_applied
stored(struct world *world)
{
    struct score_applied applied;

    assert_int_equal(score_applied_read(world->t->store, world->t->arena, 7, &applied),
                     ERR_NONE);
    return applied;
}

STORE_TEST(a_gap_is_seen_once_and_what_was_applied_counts_once)
{
    struct world world;

    begin(&world, t);
    visit(&world, 1);
    visit(&world, 2);
    turn(&world);
    assert_int_equal(views(&world), 2);
    delete_entry(t, stored(&world).at.event); /* the first one still stands there */
    turn(&world);
    assert_int_equal(world.scoring.counts.alarms, 1);
    assert_int_equal(stored(&world).loose, 1);
    assert_int_equal(stored(&world).rebuild, 1);
    partition_forget(&world.scoring, &world.partition);
    turn(&world);
    assert_int_equal(world.scoring.counts.alarms, 1);
    assert_true(world.partition.cut !=
                0); /* whoever opens it knows what is to be done */
    assert_int_equal(views(&world), 2);

    visit(&world, 3);
    turn(&world);
    assert_int_equal(views(&world), 3);
    assert_int_equal(stored(&world).loose, 0);
    store_test_say(t, "DEL events:{s007}");
    turn(&world);
    assert_int_equal(world.scoring.counts.alarms, 2);
    end(&world);
}

STORE_TEST(another_stream_is_read_from_its_beginning)
{
    struct world world;

    begin(&world, t);
    visit(&world, 1);
    turn(&world);
    store_test_say(t, "DEL events:{s007}");
    store_test_say(t, "XADD events:{s007} 5-1 e garbage");
    turn(&world);
    assert_int_equal(world.scoring.counts.alarms, 1);
    assert_int_equal(world.scoring.counts.dead, 1);
    assert_string_equal(stored(&world).at.event, "5-1");
    end(&world);
}

STORE_TEST(what_was_cut_before_the_first_event_is_seen_too)
{
    struct world world;

    begin(&world, t);
    turn(&world);
    assert_int_equal(world.scoring.counts.alarms, 0);
    partition_forget(&world.scoring, &world.partition);
    visit(&world, 1);
    visit(&world, 2);
    store_test_say(t, "XTRIM events:{s007} MAXLEN 1");
    turn(&world);
    assert_int_equal(world.scoring.counts.alarms, 1);
    assert_int_equal(views(&world), 1);
    end(&world);
}

/* It finds a gap that is none: another has gone on, and trimmed. */
STORE_TEST(a_worker_that_wakes_up_raises_no_alarm)
{
    struct world world;
    struct partition old;
    bool more;

    begin(&world, t);
    visit(&world, 1);
    turn(&world);
    old = world.partition;
    partition_forget(&world.scoring, &world.partition);
    visit(&world, 2);
    turn(&world);
    store_test_say(t, "XTRIM events:{s007} MAXLEN 1");
    assert_int_equal(partition_step(&world.scoring, &old, &more), ERR_MOVED_ON);
    assert_int_equal(world.scoring.counts.alarms, 0);
    assert_int_equal(stored(&world).loose, 0);
    assert_false(old.open);
    end(&world);
}

static void
report(struct store_test *t, const char *id, int64_t amount_fen)
{
    struct sale_report sale = { .want = { .merchant = merchant,
                                          .sale_id = str_from(id),
                                          .shop = shop,
                                          .product = { 4609 },
                                          .quantity = 1,
                                          .amount_fen = amount_fen,
                                          .buyer_ref = str_from(id),
                                          .sold_at_ms = clock_real_ms() } };

    sales_report(t->store, t->arena, &sale, 1, clock_real_ms());
    assert_int_equal(sale.err, ERR_NONE);
}

/* Its record is no record any more. */
static void
damage(struct store_test *t, const char *id)
{
    struct call *call = call_command(t->arena, "HSET");
    struct sale sale;

    sale_name(&sale, merchant, str_from(id));
    call_text(call, "sale:{s007}:0");
    call_arg(call, sale_hash(&sale));
    call_text(call, "x");
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    assert_int_equal(call->reply->integer, 0); /* it was one */
}

static int64_t
sales_fen(struct world *world)
{
    const struct score_row *found = row(world);

    return found->count == 0 ? 0 : found->days[found->count - 1].sales_fen;
}

static void
rebuild(struct world *world, int64_t sales)
{
    struct rebuild pass = { .wanted[7] = true };

    assert_int_equal(rebuild_tell(&world->scoring, &pass, &never), ERR_NONE);
    assert_int_equal(pass.shops, 1);
    assert_int_equal(pass.sales, sales);
}

STORE_TEST(recorded_sales_and_shops_are_told_again)
{
    int32_t today = time_day(clock_real_ms() / 1000);
    const struct score_row *found;
    struct world world;

    begin(&world, t);
    report(t, "A", 1000);
    turn(&world);
    report(t, "B: {7}", 2000);
    report(t, "damaged", 4000);
    damage(t, "damaged");
    store_test_say(
        t, arena_cstr(t->arena, arena_printf(t->arena,
                                             "HSET shop:{s007}:10000135 suspended 1 "
                                             "active_day %d",
                                             today)));
    store_test_say(t, "DEL events:{s007}");
    turn(&world);
    assert_int_equal(sales_fen(&world), 1000);
    rebuild(&world, 2); /* interrupted: nobody notes it, and it begins again */
    rebuild(&world, 2);
    world.partition.rebuilt = true;
    turn(&world);
    assert_int_equal(sales_fen(&world), 3000);
    found = row(&world);
    assert_true(found->days[0].active);
    assert_true((found->flags & ROW_OFF_BOARDS) != 0);
    assert_int_equal(stored(&world).rebuild, 0);
    assert_int_equal(world.partition.cut, 0);
    assert_int_equal(world.scoring.counts.alarms, 1);
    end(&world);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_is_seen_once_and_what_was_applied_counts_once),
        cmocka_unit_test(another_stream_is_read_from_its_beginning),
        cmocka_unit_test(what_was_cut_before_the_first_event_is_seen_too),
        cmocka_unit_test(a_worker_that_wakes_up_raises_no_alarm),
        cmocka_unit_test(recorded_sales_and_shops_are_told_again),
    };

    return cmocka_run_group_tests(tests, keyed_begin, keyed_end);
}
