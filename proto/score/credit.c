/* proto/score/credit.c - what one buyer's sales count for a shop, day by day. */
#include "proto/score/credit.h"

#include <assert.h>
#include <string.h>

void
credit_buyer(const struct brackets *brackets, int64_t netted_fen, struct day_fen *days,
             size_t count)
{
    int64_t sum = 0, before = 0;

    for (size_t i = 0; i < count; i++) {
        int64_t counted;

        assert(i == 0 || days[i].day > days[i - 1].day);
        sum += days[i].fen;
        counted = bracket_fen(brackets, sum - netted_fen);
        days[i].fen = counted - before;
        before = counted;
    }
}

size_t
credit_add_day(struct day_fen *days, size_t count, int32_t day, int64_t fen)
{
    size_t at = count;

    while (at > 0 && days[at - 1].day >= day) {
        at--;
    }
    if (at < count && days[at].day == day) {
        days[at].fen += fen;
        return count;
    }
    memmove(&days[at + 1], &days[at], (count - at) * sizeof(days[0]));
    days[at] = (struct day_fen){ day, fen };
    return count + 1;
}
