/* storage/shop/tier.c - tiers read and written, many shops of one partition at a time. */
#include "storage/shop/tier.h"

#include <assert.h>

#include "base/log.h"
#include "proto/score/params.h"
#include "storage/key.h"
#include "storage/redis/call.h"
#include "storage/shop/profile.h"

static const char *const tier_fields[] = { "status",   "tier",  "slots",
                                           "up",       "down",  "hold_until_ms",
                                           "tier_day", "earned" };
enum { TIER_FIELDS = sizeof(tier_fields) / sizeof(tier_fields[0]), HOLD_UNTIL = 5 };

static struct call *
call_read(struct arena *arena, struct shop_number shop)
{
    struct call *call = call_command(arena, "HMGET");

    call_keyf(call, KEY_SHOP, id_partition(shop.value), shop.value);
    for (size_t i = 0; i < TIER_FIELDS; i++) {
        call_text(call, tier_fields[i]);
    }
    return call;
}

bool
shop_tier_ok(const struct shop_tier *tier)
{
    return tier->tier >= 0 && tier->tier < TIERS_MAX && tier->slots >= 0 &&
           tier->slots <= SLOTS_MAX && tier->up >= 0 && tier->up <= UINT8_MAX &&
           tier->down >= 0 && tier->down <= UINT8_MAX && tier->tier_day >= 0 &&
           tier->earned >= 0 && tier->earned <= SLOTS_MAX;
}

/* A field that was never written reads as 0. */
static bool
read_number(const struct reply *reply, int64_t max, int64_t *number)
{
    *number = 0;
    return reply->type == REPLY_NIL ||
           (reply_int(reply, number) && *number >= 0 && *number <= max);
}

static bool
read_tier(const struct reply *reply, struct shop_tier *tier)
{
    int64_t number[TIER_FIELDS];

    for (size_t i = 1; i < TIER_FIELDS; i++) {
        int64_t max = i == HOLD_UNTIL ? INT64_MAX : INT32_MAX;

        if (!read_number(reply_at(reply, i), max, &number[i])) {
            return false;
        }
    }
    *tier = (struct shop_tier){ (int)number[1], (int)number[2], (int)number[3],
                                (int)number[4], number[5],      (int32_t)number[6],
                                (int)number[7] };
    return shop_tier_ok(tier);
}

/* One damaged shop must not keep the others of its partition waiting. */
static void
read_row(const struct reply *reply, struct shop_tier_row *row)
{
    row->found = reply_at(reply, 0)->type != REPLY_NIL;
    if (row->found && !read_tier(reply, &row->tier)) {
        log_error("a shop's tier cannot be read",
                  LOG_I("partition", id_partition(row->shop.value)));
        row->found = false;
    }
    if (!row->found) {
        row->tier = (struct shop_tier){ 0 };
    }
}

enum err
shop_tiers_read(struct store *store, struct arena *arena, struct shop_tier_row *rows,
                size_t count)
{
    struct call *calls[SHOP_TIERS_MAX];
    enum err err;

    assert(count <= SHOP_TIERS_MAX);
    for (size_t i = 0; i < count; i++) {
        calls[i] = call_read(arena, rows[i].shop);
    }
    err = count > 0 ? call_wait_all(store, calls, count) : ERR_NONE;
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        read_row(calls[i]->reply, &rows[i]);
    }
    return err;
}

/* --- how full they are ------------------------------------------------------------------- */

enum { SLOTS_FIRST = 2 /* behind status and slots */ };

static struct call *
call_slots(struct arena *arena, struct shop_number shop)
{
    static const char *const slot_fields[SLOTS_MAX] = {
        "slot:1", "slot:2", "slot:3", "slot:4",  "slot:5",  "slot:6",
        "slot:7", "slot:8", "slot:9", "slot:10", "slot:11", "slot:12"
    };
    struct call *call = call_command(arena, "HMGET");

    call_keyf(call, KEY_SHOP, id_partition(shop.value), shop.value);
    call_text(call, "status");
    call_text(call, "slots");
    for (int i = 0; i < SLOTS_MAX; i++) {
        call_text(call, slot_fields[i]);
    }
    return call;
}

static void
read_slots(const struct reply *reply, struct shop_slots_row *row)
{
    int64_t slots;

    row->found = reply_at(reply, 0)->type != REPLY_NIL &&
                 read_number(reply_at(reply, 1), SLOTS_MAX, &slots);
    row->slots = row->found ? (int)slots : 0;
    row->filled = 0;
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        row->filled += reply_at(reply, SLOTS_FIRST + i)->type != REPLY_NIL;
    }
}

enum err
shop_slots_read(struct store *store, struct arena *arena, struct shop_slots_row *rows,
                size_t count)
{
    struct call **calls = arena_alloc(arena, (count + 1) * sizeof(calls[0]));
    enum err err;

    for (size_t i = 0; i < count; i++) {
        calls[i] = call_slots(arena, rows[i].shop);
    }
    err = count > 0 ? call_wait_all(store, calls, count) : ERR_NONE;
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        read_slots(calls[i]->reply, &rows[i]);
    }
    return err;
}

/* --- writing ---------------------------------------------------------------------------- */

static void
put_tier(struct call *call, const struct shop_tier *tier)
{
    call_int(call, tier->tier);
    call_int(call, tier->slots);
    call_int(call, tier->up);
    call_int(call, tier->down);
    call_int(call, tier->hold_until_ms);
    call_int(call, tier->tier_day);
    call_int(call, tier->earned);
}

enum err
shop_tiers_write(struct store *store, struct arena *arena,
                 const struct shop_tiers *tiers, struct score_position *at)
{
    struct call *call = call_function(arena, "shop_tiers");
    struct score_position next = *at;
    enum err err;

    assert(tiers->count > 0 && tiers->count <= SHOP_TIERS_MAX);
    next.step++;
    call_keyf(call, KEY_APPLIED, id_partition(tiers->row[0].shop.value));
    for (size_t i = 0; i < tiers->count; i++) {
        int64_t number = tiers->row[i].shop.value;

        call_keyf(call, KEY_SHOP, id_partition(number), number);
        call_keyf(call, KEY_PROFILE, id_partition(number), number);
    }
    call_arg(call, score_position_text(arena, at));
    call_arg(call, score_position_text(arena, &next));
    call_int(call, tiers->parked_until_ms);
    call_int(call, PARKED_MAX);
    for (size_t i = 0; i < tiers->count; i++) {
        put_tier(call, &tiers->row[i].tier);
    }
    if ((err = call_wait(store, call)) == ERR_NONE) {
        *at = next;
    }
    return err;
}
