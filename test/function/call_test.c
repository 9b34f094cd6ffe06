/* test/function/call_test.c - every call ends exactly once, whatever becomes of Redis.
 */
#include "storage/redis/call.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "storage/key.h"
#include "test/support/store_test.h"

static struct call *
get(struct store_test *t, const char *key)
{
    struct call *call = call_command(t->arena, "GET");

    call_key(call, str_from(key));
    return call;
}

static struct call *
incr(struct store_test *t, const char *key)
{
    struct call *call = call_command(t->arena, "INCR");

    call_key(call, str_from(key));
    return call;
}

static struct call *
relayed(struct store_test *t, const char *upto)
{
    struct call *call = call_function(t->arena, "outbox_relayed");

    call_keyf(call, KEY_OUTBOX, 'm', 7u);
    call_keyf(call, KEY_RELAYED, 'm', 7u);
    call_text(call, upto);
    return call;
}

static void
wait_until_lost(struct store_test *t)
{
    for (int i = 0; store_ready(t->store); i++) {
        assert_true(i < 1000);
        task_sleep(10);
    }
}

STORE_TEST(replies_come_back_by_their_types)
{
    struct call *calls[] = { incr(t, "a{x}"), get(t, "a{x}"), get(t, "none{x}") };
    int64_t value = 0;

    assert_int_equal(call_wait_all(t->store, calls, 3), ERR_NONE);
    assert_int_equal(calls[0]->reply->type, REPLY_INTEGER);
    assert_true(reply_int(calls[1]->reply, &value));
    assert_int_equal(value, 1);
    assert_int_equal(calls[2]->reply->type, REPLY_NIL);
    assert_int_equal(reply_at(calls[2]->reply, 0)->type, REPLY_NIL);
    assert_int_equal(reply_str(calls[2]->reply).len, 0);
}

STORE_TEST(a_function_is_called_by_its_version_and_answers_by_code)
{
    struct call *call = relayed(t, "5-1");

    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    assert_true(str_equal(reply_str(reply_at(call->reply, 1)), STR("5-1")));
    call = relayed(t, "4-9");
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    assert_true(str_equal(reply_str(reply_at(call->reply, 1)), STR("5-1")));
}

STORE_TEST(functions_that_redis_lost_are_loaded_once_and_asked_again)
{
    struct call *calls[] = { relayed(t, "1-1"), relayed(t, "2-1"), relayed(t, "3-1") };

    store_test_say(t, "FUNCTION FLUSH");
    assert_int_equal(call_wait_all(t->store, calls, 3), ERR_NONE);
    assert_true(str_equal(reply_str(reply_at(calls[2]->reply, 1)), STR("3-1")));
}

STORE_TEST(a_function_without_writes_is_called_as_a_read)
{
    struct call *call = call_function(t->arena, "product_read");

    call_keyf(call, KEY_PRODUCT, 3u, INT64_C(1027));
    call_keyf(call, KEY_STOCK, 3u, INT64_C(1027));
    call->quiet = true;
    call_wait(t->store, call);
    assert_true(call->is_read);
}

STORE_TEST(an_error_reply_that_is_our_bug_is_internal)
{
    struct call *call = call_command(t->arena, "LPUSH");

    store_test_say(t, "SET a{x} 1");
    call_key(call, STR("a{x}"));
    call_text(call, "1");
    call->quiet = true;
    assert_int_equal(call_wait(t->store, call), ERR_INTERNAL);
    assert_null(call->reply);
}

STORE_TEST(a_store_that_is_full_refuses_writes_and_reads_on)
{
    struct call *write = incr(t, "a{x}");
    struct call *function = relayed(t, "9-1");

    store_test_say(t, "CONFIG SET maxmemory 1");
    assert_int_equal(call_wait(t->store, write), ERR_STORE_DOWN);
    assert_int_equal(call_wait(t->store, get(t, "a{x}")), ERR_NONE);
    assert_int_equal(call_wait(t->store, function), ERR_NONE); /* it may: allow-oom */
    store_test_say(t, "CONFIG SET maxmemory 0");
}

static int64_t calls_then; /* when the three were about to be made */

/* When they were answered, two of them by a refusal, and the two were sent once more. */
static void
make_room(void *arg)
{
    struct store_test *t = arg;

    while (store_counts(t->store)->calls < calls_then + 5) {
        task_sleep(1);
    }
    store_test_say(t, "CONFIG SET maxmemory 0");
}

STORE_TEST(a_patient_store_asks_again_until_it_is_answered)
{
    struct call *calls[] = { incr(t, "a{x}"), get(t, "b{x}"), incr(t, "c{x}") };

    store_test_say(t, "CONFIG SET maxmemory 1");
    store_be_patient(t->store, 1);
    assert_int_equal(call_wait(t->store, incr(t, "a{x}")), ERR_STORE_DOWN);
    store_be_patient(t->store, 30000);
    calls_then = store_counts(t->store)->calls;
    assert_true(task_start(t->loop, make_room, t));
    assert_int_equal(call_wait_all(t->store, calls, 3), ERR_NONE);
    assert_int_equal(calls[0]->reply->integer, 1);
    assert_int_equal(calls[1]->reply->type, REPLY_NIL);
    assert_int_equal(calls[2]->reply->integer, 1);
    assert_true(store_counts(t->store)->calls >= calls_then + 7); /* a third time */
    store_be_patient(t->store, 0);
}

STORE_TEST(calls_under_way_when_redis_is_killed_are_uncertain_reads_are_down)
{
    struct call *calls[] = { incr(t, "a{x}"), get(t, "a{x}"), incr(t, "b{x}") };
    int64_t begun_ms = clock_mono_ms();

    for (size_t i = 0; i < COUNT(calls); i++) {
        calls[i]->timeout_ms = 60000;
    }
    redis_signal(&t->redis, SIGSTOP);
    redis_signal(&t->redis, SIGKILL); /* it will never read them */
    call_wait_all(t->store, calls, 3);
    assert_int_equal(calls[0]->err, ERR_STORE_UNCERTAIN);
    assert_int_equal(calls[1]->err, ERR_STORE_DOWN);
    assert_int_equal(calls[2]->err, ERR_STORE_UNCERTAIN);
    assert_true(clock_mono_ms() - begun_ms < 10000);
    redis_kill(&t->redis);
}

STORE_TEST(without_a_connection_a_call_fails_at_once_and_comes_back_with_redis)
{
    int64_t begun_ms;

    redis_kill(&t->redis);
    wait_until_lost(t);
    begun_ms = clock_mono_ms();
    assert_int_equal(call_wait(t->store, incr(t, "a{x}")), ERR_STORE_DOWN);
    assert_true(clock_mono_ms() - begun_ms < 50);
    redis_start(&t->redis);
    assert_int_equal(store_wait_ready(t->store, 10000), ERR_NONE);
    assert_int_equal(call_wait(t->store, relayed(t, "1-1")), ERR_NONE);
    assert_int_equal(store_counts(t->store)->connects, 2);
}

STORE_TEST(a_late_reply_is_dropped_and_nobody_gets_anothers)
{
    struct call *late = incr(t, "a{x}");
    struct call *later = incr(t, "a{x}");
    int64_t value = 0;

    late->timeout_ms = 50;
    redis_signal(&t->redis, SIGSTOP);
    assert_int_equal(call_wait(t->store, late), ERR_STORE_UNCERTAIN);
    assert_null(late->reply);
    redis_signal(&t->redis, SIGCONT);
    assert_int_equal(call_wait(t->store, later), ERR_NONE);
    assert_true(reply_int(later->reply, &value));
    assert_int_equal(value, 2); /* the first did happen */
    assert_null(late->reply);
    assert_int_equal(store_counts(t->store)->late, 1);
}

STORE_TEST(a_redis_that_falls_silent_is_let_go_and_found_again)
{
    int64_t begun_ms = clock_mono_ms();
    struct call *call = incr(t, "a{x}");

    call->timeout_ms = 60000;
    redis_signal(&t->redis, SIGSTOP);
    assert_int_equal(call_wait(t->store, call), ERR_STORE_UNCERTAIN);
    assert_in_range(clock_mono_ms() - begun_ms, 2000, 8000);
    assert_false(store_ready(t->store));
    redis_signal(&t->redis, SIGCONT);
    assert_int_equal(store_wait_ready(t->store, 10000), ERR_NONE);
}

STORE_TEST(too_many_in_flight_are_refused_and_the_others_answered)
{
    enum { SENT = CALLS_IN_FLIGHT_MAX + 10 };
    struct call **calls = arena_alloc(t->arena, SENT * sizeof *calls);
    size_t answered = 0;

    for (size_t i = 0; i < SENT; i++) {
        calls[i] = incr(t, "a{x}");
        calls[i]->timeout_ms = 10000;
    }
    assert_int_equal(call_wait_all(t->store, calls, SENT), ERR_STORE_DOWN);
    for (size_t i = 0; i < SENT; i++) {
        answered += calls[i]->err == ERR_NONE;
    }
    assert_int_equal(answered, CALLS_IN_FLIGHT_MAX);
    assert_int_equal(store_counts(t->store)->refused, 10);
}

struct crowd {
    struct store_test *t;
    int alive;
};

static void
one_of_many(void *arg)
{
    struct crowd *crowd = arg;
    struct arena *arena = arena_new(64 * 1024);
    struct call *call = call_command(arena, "INCR");

    call_key(call, STR("a{x}"));
    call->timeout_ms = 60000;
    call_wait(crowd->t->store, call);
    arena_free(&arena);
    crowd->alive--;
}

STORE_TEST(a_thousand_tasks_all_go_on_when_redis_dies)
{
    struct crowd crowd = { t, 1000 };

    redis_signal(&t->redis, SIGSTOP);
    for (int i = 0; i < 1000; i++) {
        assert_true(task_start(t->loop, one_of_many, &crowd));
    }
    redis_signal(&t->redis, SIGKILL);
    for (int i = 0; crowd.alive > 0; i++) {
        assert_true(i < 1000);
        task_sleep(10);
    }
    redis_kill(&t->redis);
}

STORE_TEST(a_store_that_nobody_serves_ends_all_the_same)
{
    struct store_config config = { .url = "unix:/nonexistent/redis.sock",
                                   .clock = &t->clock };
    struct store *nobody = store_open(t->loop, &config);

    assert_non_null(nobody);
    assert_int_equal(store_wait_ready(nobody, 200), ERR_STORE_DOWN);
    assert_int_equal(call_wait(nobody, get(t, "a{x}")), ERR_STORE_DOWN);
    store_close(&nobody);
    config.url = "redis://127.0.0.1:1"; /* refused over TCP */
    nobody = store_open(t->loop, &config);
    assert_int_equal(store_wait_ready(nobody, 200), ERR_STORE_DOWN);
    store_close(&nobody);
}

STORE_TEST(closing_ends_what_is_under_way)
{
    struct store *other = store_test_open(t);
    struct crowd crowd = { t, 1 };

    assert_int_equal(store_wait_ready(other, 10000), ERR_NONE);
    redis_signal(&t->redis, SIGSTOP);
    assert_true(task_start(t->loop, one_of_many, &crowd));
    store_close(&t->store);
    t->store = other;
    task_yield();
    assert_int_equal(crowd.alive, 0);
    redis_signal(&t->redis, SIGCONT);
}

STORE_TEST(data_of_a_newer_program_is_refused)
{
    struct store *other;

    store_test_say(t, "HSET meta:{g} partitions 256 format 99");
    other = store_test_open(t);
    assert_int_equal(store_wait_ready(other, 10000), ERR_NEWER_FORMAT);
    assert_false(store_ready(other));
    store_close(&other);
    store_test_say(t, "HSET meta:{g} partitions 256 format 2");
    other = store_test_open(t);
    assert_int_equal(store_wait_ready(other, 10000), ERR_OLDER_FORMAT);
    store_close(&other);
    store_test_say(t, "HSET meta:{g} partitions 128 format 3");
    other = store_test_open(t);
    assert_int_equal(store_wait_ready(other, 10000), ERR_BAD_DATA);
    store_close(&other);
    store_test_say(t, "FLUSHALL");
}

STORE_TEST(a_store_signs_in_as_its_address_says)
{
    struct store_config config = {
        .url = t->redis.url, .user = "service", .password = "p@ss", .clock = &t->clock
    };
    struct store *other;

    store_test_say(t, "ACL SETUSER service on >p@ss ~* &* +@all -@dangerous +info "
                      "+client +cluster");
    other = store_open(t->loop, &config);
    assert_int_equal(store_wait_ready(other, 10000), ERR_NONE);
    store_close(&other);
    config.password = "wrong";
    other = store_open(t->loop, &config);
    assert_int_equal(store_wait_ready(other, 300), ERR_STORE_DOWN);
    store_close(&other);
    store_test_say(t, "ACL DELUSER service");
}

STORE_TEST(redis_clock_is_ours)
{
    int64_t ahead_ms = 1000000;

    assert_int_equal(store_clock_skew(t->store, &ahead_ms), ERR_NONE);
    assert_in_range(ahead_ms + 500, 0, 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_come_back_by_their_types),
        cmocka_unit_test(a_function_is_called_by_its_version_and_answers_by_code),
        cmocka_unit_test(functions_that_redis_lost_are_loaded_once_and_asked_again),
        cmocka_unit_test(a_function_without_writes_is_called_as_a_read),
        cmocka_unit_test(an_error_reply_that_is_our_bug_is_internal),
        cmocka_unit_test(a_store_that_is_full_refuses_writes_and_reads_on),
        cmocka_unit_test(a_patient_store_asks_again_until_it_is_answered),
        cmocka_unit_test(
            calls_under_way_when_redis_is_killed_are_uncertain_reads_are_down),
        cmocka_unit_test(
            without_a_connection_a_call_fails_at_once_and_comes_back_with_redis),
        cmocka_unit_test(a_late_reply_is_dropped_and_nobody_gets_anothers),
        cmocka_unit_test(a_redis_that_falls_silent_is_let_go_and_found_again),
        cmocka_unit_test(too_many_in_flight_are_refused_and_the_others_answered),
        cmocka_unit_test(a_thousand_tasks_all_go_on_when_redis_dies),
        cmocka_unit_test(a_store_that_nobody_serves_ends_all_the_same),
        cmocka_unit_test(closing_ends_what_is_under_way),
        cmocka_unit_test(data_of_a_newer_program_is_refused),
        cmocka_unit_test(a_store_signs_in_as_its_address_says),
        cmocka_unit_test(redis_clock_is_ours),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
