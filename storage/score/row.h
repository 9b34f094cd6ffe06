/* storage/score/row.h - what the worker keeps of a shop, packed (SCORING.md 6).
 *
 * Four values: the row (folds, last days, newest visitors), the older days, chunks of
 * visitor records and chunks of sale records. Only the worker writes them; whoever reads
 * judges them as hostile: every decoder answers ERR_BAD_DATA and never trusts a count.
 *
 * Chunks need no counter: chunk k + 1 may exist only when chunk k is full.
 */
#ifndef STORAGE_SCORE_ROW_H
#define STORAGE_SCORE_ROW_H

#include "base/buf.h"
#include "proto/err.h"
#include "proto/event.h"
#include "proto/score/influence.h"
#include "storage/score/visitors.h"

enum {
    ROW_DAYS_MAX = 120,    /* in a row */
    OLDER_DAYS_MAX = 1000, /* in the field of days: */
    SALES_PER_CHUNK = 40,
    SALE_BYTES = 24,
    ROW_BYTES_MAX = 8 << 10,
    DAYS_BYTES_MAX = 64 << 10
};

enum row_flag {
    ROW_VISIT_CHUNKS = 1, /* visits:{s}:PERIOD has chunks of the row's period */
    ROW_OLDER_DAYS = 2,   /* days:{s}:PAGE has a field */
    ROW_OFF_BOARDS = 4,   /* not open, or its owner wants no place on boards */
    ROW_UNRELEASED = 8    /* something may go out with the next release */
};

struct score_row {
    unsigned flags;
    uint16_t policy_version; /* low 16 bits; the folds were made by it */
    int32_t base;            /* days before it are in the folds */
    struct sums fold;
    struct score_day *days; /* ascending; those before base only when `older` is set */
    size_t count;
    size_t room;
    bool older;                /* are the days before base here? */
    int32_t older_from;        /* the first of them, when they are not */
    int64_t visits_total_fen;  /* ever, for releases */
    int64_t active_days_total; /* the same */
    struct visitor_list
        visits; /* of its newest period; what no chunk holds lies here */
};

/* Days and visitors are the row's own memory. */
void row_init(struct score_row *row, int32_t base);
void row_free(struct score_row *row);
/* The day's entry, made in its place when there is none. */
struct score_day *row_day(struct score_row *row, int32_t day);
/* The index of the first day that is not before `day`. */
size_t row_days_before(const struct score_row *row, int32_t day);

/* The first day of all, those before base included; INT32_MAX when there is none. */
int32_t row_first_day(const struct score_row *row);

/* The row without the days before base and without visitors that lie in chunks; at most
 * VISITORS_PER_CHUNK are left (asserted). */
void row_encode(const struct score_row *row, struct buf *out);
/* Into a row that row_init() made; `older` and `visits.complete` are set when there is
 * nothing more to read. */
enum err row_decode(struct str bytes, struct score_row *row);

/* The days before base, which must be here (asserted). Nothing when there are none. */
void row_encode_older(const struct score_row *row, struct buf *out);
/* Adds them to a decoded row. */
enum err row_decode_older(struct str bytes, struct score_row *row);

/* Forgets them again: as row_decode() left the row. */
void row_drop_older(struct score_row *row);

/* 42.9 million yuan: what one sale brings beyond that weighs nothing. */
#define SALE_NET_FEN_MAX UINT32_MAX

/* A sale as it stands. Its day in the period and its period follow from paid_at_s. */
struct sale_record {
    uint64_t sale;
    uint64_t buyer;   /* 48 bits */
    uint32_t net_fen; /* at most SALE_NET_FEN_MAX */
    uint32_t paid_at_s;
    uint8_t buyer_class;
    bool settled;
    bool changed; /* in memory only: its chunk must be written */
    bool noted;   /* in memory only: what it was before is noted */
};

void sales_encode(const struct sale_record *sales, size_t count, struct buf *out);
/* A chunk of this period; `sales` has room for SALES_PER_CHUNK. */
enum err sales_decode(struct str bytes, int32_t period, struct sale_record *sales,
                      size_t *count);

#endif
