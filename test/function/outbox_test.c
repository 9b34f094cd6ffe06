/* test/function/outbox_test.c - messages arrive in order, at least once, and their
 * effect once, whoever is killed between delivery and position. */
#include "storage/outbox/outbox.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "storage/process.h"
#include "test/support/store_test.h"

/* What deliver() saw, and what it shall do. */
static struct {
    struct store_test *t;
    char seen[256]; /* ids, in order of delivery */
    size_t len;
    char kill_at; /* after this message's effect Redis dies */
    enum err refuse_with;
    char refuse;
} world;

/* The effect is idempotent: a set holds the message's word. */
static enum err
deliver(struct store *store, struct arena *arena, const struct outbox_message *message)
{
    struct call *call = call_command(arena, "SADD");
    char word = outbox_field(message, "word").data[0];
    enum err err;

    world.seen[world.len++] = word;
    if (word == world.refuse) {
        return world.refuse_with;
    }
    call_key(call, STR("effect:{q007}"));
    call_arg(call, outbox_field(message, "word"));
    err = call_wait(store, call);
    if (word == world.kill_at) {
        world.kill_at = '\0';
        redis_kill(&world.t->redis);
        while (store_ready(store)) {
            task_sleep(2);
        }
    }
    return err;
}

static const struct outbox_kind word_kind = { "word", 'm', deliver };
static const struct outbox_kind *const kinds[] = { &word_kind };

static void
begin(struct store_test *t)
{
    memset(&world, 0, sizeof world);
    world.t = t;
}

static void
say(struct store_test *t, unsigned partition, const char *words)
{
    for (; *words != '\0'; words++) {
        char command[80];

        snprintf(command, sizeof command, "XADD outbox:{m%03u} * kind word word %c",
                 partition, *words);
        store_test_say(t, command);
    }
}

static enum err
relay_once(struct store_test *t, struct outbox_counts *counts)
{
    bool stop = false;

    return outbox_relay_partition(t->store, 'm', 7, kinds, COUNT(kinds), &stop, counts);
}

static int64_t
effects(struct store_test *t)
{
    return store_test_say(t, "SCARD effect:{q007}")->integer;
}

STORE_TEST(messages_are_delivered_in_order_once_and_trimmed)
{
    struct outbox_counts counts = { 0, 0 };

    begin(t);
    say(t, 7, "abcde");
    assert_int_equal(relay_once(t, &counts), ERR_NONE);
    assert_int_equal(relay_once(t, &counts), ERR_NONE);
    assert_string_equal(world.seen, "abcde");
    assert_int_equal(counts.delivered, 5);
    assert_true(store_test_say(t, "XLEN outbox:{m007}")->integer <= 1);
    say(t, 7, "f");
    assert_int_equal(relay_once(t, &counts), ERR_NONE);
    assert_string_equal(world.seen, "abcdef");
}

STORE_TEST(more_than_one_reading_holds_is_delivered)
{
    struct outbox_counts counts = { 0, 0 };

    begin(t);
    for (int i = 0; i < OUTBOX_READ_MAX; i++) {
        say(t, 7, "x");
    }
    say(t, 7, "y");
    assert_int_equal(relay_once(t, &counts), ERR_NONE);
    assert_int_equal(counts.delivered, OUTBOX_READ_MAX + 1);
    assert_int_equal(world.seen[world.len - 1], 'y');
}

STORE_TEST(a_relay_that_dies_before_moving_delivers_again_with_one_effect)
{
    struct outbox_counts counts = { 0, 0 };

    begin(t);
    say(t, 7, "abc");
    world.kill_at = 'b';
    assert_int_equal(relay_once(t, &counts), ERR_STORE_DOWN);
    redis_start(&t->redis);
    assert_int_equal(store_wait_ready(t->store, 10000), ERR_NONE);
    assert_int_equal(relay_once(t, &counts), ERR_NONE);
    assert_string_equal(world.seen,
                        "abcabc"); /* a and b again: no position was moved */
    assert_int_equal(effects(t), 3);
}

STORE_TEST(a_store_error_keeps_the_message_and_all_behind_it)
{
    struct outbox_counts counts = { 0, 0 };

    begin(t);
    say(t, 7, "abc");
    world.refuse = 'b';
    world.refuse_with = ERR_STORE_UNCERTAIN;
    assert_int_equal(relay_once(t, &counts), ERR_STORE_UNCERTAIN);
    assert_string_equal(world.seen, "ab");
    world.refuse = '\0';
    assert_int_equal(relay_once(t, &counts), ERR_NONE);
    assert_string_equal(world.seen, "abbc"); /* a's position was moved */
}

STORE_TEST(a_bad_message_is_passed_over_and_counted)
{
    struct outbox_counts counts = { 0, 0 };

    begin(t);
    say(t, 7, "abc");
    world.refuse = 'b';
    world.refuse_with = ERR_BAD_DATA;
    assert_int_equal(relay_once(t, &counts), ERR_NONE);
    assert_int_equal(counts.delivered, 2);
    assert_int_equal(counts.bad, 1);
}

STORE_TEST(a_message_for_a_newer_server_is_left)
{
    struct outbox_counts counts = { 0, 0 };

    begin(t);
    say(t, 7, "a");
    store_test_say(t, "XADD outbox:{m007} * kind other id 1");
    say(t, 7, "c");
    assert_int_equal(relay_once(t, &counts), ERR_NOT_IMPLEMENTED);
    assert_string_equal(world.seen, "a");
}

static void
wait_for_seen(const char *words)
{
    int64_t deadline_ms = clock_mono_ms() + 10000;

    while (world.len < strlen(words)) {
        assert_true(clock_mono_ms() < deadline_ms);
        task_sleep(1);
    }
    assert_string_equal(world.seen, words);
}

STORE_TEST(the_relay_hears_of_a_message_at_once)
{
    struct relay_config config = { .kinds = kinds, .count = COUNT(kinds) };
    struct relay *relay;
    int64_t begun_ms;

    begin(t);
    say(t, 9, "a");
    relay = relay_start(t->store, &config);
    assert_non_null(relay);
    wait_for_seen("a");
    while (!store_is_told(t->store)) {
        task_sleep(1);
    }
    task_sleep(50);
    begun_ms = clock_mono_ms();
    say(t, 9, "b");
    wait_for_seen("ab");
    assert_true(clock_mono_ms() - begun_ms < WATCH_LOOK_MS / 2);
    while (relay_counts(relay)->delivered < 2) {
        task_sleep(1);
    }
    relay_stop(&relay);
    assert_null(relay);
}

STORE_TEST(the_relay_goes_on_after_redis_was_killed)
{
    struct relay_config config = { .kinds = kinds, .count = COUNT(kinds) };
    struct relay *relay;

    begin(t);
    relay = relay_start(t->store, &config);
    world.kill_at = 'b';
    store_test_say(t, "XADD outbox:{m200} * kind word word b");
    while (world.kill_at != '\0') {
        task_sleep(1);
    }
    redis_start(&t->redis);
    assert_int_equal(store_wait_ready(t->store, 10000), ERR_NONE);
    while (effects(t) == 0 || relay_counts(relay)->delivered < 2) {
        task_sleep(5);
    }
    assert_string_equal(world.seen, "bb");
    assert_int_equal(effects(t), 1);
    relay_stop(&relay);
}

static void
beat(struct store *store, const char *id)
{
    struct arena *arena = arena_new(1 << 20);
    struct process_state state = { .role = PROCESS_SERVER };

    snprintf(state.id, sizeof state.id, "%s", id);
    assert_int_equal(process_beat(store, arena, &state), ERR_NONE);
    arena_free(&arena);
}

STORE_TEST(partitions_are_shared_out_and_taken_over)
{
    static const char one[] = "aaaaaaaaaaaaaaaa", two[] = "bbbbbbbbbbbbbbbb";
    struct relay_config config = { kinds, COUNT(kinds), one };
    struct store *other = store_test_open(t);
    struct relay *mine, *others;
    int64_t mine_before;

    begin(t);
    assert_int_equal(store_wait_ready(other, 10000), ERR_NONE);
    beat(t->store, one);
    beat(t->store, two);
    mine = relay_start(t->store, &config);
    config.process_id = two;
    others = relay_start(other, &config);
    for (unsigned p = 0; p < 64; p++) {
        say(t, p, "x");
    }
    for (int i = 0;
         relay_counts(mine)->delivered + relay_counts(others)->delivered < 64; i++) {
        assert_true(i < 2000);
        if (i % 100 == 0) {
            beat(t->store, one);
            beat(t->store, two);
        }
        task_sleep(5);
    }
    mine_before = relay_counts(mine)->delivered;
    assert_int_equal(world.len, 64);
    assert_in_range(mine_before, 10, 54);

    relay_stop(&others); /* its process dies: nobody beats for it any more */
    for (unsigned p = 0; p < 64; p++) {
        say(t, p, "y");
    }
    for (int i = 0; relay_counts(mine)->delivered < mine_before + 64; i++) {
        assert_true(i < 2000); /* 3 s of silence and a look */
        if (i % 100 == 0) {
            beat(t->store, one);
        }
        task_sleep(5);
    }
    assert_int_equal(world.len, 128);
    relay_stop(&mine);
    store_close(&other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_delivered_in_order_once_and_trimmed),
        cmocka_unit_test(more_than_one_reading_holds_is_delivered),
        cmocka_unit_test(
            a_relay_that_dies_before_moving_delivers_again_with_one_effect),
        cmocka_unit_test(a_store_error_keeps_the_message_and_all_behind_it),
        cmocka_unit_test(a_bad_message_is_passed_over_and_counted),
        cmocka_unit_test(a_message_for_a_newer_server_is_left),
        cmocka_unit_test(the_relay_hears_of_a_message_at_once),
        cmocka_unit_test(the_relay_goes_on_after_redis_was_killed),
        cmocka_unit_test(partitions_are_shared_out_and_taken_over),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
