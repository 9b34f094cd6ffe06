/* scoring/sale_period.c - the sales of a shop in one period. */
#include "scoring/sale_period.h"

#include <stdlib.h>

#include "base/xmalloc.h"

enum { INDEX_FIRST = 64 };

struct sale_period *
sale_period_new(int32_t period)
{
    struct sale_period *sales = xcalloc(1, sizeof(*sales));

    sales->period = period;
    return sales;
}

void
sale_period_free(struct sale_period **sales)
{
    if (*sales != NULL) {
        free((*sales)->sale);
        free((*sales)->index);
        free((*sales)->before);
        free(*sales);
        *sales = NULL;
    }
}

size_t
sale_period_bytes(const struct sale_period *sales)
{
    return sizeof(*sales) + sales->room * sizeof(sales->sale[0]) +
           sales->index_room * sizeof(sales->index[0]) +
           sales->before_room * sizeof(sales->before[0]);
}

/* --- finding -------------------------------------------------------------------------- */

/* Where the index has, or would have, this sale; it is at most half full. */
static size_t
index_place(const struct sale_period *sales, uint64_t sale)
{
    size_t mask = sales->index_room - 1;
    size_t at = (sale * UINT64_C(0x9e3779b97f4a7c15)) >> 32;

    for (at &= mask; sales->index[at] != 0; at = (at + 1) & mask) {
        if (sales->sale[sales->index[at] - 1].sale == sale) {
            break;
        }
    }
    return at;
}

static void
index_build(struct sale_period *sales)
{
    size_t room = INDEX_FIRST;

    while (room < sales->count * 4) {
        room *= 2;
    }
    free(sales->index);
    sales->index = xcalloc(room, sizeof(sales->index[0]));
    sales->index_room = room;
    for (size_t i = 0; i < sales->count; i++) {
        sales->index[index_place(sales, sales->sale[i].sale)] = (uint32_t)i + 1;
    }
}

size_t
sale_period_find(struct sale_period *sales, uint64_t sale)
{
    uint32_t found;

    if (sales->index == NULL || sales->count * 2 > sales->index_room) {
        index_build(sales);
    }
    found = sales->index[index_place(sales, sale)];
    return found == 0 ? sales->count : found - 1;
}

/* --- changing ------------------------------------------------------------------------- */

void
sale_period_add(struct sale_period *sales, const struct sale_record *sale)
{
    if (sales->count == sales->room) {
        sales->room = sales->room == 0 ? 4 : sales->room * 2;
        sales->sale = xrealloc(sales->sale, sales->room * sizeof(sales->sale[0]));
    }
    sales->sale[sales->count++] = *sale;
    if (sales->index != NULL && sales->count * 2 <= sales->index_room) {
        sales->index[index_place(sales, sale->sale)] = (uint32_t)sales->count;
    }
}

static void
note_before(struct sale_period *sales, const struct sale_before *before)
{
    if (sales->before_count == sales->before_room) {
        sales->before_room = sales->before_room == 0 ? 4 : sales->before_room * 2;
        sales->before =
            xrealloc(sales->before, sales->before_room * sizeof(sales->before[0]));
    }
    sales->before[sales->before_count++] = *before;
    sales->sale[before->at].noted = true;
    sales->sale[before->at].changed = true;
}

size_t
sale_period_tell(struct sale_period *sales, const struct sale_record *sale)
{
    size_t at = sales->count;

    sale_period_add(sales, sale);
    note_before(sales, &(struct sale_before){ .at = at });
    return at;
}

void
sale_period_change(struct sale_period *sales, size_t at, uint32_t net_fen, bool settled)
{
    struct sale_record *sale = &sales->sale[at];

    if (!sale->noted) {
        note_before(sales, &(struct sale_before){ at, sale->net_fen, sale->settled });
    }
    sale->net_fen = net_fen;
    sale->settled = settled;
}

void
sale_period_credited(struct sale_period *sales)
{
    for (size_t i = 0; i < sales->before_count; i++) {
        sales->sale[sales->before[i].at].noted = false;
    }
    free(sales->before);
    sales->before = NULL;
    sales->before_count = sales->before_room = 0;
}
