/* storage/shop/retell.c - see the header. */
#include "storage/shop/retell.h"

#include "storage/key.h"
#include "storage/redis/call.h"
#include "storage/shop/told.h"

/* The day is read before: its event is made here, and a newer day has told of itself. */
static struct call *
call_day(struct arena *arena, struct shop_number shop)
{
    struct call *call = call_command(arena, "HGET");

    call_keyf(call, KEY_SHOP, id_partition(shop.value), shop.value);
    call_text(call, "active_day");
    return call;
}

static struct call *
call_retell(struct arena *arena, struct shop_number shop, const struct reply *day)
{
    struct call *call = call_function(arena, "shop_retell");
    struct event activity = { .kind = EVENT_ACTIVITY, .shop = shop };
    int64_t number = 0;
    bool known = reply_int(day, &number) && number >= 0 && number <= INT32_MAX;

    activity.activity_day = (int32_t)number;
    call_keyf(call, KEY_SHOP, id_partition(shop.value), shop.value);
    call_keyf(call, KEY_EVENTS, id_partition(shop.value));
    call_arg(call, told_status(arena, shop, true, true));
    call_arg(call, told_status(arena, shop, true, false));
    call_arg(call, told_status(arena, shop, false, true));
    call_arg(call, known ? reply_str(day) : STR(""));
    call_arg(call, told_event(arena, &activity));
    return call;
}

enum err
shops_retell(struct store *store, struct arena *arena, const struct shop_number *shops,
             size_t count)
{
    struct call **calls = arena_alloc(arena, (count + 1) * sizeof(struct call *));
    enum err err;

    for (size_t i = 0; i < count; i++) {
        calls[i] = call_day(arena, shops[i]);
    }
    if (count == 0 || (err = call_wait_all(store, calls, count)) != ERR_NONE) {
        return count == 0 ? ERR_NONE : err;
    }
    for (size_t i = 0; i < count; i++) {
        calls[i] = call_retell(arena, shops[i], calls[i]->reply);
    }
    return call_wait_all(store, calls, count);
}
