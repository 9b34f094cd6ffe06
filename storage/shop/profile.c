/* storage/shop/profile.c - a shop's texts, packed and read.
 *
 *     format (1), then for each text that is not empty, in the order of fields:
 *     field (1): 0 the nickname, 1 the bio, 1 + slot a note; length (2), little endian
 *     the text
 *
 * lua/shop.lua reads and writes the same when it changes one of them. */
#include "storage/shop/profile.h"

#include <assert.h>

#include "storage/redis/call.h"
#include "storage/wire.h"

enum {
    FORMAT = 1,
    TEXT_BYTES_MAX = 4 * BIO_CHARS_MAX,
    PACKED_BYTES_MAX = 1 + SHOP_TEXTS * (3 + TEXT_BYTES_MAX)
};

void
shop_texts(struct shop *shop, struct str *texts[SHOP_TEXTS])
{
    texts[0] = &shop->nickname;
    texts[1] = &shop->bio;
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        texts[2 + i] = &shop->slot[i].note;
    }
}

struct str
shop_pack_profile(struct arena *arena, const struct shop *shop)
{
    struct shop copy = *shop;
    struct str *texts[SHOP_TEXTS], packed;
    struct buf buf;

    shop_texts(&copy, texts);
    buf_init(&buf, PACKED_BYTES_MAX);
    wire_put_uint(&buf, FORMAT, 1);
    for (size_t i = 0; i < SHOP_TEXTS; i++) {
        if (texts[i]->len > 0) {
            wire_put_uint(&buf, i, 1);
            wire_put_uint(&buf, texts[i]->len, 2);
            buf_put_str(&buf, *texts[i]);
        }
    }
    assert(!buf.full);
    packed = arena_dup(arena, buf_str(&buf));
    buf_free(&buf);
    return packed;
}

static struct str
take_text(struct wire *wire)
{
    size_t len = (size_t)wire_uint(wire, 2);
    struct str text = str_of(wire->left.data, len);

    if (len == 0 || len > TEXT_BYTES_MAX || len > wire->left.len) {
        wire->bad = true;
        return STR("");
    }
    wire->left = str_of(text.data + len, wire->left.len - len);
    return text;
}

enum err
shop_take_profile(const struct reply *reply, struct shop *shop)
{
    struct wire wire = { .left = reply_str(reply) };
    struct str *texts[SHOP_TEXTS];
    size_t next = 0;

    if (reply->type == REPLY_NIL) {
        return ERR_NONE;
    }
    shop_texts(shop, texts);
    wire.bad = wire_uint(&wire, 1) != FORMAT;
    while (!wire.bad && wire.left.len > 0) {
        size_t field = (size_t)wire_uint(&wire, 1);

        if (field < next || field >= SHOP_TEXTS) {
            return ERR_BAD_DATA;
        }
        *texts[field] = take_text(&wire);
        next = field + 1;
    }
    return wire.bad ? ERR_BAD_DATA : ERR_NONE;
}
