/* storage/sale/content.c - a sale's record, its keys, its event. */
#include "storage/sale/content.h"

#include <assert.h>
#include <stdio.h>

#include "base/crypto.h"
#include "base/utf8.h"
#include "proto/score/decay.h"
#include "proto/time.h"
#include "storage/key.h"
#include "storage/redis/call.h"
#include "storage/shop/told.h"
#include "storage/wire.h"

enum { RECORD_FORMAT = 1, RECORD_BYTES_MAX = 128 };

#define NUMBER_MAX (INT64_C(1) << 53)

bool
sale_id_ok(struct str id)
{
    if (id.len == 0 || id.len > SALE_ID_BYTES_MAX || !utf8_valid(id)) {
        return false;
    }
    for (size_t i = 0; i < id.len; i++) {
        if ((unsigned char)id.data[i] < 0x20 || id.data[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

/* --- names ------------------------------------------------------------------------------ */

void
sale_name(struct sale *sale, struct member_id merchant, struct str sale_id)
{
    uint8_t digest[SHA256_BYTES];
    char text[ID_DIGITS_MAX + 2 + SALE_ID_BYTES_MAX];
    int len = snprintf(text, ID_DIGITS_MAX + 1, "%lld", (long long)merchant.value) + 1;

    assert(sale_id.len <= SALE_ID_BYTES_MAX);
    memcpy(text + len, sale_id.data, sale_id.len); /* behind the NUL that separates */
    crypto_sha256(str_of(text, (size_t)len + sale_id.len), digest);
    sale->merchant = merchant;
    sale->sale_id = sale_id;
    memcpy(sale->hash, digest, sizeof(sale->hash));
}

struct str
sale_hash(const struct sale *sale)
{
    return str_of(sale->hash, sizeof(sale->hash));
}

struct str
sale_refund_hash(struct arena *arena, const struct sale *sale, struct str refund_id)
{
    uint8_t digest[SHA256_BYTES];
    char text[SALE_HASH_BYTES + SALE_ID_BYTES_MAX];

    assert(refund_id.len <= SALE_ID_BYTES_MAX);
    memcpy(text, sale->hash, SALE_HASH_BYTES);
    memcpy(text + SALE_HASH_BYTES, refund_id.data, refund_id.len);
    crypto_sha256(str_of(text, SALE_HASH_BYTES + refund_id.len), digest);
    return arena_dup(arena, str_of(digest, SALE_HASH_BYTES));
}

/* --- records ---------------------------------------------------------------------------- */

struct str
sale_record(struct arena *arena, const struct sale *sale)
{
    struct buf buf;
    struct str record;

    buf_init(&buf, RECORD_BYTES_MAX);
    wire_put_uint(&buf, RECORD_FORMAT << 4 | (unsigned)sale->buyer_class, 1);
    buf_put(&buf, sale->buyer, sizeof(sale->buyer));
    wire_put_varint(&buf, shop_n(sale->shop) - SHOP_N_FIRST);
    wire_put_varint(&buf, (uint64_t)sale->merchant.value);
    wire_put_varint(&buf, (uint64_t)sale->product.value);
    wire_put_varint(&buf, (uint64_t)sale->variant);
    wire_put_varint(&buf, (uint64_t)sale->quantity);
    wire_put_varint(&buf, (uint64_t)sale->amount_fen);
    wire_put_varint(&buf, (uint64_t)sale->reported_at_ms);
    wire_put_signed(&buf, sale->reported_at_ms - sale->sold_at_ms);
    wire_put_varint(&buf, (uint64_t)sale->refunded_fen);
    wire_put_varint(&buf, (uint64_t)sale->refunds);
    assert(!buf.full);
    record = arena_dup(arena, buf_str(&buf));
    buf_free(&buf);
    return record;
}

static bool
parse_times(struct wire *wire, struct sale *sale)
{
    int64_t ago_ms;

    sale->reported_at_ms = (int64_t)wire_varint(wire, NUMBER_MAX);
    ago_ms = wire_signed(wire);
    if (ago_ms < -NUMBER_MAX || ago_ms > NUMBER_MAX) {
        return false;
    }
    sale->sold_at_ms = sale->reported_at_ms - ago_ms;
    return true;
}

bool
sale_record_parse(struct str record, unsigned partition, struct sale *sale)
{
    struct wire wire = { .left = record };
    uint64_t head = wire_uint(&wire, 1);

    for (size_t i = 0; i < sizeof(sale->buyer); i++) {
        sale->buyer[i] = (uint8_t)wire_uint(&wire, 1);
    }
    sale->shop.value = id_make(
        wire_varint(&wire, UINT32_MAX - SHOP_N_FIRST) + SHOP_N_FIRST, partition);
    sale->merchant.value = (int64_t)wire_varint(&wire, NUMBER_MAX);
    sale->product.value = (int64_t)wire_varint(&wire, NUMBER_MAX);
    sale->variant = (int)wire_varint(&wire, VARIANTS_MAX);
    sale->quantity = (int64_t)wire_varint(&wire, NUMBER_MAX);
    sale->amount_fen = (int64_t)wire_varint(&wire, NUMBER_MAX);
    if (!parse_times(&wire, sale)) {
        return false;
    }
    sale->refunded_fen = (int64_t)wire_varint(&wire, NUMBER_MAX);
    sale->refunds = (int)wire_varint(&wire, SALE_REFUNDS_MAX);
    sale->buyer_class = (enum buyer_class)(head & 0xf);
    return !wire.bad && wire.left.len == 0 && head >> 4 == RECORD_FORMAT &&
           (head & 0xf) < BUYER_CLASSES && sale->merchant.value > 0 &&
           sale->product.value > 0 && sale->refunded_fen <= sale->amount_fen;
}

bool
sale_is_for_the_books(const struct sale *sale)
{
    static const uint8_t nobody[SALE_PSEUDONYM_BYTES];

    return memcmp(sale->buyer, nobody, sizeof(nobody)) == 0;
}

bool
sale_is_same(const struct sale *one, const struct sale *other)
{
    return one->merchant.value == other->merchant.value &&
           one->shop.value == other->shop.value &&
           one->product.value == other->product.value &&
           one->variant == other->variant && one->quantity == other->quantity &&
           one->amount_fen == other->amount_fen &&
           one->sold_at_ms == other->sold_at_ms &&
           one->buyer_class == other->buyer_class &&
           (memcmp(one->buyer, other->buyer, sizeof(one->buyer)) == 0 ||
            sale_is_for_the_books(one) || sale_is_for_the_books(other));
}

/* --- events ----------------------------------------------------------------------------- */

/* The first bytes as a number, big endian. */
static uint64_t
first_bytes(const uint8_t *bytes, size_t count)
{
    uint64_t number = 0;

    for (size_t i = 0; i < count; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

struct event
sale_event(const struct sale *sale)
{
    struct event event = {
        .kind = sale->refunded_fen > 0 ? EVENT_REFUND : EVENT_SALE,
        .shop = sale->shop,
        .sale = { .sale = first_bytes(sale->hash, 8),
                  .buyer = first_bytes(sale->buyer, 6),
                  .paid_at_s = sale->sold_at_ms / 1000,
                  .net_fen = sale->amount_fen - sale->refunded_fen,
                  .buyer_class = sale->buyer_class },
    };

    return event;
}

struct str
sale_event_tail(struct arena *arena, const struct sale *sale)
{
    struct event event = sale_event(sale);
    struct str entry = told_event(arena, &event);

    /* An array of two, the format's version, the event. */
    assert(entry.len > 2 && (uint8_t)entry.data[0] == 0x92 && entry.data[1] == 1);
    return str_of(entry.data + 2, entry.len - 2);
}

/* --- calls ------------------------------------------------------------------------------ */

void
sale_put_claims(struct call *call, unsigned partition)
{
    call_keyf(call, KEY_CLAIMS, partition);
    call_keyf(call, KEY_CLAIM_LEAVES, partition);
}

void
sale_put_book(struct call *call, unsigned partition)
{
    call_keyf(call, KEY_BOOK, partition);
    call_keyf(call, KEY_SALE_LEAVES, partition);
}

struct call *
sale_call_claimed(struct arena *arena, const struct sale *sale)
{
    struct call *call = call_function(arena, "sale_claimed");

    sale_put_claims(call, id_partition(sale->merchant.value));
    call_arg(call, sale_hash(sale));
    return call;
}

bool
sale_claim_parse(const struct reply *reply, struct shop_number *shop, bool *listed)
{
    int64_t number;

    if (!reply_int(reply, &number) || number < -SHOP_NUMBER_MAX) {
        return false;
    }
    *listed = number < 0;
    shop->value = *listed ? -number : number;
    return shop->value >= SHOP_NUMBER_MIN && shop->value <= SHOP_NUMBER_MAX;
}

enum err
sale_took_claimed(const struct call *call, struct sale *sale)
{
    bool listed;

    if (call->err != ERR_NONE) {
        return call->err;
    }
    if (reply_at(call->reply, 1)->type == REPLY_NIL) {
        return ERR_NOT_FOUND;
    }
    return sale_claim_parse(reply_at(call->reply, 1), &sale->shop, &listed)
               ? ERR_NONE
               : ERR_BAD_DATA;
}

struct call *
sale_call_read(struct arena *arena, const struct sale *sale)
{
    struct call *call = call_function(arena, "sale_read");

    sale_put_book(call, id_partition(sale->shop.value));
    call_arg(call, sale_hash(sale));
    return call;
}

enum err
sale_took_read(const struct call *call, struct sale *sale)
{
    struct sale read = *sale;

    if (call->err != ERR_NONE) {
        return call->err;
    }
    if (reply_at(call->reply, 1)->type == REPLY_NIL) {
        return ERR_NOT_FOUND;
    }
    if (!sale_record_parse(reply_str(reply_at(call->reply, 1)),
                           id_partition(sale->shop.value), &read) ||
        read.shop.value != sale->shop.value ||
        read.merchant.value != sale->merchant.value) {
        return ERR_BAD_DATA;
    }
    *sale = read;
    return ERR_NONE;
}

struct str
sale_sum_word(struct arena *arena, const struct sale *sale)
{
    return arena_printf(arena, "s%d:%lld", time_day(sale->sold_at_ms / 1000),
                        (long long)sale->product.value);
}

void
sale_put_stats_key(struct call *call, const struct sale *sale)
{
    call_keyf(call, KEY_STATS, id_partition(sale->shop.value), sale->shop.value,
              period_of_day(time_day(sale->sold_at_ms / 1000)));
}
