/* scoring/sale_period.h - the sales of a shop in one period, all of them.
 *
 * In the order in which they came, which is that of their chunks. What changes is noted
 * together with what it was, until its credits are worked out (scoring/credit.c).
 */
#ifndef SCORING_SALE_PERIOD_H
#define SCORING_SALE_PERIOD_H

#include "storage/score/row.h"

/* What a sale was when its credits were worked out last. */
struct sale_before {
    size_t at;
    uint32_t net_fen;
    bool settled;
};

struct sale_period {
    struct sale_period *next;
    int32_t period;
    struct sale_record *sale;
    size_t count;
    size_t room;
    uint32_t *index; /* by sale; NULL until somebody asks */
    size_t index_room;
    struct sale_before *before; /* each sale once */
    size_t before_count;
    size_t before_room;
};

struct sale_period *sale_period_new(int32_t period);
void sale_period_free(struct sale_period **sales);
size_t sale_period_bytes(const struct sale_period *sales);

/* As the store has it: nothing changes. */
void sale_period_add(struct sale_period *sales, const struct sale_record *sale);
/* Where this sale is; sales->count when it is not known. */
size_t sale_period_find(struct sale_period *sales, uint64_t sale);
/* A new one, which was nothing before; gives its place. */
size_t sale_period_tell(struct sale_period *sales, const struct sale_record *sale);
/* The sale at this place is worth so much from now on, and settled or not. */
void sale_period_change(struct sale_period *sales, size_t at, uint32_t net_fen,
                        bool settled);
/* The credits follow the sales as they are. */
void sale_period_credited(struct sale_period *sales);

#endif
