/* scoring/order.h - very many shops put into the order of boards.
 *
 * By z, exactly as doubles compare, the largest first; ties by the smaller number. Not by
 * comparing: the leading bits of z say where an entry goes.
 *
 * Waits       order_entries(), while the thread pool works: no loop stands still for it.
 */
#ifndef SCORING_ORDER_H
#define SCORING_ORDER_H

#include "scoring/part.h"

/* Here and now: for some ten thousand entries, or on a thread of the pool. */
void order_entries_now(struct part_entry *entries, size_t count);

/* For any number, on all cores, for which ordinary work goes first. Takes as much memory
 * again while it lasts. From a task. */
void order_entries(struct part_entry *entries, size_t count);

#endif
