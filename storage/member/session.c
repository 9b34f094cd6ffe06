/* storage/member/session.c - tokens made, looked up, prolonged and ended.
 *
 * Two steps lead from a token to its member: session:{m}:HASH names the member, then
 * one batch reads the member's own list of sessions and what the account may do. The
 * first never changes while it exists, the second decides. */
#include "storage/member/session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "base/rand.h"
#include "base/xmalloc.h"
#include "storage/key.h"
#include "storage/redis/cache.h"

enum { TOKEN_RANDOM_BYTES = 32 };

static void
hash_token(struct str token, char hash[SESSION_HASH_CHARS + 1])
{
    uint8_t digest[SHA256_BYTES];

    crypto_sha256(token, digest);
    encode_hex(str_of(digest, sizeof(digest)), hash);
}

void
session_token_new(struct member_id member, int64_t now_ms, struct session_token *token)
{
    uint8_t random[TOKEN_RANDOM_BYTES];
    char text[ENCODE_BASE64_BYTES(TOKEN_RANDOM_BYTES)];

    rand_bytes(random, sizeof(random));
    encode_base64url(str_of(random, sizeof(random)), text);
    snprintf(token->text, sizeof(token->text), "%02x%.43s", id_partition(member.value),
             text);
    hash_token(str_from(token->text), token->hash);
    token->expires_at_ms = now_ms + SESSION_LIFE_MS;
    crypto_wipe(random, sizeof(random));
    crypto_wipe(text, sizeof(text));
}

static bool
is_base64url(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_';
}

bool
session_token_hash(struct str token, char hash[SESSION_HASH_CHARS + 1])
{
    uint8_t partition;

    if (token.len != SESSION_TOKEN_CHARS ||
        !decode_hex(str_of(token.data, 2), &partition, 1)) {
        return false;
    }
    for (size_t i = 2; i < token.len; i++) {
        if (!is_base64url(token.data[i])) {
            return false;
        }
    }
    hash_token(token, hash);
    return true;
}

unsigned
session_token_partition(struct str token)
{
    uint8_t partition;
    bool is_hex = decode_hex(str_of(token.data, 2), &partition, 1);

    assert(is_hex);
    return partition;
}

enum err
session_open(struct store *store, struct arena *arena, struct member_id member,
             int64_t now_ms, struct session_token *token)
{
    struct call *call = call_function(arena, "session_open");
    unsigned partition = id_partition(member.value);

    session_token_new(member, now_ms, token);
    call_keyf(call, KEY_MEMBER, partition, member.value);
    call_keyf(call, KEY_SESSIONS, partition, member.value);
    call_keyf(call, KEY_SESSION, partition, token->hash);
    call_int(call, member.value);
    call_text(call, token->hash);
    call_int(call, now_ms);
    call_int(call, SESSION_KEEP_S);
    call_int(call, SESSION_LIFE_MS);
    call_int(call, SESSIONS_MAX);
    return call_wait(store, call);
}

static enum err
decode_member(const struct reply *reply, struct member_id *member)
{
    if (reply->type == REPLY_NIL) {
        return ERR_UNAUTHENTICATED;
    }
    return member_id_parse(reply_str(reply), member) ? ERR_NONE : ERR_BAD_DATA;
}

/* "BEGUN_MS USED_MS" */
static enum err
decode_used(const struct reply *reply, int64_t *used_at_ms)
{
    struct str text = reply_str(reply), begun;

    if (reply->type == REPLY_NIL) {
        return ERR_UNAUTHENTICATED;
    }
    return str_split(&text, ' ', &begun) && str_to_i64(text, used_at_ms) ? ERR_NONE
                                                                         : ERR_BAD_DATA;
}

static enum err
decode_rights(const struct reply *reply, struct session *session)
{
    const struct reply *roles = reply_at(reply, 0), *shop = reply_at(reply, 1);
    int64_t bits;

    if (roles->type == REPLY_NIL) {
        return ERR_UNAUTHENTICATED; /* the account itself is gone */
    }
    if (!reply_int(roles, &bits)) {
        return ERR_BAD_DATA;
    }
    session->roles = (unsigned)bits;
    session->shop.value = 0;
    if (shop->type != REPLY_NIL &&
        !shop_number_parse(reply_str(shop), &session->shop)) {
        return ERR_BAD_DATA;
    }
    return ERR_NONE;
}

/* --- the three reads ----------------------------------------------------------------- */
static struct call *
call_member(struct arena *arena, unsigned partition, const char *hash)
{
    struct call *call = call_command(arena, "GET");

    call_keyf(call, KEY_SESSION, partition, hash);
    return call;
}

static struct call *
call_used(struct arena *arena, const struct session *session)
{
    struct call *call = call_command(arena, "HGET");

    call_keyf(call, KEY_SESSIONS, id_partition(session->member.value),
              session->member.value);
    call_text(call, session->hash);
    return call;
}

static struct call *
call_rights(struct arena *arena, struct member_id member)
{
    struct call *call = call_command(arena, "HMGET");

    call_keyf(call, KEY_MEMBER, id_partition(member.value), member.value);
    call_text(call, "roles");
    call_text(call, "shop");
    return call;
}

static enum err
judge_age(struct session *session, int64_t used_at_ms, int64_t now_ms)
{
    session->expires_at_ms = used_at_ms + SESSION_LIFE_MS;
    return now_ms < session->expires_at_ms ? ERR_NONE : ERR_UNAUTHENTICATED;
}

/* Whom a token's hash names, be the session alive or not. */
static enum err
read_member(struct store *store, struct arena *arena, unsigned partition,
            struct session *session)
{
    struct call *call = call_member(arena, partition, session->hash);
    enum err err = call_wait(store, call);

    return err == ERR_NONE ? decode_member(call->reply, &session->member) : err;
}

/* Is the session alive, and what may its member do? */
static enum err
read_session(struct store *store, struct arena *arena, int64_t now_ms,
             struct session *session, int64_t *used_at_ms)
{
    struct call *used = call_used(arena, session);
    struct call *rights = call_rights(arena, session->member);
    struct call *calls[] = { used, rights };
    enum err err;

    if ((err = call_wait_all(store, calls, 2)) != ERR_NONE ||
        (err = decode_used(used->reply, used_at_ms)) != ERR_NONE ||
        (err = judge_age(session, *used_at_ms, now_ms)) != ERR_NONE) {
        return err;
    }
    return decode_rights(rights->reply, session);
}

/* Best effort: who reads may go on when the store takes no writes just now. */
static void
touch(struct store *store, struct arena *arena, int64_t now_ms, struct session *session)
{
    struct call *call = call_function(arena, "session_touch");
    unsigned partition = id_partition(session->member.value);

    call_keyf(call, KEY_SESSIONS, partition, session->member.value);
    call_keyf(call, KEY_SESSION, partition, session->hash);
    call_text(call, session->hash);
    call_int(call, now_ms);
    call_int(call, SESSION_KEEP_S);
    if (call_wait(store, call) == ERR_NONE) {
        session->expires_at_ms = now_ms + SESSION_LIFE_MS;
        session->prolonged = true;
    }
}

enum err
member_session_read(struct store *store, struct arena *arena, struct str token,
                    int64_t now_ms, struct session *session)
{
    int64_t used_at_ms;
    enum err err;

    session->prolonged = false;
    if (!session_token_hash(token, session->hash)) {
        return ERR_UNAUTHENTICATED;
    }
    err = read_member(store, arena, session_token_partition(token), session);
    if (err != ERR_NONE) {
        return err;
    }
    err = read_session(store, arena, now_ms, session, &used_at_ms);
    if (err == ERR_NONE && now_ms - used_at_ms >= SESSION_REFRESH_MS) {
        touch(store, arena, now_ms, session);
    }
    return err;
}

/* --- the same from the cache --------------------------------------------------------- */
static enum err
keep(const void *value, size_t len, void **object, size_t *bytes)
{
    *object = xmemdup(value, len);
    *bytes = len;
    return ERR_NONE;
}

static enum err
keep_member(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    struct member_id member;
    enum err err = decode_member(reply, &member);

    (void)arg;
    return err == ERR_NONE ? keep(&member, sizeof(member), object, bytes) : err;
}

static enum err
keep_used(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    int64_t used_at_ms;
    enum err err = decode_used(reply, &used_at_ms);

    (void)arg;
    return err == ERR_NONE ? keep(&used_at_ms, sizeof(used_at_ms), object, bytes) : err;
}

static enum err
keep_rights(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    struct session rights = { .roles = 0 };
    enum err err = decode_rights(reply, &rights);

    (void)arg;
    return err == ERR_NONE ? keep(&rights, sizeof(rights), object, bytes) : err;
}

static const struct cache_kind member_kind = { .decode = keep_member, .free = free };
static const struct cache_kind used_kind = { .decode = keep_used, .free = free };
static const struct cache_kind rights_kind = { .decode = keep_rights, .free = free };

static enum err
peek_session(struct store *store, struct arena *arena, int64_t now_ms,
             struct session *session)
{
    struct cache_want wants[] = {
        { .kind = &used_kind, .call = call_used(arena, session) },
        { .kind = &rights_kind, .call = call_rights(arena, session->member) },
    };
    const struct session *rights;
    enum err err = cache_read_all(store, wants, 2);

    if (err != ERR_NONE) {
        return err;
    }
    rights = wants[1].object;
    session->roles = rights->roles;
    session->shop = rights->shop;
    return judge_age(session, *(const int64_t *)wants[0].object, now_ms);
}

enum err
member_session_peek(struct store *store, struct arena *arena, struct str token,
                    int64_t now_ms, struct session *session)
{
    struct cache_want want = { .kind = &member_kind };
    enum err err;

    if (!session_token_hash(token, session->hash)) {
        return ERR_UNAUTHENTICATED;
    }
    want.call = call_member(arena, session_token_partition(token), session->hash);
    if ((err = cache_read(store, &want)) != ERR_NONE) {
        return err;
    }
    session->member = *(const struct member_id *)want.object;
    return peek_session(store, arena, now_ms, session);
}

enum err
session_end(struct store *store, struct arena *arena, struct member_id member,
            const char *hash)
{
    struct call *call = call_function(arena, "session_end");
    unsigned partition = id_partition(member.value);

    call_keyf(call, KEY_SESSIONS, partition, member.value);
    call_keyf(call, KEY_SESSION, partition, hash);
    call_text(call, hash);
    call_wait(store, call);
    cache_drop(store, call->key);
    return call->err;
}
