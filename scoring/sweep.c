/* scoring/sweep.c - once a day: what nobody may count or refund any more. */
#include <inttypes.h>
#include <string.h>

#include "scoring/due.h"
#include "storage/key.h"
#include "storage/score/place.h"

enum { PERIODS_AT_ONCE = 400 }; /* a clock may move by decades */

static void
drop(struct score_writes *writes, struct str key)
{
    const struct score_command unlink = { "UNLINK", key, 0 };

    /* UNLINK is the only command here that takes nothing but its key. */
    score_write(writes, &unlink, NULL, 0);
}

/* The periods whose last day of counting fell between the two days. */
static void
sweep_visits(struct score_writes *writes, struct arena *arena, unsigned partition,
             int32_t from, int32_t to)
{
    for (int32_t period = period_of_day(from - LATE_VISIT_DAYS) - 1;
         (period + 1) * PERIOD_DAYS - 1 + LATE_VISIT_DAYS < to; period++) {
        drop(writes, score_visits_key(arena, partition, period));
    }
}

static void
sweep_sales(struct score_writes *writes, struct arena *arena, unsigned partition,
            int32_t from, int32_t to)
{
    for (int32_t period = score_sales_from(from); period < score_sales_from(to);
         period++) {
        drop(writes, score_sales_key(arena, partition, period));
        drop(writes, arena_printf(arena, KEY_BUYERS, partition, period));
    }
}

/* Trimming as events are applied leaves up to a hundred in a quiet stream, and the one
 * that the position stands on stays until the position moves: a new entry, which says
 * nothing but that a day began, leaves it behind. So no visit outlasts its period here. */
static void
sweep_events(struct score_writes *writes, struct arena *arena,
             const struct partition *partition, int32_t today)
{
    struct str key = arena_printf(arena, KEY_EVENTS, partition->number);
    const struct score_command trim = { "XTRIM", key, 0 }, add = { "XADD", key, 0 };
    const struct str before[] = { STR("MINID"), str_from(partition->applied.at.event) };
    const struct str entry[] = { STR("*"), STR("day"),
                                 arena_printf(arena, "%" PRId32, today) };

    if (strcmp(partition->applied.at.event, "0-0") != 0) {
        score_write(writes, &trim, before, 2);
        score_write(writes, &add, entry, 3);
    }
}

void
sweep_write(struct score_writes *writes, struct arena *arena,
            const struct partition *partition, int32_t today)
{
    int32_t from = (int32_t)partition->applied.swept_day;

    if (from >= today) {
        return;
    }
    if (from == 0) { /* never: a period may have ended since its first batch */
        from = today - DAYS_KEPT;
    }
    if (today - from > PERIODS_AT_ONCE * PERIOD_DAYS) {
        from = today - PERIODS_AT_ONCE * PERIOD_DAYS;
    }
    sweep_visits(writes, arena, partition->number, from, today);
    sweep_sales(writes, arena, partition->number, from, today);
    sweep_events(writes, arena, partition, today);
    score_write_applied(writes, "swept_day", today);
}
