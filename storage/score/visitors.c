/* storage/score/visitors.c - a shop's visitor records of one period. */
#include "storage/score/visitors.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "storage/wire.h"

enum { CLASS_SHIFT = 5, DAY_MASK = 31, INDEX_FROM = 128 };

void
visitor_list_init(struct visitor_list *list, int32_t period)
{
    *list = (struct visitor_list){ .period = period, .complete = true };
}

void
visitor_list_free(struct visitor_list *list)
{
    free(list->visitor);
    free(list->index);
    visitor_list_init(list, list->period);
}

/* --- finding a visitor's day ---------------------------------------------------------- */

static bool
same_day(const struct visitor *a, const struct visitor *b)
{
    return a->who == b->who && a->day == b->day;
}

/* Where the index has, or would have, this visitor's day. Pseudonyms are random, so a
 * few of their bits are a good hash; the multiplier spreads the days. */
static size_t
index_place(const struct visitor_list *list, const struct visitor *visitor)
{
    size_t mask = list->index_room - 1;
    size_t at = ((visitor->who ^ visitor->day) * UINT64_C(0x9e3779b97f4a7c15)) >> 32;

    for (at &= mask; list->index[at] != 0; at = (at + 1) & mask) {
        if (same_day(&list->visitor[list->index[at] - 1], visitor)) {
            break;
        }
    }
    return at;
}

static void
index_build(struct visitor_list *list)
{
    size_t room = 4 * INDEX_FROM;

    while (room < list->count * 4) {
        room *= 2;
    }
    free(list->index);
    list->index = xcalloc(room, sizeof(list->index[0]));
    list->index_room = room;
    for (size_t i = 0; i < list->count; i++) {
        list->index[index_place(list, &list->visitor[i])] = (uint32_t)i + 1;
    }
}

static void
index_drop(struct visitor_list *list)
{
    free(list->index);
    list->index = NULL;
    list->index_room = 0;
}

/* The newest record of this visitor's day: each says more than those before it. */
static const struct visitor *
find(struct visitor_list *list, const struct visitor *visitor)
{
    if (list->count >= INDEX_FROM) {
        uint32_t at;

        if (list->index == NULL || list->count * 2 > list->index_room) {
            index_build(list);
        }
        at = list->index[index_place(list, visitor)];
        return at == 0 ? NULL : &list->visitor[at - 1];
    }
    for (size_t i = list->count; i > 0; i--) {
        if (same_day(&list->visitor[i - 1], visitor)) {
            return &list->visitor[i - 1];
        }
    }
    return NULL;
}

/* --- adding --------------------------------------------------------------------------- */

static void
make_room(struct visitor_list *list, size_t more)
{
    size_t need = list->count + more;

    if (need > list->room) {
        list->room = need < 4 ? 4 : need + need / 2;
        list->visitor = xrealloc(list->visitor, list->room * sizeof(list->visitor[0]));
    }
}

static bool
says_more(const struct visitor *visitor, const struct visitor *known)
{
    if (visitor->visitor_class != known->visitor_class) {
        return visitor->visitor_class > known->visitor_class;
    }
    return visitor->net < known->net;
}

bool
visitor_list_tell(struct visitor_list *list, struct visitor visitor)
{
    const struct visitor *known = find(list, &visitor);

    assert(list->complete && visitor.day < PERIOD_DAYS);
    if (known != NULL && !says_more(&visitor, known)) {
        return false;
    }
    make_room(list, 1);
    list->visitor[list->count++] = visitor;
    if (list->index != NULL) {
        list->index[index_place(list, &visitor)] = (uint32_t)list->count;
    }
    return true;
}

/* --- packed --------------------------------------------------------------------------- */

void
visitor_list_encode(const struct visitor_list *list, size_t from, size_t end,
                    struct buf *out)
{
    for (size_t i = from; i < end; i++) {
        const struct visitor *visitor = &list->visitor[i];
        uint64_t kind = (uint64_t)visitor->visitor_class << CLASS_SHIFT | visitor->day;

        /* who in 5 bytes, kind in 1, net in 2 */
        wire_put_uint(out, visitor->who | kind << 40 | (uint64_t)visitor->net << 48,
                      VISITOR_BYTES);
    }
}

static struct visitor
get_visitor(struct wire *wire)
{
    struct visitor visitor = { .who = wire_uint(wire, 5) };
    uint8_t kind = (uint8_t)wire_uint(wire, 1);

    visitor.net = (uint16_t)wire_uint(wire, 2);
    visitor.day = kind & DAY_MASK;
    visitor.visitor_class = kind >> CLASS_SHIFT;
    if (visitor.day >= PERIOD_DAYS || visitor.visitor_class < VISITOR_ANONYMOUS ||
        visitor.visitor_class > VISITOR_VERIFIED) {
        wire->bad = true;
    }
    return visitor;
}

/* Puts what the bytes hold at a place in the list. */
static enum err
insert(struct visitor_list *list, size_t at, struct str bytes, size_t *added)
{
    struct visitor visitors[VISITORS_PER_CHUNK];
    size_t count = bytes.len / VISITOR_BYTES;
    struct wire wire = { bytes, false };

    *added = 0;
    if (bytes.len % VISITOR_BYTES != 0 || count > VISITORS_PER_CHUNK) {
        return ERR_BAD_DATA;
    }
    for (size_t i = 0; i < count; i++) {
        visitors[i] = get_visitor(&wire);
    }
    if (wire.bad) {
        return ERR_BAD_DATA;
    }
    if (count > 0) {
        make_room(list, count);
        memmove(&list->visitor[at + count], &list->visitor[at],
                (list->count - at) * sizeof(visitors[0]));
        memcpy(&list->visitor[at], visitors, count * sizeof(visitors[0]));
    }
    list->count += count;
    index_drop(list);
    *added = count;
    return ERR_NONE;
}

enum err
visitor_list_read(struct visitor_list *list, struct str bytes)
{
    size_t added;

    return insert(list, list->count, bytes, &added);
}

enum err
visitor_list_read_chunk(struct visitor_list *list, struct str bytes, bool *full)
{
    size_t added;
    enum err err = insert(list, list->stored, bytes, &added);

    list->stored += added;
    *full = added == VISITORS_PER_CHUNK;
    return err;
}
