/* storage/shop/slot.c - slots filled and emptied; the rules are lua/shop.lua's. */
#include "storage/shop/slot.h"

#include "proto/time.h"
#include "storage/key.h"
#include "storage/redis/call.h"
#include "storage/shop/profile.h"
#include "storage/shop/told.h"

/* A product id in an argument; "" for none. */
static void
put_product(struct call *call, struct product_id product)
{
    if (product.value == 0) {
        call_text(call, "");
    } else {
        call_int(call, product.value);
    }
}

static struct call *
call_slot(struct arena *arena, const char *name, const struct slot_want *want,
          const struct slot_rules *rules)
{
    struct call *call = call_function(arena, name);
    unsigned partition = id_partition(want->shop.value);

    call_keyf(call, KEY_SHOP, partition, want->shop.value);
    call_keyf(call, KEY_PROFILE, partition, want->shop.value);
    call_keyf(call, KEY_EVENTS, partition);
    call_int(call, want->slot);
    call_int(call, rules->now_ms);
    call_int(call, rules->cooldown_ms);
    call_int(call, rules->slots_first);
    put_product(call, rules->taken_down);
    call_int(call, time_day(rules->now_ms / 1000));
    call_arg(call, told_activity(arena, want->shop, rules->now_ms));
    return call;
}

/* { code, product, placed_ms, changeable_ms, limit, note }; only the code when the shop
 * as a whole refuses. */
static enum err
read_state(const struct call *call, struct slot_state *state)
{
    const struct reply *reply = call->reply;
    int64_t limit;

    *state = (struct slot_state){ 0 };
    if (reply == NULL || reply->count < 6) {
        return call->err;
    }
    if (!reply_int(reply_at(reply, 1), &state->product.value) ||
        !reply_int(reply_at(reply, 2), &state->placed_at_ms) ||
        !reply_int(reply_at(reply, 3), &state->changeable_at_ms) ||
        !reply_int(reply_at(reply, 4), &limit)) {
        return ERR_BAD_DATA;
    }
    state->slot_limit = (int)limit;
    state->note = reply_str(reply_at(reply, 5));
    return call->err;
}

enum err
slot_feature(struct store *store, struct arena *arena, const struct slot_want *want,
             const struct slot_rules *rules, struct slot_state *state)
{
    struct call *call = call_slot(arena, "slot_feature", want, rules);

    put_product(call, want->product);
    call_text(call, want->note ? "1" : "0");
    call_arg(call, want->note ? *want->note : STR(""));
    call_wait(store, call);
    shop_drop(store, arena, want->shop);
    return read_state(call, state);
}

enum err
slot_empty(struct store *store, struct arena *arena, const struct slot_want *want,
           const struct slot_rules *rules, struct slot_state *state)
{
    struct call *call = call_slot(arena, "slot_empty", want, rules);

    call_wait(store, call);
    shop_drop(store, arena, want->shop);
    return read_state(call, state);
}

int64_t
slot_changeable_at_ms(const struct shop_slot *slot, int64_t cooldown_ms)
{
    int64_t now_ms = slot->placed_at_ms + cooldown_ms;

    return now_ms < slot->promised_at_ms ? now_ms : slot->promised_at_ms;
}

int
slot_limit(const struct shop *shop, int slots_first)
{
    return shop->tier.slots > 0 ? shop->tier.slots : slots_first;
}
