/* test/function/cache_test.c - each rule of storage/redis/cache.h, on a real Redis. */
#include "storage/redis/cache.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "test/support/store_test.h"

/* The object is a number that GET or MGET-like reads give; its decoding is counted. */
static int decoded, freed;

static enum err
decode_number(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    int64_t value;

    if (reply->type == REPLY_NIL) {
        return ERR_NOT_FOUND;
    }
    if (!reply_int(reply, &value)) {
        return ERR_BAD_DATA;
    }
    decoded++;
    *object = xmemdup(&value, sizeof value);
    *bytes = arg != NULL ? *(const size_t *)arg : sizeof value;
    return ERR_NONE;
}

static void
free_number(void *object)
{
    freed++;
    free(object);
}

static const struct cache_kind number_kind = { .decode = decode_number,
                                               .free = free_number };

static struct cache_want
want_key(struct arena *arena, const char *key)
{
    struct call *call = call_command(arena, "GET");

    call_key(call, arena_dup(arena, str_from(key)));
    return (struct cache_want){ .kind = &number_kind, .call = call };
}

static int64_t
number(struct store_test *t, const char *key)
{
    struct cache_want want = want_key(t->arena, key);

    assert_int_equal(cache_read(t->store, &want), ERR_NONE);
    return *(const int64_t *)want.object;
}

static void
begin(struct store_test *t)
{
    while (!store_is_told(t->store)) {
        task_sleep(1);
    }
    store_test_say(t, "SET a{x} 1");
    task_sleep(5); /* the news of the FLUSHALL before */
    decoded = freed = 0;
}

/* Until Redis' news has come in. */
static void
wait_for_drop(struct store_test *t, int64_t dropped_before)
{
    for (int i = 0; cache_counts(t->store)->dropped == dropped_before; i++) {
        assert_true(i < 2000);
        task_sleep(1);
    }
}

STORE_TEST(what_was_read_is_not_read_again)
{
    begin(t);
    assert_int_equal(number(t, "a{x}"), 1);
    assert_int_equal(number(t, "a{x}"), 1);
    assert_int_equal(decoded, 1);
    assert_int_equal(cache_counts(t->store)->hits, 1);
    assert_int_equal(cache_counts(t->store)->objects, 1);
}

STORE_TEST(a_change_by_somebody_else_is_seen_at_the_next_read)
{
    struct store *other = store_test_open(t);
    struct call *set = call_command(t->arena, "SET");
    int64_t before;

    begin(t);
    assert_int_equal(store_wait_ready(other, 10000), ERR_NONE);
    assert_int_equal(number(t, "a{x}"), 1);
    before = cache_counts(t->store)->dropped;
    call_key(set, STR("a{x}"));
    call_int(set, 2);
    assert_int_equal(call_wait(other, set), ERR_NONE);
    wait_for_drop(t, before);
    assert_int_equal(number(t, "a{x}"), 2);
    store_close(&other);
}

STORE_TEST(a_writer_sees_its_own_change_at_once)
{
    begin(t);
    assert_int_equal(number(t, "a{x}"), 1);
    store_test_say(t, "SET a{x} 2");
    cache_drop(t->store, STR("a{x}"));
    assert_int_equal(number(t, "a{x}"), 2);
}

STORE_TEST(absence_is_not_kept)
{
    struct cache_want want = want_key(t->arena, "b{x}");

    begin(t);
    assert_int_equal(cache_read(t->store, &want), ERR_NOT_FOUND);
    assert_null(want.object);
    assert_int_equal(cache_counts(t->store)->objects, 0);
    store_test_say(t, "SET b{x} 7");
    assert_int_equal(number(t, "b{x}"), 7);
}

STORE_TEST(what_is_missing_is_asked_for_together)
{
    struct cache_want wants[3];
    int64_t calls;

    begin(t);
    store_test_say(t, "SET c{y} 3");
    assert_int_equal(number(t, "a{x}"), 1);
    wants[0] = want_key(t->arena, "c{y}");
    wants[1] = want_key(t->arena, "a{x}");
    wants[2] = want_key(t->arena, "none{y}");
    calls = store_counts(t->store)->calls;
    assert_int_equal(cache_read_all(t->store, wants, 3), ERR_NOT_FOUND);
    assert_int_equal(store_counts(t->store)->calls, calls + 2);
    assert_int_equal(*(const int64_t *)wants[0].object, 3);
    assert_int_equal(*(const int64_t *)wants[1].object, 1);
    assert_int_equal(wants[2].err, ERR_NOT_FOUND);
}

static struct call *
ask_number(struct arena *arena, int64_t id)
{
    struct call *call = call_command(arena, "GET");

    call_keyf(call, "%c{x}", (int)id);
    return call;
}

static const struct cache_kind letter_kind = { decode_number, free_number, ask_number };

static int64_t
letter(struct store_test *t, char c)
{
    struct cache_want want = { .kind = &letter_kind, .arena = t->arena, .id = c };

    assert_int_equal(cache_read(t->store, &want), ERR_NONE);
    return *(const int64_t *)want.object;
}

STORE_TEST(what_is_kept_under_an_id_goes_with_the_key_that_was_read)
{
    begin(t);
    store_test_say(t, "SET b{x} 2");
    assert_int_equal(letter(t, 'a'), 1);
    assert_int_equal(letter(t, 'b'), 2);
    assert_int_equal(number(t, "a{x}"), 1); /* of another kind */
    assert_int_equal(decoded, 3);
    assert_int_equal(letter(t, 'a'), 1);
    assert_int_equal(decoded, 3);
    store_test_say(t, "SET a{x} 3");
    cache_drop(t->store, STR("a{x}"));
    assert_int_equal(letter(t, 'a'), 3);
    assert_int_equal(letter(t, 'b'), 2);
    assert_int_equal(decoded, 4);
}

STORE_TEST(an_object_is_held_until_its_arena_goes)
{
    struct arena *arena = arena_new(64 * 1024);
    struct cache_want want = want_key(arena, "a{x}");

    begin(t);
    assert_int_equal(cache_read(t->store, &want), ERR_NONE);
    cache_drop(t->store, STR("a{x}"));
    assert_int_equal(freed, 0);
    assert_int_equal(*(const int64_t *)want.object, 1);
    arena_free(&arena);
    assert_int_equal(freed, 1);
}

struct reader {
    struct store_test *t;
    int64_t value;
    bool ended;
};

static void
read_number(void *arg)
{
    struct reader *reader = arg;

    reader->value = number(reader->t, "a{x}");
    reader->ended = true;
}

STORE_TEST(news_while_a_read_is_under_way_forbids_keeping_it)
{
    struct reader reader = { .t = t };

    begin(t);
    assert_true(task_start(t->loop, read_number, &reader)); /* has asked, waits */
    assert_false(reader.ended);
    cache_drop(t->store, STR("a{x}"));
    while (!reader.ended) {
        task_yield();
    }
    assert_int_equal(reader.value, 1); /* it was true when it asked */
    assert_int_equal(cache_counts(t->store)->objects, 0);
    assert_int_equal(cache_counts(t->store)->spoiled, 1);
}

STORE_TEST(news_of_another_key_spoils_nothing)
{
    struct reader reader = { .t = t };

    begin(t);
    assert_true(task_start(t->loop, read_number, &reader));
    cache_drop(t->store, STR("b{x}"));
    while (!reader.ended) {
        task_yield();
    }
    assert_int_equal(cache_counts(t->store)->objects, 1);
}

STORE_TEST(two_that_read_the_same_keep_one)
{
    struct reader one = { .t = t }, two = { .t = t };

    begin(t);
    assert_true(task_start(t->loop, read_number, &one));
    assert_true(task_start(t->loop, read_number, &two));
    while (!one.ended || !two.ended) {
        task_yield();
    }
    assert_int_equal(cache_counts(t->store)->objects, 1);
    assert_int_equal(freed, 1);
}

STORE_TEST(memory_is_bounded_and_the_least_used_goes_first)
{
    static const size_t big = 10000;
    struct store_config config = { .url = t->redis.url,
                                   .clock = &t->clock,
                                   .cache_bytes = 50000 };
    struct store *before = t->store;

    t->store = store_open(t->loop, &config);
    assert_int_equal(store_wait_ready(t->store, 10000), ERR_NONE);
    begin(t);
    for (int i = 0; i < 8; i++) {
        char set[32], key[16];
        struct cache_want want;

        snprintf(set, sizeof set, "SET k%d{x} %d", i, i);
        snprintf(key, sizeof key, "k%d{x}", i);
        store_test_say(t, set);
        want = want_key(t->arena, key);
        want.arg = &big;
        assert_int_equal(cache_read(t->store, &want), ERR_NONE);
        number(t, "k0{x}"); /* in use all the time */
    }
    assert_true(cache_counts(t->store)->bytes <= 50000);
    assert_int_equal(cache_counts(t->store)->objects, 4);
    assert_int_equal(cache_counts(t->store)->evicted, 4);
    decoded = 0;
    number(t, "k0{x}");
    assert_int_equal(decoded, 0);
    number(t, "k1{x}");
    assert_int_equal(decoded, 1);
    store_close(&t->store);
    t->store = before;
}

STORE_TEST(a_flush_of_the_store_drops_everything)
{
    int64_t before;

    begin(t);
    number(t, "a{x}");
    before = cache_counts(t->store)->dropped;
    store_test_say(t, "FLUSHALL");
    wait_for_drop(t, before);
    assert_int_equal(cache_counts(t->store)->objects, 0);
}

STORE_TEST(untold_it_serves_what_it_has_and_keeps_nothing_new)
{
    struct cache_want want;

    begin(t);
    store_test_say(t, "SET b{x} 2");
    assert_int_equal(number(t, "a{x}"), 1);
    redis_signal(&t->redis, SIGSTOP);
    redis_kill(&t->redis);
    while (store_is_told(t->store)) {
        task_sleep(5);
    }
    assert_int_equal(number(t, "a{x}"), 1);
    want = want_key(t->arena, "b{x}");
    assert_int_equal(cache_read(t->store, &want), ERR_STORE_DOWN);
    redis_start(&t->redis);
    while (!store_is_told(t->store)) {
        task_sleep(5);
    }
    assert_int_equal(cache_counts(t->store)->objects, 0); /* who knows what changed */
    assert_int_equal(number(t, "b{x}"), 2);
    assert_int_equal(cache_counts(t->store)->objects, 1);
}

STORE_TEST(after_ten_seconds_untold_all_goes)
{
    int64_t lost_ms;

    begin(t);
    number(t, "a{x}");
    redis_kill(&t->redis);
    while (store_is_told(t->store)) {
        task_sleep(5);
    }
    lost_ms = clock_mono_ms();
    while (cache_counts(t->store)->objects > 0) {
        task_sleep(50);
    }
    assert_in_range(clock_mono_ms() - lost_ms, 9000, 12000);
}

/* --- pages --------------------------------------------------------------------------
 */
static int pages_dropped;

static void
page_dropped(void *arg)
{
    struct cache_link **link = arg;

    *link = NULL;
    pages_dropped++;
}

/* A page of one or two numbers. NULL: not to be kept. */
static struct cache_link *
make_page(struct store_test *t, struct cache_link **link, const char *one,
          const char *two)
{
    struct cache_record *record = cache_record_begin(t->store, t->arena);

    number(t, one);
    if (two != NULL) {
        number(t, two);
    }
    cache_record_end(record);
    *link = cache_record_link(record, page_dropped, link);
    return *link;
}

STORE_TEST(a_page_goes_with_any_object_it_was_made_of)
{
    struct cache_link *both, *first;

    begin(t);
    pages_dropped = 0;
    store_test_say(t, "SET b{x} 2");
    assert_non_null(make_page(t, &both, "a{x}", "b{x}"));
    assert_non_null(make_page(t, &first, "a{x}", NULL));
    cache_drop(t->store, STR("b{x}"));
    assert_int_equal(pages_dropped, 1);
    assert_null(both);
    cache_drop(t->store, STR("a{x}"));
    assert_int_equal(pages_dropped, 2);
    assert_null(first);
}

STORE_TEST(a_page_that_went_first_is_not_told)
{
    struct cache_link *page;

    begin(t);
    pages_dropped = 0;
    assert_non_null(make_page(t, &page, "a{x}", NULL));
    cache_unlink(&page);
    assert_null(page);
    cache_drop(t->store, STR("a{x}"));
    assert_int_equal(pages_dropped, 0);
}

STORE_TEST(a_page_of_something_that_went_meanwhile_is_not_kept)
{
    struct cache_record *record;
    struct cache_link *page = NULL;

    begin(t);
    record = cache_record_begin(t->store, t->arena);
    number(t, "a{x}");
    cache_drop(t->store, STR("a{x}"));
    cache_record_end(record);
    assert_null(cache_record_link(record, page_dropped, &page));
}

STORE_TEST(a_page_of_something_absent_or_uncached_is_not_kept)
{
    struct cache_record *record;
    struct cache_want want = want_key(t->arena, "none{x}");
    struct cache_link *page = NULL;

    begin(t);
    record = cache_record_begin(t->store, t->arena);
    assert_int_equal(cache_read(t->store, &want), ERR_NOT_FOUND);
    cache_record_end(record);
    assert_null(cache_record_link(record, page_dropped, &page));
    record = cache_record_begin(t->store, t->arena);
    cache_record_spoil();
    cache_record_end(record);
    assert_null(cache_record_link(record, page_dropped, &page));
}

STORE_TEST(what_never_changes_spoils_no_page)
{
    struct call *call = call_command(t->arena, "GET");
    struct cache_record *record;
    struct cache_link *page;

    begin(t);
    record = cache_record_begin(t->store, t->arena);
    call_key(call, STR("a{x}"));
    call_constant(call);
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    cache_record_end(record);
    page = cache_record_link(record, page_dropped, &page);
    assert_non_null(page);
    cache_unlink(&page);
}

STORE_TEST(what_is_outside_a_record_is_not_noted)
{
    struct cache_record *record;
    struct cache_link *page = NULL;

    begin(t);
    pages_dropped = 0;
    record = cache_record_begin(t->store, t->arena);
    cache_record_end(record);
    number(t, "a{x}");
    page = cache_record_link(record, page_dropped, &page);
    assert_non_null(page);
    cache_drop(t->store, STR("a{x}"));
    assert_int_equal(pages_dropped, 0);
    cache_unlink(&page);
}

STORE_TEST(a_change_reaches_a_page_within_milliseconds)
{
    struct store *other = store_test_open(t);
    int64_t slowest_us = 0;

    begin(t);
    assert_int_equal(store_wait_ready(other, 10000), ERR_NONE);
    for (int i = 0; i < 20; i++) {
        struct cache_link *page;
        struct call *incr = call_command(t->arena, "INCR");
        int64_t begun_us, took_us;

        assert_non_null(make_page(t, &page, "a{x}", NULL));
        call_key(incr, STR("a{x}"));
        begun_us = clock_mono_us();
        assert_int_equal(call_wait(other, incr), ERR_NONE);
        while (page != NULL) {
            task_yield();
        }
        took_us = clock_mono_us() - begun_us;
        slowest_us = took_us > slowest_us ? took_us : slowest_us;
    }
    assert_true(slowest_us < 100000);
    store_close(&other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_read_is_not_read_again),
        cmocka_unit_test(a_change_by_somebody_else_is_seen_at_the_next_read),
        cmocka_unit_test(a_writer_sees_its_own_change_at_once),
        cmocka_unit_test(absence_is_not_kept),
        cmocka_unit_test(what_is_missing_is_asked_for_together),
        cmocka_unit_test(what_is_kept_under_an_id_goes_with_the_key_that_was_read),
        cmocka_unit_test(an_object_is_held_until_its_arena_goes),
        cmocka_unit_test(news_while_a_read_is_under_way_forbids_keeping_it),
        cmocka_unit_test(news_of_another_key_spoils_nothing),
        cmocka_unit_test(two_that_read_the_same_keep_one),
        cmocka_unit_test(memory_is_bounded_and_the_least_used_goes_first),
        cmocka_unit_test(a_flush_of_the_store_drops_everything),
        cmocka_unit_test(untold_it_serves_what_it_has_and_keeps_nothing_new),
        cmocka_unit_test(after_ten_seconds_untold_all_goes),
        cmocka_unit_test(a_page_goes_with_any_object_it_was_made_of),
        cmocka_unit_test(a_page_that_went_first_is_not_told),
        cmocka_unit_test(a_page_of_something_that_went_meanwhile_is_not_kept),
        cmocka_unit_test(a_page_of_something_absent_or_uncached_is_not_kept),
        cmocka_unit_test(what_never_changes_spoils_no_page),
        cmocka_unit_test(what_is_outside_a_record_is_not_noted),
        cmocka_unit_test(a_change_reaches_a_page_within_milliseconds),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
