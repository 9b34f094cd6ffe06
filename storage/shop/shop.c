/* storage/shop/shop.c - shops opened, edited and suspended.
 *
 * Opening: draw a number, take it as the member's one shop, make the shop. If we stop
 * after the second step, the next try finds the number taken and makes that shop; of two
 * tries at once one makes it, and the other is told that it exists. */
#include "storage/shop/shop.h"

#include "base/rand.h"
#include "proto/event.h"
#include "proto/time.h"
#include "storage/idempotency.h"
#include "storage/key.h"
#include "storage/member/member.h"
#include "storage/redis/call.h"
#include "storage/shop/list.h"
#include "storage/shop/profile.h"
#include "storage/shop/told.h"

static enum err
draw_number(struct store *store, struct arena *arena, struct shop_number *number)
{
    struct call *call = call_command(arena, "INCR");
    unsigned partition = (unsigned)(rand_u64() % PARTITIONS);
    enum err err;

    call_keyf(call, KEY_SHOP_SEQ, partition);
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    if (call->reply->type != REPLY_INTEGER || call->reply->integer <= 0 ||
        call->reply->integer > UINT32_MAX) {
        return ERR_BAD_DATA;
    }
    number->value =
        id_make((uint64_t)call->reply->integer - 1 + SHOP_N_FIRST, partition);
    return number->value <= SHOP_NUMBER_MAX ? ERR_NONE : ERR_BAD_DATA;
}

static struct idempotency_place
place_of(struct shop_number shop)
{
    return (struct idempotency_place){ 's', id_partition(shop.value) };
}

/* Makes the shop of want->number. ERR_SHOP_EXISTS when it was made before. */
static enum err
make_shop(struct store *store, struct arena *arena, const struct shop_opened *want,
          struct member_id owner, const struct idempotency *key)
{
    struct call *call = call_function(arena, "shop_make");
    unsigned partition = id_partition(want->number.value);
    const struct shop shop = { .nickname = want->nickname };
    int64_t made;
    enum err err;

    call_keyf(call, KEY_SHOP, partition, want->number.value);
    call_keyf(call, KEY_PROFILE, partition, want->number.value);
    call_keyf(call, KEY_SHOPS, partition);
    idempotency_put_key(call, key, place_of(want->number));
    call_int(call, (int64_t)shops_bit(want->number));
    call_int(call, owner.value);
    call_int(call, want->at_ms);
    call_arg(call, want->nickname);
    call_int(call, want->policy_version);
    call_arg(call, shop_pack_profile(arena, &shop));
    idempotency_put_args(call, key, IDEMPOTENCY_KEPT_S);
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    if (!reply_int(reply_at(call->reply, 1), &made)) {
        return ERR_BAD_DATA;
    }
    return made ? ERR_NONE : ERR_SHOP_EXISTS;
}

/* The number of the member's one shop, taken now when there is none. */
static enum err
take_number(struct store *store, struct arena *arena, struct member_id owner,
            struct shop_number *number)
{
    struct shop_number drawn;
    struct member member;
    enum err err = member_read(store, arena, owner, &member);

    if (err != ERR_NONE) {
        return err;
    }
    *number = member.shop;
    if (member.shop.value != 0) {
        return ERR_NONE;
    }
    err = draw_number(store, arena, &drawn);
    return err == ERR_NONE ? member_take_shop(store, arena, owner, drawn, number) : err;
}

enum err
shop_open_keyed(struct store *store, struct arena *arena,
                const struct shop_open_want *want, const struct idempotency *key,
                int64_t policy_version, struct shop_opened *opened)
{
    enum err err;

    *opened = (struct shop_opened){ .at_ms = want->now_ms,
                                    .policy_version = policy_version,
                                    .nickname = want->nickname };
    err = take_number(store, arena, want->owner, &opened->number);
    return err == ERR_NONE ? make_shop(store, arena, opened, want->owner, key) : err;
}

enum err
shop_open(struct store *store, struct arena *arena, const struct shop_open_want *want,
          struct shop_number *number)
{
    struct shop_opened opened;
    enum err err = shop_open_keyed(store, arena, want, NULL, 0, &opened);

    *number = opened.number;
    return err;
}

/* "AT_MS POLICY_VERSION NICKNAME" */
static bool
read_opened(struct str state, struct shop_opened *opened)
{
    struct str part;

    if (!str_split(&state, ' ', &part) || !str_to_i64(part, &opened->at_ms) ||
        !str_split(&state, ' ', &part) || !str_to_i64(part, &opened->policy_version)) {
        return false;
    }
    opened->nickname = state;
    return state.data != NULL;
}

enum err
shop_open_before(struct store *store, struct arena *arena, struct member_id owner,
                 const struct idempotency *key, struct shop_opened *opened)
{
    struct member member;
    struct str state;
    enum err err;

    *opened = (struct shop_opened){ .number = { 0 } };
    if (!key->given) {
        return ERR_NONE;
    }
    err = member_read(store, arena, owner, &member);
    if (err != ERR_NONE || member.shop.value == 0) {
        return err;
    }
    err = idempotency_find(store, arena, key, place_of(member.shop), &state);
    if (err != ERR_NONE || state.data == NULL) {
        return err;
    }
    opened->number = member.shop;
    return read_opened(state, opened) ? ERR_NONE : ERR_BAD_DATA;
}

static void
put_pair(struct call *call, const char *field, struct str value)
{
    call_text(call, field);
    call_arg(call, value);
}

enum err
shop_edit(struct store *store, struct arena *arena, const struct shop_edit *edit)
{
    struct call *call = call_function(arena, "shop_edit");
    unsigned partition = id_partition(edit->shop.value);
    bool on_boards = edit->on_boards ? *edit->on_boards : true;

    call_keyf(call, KEY_SHOP, partition, edit->shop.value);
    call_keyf(call, KEY_PROFILE, partition, edit->shop.value);
    call_keyf(call, KEY_EVENTS, partition);
    call_int(call, time_day(edit->now_ms / 1000));
    call_arg(call, told_activity(arena, edit->shop, edit->now_ms));
    call_arg(call, told_status(arena, edit->shop, true, on_boards));
    if (edit->nickname) {
        put_pair(call, "nickname", *edit->nickname);
    }
    if (edit->bio) {
        put_pair(call, "bio", *edit->bio);
    }
    if (edit->on_boards) {
        put_pair(call, "on_boards", *edit->on_boards ? STR("1") : STR("0"));
    }
    if (edit->resting) {
        put_pair(call, "status", *edit->resting ? STR("resting") : STR("open"));
    }
    call_wait(store, call);
    shop_drop(store, arena, edit->shop);
    return call->err;
}

enum err
shop_suspend(struct store *store, struct arena *arena, struct shop_number shop,
             bool suspend)
{
    return shop_suspend_keyed(store, arena, shop, suspend, NULL);
}

enum err
shop_suspend_keyed(struct store *store, struct arena *arena, struct shop_number shop,
                   bool suspend, const struct idempotency *key)
{
    struct call *call = call_function(arena, "shop_suspend");
    unsigned partition = id_partition(shop.value);

    call_keyf(call, KEY_SHOP, partition, shop.value);
    call_keyf(call, KEY_EVENTS, partition);
    idempotency_put_key(call, key, place_of(shop));
    call_text(call, suspend ? "1" : "0");
    call_arg(call, told_status(arena, shop, !suspend, true));
    call_arg(call, told_status(arena, shop, !suspend, false));
    idempotency_put_args(call, key, IDEMPOTENCY_KEPT_S);
    call_wait(store, call);
    shop_drop(store, arena, shop);
    return call->err;
}

enum err
shop_suspend_before(struct store *store, struct arena *arena, struct shop_number number,
                    const struct idempotency *key, struct shop *shop, bool *found)
{
    struct str state;
    enum err err = idempotency_find(store, arena, key, place_of(number), &state);

    *found = err == ERR_NONE && state.data != NULL;
    if (!*found) {
        return err;
    }
    if ((err = shop_read(store, arena, number, shop)) != ERR_NONE) {
        return err;
    }
    return shop_status_parse(state, &shop->status) ? ERR_NONE : ERR_BAD_DATA;
}

enum err
shop_suspend_nothing(struct store *store, struct arena *arena, const struct shop *shop,
                     const struct idempotency *key)
{
    return idempotency_note(store, arena, key, place_of(shop->number),
                            str_from(shop_status_name(shop->status)));
}
