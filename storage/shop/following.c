/* storage/shop/following.c - see the header. */
#include "storage/shop/following.h"

#include <stdlib.h>

#include "storage/key.h"
#include "storage/outbox/outbox.h"
#include "storage/redis/call.h"

enum err
following_set(struct store *store, struct arena *arena, struct member_id member,
              struct shop_number shop, bool follow)
{
    struct call *call = call_function(arena, "following_set");
    unsigned partition = id_partition(member.value);

    call_keyf(call, KEY_FOLLOWING, partition, member.value);
    call_keyf(call, KEY_OUTBOX, 'm', partition);
    call_keyf(call, KEY_MEMBER, partition, member.value);
    call_int(call, shop.value);
    call_text(call, follow ? "1" : "0");
    call_int(call, FOLLOWING_MAX);
    return call_wait(store, call);
}

static int
by_number(const void *a_at, const void *b_at)
{
    const struct shop_number *a = a_at, *b = b_at;

    return (a->value > b->value) - (a->value < b->value);
}

static enum err
read_list(struct arena *arena, const struct reply *reply, struct shop_list *list)
{
    list->count = reply->count;
    list->number = arena_alloc(arena, (reply->count + 1) * sizeof(*list->number));
    for (size_t i = 0; i < reply->count; i++) {
        if (!shop_number_parse(reply_str(&reply->element[i]), &list->number[i])) {
            return ERR_BAD_DATA;
        }
    }
    qsort(list->number, list->count, sizeof(*list->number), by_number);
    return ERR_NONE;
}

enum err
following_read(struct store *store, struct arena *arena, struct member_id member,
               struct shop_list *list)
{
    struct call *call = call_command(arena, "SMEMBERS");
    enum err err;

    call_keyf(call, KEY_FOLLOWING, id_partition(member.value), member.value);
    err = call_wait(store, call);
    return err == ERR_NONE ? read_list(arena, call->reply, list) : err;
}

/* A shop may have any number of followers: we ask about our few, not for all of them. */
enum err
following_friends(struct store *store, struct arena *arena, struct shop_number own,
                  const struct shop_list *following, struct shop_list *friends)
{
    struct call *call = call_command(arena, "SMISMEMBER");
    int64_t follows;
    enum err err;

    *friends = (struct shop_list){
        arena_alloc(arena, (following->count + 1) * sizeof(*friends->number)), 0
    };
    if (own.value == 0 || following->count == 0) {
        return ERR_NONE;
    }
    call_keyf(call, KEY_FOLLOWERS, id_partition(own.value), own.value);
    for (size_t i = 0; i < following->count; i++) {
        call_int(call, following->number[i].value);
    }
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < following->count; i++) {
        if (reply_int(reply_at(call->reply, i), &follows) && follows == 1) {
            friends->number[friends->count++] = following->number[i];
        }
    }
    return ERR_NONE;
}

static enum err
deliver(struct store *store, struct arena *arena, const struct outbox_message *message)
{
    struct call *call = call_function(arena, "following_deliver");
    struct shop_number shop, follower;

    if (!shop_number_parse(outbox_field(message, "shop"), &shop) ||
        !shop_number_parse(outbox_field(message, "follower"), &follower)) {
        return ERR_BAD_DATA;
    }
    call_keyf(call, KEY_FOLLOWERS, id_partition(shop.value), shop.value);
    call_keyf(call, KEY_RELAYED, 's', id_partition(shop.value));
    call_arg(call, arena_printf(arena, "m%03u", message->partition));
    call_arg(call, message->id);
    call_int(call, follower.value);
    call_arg(call, outbox_field(message, "on"));
    return call_wait(store, call);
}

const struct outbox_kind following_outbox = { "follow", 'm', deliver };
