/* proto/event.c - events as MessagePack, strict in both directions.
 *
 *     [1, shop, day, visitor, net, class]                     a visit
 *     [2 or 3, shop, sale, buyer, paid_at_s, net_fen, class]  a sale, a refund
 *     [4, shop, day]                                          activity
 *     [5, shop, open, on_boards]                              the shop's status
 */
#include "proto/event.h"

#include <assert.h>

#include "proto/money.h"
#include "proto/msgpack.h"
#include "proto/time.h"

enum { VERSION = 1 };

static const uint64_t visitor_max = (UINT64_C(1) << 40) - 1;
static const uint64_t buyer_max = (UINT64_C(1) << 48) - 1;

static void
write_visit(struct buf *out, const struct event_visit *visit)
{
    msgpack_put_int(out, visit->day);
    msgpack_put_uint(out, visit->visitor);
    msgpack_put_uint(out, visit->net);
    msgpack_put_uint(out, visit->visitor_class);
}

static void
write_sale(struct buf *out, const struct event_sale *sale)
{
    msgpack_put_uint(out, sale->sale);
    msgpack_put_uint(out, sale->buyer);
    msgpack_put_int(out, sale->paid_at_s);
    msgpack_put_int(out, sale->net_fen);
    msgpack_put_uint(out, sale->buyer_class);
}

/* How many elements an event of a kind has; 0: there is no such kind. */
static size_t
elements(uint64_t kind)
{
    static const size_t counts[] = { [EVENT_VISIT] = 6,
                                     [EVENT_SALE] = 7,
                                     [EVENT_REFUND] = 7,
                                     [EVENT_ACTIVITY] = 3,
                                     [EVENT_SHOP_STATUS] = 4 };

    return kind < sizeof(counts) / sizeof(counts[0]) ? counts[kind] : 0;
}

static void
write_event(struct buf *out, const struct event *event)
{
    msgpack_put_array(out, elements(event->kind));
    msgpack_put_uint(out, event->kind);
    msgpack_put_int(out, event->shop.value);
    switch (event->kind) {
    case EVENT_VISIT:
        write_visit(out, &event->visit);
        break;
    case EVENT_SALE:
    case EVENT_REFUND:
        write_sale(out, &event->sale);
        break;
    case EVENT_ACTIVITY:
        msgpack_put_int(out, event->activity_day);
        break;
    case EVENT_SHOP_STATUS:
        msgpack_put_bool(out, event->status.open);
        msgpack_put_bool(out, event->status.on_boards);
        break;
    }
}

void
event_write(struct buf *out, const struct event *events, size_t count)
{
    assert(count >= 1 && count <= EVENTS_PER_ENTRY);
    msgpack_put_array(out, count + 1);
    msgpack_put_uint(out, VERSION);
    for (size_t i = 0; i < count; i++) {
        write_event(out, &events[i]);
    }
}

static bool
read_day(struct msgpack_reader *reader, int32_t *day)
{
    uint64_t value;

    if (!msgpack_read_uint(reader, EVENT_DAY_MAX, &value)) {
        return false;
    }
    *day = (int32_t)value;
    return true;
}

static bool
read_visit(struct msgpack_reader *reader, struct event_visit *visit)
{
    uint64_t net, class;

    if (!read_day(reader, &visit->day) ||
        !msgpack_read_uint(reader, visitor_max, &visit->visitor) ||
        !msgpack_read_uint(reader, UINT16_MAX, &net) ||
        !msgpack_read_uint(reader, VISITOR_VERIFIED, &class) ||
        class < VISITOR_ANONYMOUS || (net == 0 && class != VISITOR_VERIFIED)) {
        return false;
    }
    visit->net = (uint16_t)net;
    visit->visitor_class = (enum visitor_class) class;
    return true;
}

static bool
read_sale(struct msgpack_reader *reader, struct event_sale *sale)
{
    const uint64_t paid_at_max = (uint64_t)time_day_starts_s(EVENT_DAY_MAX + 1) - 1;
    uint64_t paid_at_s, net_fen, class;

    if (!msgpack_read_uint(reader, UINT64_MAX, &sale->sale) ||
        !msgpack_read_uint(reader, buyer_max, &sale->buyer) ||
        !msgpack_read_uint(reader, paid_at_max, &paid_at_s) ||
        !msgpack_read_uint(reader, MONEY_FEN_MAX, &net_fen) ||
        !msgpack_read_uint(reader, BUYER_CLASSES - 1, &class)) {
        return false;
    }
    sale->paid_at_s = (int64_t)paid_at_s;
    sale->net_fen = (int64_t)net_fen;
    sale->buyer_class = (enum buyer_class) class;
    return true;
}

static bool
read_fields(struct msgpack_reader *reader, struct event *event)
{
    switch (event->kind) {
    case EVENT_VISIT:
        return read_visit(reader, &event->visit);
    case EVENT_SALE:
    case EVENT_REFUND:
        return read_sale(reader, &event->sale);
    case EVENT_ACTIVITY:
        return read_day(reader, &event->activity_day);
    case EVENT_SHOP_STATUS:
        return msgpack_read_bool(reader, &event->status.open) &&
               msgpack_read_bool(reader, &event->status.on_boards);
    }
    return false;
}

/* NULL, or why it is no event. */
static const char *
read_event(struct msgpack_reader *reader, struct event *event)
{
    uint64_t kind, shop;
    size_t count;

    *event = (struct event){ 0 };
    if (!msgpack_read_array(reader, &count) || count == 0 ||
        !msgpack_read_uint(reader, UINT8_MAX, &kind)) {
        return "not an event";
    }
    if (elements(kind) == 0) {
        return "unknown kind";
    }
    if (elements(kind) != count) {
        return "wrong number of fields";
    }
    event->kind = (enum event_kind)kind;
    if (!msgpack_read_uint(reader, SHOP_NUMBER_MAX, &shop) || shop < SHOP_NUMBER_MIN) {
        return "not a shop's number";
    }
    event->shop.value = (int64_t)shop;
    return read_fields(reader, event) ? NULL : "a field is out of range";
}

static const char *
read_entry(struct msgpack_reader *reader, struct event *events, size_t *count)
{
    uint64_t version;
    size_t elems;
    const char *why = NULL;

    if (!msgpack_read_array(reader, &elems) || elems < 2 ||
        !msgpack_read_uint(reader, UINT8_MAX, &version)) {
        return "not an entry";
    }
    if (version != VERSION) {
        return "unknown version";
    }
    if (elems - 1 > EVENTS_PER_ENTRY) {
        return "too many events";
    }
    for (size_t i = 0; i < elems - 1 && why == NULL; i++) {
        why = read_event(reader, &events[i]);
    }
    if (why == NULL && reader->at != reader->end) {
        return "bytes behind the end";
    }
    *count = elems - 1;
    return why;
}

enum err
event_read(struct str entry, struct event *events, size_t *count, const char **why)
{
    struct msgpack_reader reader = msgpack_reader(entry);

    *count = 0;
    *why = entry.len > EVENT_ENTRY_BYTES_MAX ? "too large"
                                             : read_entry(&reader, events, count);
    if (*why != NULL) {
        *count = 0;
        return ERR_BAD_DATA;
    }
    return ERR_NONE;
}
