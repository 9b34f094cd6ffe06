/* test/function/pseudonym_test.c - pseudonyms: the same for one person, shop and period,
 * and for nothing else; their keys come, are wrapped anew, and go. */
#include "storage/privacy/pseudonym.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/score/decay.h"
#include "proto/time.h"
#include "storage/privacy/keys.h"
#include "test/support/store_test.h"

#define NOV_MS INT64_C(1795300000000) /* 2026-11-21 */
#define DAY_MS INT64_C(86400000)

enum { SHOP = 10000128 };

struct world {
    struct keys *keys;
    struct store *store; /* with the keys */
    char path[64];
    char why[256];
};

static struct world
begin(struct store_test *t)
{
    struct world w = { .keys = NULL };

    snprintf(w.path, sizeof w.path, "%s/keys", t->redis.dir);
    unlink(w.path);
    t->keys = w.keys = keys_open(w.path, NOV_MS, w.why, sizeof w.why);
    assert_non_null(w.keys);
    w.store = store_test_open(t);
    t->keys = NULL;
    assert_int_equal(store_wait_ready(w.store, 10000), ERR_NONE);
    return w;
}

static void
end(struct world *w)
{
    store_close(&w->store);
    keys_close(&w->keys);
}

static uint64_t
make(struct store *store, enum pseudonym_kind kind, int64_t shop, int32_t period,
     const char *person)
{
    struct pseudonym_of of = { kind, { shop }, period, str_from(person) };
    uint64_t pseudonym = 0;

    assert_int_equal(pseudonym_make(store, &of, &pseudonym), ERR_NONE);
    return pseudonym;
}

static enum err
keep(struct store *store, int64_t now_ms)
{
    return pseudonym_keep_keys(store, time_day(now_ms / 1000), now_ms);
}

static int32_t
period_at(int64_t at_ms)
{
    return period_of_day(time_day(at_ms / 1000));
}

STORE_TEST(a_pseudonym_is_of_one_person_shop_period_and_kind)
{
    struct world w = begin(t);
    uint64_t p = make(w.store, PSEUDONYM_BUYER, SHOP, 730, "alice");

    assert_true(p == make(w.store, PSEUDONYM_BUYER, SHOP, 730, "alice"));
    assert_true(p != make(w.store, PSEUDONYM_BUYER, SHOP, 730, "bob"));
    assert_true(p != make(w.store, PSEUDONYM_BUYER, SHOP + 256, 730, "alice"));
    assert_true(p != make(w.store, PSEUDONYM_BUYER, SHOP, 731, "alice"));
    assert_true(p != make(w.store, PSEUDONYM_VISITOR, SHOP, 730, "alice"));
    assert_true(make(w.store, PSEUDONYM_VISITOR, SHOP, 730, "alice") !=
                make(w.store, PSEUDONYM_NET, SHOP, 730, "alice"));
    end(&w);
}

STORE_TEST(two_servers_make_the_same_pseudonyms)
{
    struct world w = begin(t);
    struct store *other;
    uint64_t p = make(w.store, PSEUDONYM_BUYER, SHOP, 730, "alice");

    t->keys = w.keys;
    other = store_test_open(t);
    t->keys = NULL;
    assert_int_equal(store_wait_ready(other, 10000), ERR_NONE);
    assert_true(p == make(other, PSEUDONYM_BUYER, SHOP, 730, "alice"));
    store_close(&other);
    end(&w);
}

STORE_TEST(pseudonyms_stay_the_same_when_the_wrapping_keys_rotate)
{
    struct world w = begin(t);
    int32_t period = period_at(NOV_MS);
    uint64_t p = make(w.store, PSEUDONYM_BUYER, SHOP, period, "alice");

    for (int64_t now_ms = NOV_MS; now_ms < NOV_MS + 200 * DAY_MS; now_ms += DAY_MS) {
        assert_true(keys_add_month(w.keys, now_ms, w.why, sizeof w.why));
        assert_int_equal(keep(w.store, now_ms), ERR_NONE);
        assert_true(keys_wipe_old(w.keys, now_ms, w.why, sizeof w.why));
    }
    store_close(&w.store); /* nothing is left in memory */
    t->keys = w.keys;
    w.store = store_test_open(t);
    t->keys = NULL;
    assert_int_equal(store_wait_ready(w.store, 10000), ERR_NONE);
    assert_true(p == make(w.store, PSEUDONYM_BUYER, SHOP, period, "alice"));
    end(&w);
}

STORE_TEST(a_backup_cannot_be_read_once_its_month_is_wiped)
{
    struct world w = begin(t);
    int32_t period = period_at(NOV_MS);
    uint64_t p = make(w.store, PSEUDONYM_BUYER, SHOP, period, "alice");
    struct pseudonym_of of = { PSEUDONYM_BUYER, { SHOP }, period, STR("alice") };
    char field[16];
    struct call *call = call_command(t->arena, "HGET");
    struct call *restore = call_command(t->arena, "HSET");

    snprintf(field, sizeof field, "b%" PRId32, period);
    call_key(call, STR("period:{g}"));
    call_text(call, field);
    assert_int_equal(call_wait(w.store, call), ERR_NONE);
    for (int64_t now_ms = NOV_MS; now_ms < NOV_MS + 80 * DAY_MS; now_ms += DAY_MS) {
        assert_true(keys_add_month(w.keys, now_ms, w.why, sizeof w.why));
        assert_int_equal(keep(w.store, now_ms), ERR_NONE);
        assert_true(keys_wipe_old(w.keys, now_ms, w.why, sizeof w.why));
    }
    call_key(restore, STR("period:{g}"));
    call_text(restore, field);
    call_arg(restore, reply_str(call->reply));
    assert_int_equal(call_wait(w.store, restore), ERR_NONE);
    store_close(&w.store);
    t->keys = w.keys;
    w.store = store_test_open(t);
    t->keys = NULL;
    assert_int_equal(store_wait_ready(w.store, 10000), ERR_NONE);
    assert_int_equal(pseudonym_make(w.store, &of, &p), ERR_BAD_DATA);
    end(&w);
}

STORE_TEST(keys_go_when_their_time_is_over)
{
    struct world w = begin(t);
    int32_t period = period_at(NOV_MS);
    int64_t over_ms =
        (time_day_starts_s((period + 1) * PERIOD_DAYS)) * 1000; /* the next begins */
    uint64_t visitor = make(w.store, PSEUDONYM_VISITOR, SHOP, period, "alice");
    uint64_t buyer = make(w.store, PSEUDONYM_BUYER, SHOP, period, "alice");

    assert_int_equal(keep(w.store, over_ms - 1), ERR_NONE);
    assert_int_equal(store_test_say(t, "HLEN period:{g}")->integer, 2);
    assert_int_equal(keep(w.store, over_ms), ERR_NONE);
    assert_int_equal(store_test_say(t, "HLEN period:{g}")->integer, 1);
    assert_true(buyer == make(w.store, PSEUDONYM_BUYER, SHOP, period, "alice"));
    assert_int_equal(keep(w.store, over_ms + 580 * DAY_MS), ERR_NONE);
    assert_int_equal(store_test_say(t, "HLEN period:{g}")->integer, 0);
    assert_true(visitor != make(w.store, PSEUDONYM_VISITOR, SHOP, period, "alice"));
    end(&w);
}

/* The rules of a period's visits lie beside the keys, and are none. */
/* 2^32 periods on, and farther than days are counted: not the period 0. */
STORE_TEST(a_period_that_cannot_be_is_left_alone)
{
    struct world w = begin(t);

    store_test_say(t, "HSET period:{g} v4294967296 x b1914687156 y");
    keep(w.store, NOV_MS);
    assert_int_equal(store_test_say(t, "HLEN period:{g}")->integer, 2);
    end(&w);
}

STORE_TEST(what_is_no_key_is_not_wrapped_anew)
{
    struct world w = begin(t);
    int32_t period = period_at(NOV_MS);
    struct str field = arena_printf(t->arena, "w%" PRId32, period);
    struct call *rules = call_command(t->arena, "HSET");
    const struct reply *kept;

    call_key(rules, STR("period:{g}"));
    call_arg(rules, field);
    call_text(rules, "100 250 1000 4 5");
    assert_int_equal(call_wait(w.store, rules), ERR_NONE);
    make(w.store, PSEUDONYM_BUYER, SHOP, period, "alice");
    assert_int_equal(keep(w.store, NOV_MS), ERR_NONE);
    kept = store_test_say(
        t, arena_cstr(t->arena,
                      arena_printf(t->arena, "HGET period:{g} %.*s", STR_ARGS(field))));
    assert_true(str_equal(reply_str(kept), STR("100 250 1000 4 5")));
    assert_int_equal(keep(w.store, NOV_MS + 700 * DAY_MS), ERR_NONE);
    assert_int_equal(store_test_say(t, "HLEN period:{g}")->integer, 0);
    end(&w);
}

/* Another loop's store on the same keys. */
static struct store *
open_other(struct store_test *t, struct world *w)
{
    struct store *other;

    t->keys = w->keys;
    other = store_test_open(t);
    t->keys = NULL;
    assert_int_equal(store_wait_ready(other, 10000), ERR_NONE);
    return other;
}

static void
set_clock(struct store_test *t, int64_t now_ms)
{
    t->clock.offset_ms = now_ms - clock_real_ms();
}

/* One loop does the housekeeping; the others have the key in memory, and lose it too. */
STORE_TEST(a_key_that_is_over_is_forgotten_by_every_loop)
{
    struct world w = begin(t);
    int32_t period = period_at(NOV_MS);
    int64_t over_ms = time_day_starts_s((period + 1) * PERIOD_DAYS) * 1000;
    struct store *other;
    uint64_t visitor, buyer;

    set_clock(t, NOV_MS);
    other = open_other(t, &w);
    visitor = make(other, PSEUDONYM_VISITOR, SHOP, period, "alice");
    buyer = make(other, PSEUDONYM_BUYER, SHOP, period, "alice");
    set_clock(t, over_ms);
    assert_int_equal(keep(w.store, over_ms), ERR_NONE);
    assert_true(visitor != make(other, PSEUDONYM_VISITOR, SHOP, period, "alice"));
    assert_true(buyer == make(other, PSEUDONYM_BUYER, SHOP, period, "alice"));
    set_clock(t, over_ms + 580 * DAY_MS);
    assert_int_equal(keep(w.store, over_ms + 580 * DAY_MS), ERR_NONE);
    assert_true(buyer != make(other, PSEUDONYM_BUYER, SHOP, period, "alice"));
    store_close(&other);
    t->clock.offset_ms = 0;
    end(&w);
}

/* By its clock, whether or not it is asked for anything: then the clock goes back, and
 * the key is gone all the same. */
STORE_TEST(a_key_that_is_over_is_forgotten_by_a_loop_with_nothing_to_do)
{
    struct world w = begin(t);
    int32_t period = period_at(NOV_MS);
    int64_t over_ms = time_day_starts_s((period + 1) * PERIOD_DAYS) * 1000;
    struct store *other;
    uint64_t visitor;

    set_clock(t, NOV_MS);
    other = open_other(t, &w);
    visitor = make(other, PSEUDONYM_VISITOR, SHOP, period, "alice");
    set_clock(t, over_ms);
    assert_int_equal(keep(w.store, over_ms), ERR_NONE);
    /* It looks when anything changes, and once a minute. */
    store_test_say(t, "CLIENT KILL TYPE normal SKIPME yes");
    while (store_ready(other)) {
        task_sleep(1);
    }
    assert_int_equal(store_wait_ready(other, 10000), ERR_NONE);
    set_clock(t, NOV_MS);
    assert_true(visitor != make(other, PSEUDONYM_VISITOR, SHOP, period, "alice"));
    store_close(&other);
    t->clock.offset_ms = 0;
    end(&w);
}

STORE_TEST(a_store_of_another_key_file_is_refused)
{
    struct world w = begin(t);
    struct store *other;

    unlink(w.path);
    t->keys = keys_open(w.path, NOV_MS, w.why, sizeof w.why);
    other = store_test_open(t);
    assert_int_equal(store_wait_ready(other, 10000), ERR_OTHER_KEYS);
    store_close(&other);
    keys_close(&t->keys);
    end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pseudonym_is_of_one_person_shop_period_and_kind),
        cmocka_unit_test(two_servers_make_the_same_pseudonyms),
        cmocka_unit_test(pseudonyms_stay_the_same_when_the_wrapping_keys_rotate),
        cmocka_unit_test(a_backup_cannot_be_read_once_its_month_is_wiped),
        cmocka_unit_test(keys_go_when_their_time_is_over),
        cmocka_unit_test(a_period_that_cannot_be_is_left_alone),
        cmocka_unit_test(what_is_no_key_is_not_wrapped_anew),
        cmocka_unit_test(a_key_that_is_over_is_forgotten_by_every_loop),
        cmocka_unit_test(a_key_that_is_over_is_forgotten_by_a_loop_with_nothing_to_do),
        cmocka_unit_test(a_store_of_another_key_file_is_refused),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
