/* test/function/release_crash_test.c - SCORING.md 10, invariants 7 and 8, over random
 * sets of events: no event changes what was published, and a worker that dies at any
 * point of the epoch's work, again and again, publishes the same numbers once.
 *
 * A worker is a process of its own here. It counts the steps of its loop, which send what
 * it wrote or bring answers, and ends without a word at the one it was told. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/score/release.h"
#include "proto/time.h"
#include "scoring/release.h"
#include "scoring/turn.h"
#include "storage/key.h"
#include "storage/privacy/keys.h"
#include "storage/redis/call.h"
#include "storage/score/ranking.h"
#include "storage/shop/list.h"
#include "test/support/chance.h"
#include "test/support/keyed.h"
#include "test/support/score.h"
#include "test/support/store_test.h"

enum { PARTS = 3, SHOPS = 30, EVENTS = 300, ENTRY = 20 };
enum { ROUNDS_MIN = 2, ROUNDS_MS = 5000 };
enum { RELEASES = 2, ARENA_BYTES = 64 << 20, TASKS_MAX = 100 };
enum { STOPPED = 42, STOPS_MAX = 2000, SEEN_BYTES_MAX = 8 << 20 };

static const unsigned part_number[PARTS] = { 7, 8, 200 };
static const int32_t today = 734 * PERIOD_DAYS + 3; /* some days into a period */

struct world {
    struct store_test *t;
    struct loop *loop;
    struct store *store;
    struct arena *arena;
    struct scoring scoring;
    struct partition part[PARTS];
    struct score_policy policy;
    struct event event[RELEASES][EVENTS];
    const struct event *feed; /* what comes next */
    struct buf seen;          /* by the last look */
    struct buf before;        /* events came */
    struct buf published[RELEASES + 1];
    void (*body)(struct world *world);
    long steps_left; /* 0: nobody stops it */
};

static struct shop_number
shop_of(int64_t i)
{
    return (struct shop_number){ id_make((uint64_t)(SHOP_N_FIRST + i),
                                         part_number[i % PARTS]) };
}

/* --- a process: connects, works, leaves --------------------------------------------- */

static void
step(struct world *world)
{
    if (world->store != NULL && store_ready(world->store) && world->steps_left > 0 &&
        --world->steps_left == 0) {
        _exit(STOPPED);
    }
}

/* Before the loop looks for news: what was written waits in buffers. */
static void
on_prepare(uv_prepare_t *handle)
{
    step(handle->data);
}

/* After it: what was written is sent, and what was answered has been read. */
static void
on_check(uv_check_t *handle)
{
    step(handle->data);
}

static void
run_body(void *arg)
{
    struct world *world = arg;
    struct store_config config = { .url = world->t->redis.url,
                                   .clock = &world->t->clock,
                                   .keys = world->t->keys };

    world->store = store_open(world->loop, &config);
    assert_int_equal(store_wait_ready(world->store, 10000), ERR_NONE);
    scoring_init(&world->scoring, world->store, 1 << 20);
    world->scoring.policy = world->policy;
    for (int i = 0; i < PARTS; i++) {
        world->part[i] = (struct partition){ .number = part_number[i] };
    }
    world->body(world);
    scoring_free(&world->scoring);
    store_close(&world->store);
}

static void
run(struct world *world, void (*body)(struct world *world))
{
    world->body = body;
    world->loop = loop_new(TASKS_MAX);
    world->arena = arena_new(ARENA_BYTES);
    loop_run_task(world->loop, run_body, world);
    arena_free(&world->arena);
    loop_run(world->loop);
    loop_free(&world->loop);
}

/* In a process that stops after so many steps; true when it was done before. */
static bool
run_and_stop(struct world *world, void (*body)(struct world *world), long steps)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        uv_prepare_t prepare = { .data = world };
        uv_check_t check = { .data = world };

        world->body = body;
        world->steps_left = steps;
        world->loop = loop_new(TASKS_MAX);
        world->arena = arena_new(ARENA_BYTES);
        uv_prepare_init(loop_uv(world->loop), &prepare);
        uv_check_init(loop_uv(world->loop), &check);
        uv_prepare_start(&prepare, on_prepare);
        uv_check_start(&check, on_check);
        loop_run_task(world->loop, run_body, world);
        _exit(0);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == STOPPED);
    return WEXITSTATUS(status) == 0;
}

/* --- what happens ------------------------------------------------------------------- */

/* A sale's content follows from its number; only what is left of it differs. */
static struct event
random_sale(void)
{
    int64_t id = below(400);
    struct event event = { .kind = below(4) == 0 ? EVENT_REFUND : EVENT_SALE,
                           .shop = shop_of(id % SHOPS) };

    event.sale =
        (struct event_sale){ (uint64_t)id, (uint64_t)(id / SHOPS % 9),
                             time_day_starts_s(today - 50) + id * 9000, below(30000),
                             id % 7 == 0 ? BUYER_AGE_0 : BUYER_MERCHANT };
    return event;
}

static struct event
random_event(void)
{
    struct event event = { .shop = shop_of(below(SHOPS)) };
    int64_t kind = below(20);

    if (kind < 12) {
        return random_sale();
    }
    if (kind < 18) {
        event.kind = EVENT_VISIT;
        event.visit =
            (struct event_visit){ today - (int32_t)below(3), (uint64_t)below(500),
                                  (uint16_t)(1 + below(200)),
                                  below(2) == 0 ? VISITOR_MEMBER : VISITOR_ANONYMOUS };
    } else if (kind < 19) {
        event.kind = EVENT_ACTIVITY;
        event.activity_day = today - (int32_t)below(60);
    } else {
        event.kind = EVENT_SHOP_STATUS;
        event.status.open = below(4) > 0;
        event.status.on_boards = below(4) > 0;
    }
    return event;
}

static void
draw_world(struct world *world)
{
    struct score_policy *policy = &world->policy;

    *policy = (struct score_policy){ .version = 1,
                                     .score = score_defaults(),
                                     .tiers = tier_defaults(),
                                     .release = release_defaults() };
    policy->score.settle_after_s = below(8) * DAY_S;
    policy->release.k_min = 1 + (int32_t)below(3);
    policy->release.k_max = policy->release.k_min + (int32_t)below(2);
    policy->release.delay_days_max = (int32_t)below(7);
    policy->release.noise_points = (int32_t)below(3) * 50;
    for (int release = 0; release < RELEASES; release++) {
        for (int i = 0; i < EVENTS; i++) {
            world->event[release][i] = random_event();
        }
    }
}

static void
append(struct world *world, unsigned partition, const struct event *events,
       size_t count)
{
    struct call *call = call_command(world->arena, "XADD");
    struct buf buf;

    buf_init(&buf, EVENT_ENTRY_BYTES_MAX);
    event_write(&buf, events, count);
    call_keyf(call, KEY_EVENTS, partition);
    call_text(call, "*");
    call_text(call, "e");
    call_arg(call, arena_dup(world->arena, buf_str(&buf)));
    assert_int_equal(call_wait(world->store, call), ERR_NONE);
    buf_free(&buf);
}

static void
feed(struct world *world)
{
    for (int part = 0; part < PARTS; part++) {
        struct event entry[ENTRY];
        size_t count = 0;

        for (int i = 0; i < EVENTS; i++) {
            if (id_partition(world->feed[i].shop.value) != part_number[part]) {
                continue;
            }
            entry[count++] = world->feed[i];
            if (count == ENTRY) {
                append(world, part_number[part], entry, count);
                count = 0;
            }
        }
        if (count > 0) {
            append(world, part_number[part], entry, count);
        }
    }
}

static void
turn(struct world *world)
{
    for (int i = 0; i < PARTS; i++) {
        bool more = true;

        while (more) {
            assert_int_equal(turn_partition(&world->scoring, &world->part[i], &more),
                             ERR_NONE);
        }
    }
}

/* All that a worker does for a release when its time has come. */
static void
do_epoch(struct world *world)
{
    struct scoring *scoring = &world->scoring;
    int64_t now_s = store_now_ms(world->store) / 1000;
    int64_t epoch_s = release_epoch_s(now_s, &scoring->policy.release);
    bool done = false;

    assert_int_equal(release_look(scoring), ERR_NONE);
    if (release_is_due(scoring)) {
        assert_int_equal(release_begin(scoring, epoch_s * 1000, epoch_s, STR("")),
                         ERR_NONE);
    }
    turn(world);
    while (!done) {
        assert_int_equal(release_finish(scoring, &done), ERR_NONE);
    }
}

/* The shops, and 253 partitions that have nothing and are done at once. */
static void
begin_store(struct world *world)
{
    struct call *calls[SHOPS + PARTITIONS];
    size_t count = 0;

    assert_int_equal(call_wait(world->store, call_command(world->arena, "FLUSHALL")),
                     ERR_NONE);
    for (unsigned i = 0; i < PARTITIONS; i++) {
        if (i != part_number[0] && i != part_number[1] && i != part_number[2]) {
            calls[count] = call_command(world->arena, "HSET");
            call_keyf(calls[count], KEY_APPLIED, i);
            call_text(calls[count], "release");
            call_int(calls[count++], RELEASES);
        }
    }
    for (int i = 0; i < SHOPS; i++) {
        calls[count] = call_command(world->arena, "SETBIT");
        call_keyf(calls[count], KEY_SHOPS, id_partition(shop_of(i).value));
        call_int(calls[count], (int64_t)shops_bit(shop_of(i)));
        call_int(calls[count++], 1);
    }
    assert_int_equal(call_wait_all(world->store, calls, count), ERR_NONE);
    assert_int_equal(
        release_begin_schedule(
            &world->scoring,
            release_epoch_s(store_now_ms(world->store) / 1000, &world->policy.release)),
        ERR_NONE);
}

/* --- what can be seen of it --------------------------------------------------------- */

/* What the worker keeps to itself between releases. All else counts as published. */
static bool
is_private(struct str key)
{
    static const char *const before_the_tag[] = {
        "applied:", "days:",  "events:",   "pending:", "period:",
        "sales:",   "score:", "settling:", "visits:",
    };

    for (size_t i = 0; i < COUNT(before_the_tag); i++) {
        if (str_starts(key, str_from(before_the_tag[i]))) {
            return true;
        }
    }
    return false;
}

static int
by_text(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* Every key that is not private, with its value. */
static void
see_all(struct world *world)
{
    struct call *call = call_command(world->arena, "KEYS");
    struct str *keys;
    size_t count;

    call_text(call, "*");
    assert_int_equal(call_wait(world->store, call), ERR_NONE);
    count = call->reply->count;
    keys = arena_alloc(world->arena, count * sizeof(keys[0]));
    for (size_t i = 0; i < count; i++) {
        keys[i] = reply_str(reply_at(call->reply, i));
    }
    qsort(keys, count, sizeof(keys[0]), by_text);
    buf_clear(&world->seen);
    for (size_t i = 0; i < count; i++) {
        if (!is_private(keys[i])) {
            call = call_command(world->arena, "DUMP");
            call_key(call, keys[i]);
            assert_int_equal(call_wait(world->store, call), ERR_NONE);
            buf_put_str(&world->seen, keys[i]);
            buf_put_str(&world->seen, reply_str(call->reply));
        }
    }
    assert_false(world->seen.full);
}

/* What anybody may see: everybody's place, each shop's figures, as of the release that
 * is shown. */
static void
see_public(struct world *world)
{
    struct release release;
    struct place *places;
    size_t count;

    assert_int_equal(release_read(world->store, world->arena, false, &release),
                     ERR_NONE);
    buf_clear(&world->seen);
    buf_printf(&world->seen, "%" PRId64 " %" PRId64 "\n", release.number,
               release.as_of_ms);
    if (release.number == 0) {
        return;
    }
    assert_int_equal(
        ranking_read(world->store, world->arena, &release, 0, SHOPS, &places, &count),
        ERR_NONE);
    assert_true(count > 0);
    places_encode(places, count, &world->seen);
    for (int i = 0; i < SHOPS; i++) {
        struct figures figures;

        assert_int_equal(figures_read(world->store, world->arena, release.number,
                                      shop_of(i), &figures),
                         ERR_NONE);
        figures_encode(&figures, &world->seen);
    }
    assert_false(world->seen.full);
}

/* --- the story ------------------------------------------------------------------------ */

static void
keep_seen(struct world *world, struct buf *kept)
{
    assert_true(world->seen.len > 0 && !world->seen.full);
    buf_clear(kept);
    buf_put_str(kept, buf_str(&world->seen));
}

static bool
is_seen(const struct world *world, const struct buf *kept)
{
    return str_equal(buf_str(&world->seen), buf_str(kept));
}

/* Events come, and are counted; nobody but the owners may tell. */
static void
expect_events_change_nothing(struct world *world)
{
    run(world, see_all);
    keep_seen(world, &world->before);
    run(world, feed);
    run(world, turn);
    run(world, see_all);
    assert_true(is_seen(world, &world->before));
}

enum how { UNDISTURBED, EVER_LATER, BY_CHANCE };

/* Ever later: few steps at first, then more. Whoever asks meanwhile sees the former
 * release whole, or the new one. */
static void
do_epoch_with_stops(struct world *world, const struct buf *published, enum how how)
{
    long steps = 1;
    int stops = 0;

    while (!run_and_stop(world, do_epoch, steps)) {
        steps = how == EVER_LATER ? steps + 1 + steps / 20 : 1 + below(1 << below(11));
        run(world, see_public);
        assert_true(is_seen(world, &published[0]) || is_seen(world, &published[1]));
        assert_true(++stops < STOPS_MAX);
    }
}

/* Two releases, with events before each. The undisturbed way writes down what they
 * publish, the others are held to it. */
static void
play(struct world *world, enum how how)
{
    struct clock *clock = &world->t->clock;

    clock->offset_ms = time_day_starts_s(today) * 1000 - clock_real_ms() + 3600000;
    run(world, begin_store);
    run(world, see_public);
    keep_seen(world, &world->published[0]);
    for (int release = 0; release < RELEASES; release++) {
        struct buf *published = &world->published[release + 1];

        world->feed = world->event[release];
        if (how == UNDISTURBED) {
            expect_events_change_nothing(world);
        } else {
            run(world, feed);
        }
        clock->offset_ms += world->policy.release.interval_s * 1000;
        if (how == UNDISTURBED) {
            run(world, do_epoch);
            run(world, see_public);
            keep_seen(world, published);
            assert_false(is_seen(world, published - 1));
        } else {
            do_epoch_with_stops(world, published - 1, how);
        }
        run(world, do_epoch); /* nothing is due any more */
        run(world, see_public);
        assert_true(is_seen(world, published));
    }
}

static void
init_bufs(struct world *world)
{
    buf_init(&world->seen, SEEN_BYTES_MAX);
    buf_init(&world->before, SEEN_BYTES_MAX);
    for (int i = 0; i <= RELEASES; i++) {
        buf_init(&world->published[i], SEEN_BYTES_MAX);
    }
}

static void
free_bufs(struct world *world)
{
    buf_free(&world->seen);
    buf_free(&world->before);
    for (int i = 0; i <= RELEASES; i++) {
        buf_free(&world->published[i]);
    }
}

static void
stopped_at_any_point_a_release_publishes_the_same_once(void **state)
{
    int64_t end_ms = clock_mono_ms() + ROUNDS_MS;
    static struct world world;

    world.t = *state;
    init_bufs(&world);
    for (int round = 0; round < ROUNDS_MIN || clock_mono_ms() < end_ms; round++) {
        draw_world(&world);
        play(&world, UNDISTURBED);
        play(&world, round % 2 == 0 ? EVER_LATER : BY_CHANCE);
    }
    free_bufs(&world);
}

static int
begin(void **state)
{
    chance_begin();
    return keyed_begin(state);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_at_any_point_a_release_publishes_the_same_once),
    };

    return cmocka_run_group_tests(tests, begin, keyed_end);
}
