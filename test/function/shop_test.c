/* test/function/shop_test.c - shops, slots, tiers and following on a real store. */
#include "storage/shop/shop.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "storage/key.h"
#include "storage/member/member.h"
#include "storage/outbox/outbox.h"
#include "storage/redis/call.h"
#include "storage/shop/following.h"
#include "storage/shop/slot.h"
#include "storage/shop/tier.h"
#include "test/support/store_test.h"

enum { COOLDOWN = 1000, FIRST = 4 };
#define NOW INT64_C(100000)

static const struct slot_rules rules = { NOW, COOLDOWN, FIRST, { 0 } };

static struct member_id
owner_made(struct store_test *t)
{
    struct member_want want = { .nickname = STR("Owner"), .now_ms = NOW };
    struct session_token token;
    struct member member;

    assert_int_equal(member_make(t->store, t->arena, &want, &member, &token), ERR_NONE);
    return member.id;
}

static struct shop_number
shop_made(struct store_test *t)
{
    struct shop_open_want want = { owner_made(t), STR("Shop"), NOW };
    struct shop_number number;

    assert_int_equal(shop_open(t->store, t->arena, &want, &number), ERR_NONE);
    return number;
}

static enum err
feature(struct store_test *t, struct shop_number shop, int slot, int64_t product,
        int64_t now_ms, struct slot_state *state)
{
    struct slot_want want = { shop, slot, { product }, NULL };
    struct slot_rules at = rules;

    at.now_ms = now_ms;
    return slot_feature(t->store, t->arena, &want, &at, state);
}

static int64_t
events(struct store_test *t, struct shop_number shop)
{
    char words[64];

    snprintf(words, sizeof(words), "XLEN events:{s%03u}", id_partition(shop.value));
    return store_test_say(t, words)->integer;
}

STORE_TEST(a_member_opens_one_shop)
{
    struct shop_open_want want = { owner_made(t), STR("Shop"), NOW };
    struct shop_number number, again;
    struct shop shop;

    assert_int_equal(shop_open(t->store, t->arena, &want, &number), ERR_NONE);
    assert_true(number.value >= 10000000);
    assert_int_equal(shop_open(t->store, t->arena, &want, &again), ERR_SHOP_EXISTS);
    assert_int_equal(again.value, number.value);
    assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_NONE);
    assert_int_equal(shop.owner.value, want.owner.value);
    assert_int_equal(shop.status, SHOP_OPEN);
    assert_true(shop.on_boards);
    assert_true(str_equal(shop.nickname, STR("Shop")));
}

STORE_TEST(a_shop_that_was_taken_but_not_made_is_made_by_the_next_try)
{
    struct shop_open_want want = { owner_made(t), STR("Shop"), NOW };
    struct shop_number taken = { id_make(SHOP_N_FIRST + 5, 9) }, number;

    assert_int_equal(member_take_shop(t->store, t->arena, want.owner, taken, &number),
                     ERR_NONE);
    assert_int_equal(shop_open(t->store, t->arena, &want, &number), ERR_NONE);
    assert_int_equal(number.value, taken.value);
}

STORE_TEST(there_is_no_shop_where_none_was_made)
{
    struct shop_number none = { id_make(SHOP_N_FIRST, 3) };
    struct slot_state state;
    struct shop shop;

    assert_int_equal(shop_read(t->store, t->arena, none, &shop), ERR_NO_SUCH_SHOP);
    assert_int_equal(shop_read_public(t->store, t->arena, none, &shop),
                     ERR_NO_SUCH_SHOP);
    assert_int_equal(feature(t, none, 1, 4609, NOW, &state), ERR_NO_SUCH_SHOP);
}

STORE_TEST(a_slot_rests_for_its_cooldown_then_changes)
{
    struct shop_number shop = shop_made(t);
    struct slot_state state;

    assert_int_equal(feature(t, shop, 1, 4609, NOW, &state), ERR_NONE);
    assert_int_equal(state.changeable_at_ms, NOW + COOLDOWN);
    assert_int_equal(feature(t, shop, 1, 4610, NOW + COOLDOWN - 1, &state),
                     ERR_COOLDOWN);
    assert_int_equal(state.changeable_at_ms, NOW + COOLDOWN);
    assert_int_equal(state.product.value, 4609);
    assert_int_equal(feature(t, shop, 1, 4610, NOW + COOLDOWN, &state), ERR_NONE);
    assert_int_equal(state.placed_at_ms, NOW + COOLDOWN);
}

STORE_TEST(a_shorter_cooldown_helps_at_once_and_a_longer_one_breaks_no_promise)
{
    struct shop_number shop = shop_made(t);
    struct slot_want want = { shop, 1, { 4610 }, NULL };
    struct slot_rules shorter = { NOW + 10, 10, FIRST, { 0 } };
    struct slot_rules longer = { NOW + 20, 1000000, FIRST, { 0 } };
    struct slot_state state;

    assert_int_equal(feature(t, shop, 1, 4609, NOW, &state), ERR_NONE);
    assert_int_equal(slot_feature(t->store, t->arena, &want, &shorter, &state),
                     ERR_NONE);
    want.product.value = 4611;
    assert_int_equal(slot_feature(t->store, t->arena, &want, &longer, &state),
                     ERR_NONE);
}

STORE_TEST(a_clock_that_steps_back_only_lengthens_a_cooldown)
{
    struct shop_number shop = shop_made(t);
    struct slot_state state;

    assert_int_equal(feature(t, shop, 1, 4609, NOW, &state), ERR_NONE);
    assert_int_equal(feature(t, shop, 1, 4610, NOW - 50000, &state), ERR_COOLDOWN);
    assert_int_equal(state.changeable_at_ms, NOW + COOLDOWN);
}

STORE_TEST(the_same_product_again_changes_nothing_but_the_note)
{
    struct shop_number shop = shop_made(t);
    struct str note = STR("fresh"), none = STR("");
    struct slot_want want = { shop, 1, { 4609 }, &note };
    struct slot_rules later = rules;
    struct slot_state state;

    assert_int_equal(slot_feature(t->store, t->arena, &want, &rules, &state), ERR_NONE);
    later.now_ms += 10;
    want.note = NULL;
    assert_int_equal(slot_feature(t->store, t->arena, &want, &later, &state), ERR_NONE);
    assert_int_equal(state.placed_at_ms, NOW);
    assert_true(str_equal(state.note, note));
    want.note = &none;
    assert_int_equal(slot_feature(t->store, t->arena, &want, &later, &state), ERR_NONE);
    assert_int_equal(state.note.len, 0);
}

STORE_TEST(a_product_stands_in_one_slot_and_slots_are_limited)
{
    struct shop_number shop = shop_made(t);
    struct slot_state state;

    for (int slot = 1; slot <= FIRST; slot++) {
        assert_int_equal(feature(t, shop, slot, 4608 + slot, NOW, &state), ERR_NONE);
    }
    assert_int_equal(feature(t, shop, 2, 4609, NOW + COOLDOWN, &state),
                     ERR_ALREADY_FEATURED);
    assert_int_equal(feature(t, shop, FIRST + 1, 5000, NOW, &state), ERR_SLOT_LIMIT);
    assert_int_equal(state.slot_limit, FIRST);
    assert_int_equal(feature(t, shop, 999, 5000, NOW, &state), ERR_SLOT_LIMIT);
}

/* Its bytes are those of lua/shop.lua or damage: nothing is made of them. */
STORE_TEST(a_damaged_slot_is_told)
{
    static const char *const damaged[] = { "4609 100 1100", "nineteen-characters",
                                           "x" };
    struct shop_number number = shop_made(t);
    struct shop shop;
    char words[128];

    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        struct str value = str_from(damaged[i]);
        struct call *call = call_command(t->arena, "HSET");

        snprintf(words, sizeof(words), "shop:{s%03u}:%" PRId64,
                 id_partition(number.value), number.value);
        call_key(call, str_from(words));
        call_text(call, "slot:1");
        call_arg(call, value);
        assert_int_equal(call_wait(t->store, call), ERR_NONE);
        assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_BAD_DATA);
    }
}

STORE_TEST(a_slot_is_emptied_under_the_same_cooldown)
{
    struct shop_number shop = shop_made(t);
    struct slot_want want = { .shop = shop, .slot = 1 };
    struct slot_rules later = rules;
    struct slot_state state;
    struct shop read;

    assert_int_equal(feature(t, shop, 1, 4609, NOW, &state), ERR_NONE);
    assert_int_equal(slot_empty(t->store, t->arena, &want, &rules, &state),
                     ERR_COOLDOWN);
    later.now_ms += COOLDOWN;
    assert_int_equal(slot_empty(t->store, t->arena, &want, &later, &state), ERR_NONE);
    assert_int_equal(slot_empty(t->store, t->arena, &want, &later, &state), ERR_NONE);
    assert_int_equal(shop_read(t->store, t->arena, shop, &read), ERR_NONE);
    assert_int_equal(read.slot[0].product.value, 0);
    assert_int_equal(feature(t, shop, 1, 4610, NOW + COOLDOWN, &state), ERR_NONE);
}

STORE_TEST(a_product_that_was_taken_down_frees_its_slot_at_once)
{
    struct shop_number shop = shop_made(t);
    struct slot_want want = { shop, 1, { 4610 }, NULL };
    struct slot_rules freed = rules;
    struct slot_state state;

    assert_int_equal(feature(t, shop, 1, 4609, NOW, &state), ERR_NONE);
    freed.taken_down.value = 4700; /* another one: no help */
    assert_int_equal(slot_feature(t->store, t->arena, &want, &freed, &state),
                     ERR_COOLDOWN);
    freed.taken_down.value = 4609;
    assert_int_equal(slot_feature(t->store, t->arena, &want, &freed, &state), ERR_NONE);
}

struct race {
    struct store_test *t;
    struct shop_number shop;
    int number;
    enum err err;
    int *running;
    struct wait *over;
};

static void
race_feature(void *arg)
{
    struct race *race = arg;
    struct arena *arena = arena_new(1 << 20);
    struct slot_want want = {
        race->shop, 1 + race->number % (FIRST + 2), { 4609 + race->number }, NULL
    };
    struct slot_state state;

    race->err = slot_feature(race->t->store, arena, &want, &rules, &state);
    arena_free(&arena);
    if (--*race->running == 0) {
        wait_end(race->over);
    }
}

STORE_TEST(changes_at_once_never_pass_the_limit_or_the_cooldown)
{
    struct shop_number shop = shop_made(t);
    struct race races[60];
    struct wait over = WAIT_INIT;
    struct shop read;
    int running = 60, placed = 0, filled = 0;

    for (int i = 0; i < 60; i++) {
        races[i] = (struct race){ t, shop, i, ERR_INTERNAL, &running, &over };
        assert_true(task_start(t->loop, race_feature, &races[i]));
    }
    wait_for(&over);
    for (int i = 0; i < 60; i++) {
        placed += races[i].err == ERR_NONE;
    }
    assert_int_equal(placed, FIRST);
    assert_int_equal(shop_read(t->store, t->arena, shop, &read), ERR_NONE);
    for (int i = 0; i < SLOTS_MAX; i++) {
        filled += read.slot[i].product.value != 0;
    }
    assert_int_equal(filled, FIRST);
}

STORE_TEST(a_day_of_activity_is_told_once)
{
    struct shop_number shop = shop_made(t);
    struct str bio = STR("hello");
    struct shop_edit edit = { .shop = shop, .bio = &bio, .now_ms = NOW };
    struct slot_state state;

    assert_int_equal(feature(t, shop, 1, 4609, NOW, &state), ERR_NONE);
    assert_int_equal(feature(t, shop, 2, 4610, NOW, &state), ERR_NONE);
    assert_int_equal(shop_edit(t->store, t->arena, &edit), ERR_NONE);
    assert_int_equal(events(t, shop), 1);
    assert_int_equal(feature(t, shop, 3, 4611, NOW + 86400000, &state), ERR_NONE);
    assert_int_equal(events(t, shop), 2);
}

STORE_TEST(edits_change_what_they_name_and_boards_are_told)
{
    struct shop_number number = shop_made(t);
    struct str name = STR("New name");
    bool off = false, resting = true;
    struct shop_edit edit = { .shop = number, .now_ms = NOW, .on_boards = &off };
    struct shop shop;

    assert_int_equal(shop_edit(t->store, t->arena, &edit), ERR_NONE);
    assert_int_equal(shop_edit(t->store, t->arena, &edit), ERR_NONE);
    assert_int_equal(events(t, number), 1);
    edit = (struct shop_edit){
        .shop = number, .nickname = &name, .resting = &resting, .now_ms = NOW
    };
    assert_int_equal(shop_edit(t->store, t->arena, &edit), ERR_NONE);
    assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_NONE);
    assert_false(shop.on_boards);
    assert_int_equal(shop.status, SHOP_RESTING);
    assert_true(str_equal(shop.nickname, name));
}

/* One text changes, the others stay. */
STORE_TEST(texts_change_one_by_one)
{
    struct shop_number number = shop_made(t);
    struct str bio = STR("A bio"), note = STR("Note"), none = STR("");
    struct slot_want want = { number, 3, { 4609 }, &note };
    struct shop_edit edit = { .shop = number, .bio = &bio, .now_ms = NOW };
    struct slot_state state;
    struct shop shop;

    assert_int_equal(slot_feature(t->store, t->arena, &want, &rules, &state), ERR_NONE);
    assert_int_equal(shop_edit(t->store, t->arena, &edit), ERR_NONE);
    assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_NONE);
    assert_true(str_equal(shop.nickname, STR("Shop")));
    assert_true(str_equal(shop.bio, bio));
    assert_true(str_equal(shop.slot[2].note, note));
    edit.bio = &none;
    assert_int_equal(shop_edit(t->store, t->arena, &edit), ERR_NONE);
    assert_int_equal(shop_read_public(t->store, t->arena, number, &shop), ERR_NONE);
    assert_true(str_equal(shop.nickname, STR("Shop")));
    assert_int_equal(shop.bio.len, 0);
    assert_true(str_equal(shop.slot[2].note, note));
}

static void
set_profile(struct store_test *t, struct shop_number shop, struct str value)
{
    struct call *call = call_command(t->arena, "SET");

    call_keyf(call, KEY_PROFILE, id_partition(shop.value), shop.value);
    call_arg(call, value);
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
}

static void
expect_profile(struct store_test *t, struct shop_number shop, struct str value)
{
    struct call *call = call_command(t->arena, "GET");

    call_keyf(call, KEY_PROFILE, id_partition(shop.value), shop.value);
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    assert_true(str_equal(reply_str(call->reply), value));
}

/* What would be read wrongly is not written over: it can still be restored. */
STORE_TEST(damaged_texts_are_told_and_kept)
{
    static const struct str damaged[] = {
        STR("text"),                               /* another format */
        STR("\x01\x01\x01"),                       /* cut off in a head */
        STR("\x01\x01\x09\x09x"),                  /* and in a text */
        STR("\x01\x0e\x01\0x"),                    /* no such field */
        STR("\x01\x01\x01\0x\x01\x01\0y"),         /* a field twice */
        STR("\x01\x01\0\0"),                       /* a text of nothing */
        STR("\x01\x00\x01\0x\x01\x21\x03too much") /* more than a text may have */
    };
    struct shop_number number = shop_made(t), other = shop_made(t);
    struct str name = STR("New name");
    struct shop_edit edit = { .shop = number, .nickname = &name, .now_ms = NOW };
    const struct shop_number numbers[] = { number, other };
    struct str nicknames[2];
    struct slot_state state;
    struct shop shop;

    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        set_profile(t, number, damaged[i]);
        assert_int_equal(shop_edit(t->store, t->arena, &edit), ERR_BAD_DATA);
        assert_int_equal(feature(t, number, 1, 4609, NOW, &state), ERR_BAD_DATA);
        assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_BAD_DATA);
        assert_int_equal(shop_read_rules(t->store, t->arena, number, &shop), ERR_NONE);
        assert_int_equal(shop_nicknames(t->store, t->arena, numbers, 2, nicknames),
                         ERR_NONE);
        assert_int_equal(nicknames[0].len, 0);
        assert_true(str_equal(nicknames[1], STR("Shop")));
        expect_profile(t, number, damaged[i]);
    }
}

STORE_TEST(a_slot_holds_the_largest_id_and_a_far_day)
{
    const int64_t product = (INT64_C(1) << 53) - 1, far_ms = INT64_C(1) << 47;
    struct shop_number number = shop_made(t);
    struct slot_state state;
    struct shop shop;

    assert_int_equal(feature(t, number, 12, product, far_ms, &state), ERR_SLOT_LIMIT);
    assert_int_equal(feature(t, number, 1, product, far_ms, &state), ERR_NONE);
    assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_NONE);
    assert_int_equal(shop.slot[0].product.value, product);
    assert_int_equal(shop.slot[0].placed_at_ms, far_ms);
    assert_int_equal(feature(t, number, 1, product - 1, far_ms, &state), ERR_COOLDOWN);
}

STORE_TEST(a_suspended_shop_cannot_be_changed_until_it_is_restored)
{
    struct shop_number number = shop_made(t);
    bool resting = true;
    struct shop_edit edit = { .shop = number, .resting = &resting, .now_ms = NOW };
    struct slot_state state;
    struct shop shop;

    assert_int_equal(shop_edit(t->store, t->arena, &edit), ERR_NONE);
    assert_int_equal(shop_suspend(t->store, t->arena, number, true), ERR_NONE);
    assert_int_equal(shop_suspend(t->store, t->arena, number, true), ERR_NONE);
    assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_NONE);
    assert_int_equal(shop.status, SHOP_SUSPENDED);
    assert_int_equal(feature(t, number, 1, 4609, NOW, &state), ERR_SUSPENDED);
    assert_int_equal(shop_edit(t->store, t->arena, &edit), ERR_SUSPENDED);
    assert_int_equal(shop_suspend(t->store, t->arena, number, false), ERR_NONE);
    assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_NONE);
    assert_int_equal(shop.status, SHOP_RESTING);
    assert_int_equal(events(t, number), 2);
}

static void
set_tier(struct store_test *t, struct shop_number shop, int slots, int32_t day)
{
    const struct shop_tier_row row = { .shop = shop,
                                       .tier = { 1, slots, 0, 0, 7, day, slots } };
    const struct shop_tiers tiers = { &row, 1, NOW + 5000 };
    struct score_applied applied;

    assert_int_equal(
        score_applied_read(t->store, t->arena, id_partition(shop.value), &applied),
        ERR_NONE);
    assert_int_equal(shop_tiers_write(t->store, t->arena, &tiers, &applied.at),
                     ERR_NONE);
}

STORE_TEST(a_higher_tier_opens_slots_and_a_lower_one_parks_the_newest)
{
    struct shop_number number = shop_made(t);
    struct slot_state state;
    struct shop shop;

    set_tier(t, number, 6, 100);
    for (int slot = 1; slot <= 6; slot++) {
        /* slots 1 and 2 are the newest */
        assert_int_equal(feature(t, number, slot, 4600 + slot,
                                 NOW + (slot <= 2 ? 100 : slot), &state),
                         ERR_NONE);
    }
    set_tier(t, number, 4, 101);
    assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_NONE);
    assert_int_equal(shop.slot[0].product.value, 4605);
    assert_int_equal(shop.slot[1].product.value, 4606);
    assert_int_equal(shop.slot[2].product.value, 4603);
    assert_int_equal(shop.slot[4].product.value, 0);
    assert_int_equal(shop.slot[5].product.value, 0);
    assert_int_equal(shop.parked_count, 2);
    assert_int_equal(shop.parked[0].until_ms, NOW + 5000);
    assert_int_equal(feature(t, number, 5, 5000, NOW, &state), ERR_SLOT_LIMIT);

    set_tier(t, number, 6, 100); /* of a day before */
    assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_NONE);
    assert_int_equal(shop.tier.slots, 4);
    assert_int_equal(shop.tier.tier_day, 101);
}

/* Slots that are over the new limit move down while there is room, each with its note. */
STORE_TEST(a_note_moves_and_goes_with_its_slot)
{
    struct shop_number number = shop_made(t);
    struct str notes[] = { STR("one"), STR("five"), STR("six") };
    const int slots[] = { 1, 5, 6 };
    struct slot_state state;
    struct shop shop;

    set_tier(t, number, 6, 100);
    for (int i = 0; i < 3; i++) {
        struct slot_want want = { number, slots[i], { 4601 + i }, &notes[i] };

        assert_int_equal(slot_feature(t->store, t->arena, &want, &rules, &state),
                         ERR_NONE);
    }
    set_tier(t, number, 4, 101);
    assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_NONE);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(shop.slot[i].product.value, 4601 + i);
        assert_true(str_equal(shop.slot[i].note, notes[i]));
    }
    assert_int_equal(shop.slot[4].note.len + shop.slot[5].note.len, 0);
    set_tier(t, number, 1, 102);
    assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_NONE);
    assert_int_equal(shop.slot[0].product.value, 4601);
    assert_int_equal(shop.slot[1].note.len + shop.slot[2].note.len, 0);
    assert_true(str_equal(shop.nickname, STR("Shop")));
}

/* The worker goes on: the slots fit, and the texts are left for who restores them. */
STORE_TEST(damaged_texts_keep_no_slot_from_going)
{
    struct shop_number number = shop_made(t);
    struct slot_state state;

    set_tier(t, number, 6, 100);
    assert_int_equal(feature(t, number, 6, 4609, NOW, &state), ERR_NONE);
    set_profile(t, number, STR("damaged"));
    set_tier(t, number, 4, 101);
    expect_profile(t, number, STR("damaged"));
    set_profile(t, number, STR("\x01"));
    assert_int_equal(feature(t, number, 1, 4609, NOW, &state), ERR_NONE);
    assert_int_equal(state.placed_at_ms, NOW);
}

/* Every write of the worker moves the position, and none is taken from elsewhere. */
STORE_TEST(tiers_are_written_where_the_position_stands_and_nowhere_else)
{
    struct shop_number number = shop_made(t);
    const struct shop_tier_row row = { .shop = number,
                                       .tier = { 1, 6, 0, 0, 0, 100, 6 } };
    const struct shop_tiers tiers = { &row, 1, NOW + 5000 };
    struct score_position at = { "0-0", 0 }, stale = at;
    struct score_applied applied;
    struct shop shop;

    assert_int_equal(shop_tiers_write(t->store, t->arena, &tiers, &at), ERR_NONE);
    assert_int_equal(at.step, 1);
    set_tier(t, number, 4, 100);
    assert_int_equal(shop_tiers_write(t->store, t->arena, &tiers, &stale),
                     ERR_MOVED_ON);
    assert_int_equal(shop_tiers_write(t->store, t->arena, &tiers, &at), ERR_MOVED_ON);
    assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_NONE);
    assert_int_equal(shop.tier.slots, 4);
    assert_int_equal(
        score_applied_read(t->store, t->arena, id_partition(number.value), &applied),
        ERR_NONE);
    assert_int_equal(applied.at.step, 2);
}

STORE_TEST(tiers_are_read_as_they_were_written)
{
    struct shop_number number = shop_made(t);
    struct shop_tier_row rows[] = { { .shop = number },
                                    { .shop = { number.value + PARTITIONS } } };

    set_tier(t, number, 5, 100);
    assert_int_equal(shop_tiers_read(t->store, t->arena, rows, 2), ERR_NONE);
    assert_true(rows[0].found);
    assert_int_equal(rows[0].tier.slots, 5);
    assert_int_equal(rows[0].tier.hold_until_ms, 7);
    assert_false(rows[1].found);
}

STORE_TEST(following_is_a_bounded_set)
{
    struct member_id member = { id_make(9, 9) };
    struct shop_number shop = { id_make(SHOP_N_FIRST, 1) };
    struct shop_list list;

    assert_int_equal(following_set(t->store, t->arena, member, shop, true), ERR_NONE);
    assert_int_equal(following_set(t->store, t->arena, member, shop, true), ERR_NONE);
    assert_int_equal(following_read(t->store, t->arena, member, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
    for (int i = 1; i < FOLLOWING_MAX; i++) {
        shop.value += PARTITIONS;
        assert_int_equal(following_set(t->store, t->arena, member, shop, true),
                         ERR_NONE);
    }
    shop.value += PARTITIONS;
    assert_int_equal(following_set(t->store, t->arena, member, shop, true),
                     ERR_FOLLOWING_FULL);
    assert_int_equal(following_set(t->store, t->arena, member, list.number[0], false),
                     ERR_NONE);
    assert_int_equal(following_set(t->store, t->arena, member, shop, true), ERR_NONE);
}

/* Delivers what a member's partition has to say. */
static void
relay(struct store_test *t, unsigned partition)
{
    const struct outbox_kind *kinds[] = { &following_outbox };
    struct outbox_counts counts = { 0 };
    bool stop = false;

    assert_int_equal(
        outbox_relay_partition(t->store, 'm', partition, kinds, 1, &stop, &counts),
        ERR_NONE);
    assert_int_equal(counts.bad, 0);
}

static struct shop_number
shop_of(struct store_test *t, struct member_id owner)
{
    struct shop_open_want want = { owner, STR("Shop"), NOW };
    struct shop_number number;

    assert_int_equal(shop_open(t->store, t->arena, &want, &number), ERR_NONE);
    return number;
}

STORE_TEST(friends_are_two_who_follow_each_other)
{
    struct member_id alice = owner_made(t), bob = owner_made(t);
    struct shop_number hers = shop_of(t, alice), third = shop_made(t), his;
    struct shop_list list, friends;

    /* Bob follows before he has a shop: she hears of it when he takes one. */
    assert_int_equal(following_set(t->store, t->arena, bob, hers, true), ERR_NONE);
    his = shop_of(t, bob);
    assert_int_equal(following_set(t->store, t->arena, alice, his, true), ERR_NONE);
    assert_int_equal(following_set(t->store, t->arena, alice, third, true), ERR_NONE);
    relay(t, id_partition(bob.value));
    assert_int_equal(following_read(t->store, t->arena, alice, &list), ERR_NONE);
    assert_int_equal(list.count, 2);
    assert_int_equal(following_friends(t->store, t->arena, hers, &list, &friends),
                     ERR_NONE);
    assert_int_equal(friends.count, 1);
    assert_int_equal(friends.number[0].value, his.value);

    assert_int_equal(following_set(t->store, t->arena, bob, hers, false), ERR_NONE);
    relay(t, id_partition(bob.value));
    assert_int_equal(following_friends(t->store, t->arena, hers, &list, &friends),
                     ERR_NONE);
    assert_int_equal(friends.count, 0);
}

/* Whoever stops after the number was taken, or follows at the same moment, loses nobody. */
STORE_TEST(a_shop_that_was_only_taken_is_told_to_those_that_are_followed)
{
    struct member_id bob = owner_made(t);
    struct shop_number hers = shop_made(t), other = shop_made(t), taken;
    struct shop_number drawn = { id_make(SHOP_N_FIRST, 3) };
    struct shop_list his = { &hers, 1 }, friends;

    assert_int_equal(following_set(t->store, t->arena, bob, hers, true), ERR_NONE);
    assert_int_equal(member_take_shop(t->store, t->arena, bob, drawn, &taken),
                     ERR_NONE);
    assert_int_equal(following_set(t->store, t->arena, bob, other, true), ERR_NONE);
    relay(t, id_partition(bob.value));
    for (int i = 0; i < 2; i++) {
        struct shop_number followed = i == 0 ? hers : other;

        his.number = &drawn;
        assert_int_equal(
            following_friends(t->store, t->arena, followed, &his, &friends), ERR_NONE);
        assert_int_equal(friends.count, 1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_opens_one_shop),
        cmocka_unit_test(a_shop_that_was_taken_but_not_made_is_made_by_the_next_try),
        cmocka_unit_test(there_is_no_shop_where_none_was_made),
        cmocka_unit_test(a_slot_rests_for_its_cooldown_then_changes),
        cmocka_unit_test(
            a_shorter_cooldown_helps_at_once_and_a_longer_one_breaks_no_promise),
        cmocka_unit_test(a_clock_that_steps_back_only_lengthens_a_cooldown),
        cmocka_unit_test(the_same_product_again_changes_nothing_but_the_note),
        cmocka_unit_test(a_product_stands_in_one_slot_and_slots_are_limited),
        cmocka_unit_test(a_damaged_slot_is_told),
        cmocka_unit_test(a_slot_is_emptied_under_the_same_cooldown),
        cmocka_unit_test(a_product_that_was_taken_down_frees_its_slot_at_once),
        cmocka_unit_test(changes_at_once_never_pass_the_limit_or_the_cooldown),
        cmocka_unit_test(a_day_of_activity_is_told_once),
        cmocka_unit_test(edits_change_what_they_name_and_boards_are_told),
        cmocka_unit_test(texts_change_one_by_one),
        cmocka_unit_test(damaged_texts_are_told_and_kept),
        cmocka_unit_test(a_slot_holds_the_largest_id_and_a_far_day),
        cmocka_unit_test(a_suspended_shop_cannot_be_changed_until_it_is_restored),
        cmocka_unit_test(a_higher_tier_opens_slots_and_a_lower_one_parks_the_newest),
        cmocka_unit_test(a_note_moves_and_goes_with_its_slot),
        cmocka_unit_test(damaged_texts_keep_no_slot_from_going),
        cmocka_unit_test(tiers_are_written_where_the_position_stands_and_nowhere_else),
        cmocka_unit_test(tiers_are_read_as_they_were_written),
        cmocka_unit_test(following_is_a_bounded_set),
        cmocka_unit_test(friends_are_two_who_follow_each_other),
        cmocka_unit_test(a_shop_that_was_only_taken_is_told_to_those_that_are_followed),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
