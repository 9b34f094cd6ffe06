/* test/support/world.h - a partition of a store, its events and its worker, for tests of
 * what the worker makes of them.
 *
 * A world begins on the day `today`, has partition 7 and shops of it by their place; its
 * policy is the default one. Each test ends its world.
 *
 * Waits       Everything that takes the world.
 */
#ifndef TEST_SUPPORT_WORLD_H
#define TEST_SUPPORT_WORLD_H

#include <stdio.h>

#include "base/clock.h"
#include "proto/time.h"
#include "scoring/load.h"
#include "scoring/turn.h"
#include "storage/key.h"
#include "storage/privacy/keys.h"
#include "storage/redis/call.h"
#include "storage/shop/list.h"
#include "test/support/chance.h"
#include "test/support/score.h"
#include "test/support/store_test.h"

static const int32_t today = 734 * PERIOD_DAYS + 3; /* some days into a period */

struct world {
    struct store_test *t;
    struct store *store;
    struct scoring scoring;
    struct partition partition;
};

static inline struct shop_number
shop_of(int i)
{
    return (struct shop_number){ id_make((uint64_t)(SHOP_N_FIRST + i), 7) };
}

static inline void
begin(struct world *world, struct store_test *t)
{
    char path[96], why[200];

    *world = (struct world){ .t = t, .partition = { .number = 7 } };
    chance_begin();
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
}

static inline void
end(struct world *world)
{
    scoring_free(&world->scoring);
    store_close(&world->store);
    keys_close(&world->t->keys);
}

static inline void
append(struct world *world, const struct event *events, size_t count)
{
    struct call *call = call_command(world->t->arena, "XADD");
    struct buf buf;

    buf_init(&buf, EVENT_ENTRY_BYTES_MAX);
    event_write(&buf, events, count);
    call_keyf(call, KEY_EVENTS, 7u);
    call_text(call, "*");
    call_text(call, "e");
    call_arg(call, arena_dup(world->t->arena, buf_str(&buf)));
    assert_int_equal(call_wait(world->store, call), ERR_NONE);
    buf_free(&buf);
}

/* Until nothing waits. */
static inline void
work(struct world *world)
{
    bool more = true;

    while (more) {
        if (!world->partition.open) {
            assert_int_equal(partition_open(&world->scoring, &world->partition),
                             ERR_NONE);
        }
        assert_int_equal(partition_step(&world->scoring, &world->partition, &more),
                         ERR_NONE);
    }
}

/* A shop as the store has it, with its older days. */
static inline struct scored_shop *
read_shop(struct world *world, struct shop_number number, struct rows *rows,
          struct score_batch *batch)
{
    struct load load = { .store = world->store,
                         .arena = world->t->arena,
                         .rows = rows,
                         .batch = batch,
                         .partition = 7 };
    struct scored_shop *shop;

    score_batch_init(batch, &world->scoring.policy, time_day_starts_s(today),
                     STR("key"));
    assert_int_equal(load_shops(&load, &number, 1), ERR_NONE);
    shop = rows_find(rows, number);
    load_for_recredit(&load, shop);
    assert_int_equal(load_parts(&load), ERR_NONE);
    assert_false(shop->damaged);
    return shop;
}

static inline void
turn(struct world *world)
{
    bool more = true;

    while (more) {
        assert_int_equal(turn_partition(&world->scoring, &world->partition, &more),
                         ERR_NONE);
    }
}

/* A restart, a takeover, an eviction: nothing is in memory any more. */
static inline void
go_cold(struct world *world)
{
    partition_forget(&world->scoring, &world->partition);
}

/* Opened, as walks find it. */
static inline void
list_shop(struct world *world, struct shop_number shop)
{
    struct call *call = call_command(world->t->arena, "SETBIT");

    call_keyf(call, KEY_SHOPS, 7u);
    call_int(call, (int64_t)shops_bit(shop));
    call_int(call, 1);
    assert_int_equal(call_wait(world->store, call), ERR_NONE);
}

#endif
