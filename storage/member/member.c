/* storage/member/member.c - accounts made, read and changed.
 *
 * Making one: draw an id, claim the user name, write the member with its first session,
 * confirm the claim. Whatever stops us, the claim is free again after USERNAME_CLAIM_MS
 * unless the member exists. */
#include "storage/member/member.h"

#include <assert.h>

#include "base/rand.h"
#include "storage/key.h"
#include "storage/member/merchant.h"
#include "storage/member/username.h"
#include "storage/redis/cache.h"
#include "storage/store.h"

enum { COUNTER_ARENA_BYTES = 64 << 10 };

/* Any partition: spread evenly without a counter that loops would have to share. */
static enum err
draw_id(struct store *store, struct arena *arena, struct member_id *id)
{
    struct call *call = call_command(arena, "INCR");
    unsigned partition = (unsigned)(rand_u64() % PARTITIONS);
    enum err err;

    call_keyf(call, KEY_MEMBER_SEQ, partition);
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    if (call->reply->type != REPLY_INTEGER || call->reply->integer <= 0) {
        return ERR_BAD_DATA;
    }
    id->value = id_make((uint64_t)call->reply->integer, partition);
    return ERR_NONE;
}

static void
put_pair(struct call *call, const char *field, struct str value)
{
    call_text(call, field);
    call_arg(call, value);
}

static void
put_member_fields(struct call *call, const struct member_want *want)
{
    call_int(call, 5);
    put_pair(call, "username", want->username);
    put_pair(call, "nickname", want->nickname);
    put_pair(call, "password", want->password);
    call_text(call, "roles");
    call_int(call, want->roles);
    call_text(call, "created_at_ms");
    call_int(call, want->now_ms);
}

static void
put_merchant_fields(struct store *store, struct call *call, struct member_id id,
                    const struct member_want *want)
{
    call_int(call, 2);
    put_pair(call, "name", want->merchant_name);
    put_pair(call, "secret",
             merchant_secret_seal(store, call->arena, id, want->merchant_secret));
}

enum err
members_drawn(struct store *store, unsigned partition, int64_t *drawn)
{
    struct arena *arena = arena_new(COUNTER_ARENA_BYTES);
    struct call *call = call_command(arena, "GET");
    enum err err;

    call_keyf(call, KEY_MEMBER_SEQ, partition);
    err = call_wait(store, call);
    *drawn = 0;
    if (err == ERR_NONE && call->reply->type != REPLY_NIL &&
        !reply_int(call->reply, drawn)) {
        err = ERR_BAD_DATA;
    }
    arena_free(&arena);
    return err;
}

static enum err
write_member(struct store *store, struct arena *arena, const struct member_want *want,
             struct member_id id, const struct session_token *token)
{
    struct call *call = call_function(arena, "member_make");
    unsigned partition = id_partition(id.value);
    bool is_merchant = want->merchant_name.len > 0;

    call_keyf(call, KEY_MEMBER, partition, id.value);
    call_keyf(call, KEY_SESSIONS, partition, id.value);
    call_keyf(call, KEY_SESSION, partition, token->hash);
    if (is_merchant) {
        call_keyf(call, KEY_MERCHANT, partition, id.value);
    }
    call_int(call, id.value);
    call_text(call, token->hash);
    call_int(call, want->now_ms);
    call_int(call, SESSION_KEEP_S);
    put_member_fields(call, want);
    if (is_merchant) {
        put_merchant_fields(store, call, id, want);
    }
    return call_wait(store, call);
}

/* The claim moved on while we wrote: nobody has seen this member, it goes again. */
static void
unwrite_member(struct store *store, struct arena *arena, struct member_id id,
               const struct session_token *token)
{
    struct call *call = call_function(arena, "member_unmake");
    unsigned partition = id_partition(id.value);

    call_keyf(call, KEY_MEMBER, partition, id.value);
    call_keyf(call, KEY_SESSIONS, partition, id.value);
    call_keyf(call, KEY_SESSION, partition, token->hash);
    call_wait(store, call);
}

/* Nothing happened but the claim: whoever asks again finds the name free. */
static enum err
give_back(struct store *store, struct arena *arena, const struct username_claim *claim,
          enum err err)
{
    if (err == ERR_STORE_DOWN && username_release(store, arena, claim) != ERR_NONE) {
        return ERR_STORE_UNCERTAIN;
    }
    return err;
}

static enum err
write_claimed(struct store *store, struct arena *arena, const struct member_want *want,
              struct member_id id, struct session_token *token)
{
    struct username_claim claim = { want->username, id, { NULL, 0 } };
    enum err err = username_take(store, arena, want->now_ms, &claim);

    if (err == ERR_NONE) {
        err = write_member(store, arena, want, id, token);
        if (err == ERR_NONE) {
            err = err_after_write(username_confirm(store, arena, &claim));
        } else {
            err = give_back(store, arena, &claim, err);
        }
    }
    if (err == ERR_MOVED_ON) {
        unwrite_member(store, arena, id, token);
        return ERR_USERNAME_TAKEN;
    }
    return err;
}

enum err
member_make(struct store *store, struct arena *arena, const struct member_want *want,
            struct member *member, struct session_token *token)
{
    struct member_id id;
    enum err err = draw_id(store, arena, &id);

    assert(!(want->roles & MEMBER_MERCHANT) == (want->merchant_name.len == 0));
    if (err != ERR_NONE) {
        return err;
    }
    session_token_new(id, want->now_ms, token);
    err = want->username.len > 0 ? write_claimed(store, arena, want, id, token)
                                 : write_member(store, arena, want, id, token);
    *member =
        (struct member){ id,          want->username, want->nickname, want->password,
                         want->roles, { 0 },          want->now_ms };
    return err;
}

static enum err
read_fields(const struct reply *reply, struct member *member)
{
    const struct reply *shop = reply_at(reply, 5);
    int64_t roles;

    if (reply_at(reply, 3)->type == REPLY_NIL) {
        return ERR_NOT_FOUND;
    }
    member->username = reply_str(reply_at(reply, 0));
    member->nickname = reply_str(reply_at(reply, 1));
    member->password = reply_str(reply_at(reply, 2));
    member->shop.value = 0;
    if (member->username.len > USERNAME_BYTES_MAX ||
        !reply_int(reply_at(reply, 3), &roles) ||
        !reply_int(reply_at(reply, 4), &member->created_at_ms) ||
        (shop->type != REPLY_NIL &&
         !shop_number_parse(reply_str(shop), &member->shop))) {
        return ERR_BAD_DATA;
    }
    member->roles = (unsigned)roles;
    return ERR_NONE;
}

enum err
member_read(struct store *store, struct arena *arena, struct member_id id,
            struct member *member)
{
    static const char *const fields[] = { "username", "nickname",      "password",
                                          "roles",    "created_at_ms", "shop" };
    struct call *call = call_command(arena, "HMGET");
    enum err err;

    call_keyf(call, KEY_MEMBER, id_partition(id.value), id.value);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        call_text(call, fields[i]);
    }
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    member->id = id;
    return read_fields(call->reply, member);
}

enum err
member_read_by_username(struct store *store, struct arena *arena, struct str username,
                        struct member *member)
{
    struct username_claim claim = { .member = { id_make(1, 0) } };
    enum err found = username_find(store, arena, username, &claim);
    enum err err;

    if (found != ERR_NONE && found != ERR_NOT_FOUND) {
        return found;
    }
    /* Asked also when there is no claim: the time it takes says nothing. */
    err = member_read(store, arena, claim.member, member);
    if (err == ERR_NONE &&
        (found != ERR_NONE || !str_equal(member->username, username))) {
        return ERR_NOT_FOUND;
    }
    return err;
}

static enum err
set_field(struct store *store, struct arena *arena, struct member_id id,
          const char *field, struct str value)
{
    struct call *call = call_function(arena, "member_set");

    call_keyf(call, KEY_MEMBER, id_partition(id.value), id.value);
    put_pair(call, field, value);
    return call_wait(store, call);
}

enum err
member_set_nickname(struct store *store, struct arena *arena, struct member_id id,
                    struct str nickname)
{
    return set_field(store, arena, id, "nickname", nickname);
}

/* Gives up the name that the member bore before. */
static enum err
release_former(struct store *store, struct arena *arena, const struct member *member)
{
    struct username_claim former;
    enum err err = username_find(store, arena, member->username, &former);

    if (err == ERR_NOT_FOUND) {
        return ERR_NONE;
    }
    if (err != ERR_NONE || former.member.value != member->id.value) {
        return err;
    }
    return username_release(store, arena, &former);
}

enum err
member_rename(struct store *store, struct arena *arena, const struct member *member,
              struct str username, int64_t now_ms)
{
    struct username_claim claim = { username, member->id, { NULL, 0 } };
    enum err err;

    if (str_equal(member->username, username)) {
        return ERR_NONE;
    }
    if ((err = username_take(store, arena, now_ms, &claim)) != ERR_NONE) {
        return err;
    }
    err = set_field(store, arena, member->id, "username", username);
    if (err != ERR_NONE) {
        return give_back(store, arena, &claim, err);
    }
    err = err_after_write(username_confirm(store, arena, &claim));
    if (err == ERR_MOVED_ON) {
        /* It took us over a minute and the name went: back to the former one. */
        set_field(store, arena, member->id, "username", member->username);
        return ERR_USERNAME_TAKEN;
    }
    if (err == ERR_NONE && member->username.len > 0) {
        err = err_after_write(release_former(store, arena, member));
    }
    return err;
}

static struct str
sessions_key(struct arena *arena, struct member_id id)
{
    return arena_printf(arena, KEY_SESSIONS, id_partition(id.value), id.value);
}

enum err
member_set_password(struct store *store, struct arena *arena, struct member_id id,
                    struct str password, const char *session_kept)
{
    struct call *call = call_function(arena, "member_set_password");

    call_keyf(call, KEY_MEMBER, id_partition(id.value), id.value);
    call_keyf(call, KEY_SESSIONS, id_partition(id.value), id.value);
    call_arg(call, password);
    call_text(call, session_kept);
    call_wait(store, call);
    cache_drop(store, sessions_key(arena, id));
    return call->err;
}

enum err
member_take_shop(struct store *store, struct arena *arena, struct member_id id,
                 struct shop_number number, struct shop_number *held)
{
    struct call *call = call_function(arena, "following_take_shop");
    unsigned partition = id_partition(id.value);
    enum err err;

    call_keyf(call, KEY_FOLLOWING, partition, id.value);
    call_keyf(call, KEY_OUTBOX, 'm', partition);
    call_keyf(call, KEY_MEMBER, partition, id.value);
    call_int(call, number.value);
    call_wait(store, call);
    cache_drop(store, arena_printf(arena, KEY_MEMBER, partition, id.value));
    if ((err = call->err) != ERR_NONE) {
        return err;
    }
    return shop_number_parse(reply_str(reply_at(call->reply, 1)), held) ? ERR_NONE
                                                                        : ERR_BAD_DATA;
}
