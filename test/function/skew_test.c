/* test/function/skew_test.c - machines whose clock is wrong: found out, and kept from what
 * is done by time. A thread here is a machine: it sees the clock with an error of its own. */
#include "storage/skew.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "proto/event.h"
#include "proto/time.h"
#include "scoring/worker.h"
#include "storage/key.h"
#include "storage/privacy/keys.h"
#include "storage/process.h"
#include "storage/redis/call.h"
#include "test/support/store_test.h"

enum { PATIENCE_MS = 15000, LOOK_MS = 20, HOUR_MS = 3600000 };

static _Thread_local _Atomic int64_t *wrong_ms;

/* In the place of libc's, for all of this program. */
int
clock_gettime(clockid_t id, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, id, now);

    if (failed == 0 && id == CLOCK_REALTIME && wrong_ms != NULL) {
        now->tv_sec += *wrong_ms / 1000;
    }
    return failed;
}

/* --- looking ---------------------------------------------------------------------------- */

STORE_TEST(a_clock_that_is_set_shows_at_once_and_until_it_is_right_again)
{
    _Atomic int64_t wrong = 0;
    struct skew skew = { 0 };

    wrong_ms = &wrong;
    assert_int_equal(skew_judge(&skew), ERR_STORE_DOWN);
    skew_follow(t->store, &skew);
    assert_int_equal(skew_judge(&skew), ERR_NONE);
    wrong = HOUR_MS;
    assert_int_equal(skew_judge(&skew), ERR_CLOCK_SKEW);
    skew_follow(t->store, &skew);
    assert_int_equal(skew_judge(&skew), ERR_CLOCK_SKEW);
    assert_true(skew_ms(&skew) < -HOUR_MS + SKEW_MAX_MS);
    wrong = -HOUR_MS;
    assert_true(skew_ms(&skew) > HOUR_MS - SKEW_MAX_MS);
    wrong = 0;
    skew_follow(t->store, &skew);
    assert_int_equal(skew_judge(&skew), ERR_NONE);
    wrong_ms = NULL;
}

STORE_TEST(the_test_clock_is_no_skew)
{
    struct skew skew = { 0 };

    t->clock.offset_ms = 40 * DAY_S * INT64_C(1000);
    skew_follow(t->store, &skew);
    assert_int_equal(skew_judge(&skew), ERR_NONE);
    t->clock.offset_ms = 0;
}

/* --- workers ---------------------------------------------------------------------------- */

struct machine {
    struct worker *worker;
    struct clock clock;
    _Atomic int64_t wrong_ms;
    pthread_t thread;
};

static void *
run(void *arg)
{
    struct machine *machine = arg;

    wrong_ms = &machine->wrong_ms;
    worker_run(machine->worker);
    return NULL;
}

static void
start(struct store_test *t, struct machine *machine, int64_t wrong)
{
    struct worker_config config = { .store_url = t->redis.url,
                                    .clock = &machine->clock,
                                    .keys = t->keys,
                                    .cache_mb = 16 };

    *machine = (struct machine){ .wrong_ms = wrong };
    machine->worker = worker_new(&config);
    assert_non_null(machine->worker);
    assert_int_equal(pthread_create(&machine->thread, NULL, run, machine), 0);
}

static void
stop(struct machine *machine)
{
    worker_stop(machine->worker);
    assert_int_equal(pthread_join(machine->thread, NULL), 0);
    worker_free(&machine->worker);
}

static void
open_keys(struct store_test *t)
{
    char path[96], why[200];

    snprintf(path, sizeof(path), "%s/keys", t->redis.dir);
    t->keys = keys_open(path, clock_real_ms(), why, sizeof(why));
    assert_non_null(t->keys);
}

static struct process_state states[PROCESSES_MAX];

/* Waits until so many workers live, of which one with a clock so far off (or not) holds
 * this many partitions. */
static void
wait_for_worker(struct store_test *t, size_t workers, bool apart, int64_t partitions)
{
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    bool found = false;

    while (!found) {
        struct arena *arena = arena_new(1 << 20);
        size_t count = 0;

        assert_true(clock_mono_ms() < until_ms);
        task_sleep(LOOK_MS);
        assert_int_equal(process_list(t->store, arena, states, &count), ERR_NONE);
        for (size_t i = 0; i < count && count == workers; i++) {
            found = found || (skew_is_apart(states[i].skew_ms) == apart &&
                              states[i].partitions == partitions);
        }
        arena_free(&arena);
    }
}

static void
append_visit(struct store_test *t)
{
    struct event visit = { .kind = EVENT_VISIT, .shop = { id_make(SHOP_N_FIRST, 0) } };
    struct call *call = call_command(t->arena, "XADD");
    struct buf buf;

    visit.visit =
        (struct event_visit){ time_day(clock_real_ms() / 1000), 1, 1, VISITOR_MEMBER };
    buf_init(&buf, 4096);
    event_write(&buf, &visit, 1);
    call_keyf(call, KEY_EVENTS, 0u);
    call_text(call, "*");
    call_text(call, "e");
    call_arg(call, arena_dup(t->arena, buf_str(&buf)));
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    buf_free(&buf);
}

static bool
is_there(struct store_test *t, const char *key)
{
    char words[64];

    snprintf(words, sizeof(words), "EXISTS %s", key);
    return store_test_say(t, words)->integer == 1;
}

static void
wait_for_key(struct store_test *t, const char *key)
{
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;

    while (!is_there(t, key)) {
        assert_true(clock_mono_ms() < until_ms);
        task_sleep(LOOK_MS);
    }
}

/* No turn, no release; and it goes on by itself when its clock is right. */
STORE_TEST(a_worker_whose_clock_is_wrong_stands_still)
{
    struct machine machine;

    open_keys(t);
    start(t, &machine, 8 * DAY_S * INT64_C(1000));
    wait_for_worker(t, 1, true, 0);
    append_visit(t);
    assert_false(is_there(t, "applied:{s000}"));
    assert_false(is_there(t, "release:{g}"));
    machine.wrong_ms = 0;
    wait_for_key(t, "applied:{s000}");
    wait_for_key(t, "release:{g}");
    wait_for_worker(t, 1, false, PARTITIONS);
    stop(&machine);
    keys_close(&t->keys);
}

STORE_TEST(others_take_the_partitions_of_a_worker_whose_clock_goes_wrong)
{
    struct machine right, wrong;

    open_keys(t);
    start(t, &wrong, 0);
    wait_for_worker(t, 1, false, PARTITIONS);
    start(t, &right, 0);
    wrong.wrong_ms = HOUR_MS;
    wait_for_worker(t, 2, true, 0);
    wait_for_worker(t, 2, false, PARTITIONS);
    append_visit(t);
    wait_for_key(t, "applied:{s000}");
    stop(&right);
    stop(&wrong);
    keys_close(&t->keys);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_is_set_shows_at_once_and_until_it_is_right_again),
        cmocka_unit_test(the_test_clock_is_no_skew),
        cmocka_unit_test(a_worker_whose_clock_is_wrong_stands_still),
        cmocka_unit_test(others_take_the_partitions_of_a_worker_whose_clock_goes_wrong),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
