/* test/function/release_test.c - releases on a real Redis: one that is stopped at any
 * point and made again publishes the same numbers, once (SCORING.md 10, invariant 8), and
 * its board follows the rules in force. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "proto/time.h"
#include "scoring/ask.h"
#include "scoring/release.h"
#include "scoring/turn.h"
#include "storage/job/ask.h"
#include "storage/key.h"
#include "storage/privacy/keys.h"
#include "storage/redis/call.h"
#include "storage/score/place.h"
#include "storage/score/ranking.h"
#include "storage/shop/list.h"
#include "test/support/score.h"
#include "test/support/store_test.h"

enum { SHOPS = 150, BUYERS = 6, PARTITION = 7 };

static const int32_t today = 734 * PERIOD_DAYS + 3;

struct world {
    struct store_test *t;
    struct store *store;
    struct scoring scoring;
    struct partition partition;
};

static struct shop_number
shop_of(int i)
{
    return (struct shop_number){ id_make((uint64_t)(SHOP_N_FIRST + i), PARTITION) };
}

/* The key file stays for all tests: the same release key, the same noise. */
static void
begin(struct world *world, struct store_test *t)
{
    char path[96], why[200];

    *world = (struct world){ .t = t, .partition = { .number = PARTITION } };
    snprintf(path, sizeof(path), "%s/keys", t->redis.dir);
    t->clock.offset_ms = time_day_starts_s(today) * 1000 - clock_real_ms() + 3600000;
    t->keys = keys_open(path, clock_real_ms(), why, sizeof(why));
    assert_non_null(t->keys);
    world->store = store_test_open(t);
    assert_int_equal(store_wait_ready(world->store, 10000), ERR_NONE);
    scoring_init(&world->scoring, world->store, 1 << 20);
    world->scoring.policy = (struct score_policy){ .version = 1,
                                                   .score = score_defaults(),
                                                   .tiers = tier_defaults(),
                                                   .release = release_defaults() };
    world->scoring.policy.score.settle_after_s = 0;
    world->scoring.policy.release.k_min = 2;
    world->scoring.policy.release.k_max = 4;
}

static void
end(struct world *world)
{
    scoring_free(&world->scoring);
    store_close(&world->store);
    keys_close(&world->t->keys);
    store_test_say(world->t, "FLUSHALL");
}

static void
append(struct world *world, const struct event *events, size_t count)
{
    struct call *call = call_command(world->t->arena, "XADD");
    struct buf buf;

    buf_init(&buf, EVENT_ENTRY_BYTES_MAX);
    event_write(&buf, events, count);
    call_keyf(call, KEY_EVENTS, (unsigned)PARTITION);
    call_text(call, "*");
    call_text(call, "e");
    call_arg(call, arena_dup(world->t->arena, buf_str(&buf)));
    assert_int_equal(call_wait(world->store, call), ERR_NONE);
    buf_free(&buf);
}

/* Opened, as walks find it. */
static void
list_shop(struct world *world, int i)
{
    char words[80];

    snprintf(words, sizeof(words), "SETBIT shops:{s007} %" PRIu64 " 1",
             shops_bit(shop_of(i)));
    store_test_say(world->t, words);
}

/* Every shop sells to some buyers, now with a refund. */
static void
sell(struct world *world, int round)
{
    for (int i = 0; i < SHOPS; i++) {
        struct event events[BUYERS];

        list_shop(world, i);
        for (int k = 0; k < BUYERS; k++) {
            int64_t id = (i * BUYERS + k) * 10 + round;

            events[k] = (struct event){ .kind = EVENT_SALE, .shop = shop_of(i) };
            events[k].sale =
                (struct event_sale){ (uint64_t)id, (uint64_t)(id % (3 + i % 4)),
                                     time_day_starts_s(today - 20) + id % 86400,
                                     100 + id * 37 % 30000, BUYER_MERCHANT };
        }
        append(world, events, BUYERS);
    }
}

static enum err
turn(struct world *world)
{
    bool more = true;
    enum err err = ERR_NONE;

    while (more && err == ERR_NONE) {
        err = turn_partition(&world->scoring, &world->partition, &more);
    }
    return err;
}

/* Whoever was moved past, perhaps long ago, hears of it at the next write, forgets what
 * it knew and begins again. */
static void
turn_through(struct world *world)
{
    int tries = 100;

    while (turn(world) != ERR_NONE) {
        assert_true(--tries > 0);
    }
}

/* --- somebody who disturbs ------------------------------------------------------------- */

struct disturbance {
    struct world *world;
    int left; /* how often it still happens */
    bool over;
};

/* Moves the position as another worker would, again and again. */
static void
disturb(void *arg)
{
    struct disturbance *disturbance = arg;

    while (disturbance->left-- > 0) {
        struct arena *arena = arena_new(1 << 16);
        struct score_writes *writes;
        struct score_applied applied;
        struct score_position next;
        struct store *store = disturbance->world->store;

        assert_int_equal(score_applied_read(store, arena, PARTITION, &applied),
                         ERR_NONE);
        writes = score_writes_new(arena, PARTITION, &applied.at);
        score_write_applied(writes, "disturbed", disturbance->left);
        score_apply(store, writes, NULL, &next);
        arena_free(&arena);
        task_sleep(1);
    }
    disturbance->over = true;
}

/* Other partitions have nothing; they are done at once. */
static void
others_are_done(struct world *world, int64_t release)
{
    for (unsigned i = 0; i < PARTITIONS; i++) {
        char words[80];

        if (i != PARTITION) {
            snprintf(words, sizeof(words), "HSET applied:{s%03u} release %" PRId64, i,
                     release);
            store_test_say(world->t, words);
        }
    }
}

static void
begin_release(struct world *world)
{
    assert_int_equal(release_look(&world->scoring), ERR_NONE);
    assert_int_equal(
        release_begin(&world->scoring, time_day_starts_s(today) * 1000, 0, STR("")),
        ERR_NONE);
    others_are_done(world, world->scoring.release.making);
}

static void
end_release(struct world *world, int disturbed)
{
    struct disturbance disturbance = { world, disturbed, disturbed == 0 };
    int64_t release = world->scoring.release.making;
    bool done = false;

    if (disturbed > 0) {
        assert_true(task_start(world->t->loop, disturb, &disturbance));
    }
    turn_through(world);
    while (!disturbance.over) {
        task_sleep(1);
    }
    turn_through(world);
    while (!done) {
        assert_int_equal(release_finish(&world->scoring, &done), ERR_NONE);
    }
    assert_int_equal(world->scoring.release.number, release);
}

static void
make_release(struct world *world, int disturbed)
{
    begin_release(world);
    end_release(world, disturbed);
}

/* --- all that was published, and all that waits ------------------------------------------ */

/* A shop's figures: those of the two releases, the older first. */
static void
dump_figures(struct world *world, struct buf *out, struct shop_number shop)
{
    for (int64_t release = 1; release <= 2; release++) {
        struct call *call = call_command(world->t->arena, "HGET");

        call_keyf(call, KEY_FIGURES, (unsigned)PARTITION, shop.value);
        call_int(call, release);
        assert_int_equal(call_wait(world->store, call), ERR_NONE);
        buf_printf(out, "%" PRId64 " %" PRId64 " ", shop.value, release);
        buf_put_str(out, reply_str(call->reply));
    }
}

static void
dump(struct world *world, struct buf *out)
{
    struct place *places;
    size_t count;

    for (int i = 0; i < SHOPS; i++) {
        dump_figures(world, out, shop_of(i));
    }
    assert_int_equal(ranking_read(world->store, world->t->arena,
                                  &world->scoring.release, 0, SHOPS, &places, &count),
                     ERR_NONE);
    assert_true(count > SHOPS / 2);
    places_encode(places, count, out);
}

/* Two releases, the second after more sales; disturbed or not. */
static void
play(struct store_test *t, int disturbed, struct buf *out)
{
    struct world world;

    begin(&world, t);
    sell(&world, 0);
    turn_through(&world);
    make_release(&world, disturbed);
    sell(&world, 1);
    turn_through(&world);
    make_release(&world, disturbed);
    dump(&world, out);
    end(&world);
}

STORE_TEST(a_release_that_is_stopped_publishes_the_same_once)
{
    struct buf undisturbed, disturbed;

    buf_init(&undisturbed, 4 << 20);
    buf_init(&disturbed, 4 << 20);
    play(t, 0, &undisturbed);
    assert_true(undisturbed.len > 0 && !undisturbed.full);
    for (int times = 3; times < 30; times += 9) {
        buf_clear(&disturbed);
        play(t, times, &disturbed);
        assert_int_equal(undisturbed.len, disturbed.len);
        assert_memory_equal(undisturbed.data, disturbed.data, disturbed.len);
    }
    buf_free(&undisturbed);
    buf_free(&disturbed);
}

/* --- who is listed among the first (SCORING.md 9) ----------------------------------------- */

/* One shop sells to some buyers, each this much. */
static void
sell_of(struct world *world, int shop, int round, int64_t fen)
{
    struct event events[BUYERS];

    list_shop(world, shop);
    for (int k = 0; k < BUYERS; k++) {
        int64_t id = (shop * BUYERS + k) * 10 + round;

        events[k] = (struct event){ .kind = EVENT_SALE, .shop = shop_of(shop) };
        events[k].sale =
            (struct event_sale){ (uint64_t)id, (uint64_t)id,
                                 time_day_starts_s(today - 20), fen, BUYER_MERCHANT };
    }
    append(world, events, BUYERS);
    turn_through(world);
}

/* Who stands first: 0 or 1. */
static int
first(struct world *world)
{
    struct place *places;
    size_t count;

    assert_int_equal(ranking_read(world->store, world->t->arena,
                                  &world->scoring.release, 0, 2, &places, &count),
                     ERR_NONE);
    assert_int_equal(count, 2);
    return places[0].shop.value == shop_of(1).value;
}

/* Shop 1 has the larger figures, shop 0 more releases. */
STORE_TEST(the_rule_for_the_first_places_is_that_of_the_release_being_made)
{
    struct listing_params *listing;
    struct world world;

    begin(&world, t);
    world.scoring.policy.release.noise_points = 0;
    world.scoring.policy.release.delay_days_max = 0;
    listing = &world.scoring.policy.listing;
    *listing = (struct listing_params){
        .top = 10, .min_shops = 1, .min_releases = 2, .window_days = 84
    };
    sell_of(&world, 0, 0, 2000);
    make_release(&world, 0);
    sell_of(&world, 0, 1, 2000);
    sell_of(&world, 1, 1, 9000);
    make_release(&world, 0);
    assert_int_equal(first(&world), 0);
    begin_release(&world);
    listing->min_releases = 1; /* not for the one that has begun */
    end_release(&world, 0);
    assert_int_equal(first(&world), 0);
    /* But for the next, though nobody publishes anything. */
    make_release(&world, 0);
    assert_int_equal(first(&world), 1);
    listing->min_releases = 3;
    sell_of(&world, 0, 2, 2000);
    make_release(&world, 0);
    assert_int_equal(first(&world), 0);
    listing->min_releases = 0;
    make_release(&world, 0);
    assert_int_equal(first(&world), 1);
    end(&world);
}

/* --- a shop with a crowd of buyers ------------------------------------------------ */

/* So many credits wait, each of another buyer, 1 yuan and some fen more. */
static void
let_wait(struct world *world, int shop, int buyers)
{
    int buyer = 0;

    while (buyer < buyers) {
        struct arena *arena = arena_new(1 << 20);
        struct call *call = call_command(arena, "HSET");

        call_keyf(call, KEY_PENDING, (unsigned)PARTITION, shop_of(shop).value);
        for (int i = 0; i < 1000 && buyer < buyers; i++, buyer++) {
            const struct pending_field field = { period_of_day(today - 20),
                                                 (uint64_t)(1000 + buyer),
                                                 BUYER_MERCHANT, today - 1 };

            call_arg(call, pending_field_write(arena, &field));
            call_int(call, 100 + buyer % 7);
        }
        assert_int_equal(call_wait(world->store, call), ERR_NONE);
        arena_free(&arena);
    }
}

static struct figures
figures_of(struct world *world, int shop)
{
    struct figures figures;

    assert_int_equal(figures_read(world->store, world->t->arena,
                                  world->scoring.release.number, shop_of(shop),
                                  &figures),
                     ERR_NONE);
    return figures;
}

static int64_t
waiting(struct world *world, int shop)
{
    char words[80];

    snprintf(words, sizeof(words), "HLEN pending:{s007}:%" PRId64, shop_of(shop).value);
    return store_test_say(world->t, words)->integer;
}

static void
begin_crowd(struct world *world, struct store_test *t, int buyers)
{
    begin(world, t);
    world->scoring.policy.release.noise_points = 0;
    world->scoring.policy.release.delay_days_max = 0;
    sell_of(world, 0, 0, 2000);
    let_wait(world, 0, buyers);
    sell_of(world, 1, 0, 2000);
}

/* What begin_crowd() lets wait, in points. */
static int64_t
crowd_points(int buyers)
{
    int64_t fen = BUYERS * 2000;

    for (int i = 0; i < buyers; i++) {
        fen += 100 + i % 7;
    }
    return fen / 100;
}

/* More than one call could carry, or memory hold twice. */
STORE_TEST(a_release_of_any_number_of_buyers_is_made)
{
    enum { MANY = 500000 };
    struct world world;

    begin_crowd(&world, t, MANY);
    make_release(&world, 0);
    assert_int_equal(figures_of(&world, 0).sales_points, crowd_points(MANY));
    assert_int_equal(waiting(&world, 0), 0);
    assert_int_equal(figures_of(&world, 1).sales_points, BUYERS * 20);
    end(&world);
}

struct interruption {
    struct world *world;
    int times;
    bool over;
};

/* Moves the position whenever a portion has gone out, as one who takes over would. */
static void
interrupt(void *arg)
{
    struct interruption *interruption = arg;
    struct world *world = interruption->world;
    char seen[80] = "", at[64];

    while (!interruption->over) {
        struct arena *arena = arena_new(1 << 16);
        struct call *look = call_command(arena, "HGET");
        struct call *move = call_command(arena, "HSET");
        struct str now;

        call_keyf(look, KEY_PART, (unsigned)PARTITION, INT64_C(1));
        call_arg(look, arena_printf(arena, "t%u", (unsigned)SHOP_N_FIRST));
        assert_int_equal(call_wait(world->store, look), ERR_NONE);
        now = reply_str(look->reply);
        if (now.len > 0 && now.len < sizeof(seen) && !str_equal(now, str_from(seen))) {
            memcpy(seen, now.data, now.len);
            seen[now.len] = '\0';
            snprintf(at, sizeof(at), "%s %d", world->partition.applied.at.event,
                     ++interruption->times * 1000000);
            call_keyf(move, KEY_APPLIED, (unsigned)PARTITION);
            call_text(move, "at");
            call_text(move, at);
            assert_int_equal(call_wait(world->store, move), ERR_NONE);
        }
        arena_free(&arena);
    }
    interruption->over = false;
}

/* It goes in portions: who stops between two of them is followed by another that goes on
 * from there and publishes the same. */
STORE_TEST(a_crowd_that_is_stopped_halfway_is_published_whole_and_once)
{
    enum { SOME = 9000 };
    struct interruption interruption;
    struct world world;

    begin_crowd(&world, t, SOME);
    interruption = (struct interruption){ .world = &world };
    assert_true(task_start(t->loop, interrupt, &interruption));
    make_release(&world, 0);
    interruption.over = true;
    while (interruption.over) {
        task_sleep(1);
    }
    assert_true(interruption.times > 2);
    assert_true(world.scoring.counts.moved > 2);
    assert_int_equal(figures_of(&world, 0).sales_points, crowd_points(SOME));
    assert_int_equal(figures_of(&world, 0).batch, 1);
    assert_int_equal(waiting(&world, 0), 0);
    end(&world);
}

/* --- told ------------------------------------------------------------------------------ */

/* A release of very many shops takes longer than a job may be silent. */
STORE_TEST(a_release_that_takes_long_tells_its_job_how_far_it_is)
{
    const struct member_id asker = { 77 };
    struct job job = { .id = job_id_make(asker),
                       .owner = asker,
                       .kind = STR(ASK_RELEASE),
                       .state = JOB_QUEUED };
    struct world world;
    bool done;

    begin(&world, t);
    assert_int_equal(release_look(&world.scoring), ERR_NONE);
    assert_int_equal(ask_worker(world.store, t->arena, &job, STR("")), ERR_NONE);
    assert_int_equal(ask_answer(&world.scoring), ERR_NONE);
    others_are_done(&world, world.scoring.release.making);
    world.scoring.asked.told_ms -= JOB_BEAT_S * INT64_C(1000);
    assert_int_equal(release_finish(&world.scoring, &done), ERR_NONE);
    assert_false(done);
    assert_int_equal(job_read(world.store, t->arena, job.id, &job), ERR_NONE);
    assert_int_equal(job.state, JOB_RUNNING);
    assert_int_equal(job.done, PARTITIONS - 1);
    assert_int_equal(job.total, PARTITIONS);
    end(&world);
}

/* Another worker, which knows nothing of what the former one did. */
static void
take_over(struct world *world)
{
    const struct score_policy policy = world->scoring.policy;

    partition_forget(&world->scoring, &world->partition);
    scoring_free(&world->scoring);
    scoring_init(&world->scoring, world->store, 1 << 20);
    world->scoring.policy = policy;
    assert_int_equal(release_look(&world->scoring), ERR_NONE);
}

STORE_TEST(a_release_that_was_asked_for_is_made_once_whoever_ends_it)
{
    const struct member_id asker = { 77 };
    struct job job = { .id = job_id_make(asker),
                       .owner = asker,
                       .kind = STR(ASK_RELEASE),
                       .state = JOB_QUEUED };
    struct world world;
    bool done = false;

    begin(&world, t);
    assert_int_equal(release_look(&world.scoring), ERR_NONE);
    assert_int_equal(ask_worker(world.store, t->arena, &job, STR("")), ERR_NONE);
    assert_int_equal(ask_answer(&world.scoring), ERR_NONE);
    others_are_done(&world, 1);
    take_over(&world);
    assert_true(ask_is_new(&world.scoring));
    assert_int_equal(ask_answer(&world.scoring), ERR_NONE);
    assert_false(ask_is_new(&world.scoring));
    assert_int_equal(release_finish(&world.scoring, &done), ERR_NONE);
    assert_false(done);
    assert_int_equal(job_read(world.store, t->arena, job.id, &job), ERR_NONE);
    assert_int_equal(job.done, PARTITIONS - 1); /* told by the new one */

    turn_through(&world);
    while (!done) {
        assert_int_equal(release_finish(&world.scoring, &done), ERR_NONE);
    }
    take_over(&world); /* the second one dies before it has answered */
    assert_int_equal(ask_answer(&world.scoring), ERR_NONE);
    assert_int_equal(job_read(world.store, t->arena, job.id, &job), ERR_NONE);
    assert_int_equal(job.state, JOB_DONE);
    assert_true(str_equal(job.result, STR("{\"release\":1}")));
    assert_int_equal(release_look(&world.scoring), ERR_NONE);
    assert_int_equal(world.scoring.release.making, 0);
    end(&world);
}

/* It would stand before all others for ever. */
STORE_TEST(an_ask_whose_job_is_damaged_goes)
{
    const struct member_id asker = { 77 };
    struct job job = { .id = job_id_make(asker),
                       .owner = asker,
                       .kind = STR(ASK_RELEASE),
                       .state = JOB_QUEUED };
    struct call *damage = call_command(t->arena, "SET");
    struct world world;
    struct ask ask;
    bool found;

    begin(&world, t);
    assert_int_equal(release_look(&world.scoring), ERR_NONE);
    assert_int_equal(ask_worker(world.store, t->arena, &job, STR("")), ERR_NONE);
    call_keyf(damage, KEY_JOB, id_partition(asker.value), (int)strlen(job.id.text),
              job.id.text);
    call_text(damage, "no job");
    assert_int_equal(call_wait(world.store, damage), ERR_NONE);
    assert_int_equal(ask_answer(&world.scoring), ERR_NONE);
    assert_int_equal(ask_next(world.store, t->arena, ASK_LINE_OTHERS, &ask, &found),
                     ERR_NONE);
    assert_false(found);
    end(&world);
}

static enum err
read_with(struct world *world, const char *field, const char *text,
          struct release *release)
{
    struct call *call = call_command(world->t->arena, "HSET");

    store_test_say(world->t, "DEL release:{g}");
    call_key(call, STR(KEY_RELEASE));
    call_text(call, field);
    call_text(call, text);
    assert_int_equal(call_wait(world->store, call), ERR_NONE);
    return release_read(world->store, world->t->arena, false, release);
}

STORE_TEST(what_a_release_goes_by_is_read_whole_or_not_at_all)
{
    static const char *const damaged[] = {
        "",
        "30",
        "30 25 10",
        "30 25 10 10 1",
        "30 25 10 10 ",
        "30 25 10 x",
        "31 25 10 10",
        "30 101 10 10",
        "30 -1 10 10",
        "30 25 10 4294967296",
    };
    struct release release;
    struct world world;

    begin(&world, t);
    assert_int_equal(read_with(&world, "measure", "90 1 2 3", &release), ERR_NONE);
    assert_int_equal(release.measure.half_life_days, 90);
    assert_int_equal(release.measure.activity_of_rest_pct, 3);
    assert_int_equal(read_with(&world, "making_listing", "9 8 3 6", &release),
                     ERR_NONE);
    assert_int_equal(release.making_listing.top, 9);
    assert_int_equal(release.making_listing.window_days, 6);
    for (size_t i = 0; i < COUNT(damaged); i++) {
        assert_int_equal(read_with(&world, "making_measure", damaged[i], &release),
                         ERR_BAD_DATA);
    }
    assert_int_equal(read_with(&world, "listing", "301 8 3 6", &release), ERR_BAD_DATA);
    assert_int_equal(read_with(&world, "listing", "9 8 4 6", &release), ERR_BAD_DATA);
    end(&world);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release_that_is_stopped_publishes_the_same_once),
        cmocka_unit_test(
            the_rule_for_the_first_places_is_that_of_the_release_being_made),
        cmocka_unit_test(a_release_of_any_number_of_buyers_is_made),
        cmocka_unit_test(a_crowd_that_is_stopped_halfway_is_published_whole_and_once),
        cmocka_unit_test(a_release_that_takes_long_tells_its_job_how_far_it_is),
        cmocka_unit_test(a_release_that_was_asked_for_is_made_once_whoever_ends_it),
        cmocka_unit_test(an_ask_whose_job_is_damaged_goes),
        cmocka_unit_test(what_a_release_goes_by_is_read_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
