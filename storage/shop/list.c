/* storage/shop/list.c - a partition's shops, out of the bits of their list. */
#include "storage/shop/list.h"

#include "base/log.h"
#include "storage/key.h"
#include "storage/redis/call.h"

/* Behind it there is no number. */
static const uint64_t bits_max = (UINT64_C(1) << 32) - SHOP_N_FIRST;

struct call *
shops_call(struct arena *arena, const struct shops_cursor *cursor)
{
    struct call *call = call_command(arena, "GETRANGE");
    int64_t from = (int64_t)(cursor->bit / 8);

    call_keyf(call, KEY_SHOPS, cursor->partition);
    call_int(call, from);
    call_int(call, from + SHOPS_PAGE_BYTES - 1);
    return call;
}

/* As SETBIT counts: the highest bit of a byte is its first. */
static bool
is_set(struct str bits, uint64_t bit)
{
    return ((unsigned char)bits.data[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

/* What is damaged ends the list: no shop comes behind it. */
static bool
is_number(const struct shops_cursor *cursor)
{
    if (cursor->bit < bits_max) {
        return true;
    }
    log_error("a list of shops goes on behind the last number",
              LOG_I("partition", cursor->partition));
    return false;
}

enum err
shops_take(const struct reply *reply, struct shops_cursor *cursor,
           struct shop_number *shops, size_t max, size_t *count)
{
    uint64_t from = cursor->bit / 8 * 8;
    struct str bits = reply_str(reply);
    uint64_t end = from + 8 * bits.len;

    *count = 0;
    if (reply->type != REPLY_STRING || bits.len > SHOPS_PAGE_BYTES) {
        return ERR_BAD_DATA;
    }
    cursor->ended = bits.len < SHOPS_PAGE_BYTES;
    for (; cursor->bit < end; cursor->bit++) {
        if (!is_set(bits, cursor->bit - from)) {
            continue;
        }
        if (*count == max || !is_number(cursor)) {
            cursor->ended = *count < max;
            break;
        }
        shops[(*count)++].value =
            id_make(cursor->bit + SHOP_N_FIRST, cursor->partition);
    }
    return ERR_NONE;
}

enum err
shops_next(struct store *store, struct arena *arena, struct shops_cursor *cursor,
           struct shop_number *shops, size_t max, size_t *count)
{
    struct call *call = shops_call(arena, cursor);
    enum err err = call_wait(store, call);

    *count = 0;
    return err == ERR_NONE ? shops_take(call->reply, cursor, shops, max, count) : err;
}

struct call *
shops_count_call(struct arena *arena, unsigned partition)
{
    struct call *call = call_command(arena, "BITCOUNT");

    call_keyf(call, KEY_SHOPS, partition);
    return call;
}
