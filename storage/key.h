/* storage/key.h - every key's name, once.
 *
 * The braces hold the hash tag: all keys of one store function share it, so the same
 * code runs on one node and on a cluster. NNN is the partition with three digits. A
 * shop's number, a product's or member's id is written in full.
 *
 *     struct str key = arena_printf(arena, KEY_SHOP, id_partition(number), number);
 */
#ifndef STORAGE_KEY_H
#define STORAGE_KEY_H

#include <inttypes.h>

// clang-format off

/* --- {sNNN}: shops ---------------------------------------------------------------- */
#define KEY_SHOP_SEQ  "seq:{s%03u}"                /* counter: the last n given */
#define KEY_SHOP      "shop:{s%03u}:%" PRId64      /* hash: status owner tier slots */
#define KEY_PROFILE   "profile:{s%03u}:%" PRId64   /* string: texts (storage/shop/profile.c) */
#define KEY_FOLLOWERS "followers:{s%03u}:%" PRId64 /* set: followers' shop numbers */
#define KEY_BOOK "book:{s%03u}" /* hash: sales, refunds: how many are recorded */
/* leaves of the book (storage/sale/content.h); the functions learn which one */
#define KEY_SALE_LEAVES   "sale:{s%03u}:"   /* hash: a sale's hash -> its record */
#define KEY_REFUND_LEAVES "refund:{s%03u}:" /* hash: a refund's hash -> fen */
#define KEY_STATS \
    "stats:{s%03u}:%" PRId64 ":%d" /* hash: shop, period: the owner's sums */
#define KEY_BUYERS "buyers:{s%03u}:%d"                      /* hash: period; see stats.h */
#define KEY_EVENTS "events:{s%03u}"                         /* stream */
#define KEY_DEAD   "dead:{s%03u}"  /* stream: bad events, with a reason */
#define KEY_SHOPS  "shops:{s%03u}" /* string: a bit for each n (storage/shop/list.h) */
/* written by the worker only (SCORING.md 6 and 7) */
#define KEY_APPLIED  "applied:{s%03u}"          /* hash: position, release, tier day */
#define KEY_SCORE    "score:{s%03u}:%u"         /* hash: page; n (4 bytes) -> row */
#define KEY_DAYS     "days:{s%03u}:%u"          /* hash: page; n -> older days */
#define KEY_VISITS   "visits:{s%03u}:%d"        /* hash: period; n, chunk -> visitors */
#define KEY_SALES    "sales:{s%03u}:%d"         /* hash: period; n, chunk -> sales */
#define KEY_SETTLING "settling:{s%03u}"         /* zset: number by time paid, s */
#define KEY_PENDING  "pending:{s%03u}:%" PRId64 /* hash: for the next releases */
#define KEY_FIGURES  "figures:{s%03u}:%" PRId64 /* hash: last two releases */
#define KEY_PART     "part:{s%03u}:%" PRId64 /* hash: release; the partition's order */
#define KEY_RANKING \
    "ranking:{s%03u}:%" PRId64 ":%u" /* string: release page; 1000 places */

/* --- {pNNN}: products ------------------------------------------------------------- */
#define KEY_PRODUCT_SEQ "seq:{p%03u}"
#define KEY_PRODUCT     "product:{p%03u}:%" PRId64        /* hash */
#define KEY_STOCK       "stock:{p%03u}:%" PRId64          /* hash: by variant */
/* the same without the id, for functions that learn it themselves */
#define KEY_PRODUCTS    "product:{p%03u}:"
#define KEY_STOCKS      "stock:{p%03u}:"
#define KEY_HANDLE      "handle:{p%03u}:%" PRId64 ":%.*s" /* string: merchant handle -> id */

/* --- {mNNN}: members -------------------------------------------------------------- */
#define KEY_MEMBER_SEQ "seq:{m%03u}"
#define KEY_MEMBER     "member:{m%03u}:%" PRId64   /* hash */
#define KEY_MERCHANT   "merchant:{m%03u}:%" PRId64 /* hash: name, sealed secrets */
#define KEY_USERNAME   "username:{m%03u}:%.*s"     /* string: claim: "ID", "ID AT_MS" */
#define KEY_SESSION    "session:{m%03u}:%s" /* string: token's SHA-256 -> member */
#define KEY_SESSIONS   "sessions:{m%03u}:%" PRId64  /* hash: SHA-256 -> begun, used */
#define KEY_FOLLOWING  "following:{m%03u}:%" PRId64 /* set: shop numbers */
#define KEY_JOB        "job:{m%03u}:%.*s"           /* hash */
#define KEY_REPORTS    "reports:{m%03u}:%" PRId64 /* stream: "NUMBER SALE_ID" as reported */
#define KEY_CLAIMS     "claims:{m%03u}" /* hash: how many claims; when was the last listed */
#define KEY_CLAIM_LEAVES \
    "claim:{m%03u}:" /* hash: a sale's hash -> its shop's number, below 0 once listed */
#define KEY_ATTEMPTS   "attempts:{m%03u}:%.*s" /* hash: rate limits kept in the store */

/* --- {g}: the little that is global ----------------------------------------------- */
#define KEYS_GLOBAL "*:{g}:*" /* pattern: those of them with a name behind the tag */
#define KEY_META   "meta:{g}"   /* hash: partitions, format, key file's id */
#define KEY_POLICY "policy:{g}" /* hash: version, document, vN of former ones */
#define KEY_AUDIT  "audit:{g}"  /* stream, hash-chained */
#define KEY_RELEASE \
    "release:{g}" /* hash: the release in force, the one being made (score/release.h) */
#define KEY_RANKING_INDEX "ranking_index:{g}:%" PRId64 /* string: release; pages' first places */
#define KEY_PROCESS    "process:{g}" /* hash: process id -> heartbeat */
#define KEY_CLOCK      "clock:{g}"   /* string: the test clock's offset in ms */
#define KEY_ASK        "ask:{g}"     /* stream: work asked of the worker */
#define KEY_PERIOD     "period:{g}" /* hash: kind and period -> wrapped pseudonym key */
#define KEY_CHECKED    "checked:{g}" /* hash: the last verify: at_ms, outcome, figures */
#define KEY_LIST       "list:{g}:%.*s:%s" /* zset: which list, sort -> product ids */
#define KEY_OWN        "own:{g}:%" PRId64 /* zset: merchant; all its products, unlisted too */
#define KEY_GRAM       "gram:{g}:%.*s"  /* set: product ids */
#define KEY_CATEGORIES "categories:{g}" /* zset: category by its listed products */
/* the same without what follows, for the function that learns it from KEY_INDEXED */
#define KEY_LISTS      "list:{g}:"
#define KEY_OWNS       "own:{g}:"
#define KEY_GRAMS      "gram:{g}:"
#define KEY_INDEXED    "indexed:{g}" /* hash: product id -> what the index holds of it */

/* --- every tag -------------------------------------------------------------------- */
#define KEY_OUTBOX "outbox:{%c%03u}" /* stream: messages for other tags */
#define KEY_RELAYED \
    "relayed:{%c%03u}" /* hash: how far; at the target: seen message ids */
#define KEY_DONE        "done:{%c%03u}:%s" /* string: by an Idempotency-Key's id: how */
#define KEY_DONE_GLOBAL "done:{g}:%s"

// clang-format on
#endif
