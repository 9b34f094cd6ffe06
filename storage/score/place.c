/* storage/score/place.c - where a shop's packed values lie. */
#include "storage/score/place.h"

#include "proto/event.h"
#include "storage/key.h"
#include "storage/wire.h"

enum { FIELD_BYTES = 4, CHUNK_FIELD_BYTES = 6, PENDING_FIELD_BYTES = 11 };

static unsigned
page_of(struct shop_number shop)
{
    return shop_n(shop) / SHOPS_PER_PAGE;
}

struct str
score_row_key(struct arena *arena, struct shop_number shop)
{
    return arena_printf(arena, KEY_SCORE, id_partition(shop.value), page_of(shop));
}

struct str
score_days_key(struct arena *arena, struct shop_number shop)
{
    return arena_printf(arena, KEY_DAYS, id_partition(shop.value), page_of(shop));
}

struct str
score_visits_key(struct arena *arena, unsigned partition, int32_t period)
{
    return arena_printf(arena, KEY_VISITS, partition, period);
}

struct str
score_sales_key(struct arena *arena, unsigned partition, int32_t period)
{
    return arena_printf(arena, KEY_SALES, partition, period);
}

/* Little-endian numbers one behind the other, in the arena. */
static struct str
pack(struct arena *arena, const uint64_t *numbers, const int *bytes, size_t count)
{
    struct buf buf;
    struct str out;

    buf_init(&buf, 64);
    for (size_t i = 0; i < count; i++) {
        wire_put_uint(&buf, numbers[i], bytes[i]);
    }
    out = arena_dup(arena, buf_str(&buf));
    buf_free(&buf);
    return out;
}

struct str
score_field(struct arena *arena, struct shop_number shop)
{
    const uint64_t n = shop_n(shop);
    const int bytes = FIELD_BYTES;

    return pack(arena, &n, &bytes, 1);
}

struct str
score_chunk_field(struct arena *arena, struct shop_number shop, uint16_t chunk)
{
    const uint64_t numbers[] = { shop_n(shop), chunk };
    const int bytes[] = { FIELD_BYTES, CHUNK_FIELD_BYTES - FIELD_BYTES };

    return pack(arena, numbers, bytes, 2);
}

struct shop_number
score_field_shop(struct str field, unsigned partition)
{
    struct wire wire = { field, false };
    uint64_t n = wire_uint(&wire, FIELD_BYTES);
    struct shop_number none = { 0 };

    if (wire.bad || n < SHOP_N_FIRST) {
        return none;
    }
    return (struct shop_number){ id_make(n, partition) };
}

struct str
pending_field_write(struct arena *arena, const struct pending_field *field)
{
    const uint64_t numbers[] = { (uint64_t)field->period, field->buyer,
                                 field->buyer_class, (uint64_t)field->eligible_day };
    const int bytes[] = { 2, 6, 1, 2 };

    return pack(arena, numbers, bytes, 4);
}

bool
pending_field_read(struct str bytes, struct pending_field *field)
{
    struct wire wire = { bytes, bytes.len != PENDING_FIELD_BYTES };

    field->period = (int32_t)wire_uint(&wire, 2);
    field->buyer = wire_uint(&wire, 6);
    field->buyer_class = (uint8_t)wire_uint(&wire, 1);
    field->eligible_day = (int32_t)wire_uint(&wire, 2);
    return !wire.bad && field->buyer_class < BUYER_CLASSES;
}
