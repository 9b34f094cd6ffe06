/* proto/event.h - what happened, on its way from intake to the scoring worker.
 *
 * Events carry no person: buyers, visitors and nets are pseudonyms of one shop and one
 * 28-day period (SCORING.md 3.2). An entry of events:{sNNN} has the one field "e", a
 * MessagePack array [1, event, event ...] of at most EVENTS_PER_ENTRY events; an event
 * is an array that begins with its kind and its shop's number. (Once a day the worker
 * adds an entry "day" of no event.) Stored bytes are hostile input too: event_read()
 * judges everything and never trusts a count.
 *
 * A sale is told as it now stands: EVENT_SALE when reported, EVENT_REFUND with what is
 * left of it afterwards. The smallest net counts, so order of arrival and repeats
 * change nothing.
 */
#ifndef PROTO_EVENT_H
#define PROTO_EVENT_H

#include "base/buf.h"
#include "proto/err.h"
#include "proto/ids.h"

enum {
    EVENTS_PER_ENTRY = 512,
    EVENT_ENTRY_BYTES_MAX = 64 << 10,
    EVENT_DAY_MAX = 65535 /* in the year 2149: days are kept in 16 bits */
};

enum event_kind {
    EVENT_VISIT = 1,
    EVENT_SALE = 2,
    EVENT_REFUND = 3,
    EVENT_ACTIVITY = 4,
    EVENT_SHOP_STATUS = 5
};

enum visitor_class { VISITOR_ANONYMOUS = 1, VISITOR_MEMBER = 2, VISITOR_VERIFIED = 3 };

/* How a buyer is known; the policy in force says what each weighs (SCORING.md 3.1). */
enum buyer_class {
    BUYER_LINKED = 0,   /* the owner, or linked to the owner: weighs nothing */
    BUYER_MERCHANT = 1, /* known only to the merchant that reports the sale */
    BUYER_AGE_0 = 2,    /* influence.buyer_weights[0], [1] ... by the account's age */
    BUYER_CLASSES = 10
};

struct event_visit {
    int32_t day;      /* SCORING.md 2 */
    uint64_t visitor; /* pseudonym, low 40 bits */
    uint16_t net;     /* pseudonym, low 16 bits, never 0 but for verified visitors */
    enum visitor_class visitor_class;
};

struct event_sale {
    uint64_t sale;  /* first 8 bytes, big endian, of SHA-256(merchant 0x00 sale id) */
    uint64_t buyer; /* pseudonym, first 6 bytes, big endian */
    int64_t paid_at_s; /* Unix time; its day and period follow from it */
    int64_t net_fen;   /* paid less refunded so far, 0 ... 10^12 */
    enum buyer_class buyer_class;
};

struct event {
    enum event_kind kind;
    struct shop_number shop;
    union {
        struct event_visit visit;
        struct event_sale sale; /* EVENT_SALE, EVENT_REFUND */
        int32_t activity_day;
        struct {
            bool open; /* false: suspended or closed */
            bool on_boards;
        } status;
    };
};

/* Writes [1, events...] behind what is in `out`, 1 to EVENTS_PER_ENTRY of them;
 * out->full when it does not fit. */
void event_write(struct buf *out, const struct event *events, size_t count);

/* Reads an entry. ERR_BAD_DATA, with *why a literal for dead:{sNNN}, when anything
 * about it is wrong: then none of its events counts. `events` has room for
 * EVENTS_PER_ENTRY. */
enum err event_read(struct str entry, struct event *events, size_t *count,
                    const char **why);

#endif
