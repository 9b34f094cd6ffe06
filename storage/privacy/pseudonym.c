/* storage/privacy/pseudonym.c - see the header. */
#include "storage/privacy/pseudonym.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/rand.h"
#include "base/xmalloc.h"
#include "proto/event.h"
#include "proto/score/decay.h"
#include "proto/time.h"
#include "storage/key.h"
#include "storage/privacy/keys.h"
#include "storage/privacy/period_keys.h"
#include "storage/store.h"

enum {
    WRAPPED_BYTES = KEY_BYTES + WRAP_EXTRA_BYTES,
    FIELD_BYTES = 1 + ENCODE_DECIMAL_BYTES + 1,
    ARENA_BYTES_MAX = 1 << 20
};

/* Which keys have been read on this loop; a ring, the oldest gives way. */
struct period_keys {
    struct period_key {
        char field[FIELD_BYTES]; /* "b730", "v730"; "" for none */
        struct hmac *hmac;
    } key[PERIOD_KEYS_MAX];
    size_t next;
    int32_t day; /* on which it was last looked what is over */
};

struct period_keys *
period_keys_new(void)
{
    return xcalloc(1, sizeof(struct period_keys));
}

static void
empty(struct period_key *key)
{
    crypto_hmac_free(&key->hmac);
    key->field[0] = '\0';
}

void
period_keys_free(struct period_keys **keys)
{
    if (*keys != NULL) {
        for (size_t i = 0; i < PERIOD_KEYS_MAX; i++) {
            empty(&(*keys)->key[i]);
        }
        free(*keys);
        *keys = NULL;
    }
}

static struct period_key *
find(struct period_keys *keys, const char *field)
{
    for (size_t i = 0; i < PERIOD_KEYS_MAX; i++) {
        if (strcmp(keys->key[i].field, field) == 0) {
            return &keys->key[i];
        }
    }
    return NULL;
}

static void
forget(struct period_keys *keys, const char *field)
{
    struct period_key *key = find(keys, field);

    if (key != NULL) {
        empty(key);
    }
}

bool
pseudonym_is_over(enum pseudonym_kind kind, int32_t period, int32_t today)
{
    int64_t last_day = (int64_t)period * PERIOD_DAYS + PERIOD_DAYS - 1;

    return last_day + (kind == PSEUDONYM_BUYER ? PERIOD_KEPT_DAYS : 0) < today;
}

/* Of a field's period. */
static bool
is_over(struct str field, int32_t today)
{
    int64_t period;

    if (field.len < 2 || !str_to_i64(str_of(field.data + 1, field.len - 1), &period) ||
        period < 0 || period > EVENT_DAY_MAX / PERIOD_DAYS) {
        return false; /* not ours to judge */
    }
    return pseudonym_is_over(field.data[0] == 'v' ? PSEUDONYM_VISITOR : PSEUDONYM_BUYER,
                             (int32_t)period, today);
}

void
period_keys_forget_over(struct period_keys *keys, int32_t today)
{
    for (size_t i = 0; i < PERIOD_KEYS_MAX; i++) {
        if (is_over(str_from(keys->key[i].field), today)) {
            empty(&keys->key[i]);
        }
    }
    keys->day = today;
}

static struct hmac *
remember(struct period_keys *keys, const char *field, const uint8_t key[KEY_BYTES])
{
    struct period_key *slot = find(keys, field); /* another task was as quick */

    if (slot == NULL) {
        slot = &keys->key[keys->next];
        keys->next = (keys->next + 1) % PERIOD_KEYS_MAX;
    }
    empty(slot);
    snprintf(slot->field, sizeof slot->field, "%s", field);
    slot->hmac = crypto_hmac_new(str_of(key, KEY_BYTES));
    return slot->hmac;
}

/* --- a period's key -----------------------------------------------------------------
 */
static void
name_field(enum pseudonym_kind kind, int32_t period, char field[FIELD_BYTES])
{
    field[0] = kind == PSEUDONYM_BUYER ? 'b' : 'v';
    field[1 + encode_decimal(period, field + 1)] = '\0';
}

/* A key that was just made up is offered with the question: the first one stands. */
static struct call *
call_take(struct store *store, struct arena *arena, const char *field)
{
    struct call *call = call_function(arena, "period_take");
    uint8_t *wrapped = arena_alloc(arena, WRAPPED_BYTES);
    uint8_t key[KEY_BYTES];

    rand_bytes(key, sizeof key);
    keys_wrap(store_keys(store), clock_real_ms(), str_from(field),
              str_of(key, sizeof key), wrapped);
    crypto_wipe(key, sizeof key);
    call_key(call, STR(KEY_PERIOD));
    call_text(call, field);
    call_arg(call, str_of(wrapped, WRAPPED_BYTES));
    return call;
}

static enum err
unwrap(struct store *store, const char *field, struct str wrapped,
       uint8_t key[KEY_BYTES])
{
    return wrapped.len == WRAPPED_BYTES &&
                   keys_unwrap(store_keys(store), str_from(field), wrapped, key)
               ? ERR_NONE
               : ERR_BAD_DATA;
}

static enum err
read_key(struct store *store, struct arena *arena, const char *field, struct hmac **key)
{
    struct call *call = call_take(store, arena, arena_cstr(arena, str_from(field)));
    enum err err = call_wait(store, call);
    uint8_t bytes[KEY_BYTES];

    if (err == ERR_NONE) {
        err = unwrap(store, field, reply_str(reply_at(call->reply, 1)), bytes);
    }
    if (err == ERR_NONE) {
        *key = remember(store_period_keys(store), field, bytes);
        crypto_wipe(bytes, sizeof bytes);
    }
    return err;
}

static enum err
take_key(struct store *store, const char *field, struct hmac **key)
{
    struct period_keys *keys = store_period_keys(store);
    int32_t today = time_day(store_now_ms(store) / 1000);
    struct period_key *known;
    struct arena *arena;
    enum err err;

    if (keys->day != today) {
        period_keys_forget_over(keys, today);
    }
    if ((known = find(keys, field)) != NULL) {
        *key = known->hmac;
        return ERR_NONE;
    }
    arena = arena_new(ARENA_BYTES_MAX);
    err = read_key(store, arena, field, key);
    arena_free(&arena);
    return err;
}

/* --- pseudonyms ---------------------------------------------------------------------
 */
static uint64_t
compute(struct hmac *key, const struct pseudonym_of *of)
{
    static const struct str kinds[] = { [PSEUDONYM_BUYER] = STR("buyer"),
                                        [PSEUDONYM_VISITOR] = STR("visitor"),
                                        [PSEUDONYM_NET] = STR("net") };
    char shop[ENCODE_DECIMAL_BYTES], period[ENCODE_DECIMAL_BYTES];
    struct str parts[] = { kinds[of->kind], { shop, 0 }, { period, 0 }, of->person };
    uint8_t code[SHA256_BYTES];
    uint64_t first = 0;

    parts[1].len = encode_decimal(of->shop.value, shop);
    parts[2].len = encode_decimal(of->period, period);
    crypto_hmac_make(key, parts, 4, true, code);
    for (int i = 0; i < 8; i++) {
        first = first << 8 | code[i];
    }
    return first;
}

enum err
pseudonym_make(struct store *store, const struct pseudonym_of *of, uint64_t *pseudonym)
{
    char field[FIELD_BYTES];
    struct hmac *key;
    enum err err;

    name_field(of->kind, of->period, field);
    err = take_key(store, field, &key);
    if (err == ERR_NONE) {
        *pseudonym = compute(key, of);
    }
    return err;
}

/* --- housekeeping -------------------------------------------------------------------
 */
/* Beside the keys lie the rules by which a period's visits are weighed. */
static bool
is_key(struct str field)
{
    return field.len > 1 && (field.data[0] == 'b' || field.data[0] == 'v');
}

static enum err
drop_key(struct store *store, struct arena *arena, const char *field)
{
    struct call *call = call_function(arena, "period_drop");

    forget(store_period_keys(store), field);
    call_key(call, STR(KEY_PERIOD));
    call_text(call, field);
    return call_wait(store, call);
}

/* Somebody else may have wrapped or deleted it in the meantime: that is as good. */
static enum err
wrap_anew(struct store *store, struct arena *arena, const char *field,
          struct str wrapped, int64_t real_ms)
{
    struct call *call = call_function(arena, "period_rewrap");
    uint8_t *anew = arena_alloc(arena, WRAPPED_BYTES);
    uint8_t key[KEY_BYTES];
    enum err err = unwrap(store, field, wrapped, key);

    if (err != ERR_NONE) {
        return err;
    }
    keys_wrap(store_keys(store), real_ms, str_from(field), str_of(key, sizeof key),
              anew);
    crypto_wipe(key, sizeof key);
    call_key(call, STR(KEY_PERIOD));
    call_text(call, field);
    call_arg(call, wrapped);
    call_arg(call, str_of(anew, WRAPPED_BYTES));
    err = call_wait(store, call);
    return err == ERR_MOVED_ON ? ERR_NONE : err;
}

static enum err
keep_key(struct store *store, struct arena *arena, struct str field, struct str wrapped,
         int32_t today, int64_t real_ms)
{
    const char *name = arena_cstr(arena, field);

    if (is_over(field, today)) {
        return drop_key(store, arena, name);
    }
    return is_key(field) && keys_is_old_wrap(store_keys(store), real_ms, wrapped)
               ? wrap_anew(store, arena, name, wrapped, real_ms)
               : ERR_NONE;
}

static enum err
keep_keys(struct store *store, struct arena *arena, int32_t today, int64_t real_ms)
{
    struct call *call = call_command(arena, "HGETALL");
    enum err err, first = ERR_NONE;

    call_key(call, STR(KEY_PERIOD));
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i + 1 < call->reply->count; i += 2) {
        err = keep_key(store, arena, reply_str(reply_at(call->reply, i)),
                       reply_str(reply_at(call->reply, i + 1)), today, real_ms);
        if (first == ERR_NONE) {
            first = err;
        }
    }
    return first;
}

enum err
pseudonym_keep_keys(struct store *store, int32_t today, int64_t real_ms)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    enum err err = keep_keys(store, arena, today, real_ms);

    arena_free(&arena);
    return err;
}
