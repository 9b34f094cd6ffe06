/* storage/shop/check.c - owners and shops, following and followers. */
#include "storage/shop/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "storage/key.h"
#include "storage/member/member.h"
#include "storage/outbox/outbox.h"
#include "storage/redis/scan.h"
#include "storage/shop/following.h"
#include "storage/shop/list.h"
#include "storage/shop/shop.h"

enum {
    ARENA_BYTES = 64 << 20,
    AT_ONCE = 256,
    FOLLOWS_AT_ONCE = 512,
    LOOKS = 3 /* at a follow that changes meanwhile */
};

/* --- follows, however found ----------------------------------------------------------- */

struct follow {
    struct member_id member;
    struct shop_number own, followed;
    bool follows; /* the member's list says so */
    bool known;   /* the followed shop's set says so */
    bool waiting; /* a message of it is still to be delivered */
    bool settled;
};

struct follows {
    struct store *store;
    struct tally *tally;
    struct follow follow[FOLLOWS_AT_ONCE];
    size_t count;
};

static struct call *
call_follows(struct arena *arena, const struct follow *follow)
{
    struct call *call = call_command(arena, "SISMEMBER");

    call_keyf(call, KEY_FOLLOWING, id_partition(follow->member.value),
              follow->member.value);
    call_int(call, follow->followed.value);
    return call;
}

static struct call *
call_known(struct arena *arena, const struct follow *follow)
{
    struct call *call = call_command(arena, "SISMEMBER");

    call_keyf(call, KEY_FOLLOWERS, id_partition(follow->followed.value),
              follow->followed.value);
    call_int(call, follow->own.value);
    return call;
}

static enum err
ask(struct follows *follows,
    struct call *(*make)(struct arena *, const struct follow *), bool *answers)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct call *calls[FOLLOWS_AT_ONCE];
    enum err err;

    for (size_t i = 0; i < follows->count; i++) {
        calls[i] = make(arena, &follows->follow[i]);
    }
    err = call_wait_all(follows->store, calls, follows->count);
    for (size_t i = 0; i < follows->count && err == ERR_NONE; i++) {
        answers[i] = calls[i]->reply->integer == 1;
    }
    arena_free(&arena);
    return err;
}

static void
mark_waiting(void *arg, const struct outbox_message *message)
{
    struct follows *follows = arg;
    struct shop_number followed, own;

    if (!shop_number_parse(outbox_field(message, "shop"), &followed) ||
        !shop_number_parse(outbox_field(message, "follower"), &own)) {
        return;
    }
    for (size_t i = 0; i < follows->count; i++) {
        struct follow *follow = &follows->follow[i];

        follow->waiting =
            follow->waiting || (follow->followed.value == followed.value &&
                                follow->own.value == own.value);
    }
}

/* Each partition of members that any of them is of, once. */
static enum err
look_at_outboxes(struct follows *follows)
{
    bool seen[PARTITIONS] = { false };
    enum err err = ERR_NONE;

    for (size_t i = 0; i < follows->count && err == ERR_NONE; i++) {
        unsigned partition = id_partition(follows->follow[i].member.value);

        if (!seen[partition]) {
            seen[partition] = true;
            err = outbox_look(follows->store, 'm', partition, mark_waiting, follows);
        }
    }
    return err;
}

static void
settle(struct follows *follows, bool last)
{
    size_t kept = 0;

    for (size_t i = 0; i < follows->count; i++) {
        struct follow *follow = &follows->follow[i];

        if (follow->follows == follow->known) {
            follows->tally->right++;
        } else if (!last) {
            follows->follow[kept] = *follow;
            follows->follow[kept++].waiting = false;
        } else if (follow->waiting) {
            follows->tally->waiting++;
        } else {
            follows->tally->wrong++;
        }
    }
    follows->count = kept;
}

/* The outboxes are asked only when something disagrees. */
static enum err
look(struct follows *follows, int round)
{
    bool answers[FOLLOWS_AT_ONCE];
    enum err err = ask(follows, call_follows, answers);

    for (size_t i = 0; i < follows->count && err == ERR_NONE; i++) {
        follows->follow[i].follows = answers[i];
    }
    if (err == ERR_NONE && round > 0) {
        err = look_at_outboxes(follows);
    }
    if (err == ERR_NONE) {
        err = ask(follows, call_known, answers);
    }
    for (size_t i = 0; i < follows->count && err == ERR_NONE; i++) {
        follows->follow[i].known = answers[i];
    }
    if (err == ERR_NONE) {
        settle(follows, round == LOOKS - 1);
    }
    return err;
}

static enum err
flush(struct follows *follows)
{
    enum err err = ERR_NONE;

    for (int i = 0; i < LOOKS && follows->count > 0 && err == ERR_NONE; i++) {
        err = look(follows, i);
    }
    return err;
}

static enum err
add(struct follows *follows, struct member_id member, struct shop_number own,
    struct shop_number followed)
{
    follows->follow[follows->count++] =
        (struct follow){ .member = member, .own = own, .followed = followed };
    return follows->count == FOLLOWS_AT_ONCE ? flush(follows) : ERR_NONE;
}

/* --- from members to shops --------------------------------------------------------------- */

struct owned {
    struct member_id member;
    struct shop_number shop; /* value 0: none */
    bool damaged;            /* there is one, but which cannot be read */
};

static enum err
read_shops(struct store *store, struct arena *arena, struct owned *owned, size_t count)
{
    struct call *calls[AT_ONCE];
    enum err err;

    for (size_t i = 0; i < count; i++) {
        int64_t id = owned[i].member.value;

        calls[i] = call_command(arena, "HGET");
        call_keyf(calls[i], KEY_MEMBER, id_partition(id), id);
        call_text(calls[i], "shop");
    }
    if ((err = call_wait_all(store, calls, count)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        struct str number = reply_str(calls[i]->reply);

        owned[i].damaged = number.len > 0 && !shop_number_parse(number, &owned[i].shop);
    }
    return ERR_NONE;
}

static struct call *
call_owner(struct arena *arena, struct shop_number shop)
{
    struct call *call = call_command(arena, "HGET");

    call_keyf(call, KEY_SHOP, id_partition(shop.value), shop.value);
    call_text(call, "owner");
    return call;
}

static struct call *
call_listed(struct arena *arena, struct shop_number shop)
{
    struct call *call = call_command(arena, "GETBIT");

    call_keyf(call, KEY_SHOPS, id_partition(shop.value));
    call_int(call, (int64_t)shops_bit(shop));
    return call;
}

/* A number that was taken and whose shop was not made yet has no owner. One that was made
 * stands in its partition's list since then. */
static enum err
check_owners(struct store *store, struct arena *arena, const struct owned *owned,
             size_t count, struct tally *tally)
{
    struct call **calls = arena_alloc(arena, 2 * AT_ONCE * sizeof(calls[0]));
    enum err err;

    for (size_t i = 0; i < count; i++) {
        calls[2 * i] = call_owner(arena, owned[i].shop);
        calls[2 * i + 1] = call_listed(arena, owned[i].shop);
    }
    if (count == 0 || (err = call_wait_all(store, calls, 2 * count)) != ERR_NONE) {
        return count == 0 ? ERR_NONE : err;
    }
    for (size_t i = 0; i < count; i++) {
        struct str owner = reply_str(calls[2 * i]->reply);
        bool listed = calls[2 * i + 1]->reply->integer == 1;
        struct member_id id = { 0 };
        bool right = owner.len == 0 || (listed && member_id_parse(owner, &id) &&
                                        id.value == owned[i].member.value);

        *(right ? &tally->right : &tally->wrong) += 1;
    }
    return ERR_NONE;
}

static enum err
add_following(struct follows *follows, const struct owned *owned)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct shop_list list = { NULL, 0 };
    enum err err = following_read(follows->store, arena, owned->member, &list);

    if (err == ERR_BAD_DATA) { /* the other side sees the rest of it */
        follows->tally->wrong++;
        err = ERR_NONE;
        list.count = 0;
    }
    for (size_t i = 0; i < list.count && err == ERR_NONE; i++) {
        err = add(follows, owned->member, owned->shop, list.number[i]);
    }
    arena_free(&arena);
    return err;
}

static enum err
check_members(struct follows *follows, struct owned *owned, size_t count,
              struct tally *owners)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    size_t with_shop = 0;
    enum err err = read_shops(follows->store, arena, owned, count);

    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        owners->wrong += owned[i].damaged;
        if (!owned[i].damaged && owned[i].shop.value != 0) {
            owned[with_shop++] = owned[i];
        }
    }
    if (err == ERR_NONE) {
        err = check_owners(follows->store, arena, owned, with_shop, owners);
    }
    for (size_t i = 0; i < with_shop && err == ERR_NONE; i++) {
        err = add_following(follows, &owned[i]);
    }
    arena_free(&arena);
    return err;
}

enum err
shop_check_members(struct store *store, unsigned partition,
                   struct shop_tallies *tallies)
{
    struct follows *follows = xcalloc(1, sizeof(*follows));
    struct owned owned[AT_ONCE];
    int64_t drawn, n = 1;
    enum err err = members_drawn(store, partition, &drawn);

    follows->store = store;
    follows->tally = &tallies->following;
    while (err == ERR_NONE && n <= drawn) {
        size_t count = 0;

        while (n <= drawn && count < AT_ONCE) {
            owned[count++] =
                (struct owned){ .member = { id_make((uint64_t)n++, partition) } };
        }
        err = check_members(follows, owned, count, &tallies->owners);
    }
    if (err == ERR_NONE) {
        err = flush(follows);
    }
    free(follows);
    return err;
}

/* --- from shops to members --------------------------------------------------------------- */

/* A shop that stands there was taken before by the member whom it names. */
static enum err
check_shops(struct store *store, struct arena *arena, const struct shop_number *shops,
            size_t count, struct tally *tally)
{
    struct owned owned[AT_ONCE];
    struct call *calls[AT_ONCE];
    enum err err;

    for (size_t i = 0; i < count; i++) {
        calls[i] = call_owner(arena, shops[i]);
    }
    if ((err = call_wait_all(store, calls, count)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        owned[i] = (struct owned){ .damaged = false };
        member_id_parse(reply_str(calls[i]->reply), &owned[i].member);
    }
    if ((err = read_shops(store, arena, owned, count)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        *(owned[i].shop.value == shops[i].value ? &tally->right : &tally->wrong) += 1;
    }
    return ERR_NONE;
}

/* Followers' shops as SSCAN gives them; of one that was not made the member is unknown. */
static enum err
add_followers(struct follows *follows, struct arena *arena, struct shop_number shop,
              const struct reply *page)
{
    struct call **calls = arena_alloc(arena, (page->count + 1) * sizeof(struct call *));
    struct shop_number *own = arena_alloc(arena, (page->count + 1) * sizeof(*own));
    struct member_id member;
    size_t count = 0;
    enum err err;

    for (size_t i = 0; i < page->count; i++) {
        if (shop_number_parse(reply_str(reply_at(page, i)), &own[count])) {
            calls[count] = call_owner(arena, own[count]);
            count++;
        } else {
            follows->tally->wrong++;
        }
    }
    err = count > 0 ? call_wait_all(follows->store, calls, count) : ERR_NONE;
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        if (member_id_parse(reply_str(calls[i]->reply), &member)) {
            err = add(follows, member, own[i], shop);
        }
    }
    return err;
}

static enum err
check_followers(struct follows *follows, struct shop_number shop)
{
    char cursor[SCAN_CURSOR_BYTES] = "0";
    enum err err = ERR_NONE;

    do {
        struct arena *arena = arena_new(ARENA_BYTES);
        struct call *call = call_command(arena, "SSCAN");

        call_keyf(call, KEY_FOLLOWERS, id_partition(shop.value), shop.value);
        call_text(call, cursor);
        call_text(call, "COUNT");
        call_int(call, AT_ONCE);
        err = call_wait(follows->store, call);
        if (err == ERR_NONE) {
            snprintf(cursor, sizeof(cursor), "%.*s",
                     STR_ARGS(reply_str(reply_at(call->reply, 0))));
            err = add_followers(follows, arena, shop, reply_at(call->reply, 1));
        }
        arena_free(&arena);
    } while (err == ERR_NONE && strcmp(cursor, "0") != 0);
    return err;
}

enum err
shop_check_shops(struct store *store, unsigned partition, struct shop_tallies *tallies)
{
    struct follows *follows = xcalloc(1, sizeof(*follows));
    struct shops_cursor cursor = shops_first(partition);
    struct shop_number shops[AT_ONCE];
    size_t count;
    enum err err = ERR_NONE;

    follows->store = store;
    follows->tally = &tallies->following;
    while (err == ERR_NONE && !cursor.ended) {
        struct arena *arena = arena_new(ARENA_BYTES);

        err = shops_next(store, arena, &cursor, shops, AT_ONCE, &count);
        if (err == ERR_NONE && count > 0) {
            err = check_shops(store, arena, shops, count, &tallies->owners);
        }
        for (size_t i = 0; i < count && err == ERR_NONE; i++) {
            err = check_followers(follows, shops[i]);
        }
        arena_free(&arena);
    }
    if (err == ERR_NONE) {
        err = flush(follows);
    }
    free(follows);
    return err;
}
