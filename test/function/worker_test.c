/* test/function/worker_test.c - workers as processes see them: they beat, share the
 * partitions, take over from one that ended, and follow the clock. */
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "proto/event.h"
#include "proto/time.h"
#include "scoring/worker.h"
#include "storage/key.h"
#include "storage/privacy/keys.h"
#include "storage/process.h"
#include "storage/redis/call.h"
#include "storage/test_clock.h"
#include "test/support/store_test.h"

enum { PATIENCE_MS = 15000, LOOK_MS = 20 };

struct running {
    struct worker *worker;
    struct clock clock;
    pthread_t thread;
};

static void *
run(void *arg)
{
    worker_run(arg);
    return NULL;
}

static void
start(struct store_test *t, struct running *running)
{
    struct worker_config config = { .store_url = t->redis.url,
                                    .clock = &running->clock,
                                    .keys = t->keys,
                                    .cache_mb = 16,
                                    .test_clock = true };

    running->clock = (struct clock){ 0 };
    running->worker = worker_new(&config);
    assert_non_null(running->worker);
    assert_int_equal(pthread_create(&running->thread, NULL, run, running->worker), 0);
}

static void
stop(struct running *running)
{
    worker_stop(running->worker);
    assert_int_equal(pthread_join(running->thread, NULL), 0);
    worker_free(&running->worker);
}

static void
open_keys(struct store_test *t)
{
    char path[96], why[200];

    snprintf(path, sizeof(path), "%s/keys", t->redis.dir);
    t->keys = keys_open(path, clock_real_ms(), why, sizeof(why));
    assert_non_null(t->keys);
}

static void
append_visit(struct store_test *t, unsigned partition, uint64_t who)
{
    struct event visit = { .kind = EVENT_VISIT,
                           .shop = { id_make(SHOP_N_FIRST, partition) } };
    struct call *call = call_command(t->arena, "XADD");
    struct buf buf;

    visit.visit = (struct event_visit){ time_day(clock_real_ms() / 1000), who, 1,
                                        VISITOR_MEMBER };
    buf_init(&buf, 4096);
    event_write(&buf, &visit, 1);
    call_keyf(call, KEY_EVENTS, partition);
    call_text(call, "*");
    call_text(call, "e");
    call_arg(call, arena_dup(t->arena, buf_str(&buf)));
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    buf_free(&buf);
}

/* Waits until all partitions' rows are there. */
static int64_t
wait_for_rows(struct store_test *t, unsigned partitions)
{
    int64_t begun_ms = clock_mono_ms();
    unsigned found = 0;

    while (found < partitions) {
        struct arena *arena = arena_new(1 << 20);
        struct call *call = call_command(arena, "EXISTS");

        assert_true(clock_mono_ms() < begun_ms + PATIENCE_MS);
        call_keyf(call, KEY_SCORE, found, (unsigned)SHOP_N_FIRST / SHOPS_PER_PAGE);
        assert_int_equal(call_wait(t->store, call), ERR_NONE);
        if (call->reply->integer == 1) {
            found++;
        } else {
            task_sleep(LOOK_MS);
        }
        arena_free(&arena);
    }
    return clock_mono_ms() - begun_ms;
}

/* Waits until so many workers hold all partitions between them. */
static void
wait_for_workers(struct store_test *t, size_t workers)
{
    static struct process_state states[PROCESSES_MAX];
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS, held = 0;
    size_t count = 0;

    while (count != workers || held != PARTITIONS) {
        struct arena *arena = arena_new(1 << 20);

        assert_true(clock_mono_ms() < until_ms);
        assert_int_equal(process_list(t->store, arena, states, &count), ERR_NONE);
        held = 0;
        for (size_t i = 0; i < count; i++) {
            held += states[i].partitions;
        }
        arena_free(&arena);
        task_sleep(LOOK_MS);
    }
}

STORE_TEST(two_workers_share_the_work_and_one_takes_over)
{
    struct running one, other;

    open_keys(t);
    start(t, &one);
    start(t, &other);
    wait_for_workers(t, 2);
    for (unsigned i = 0; i < PARTITIONS; i += 2) {
        append_visit(t, i, i);
    }
    stop(&one);
    for (unsigned i = 1; i < PARTITIONS; i += 2) {
        append_visit(t, i, i);
    }
    assert_true(wait_for_rows(t, PARTITIONS) < 5000);
    stop(&other);
    keys_close(&t->keys);
}

/* An event is applied within two seconds of its coming. */
STORE_TEST(an_event_is_applied_soon)
{
    struct running one;

    open_keys(t);
    start(t, &one);
    wait_for_workers(t, 1);
    append_visit(t, 0, 1);
    assert_true(wait_for_rows(t, 1) < 2000);
    stop(&one);
    keys_close(&t->keys);
}

STORE_TEST(a_moved_clock_is_followed_and_what_is_due_is_done)
{
    static struct process_state states[PROCESSES_MAX];
    int64_t until_ms, offset_ms;
    struct running one;
    size_t count;

    open_keys(t);
    start(t, &one);
    wait_for_workers(t, 1);
    assert_int_equal(
        test_clock_advance(t->store, t->arena, 40 * DAY_S * INT64_C(1000), &offset_ms),
        ERR_NONE);
    until_ms = clock_mono_ms() + PATIENCE_MS;
    do {
        struct arena *arena = arena_new(1 << 20);

        assert_true(clock_mono_ms() < until_ms);
        task_sleep(LOOK_MS);
        assert_int_equal(process_list(t->store, arena, states, &count), ERR_NONE);
        arena_free(&arena);
    } while (count != 1 || states[0].due_offset_ms != offset_ms);
    assert_int_equal(states[0].clock_offset_ms, offset_ms);
    stop(&one);
    keys_close(&t->keys);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_workers_share_the_work_and_one_takes_over),
        cmocka_unit_test(an_event_is_applied_soon),
        cmocka_unit_test(a_moved_clock_is_followed_and_what_is_due_is_done),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
