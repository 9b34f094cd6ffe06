/* test/function/watch_test.c - a watch hears of changes soon, and survives the loss of
 * either connection. */
#include <signal.h>

#include "base/clock.h"
#include "test/support/store_test.h"

struct seen {
    struct store_test *t;
    struct waits changed;
    int calls;
    int64_t value; /* as last read */
    bool reading;
};

static void
look(void *arg)
{
    struct seen *seen = arg;
    struct arena *arena = arena_new(64 * 1024);
    struct call *call = call_command(arena, "GET");

    call_key(call, STR("clock:{g}"));
    call_track(call);
    if (call_wait(seen->t->store, call) == ERR_NONE) {
        reply_int(call->reply, &seen->value);
    }
    arena_free(&arena);
    seen->reading = false;
    waits_end(&seen->changed);
}

static void
on_changed(void *arg)
{
    struct seen *seen = arg;

    seen->calls++;
    if (!seen->reading) {
        seen->reading = true;
        assert_true(task_start(seen->t->loop, look, seen));
    }
}

static int64_t
ms_until_seen(struct seen *seen, int64_t value)
{
    int64_t begun_ms = clock_mono_ms();

    while (seen->value != value) {
        assert_true(waits_join(&seen->changed, begun_ms + 10000));
    }
    return clock_mono_ms() - begun_ms;
}

static void
end(struct seen *seen, struct watch **watch)
{
    store_unwatch(watch);
    assert_null(*watch);
    while (seen->reading) {
        waits_join(&seen->changed, clock_mono_ms() + 10000);
    }
}

static void
set(struct store_test *t, struct store *by, int64_t value)
{
    struct call *call = call_command(t->arena, "SET");

    call_key(call, STR("clock:{g}"));
    call_int(call, value);
    assert_int_equal(call_wait(by, call), ERR_NONE);
}

STORE_TEST(a_change_by_another_process_is_seen_at_once)
{
    struct seen seen = { .t = t };
    struct watch *watch;
    struct store *other = store_test_open(t);
    int64_t slowest_ms = 0;

    assert_int_equal(store_wait_ready(other, 10000), ERR_NONE);
    set(t, other, 1);
    watch = store_watch(t->store, STR("clock:{g}"), on_changed, &seen);
    ms_until_seen(&seen, 1); /* read when the watch began */
    while (!store_is_told(t->store)) {
        task_sleep(1);
    }
    task_sleep(10); /* the look that being told brings */
    for (int64_t value = 2; value < 6; value++) {
        int64_t ms;

        set(t, other, value);
        ms = ms_until_seen(&seen, value);
        slowest_ms = ms > slowest_ms ? ms : slowest_ms;
    }
    assert_true(slowest_ms < WATCH_LOOK_MS / 2);
    set(t, t->store, 9); /* our own changes are told, too */
    assert_true(ms_until_seen(&seen, 9) < WATCH_LOOK_MS / 2);
    end(&seen, &watch);
    store_close(&other);
}

STORE_TEST(a_change_while_redis_was_away_is_seen_after_the_reconnect)
{
    struct seen seen = { .t = t };
    struct watch *watch;

    set(t, t->store, 1);
    watch = store_watch(t->store, STR("clock:{g}"), on_changed, &seen);
    ms_until_seen(&seen, 1);
    set(t, t->store, 2);
    redis_kill(&t->redis);
    redis_start(&t->redis);
    ms_until_seen(&seen, 2);
    end(&seen, &watch);
}

STORE_TEST(a_change_is_seen_when_only_the_subscriber_was_lost)
{
    struct seen seen = { .t = t };
    struct watch *watch;

    set(t, t->store, 1);
    watch = store_watch(t->store, STR("clock:{g}"), on_changed, &seen);
    ms_until_seen(&seen, 1);
    store_test_say(t, "CLIENT KILL TYPE pubsub");
    set(t, t->store, 2);
    ms_until_seen(&seen, 2);
    end(&seen, &watch);
}

STORE_TEST(a_flush_is_a_change_of_everything)
{
    struct seen seen = { .t = t };
    struct watch *watch;
    int before;

    set(t, t->store, 1);
    watch = store_watch(t->store, STR("clock:{g}"), on_changed, &seen);
    ms_until_seen(&seen, 1);
    before = seen.calls;
    store_test_say(t, "FLUSHALL");
    while (seen.calls == before) {
        assert_true(waits_join(&seen.changed, clock_mono_ms() + 10000));
    }
    end(&seen, &watch);
}

STORE_TEST(two_watches_of_one_key_both_hear)
{
    struct seen one = { .t = t }, two = { .t = t };
    struct watch *first = store_watch(t->store, STR("clock:{g}"), on_changed, &one);
    struct watch *second = store_watch(t->store, STR("clock:{g}"), on_changed, &two);

    set(t, t->store, 5);
    ms_until_seen(&one, 5);
    ms_until_seen(&two, 5);
    end(&one, &first);
    set(t, t->store, 6);
    ms_until_seen(&two, 6);
    assert_int_equal(one.value, 5);
    end(&two, &second);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_by_another_process_is_seen_at_once),
        cmocka_unit_test(a_change_while_redis_was_away_is_seen_after_the_reconnect),
        cmocka_unit_test(a_change_is_seen_when_only_the_subscriber_was_lost),
        cmocka_unit_test(a_flush_is_a_change_of_everything),
        cmocka_unit_test(two_watches_of_one_key_both_hear),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
