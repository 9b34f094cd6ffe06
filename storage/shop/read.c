/* storage/shop/read.c - a shop as its hash and its profile say. */
#include <stdlib.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "storage/key.h"
#include "storage/redis/cache.h"
#include "storage/shop/profile.h"
#include "storage/wire.h"

static const char *const status_names[] = { "open", "resting", "suspended", "closed" };

const char *
shop_status_name(enum shop_status status)
{
    return status_names[status];
}

bool
shop_status_parse(struct str name, enum shop_status *status)
{
    for (size_t i = 0; i < sizeof(status_names) / sizeof(status_names[0]); i++) {
        if (str_equal(name, str_from(status_names[i]))) {
            *status = (enum shop_status)i;
            return true;
        }
    }
    return false;
}

/* The number behind a prefix, as in "slot:3"; 0 when it is another field. */
static int64_t
field_number(struct str field, struct str prefix)
{
    int64_t number;

    if (!str_starts(field, prefix) ||
        !str_to_i64(str_of(field.data + prefix.len, field.len - prefix.len), &number)) {
        return 0;
    }
    return number;
}

enum { SLOT_ID_BYTES = 7, SLOT_MS_BYTES = 6 }; /* lua/shop.lua packs them as well */

struct str
shop_pack_slot(struct arena *arena, const struct shop_slot *slot)
{
    struct str packed;
    struct buf buf;

    buf_init(&buf, SLOT_ID_BYTES + 2 * SLOT_MS_BYTES);
    wire_put_uint(&buf, (uint64_t)slot->product.value, SLOT_ID_BYTES);
    wire_put_uint(&buf, (uint64_t)slot->placed_at_ms, SLOT_MS_BYTES);
    wire_put_uint(&buf, (uint64_t)slot->promised_at_ms, SLOT_MS_BYTES);
    packed = arena_dup(arena, buf_str(&buf));
    buf_free(&buf);
    return packed;
}

static bool
read_slot(struct str value, struct shop_slot *slot)
{
    struct wire wire = { .left = value };

    slot->product.value = (int64_t)wire_uint(&wire, SLOT_ID_BYTES);
    slot->placed_at_ms = (int64_t)wire_uint(&wire, SLOT_MS_BYTES);
    slot->promised_at_ms = (int64_t)wire_uint(&wire, SLOT_MS_BYTES);
    return !wire.bad && wire.left.len == 0 && slot->product.value > 0 &&
           slot->product.value < INT64_C(1) << 53;
}

static bool
read_parked(int64_t product, struct str value, struct shop *shop)
{
    struct shop_parked *parked = &shop->parked[shop->parked_count];

    if (shop->parked_count == PARKED_MAX) {
        return false;
    }
    parked->product.value = product;
    shop->parked_count++;
    return str_to_i64(value, &parked->until_ms);
}

static bool
read_small(struct str value, int *out)
{
    int64_t number;

    if (!str_to_i64(value, &number) || number < 0 || number > INT32_MAX) {
        return false;
    }
    *out = (int)number;
    return true;
}

static bool
read_tier_field(struct str field, struct str value, struct shop_tier *tier)
{
    const struct {
        struct str name;
        int *out;
    } small[] = { { STR("tier"), &tier->tier },
                  { STR("slots"), &tier->slots },
                  { STR("up"), &tier->up },
                  { STR("down"), &tier->down },
                  { STR("tier_day"), &tier->tier_day },
                  { STR("earned"), &tier->earned } };

    for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
        if (str_equal(field, small[i].name)) {
            return read_small(value, small[i].out);
        }
    }
    return !str_equal(field, STR("hold_until_ms")) ||
           str_to_i64(value, &tier->hold_until_ms);
}

static bool
read_status(struct str value, struct shop *shop)
{
    enum shop_status status;

    if (!shop_status_parse(value, &status)) {
        return false;
    }
    if (shop->status != SHOP_SUSPENDED) {
        shop->status = status;
    }
    return true;
}

static bool
read_field(struct str field, struct str value, struct shop *shop)
{
    int64_t slot = field_number(field, STR("slot:"));
    int64_t parked = field_number(field, STR("parked:"));

    if (slot >= 1 && slot <= SLOTS_MAX) {
        return read_slot(value, &shop->slot[slot - 1]);
    }
    if (parked > 0) {
        return read_parked(parked, value, shop);
    }
    if (str_equal(field, STR("owner"))) {
        return member_id_parse(value, &shop->owner);
    }
    if (str_equal(field, STR("opened_at_ms"))) {
        return str_to_i64(value, &shop->opened_at_ms);
    }
    if (str_equal(field, STR("on_boards"))) {
        shop->on_boards = str_equal(value, STR("1"));
        return true;
    }
    if (str_equal(field, STR("suspended"))) {
        shop->status = SHOP_SUSPENDED;
        return true;
    }
    if (str_equal(field, STR("status"))) {
        return read_status(value, shop);
    }
    return read_tier_field(field, value, &shop->tier);
}

enum err
shop_take_hash(const struct reply *reply, struct shop *shop)
{
    if (reply->count == 0) {
        return ERR_NO_SUCH_SHOP;
    }
    for (size_t i = 0; i + 1 < reply->count; i += 2) {
        if (!read_field(reply_str(&reply->element[i]),
                        reply_str(&reply->element[i + 1]), shop)) {
            return ERR_BAD_DATA;
        }
    }
    return shop->owner.value != 0 && shop_tier_ok(&shop->tier) ? ERR_NONE
                                                               : ERR_BAD_DATA;
}

static struct call *
call_hash(struct arena *arena, int64_t number)
{
    struct call *call = call_command(arena, "HGETALL");

    call_keyf(call, KEY_SHOP, id_partition(number), number);
    return call;
}

static struct call *
call_profile(struct arena *arena, int64_t number)
{
    struct call *call = call_command(arena, "GET");

    call_keyf(call, KEY_PROFILE, id_partition(number), number);
    return call;
}

enum err
shop_read_rules(struct store *store, struct arena *arena, struct shop_number number,
                struct shop *shop)
{
    struct call *call = call_hash(arena, number.value);
    enum err err = call_wait(store, call);

    *shop = (struct shop){ .number = number };
    return err == ERR_NONE ? shop_take_hash(call->reply, shop) : err;
}

enum err
shop_read(struct store *store, struct arena *arena, struct shop_number number,
          struct shop *shop)
{
    struct call *calls[] = { call_hash(arena, number.value),
                             call_profile(arena, number.value) };
    enum err err = call_wait_all(store, calls, 2);

    if (err != ERR_NONE) {
        return err;
    }
    *shop = (struct shop){ .number = number };
    err = shop_take_hash(calls[0]->reply, shop);
    return err == ERR_NONE ? shop_take_profile(calls[1]->reply, shop) : err;
}

/* --- from the cache: the hash as a struct shop without texts, the texts as another - */
static enum err
decode_hash(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    struct shop *shop = xcalloc(1, sizeof(*shop));
    enum err err = shop_take_hash(reply, shop);

    (void)arg;
    *object = shop;
    *bytes = sizeof(*shop);
    if (err != ERR_NONE) {
        free(shop);
    }
    return err;
}

/* A shop's texts, of which a damaged profile has none. */
struct kept_texts {
    enum err err;
    struct shop shop; /* with nothing else */
    char bytes[];
};

static enum err
decode_profile(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    struct shop read = { .nickname = STR("") };
    struct str *texts[SHOP_TEXTS];
    struct kept_texts *kept;
    char *at;
    enum err err = shop_take_profile(reply, &read);

    (void)arg;
    if (err != ERR_NONE) {
        log_error("a shop's texts cannot be read");
        read = (struct shop){ .nickname = STR("") };
    }
    shop_texts(&read, texts);
    *bytes = sizeof(*kept);
    for (size_t i = 0; i < SHOP_TEXTS; i++) {
        *bytes += texts[i]->len;
    }
    kept = xmalloc(*bytes);
    at = kept->bytes;
    for (size_t i = 0; i < SHOP_TEXTS; i++) {
        if (texts[i]->len > 0) {
            memcpy(at, texts[i]->data, texts[i]->len);
        }
        texts[i]->data = at;
        at += texts[i]->len;
    }
    kept->err = err;
    kept->shop = read;
    *object = kept;
    return ERR_NONE;
}

static const struct cache_kind hash_kind = { decode_hash, free, call_hash };
static const struct cache_kind profile_kind = { decode_profile, free, call_profile };

static void
put_texts(const struct shop *texts, struct shop *shop)
{
    struct shop copy = *texts;
    struct str *from[SHOP_TEXTS], *to[SHOP_TEXTS];

    shop_texts(&copy, from);
    shop_texts(shop, to);
    for (size_t i = 0; i < SHOP_TEXTS; i++) {
        *to[i] = *from[i];
    }
}

enum err
shop_read_public(struct store *store, struct arena *arena, struct shop_number number,
                 struct shop *shop)
{
    struct cache_want wants[] = {
        { .kind = &hash_kind, .arena = arena, .id = number.value },
        { .kind = &profile_kind, .arena = arena, .id = number.value },
    };
    const struct kept_texts *kept;
    enum err err = cache_read_all(store, wants, 2);

    if (err != ERR_NONE) {
        return err;
    }
    kept = wants[1].object;
    *shop = *(const struct shop *)wants[0].object;
    shop->number = number;
    put_texts(&kept->shop, shop);
    return kept->err;
}

enum err
shop_nicknames(struct store *store, struct arena *arena,
               const struct shop_number *numbers, size_t count, struct str *nicknames)
{
    struct cache_want *wants = arena_alloc(arena, (count + 1) * sizeof(*wants));
    enum err err;

    for (size_t i = 0; i < count; i++) {
        wants[i] = (struct cache_want){ .kind = &profile_kind,
                                        .arena = arena,
                                        .id = numbers[i].value };
    }
    err = cache_read_all(store, wants, count);
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        const struct kept_texts *kept = wants[i].object;

        nicknames[i] = kept->shop.nickname; /* one damaged shop hides no others */
    }
    return err;
}

void
shop_drop(struct store *store, struct arena *arena, struct shop_number number)
{
    cache_drop(store, call_hash(arena, number.value)->key);
    cache_drop(store, call_profile(arena, number.value)->key);
}
