/* scoring/cut.h - streams that lost events before we had seen them.
 *
 * The entry that a position names is not trimmed before the position has moved on, so it
 * begins what is read from there: when it does not, somebody deleted, cut or replaced the
 * stream. That is an alarm, and the partition is to be told again what was recorded
 * (scoring/rebuild.h). Reading goes on meanwhile, with whatever stands in the stream; the
 * position is loose until it stands on an entry again.
 *
 * Before anything was applied a deleted stream cannot be told from one that has not begun.
 *
 * Waits       cut_look(), cut_take().
 */
#ifndef SCORING_CUT_H
#define SCORING_CUT_H

#include "scoring/partition.h"

struct reply;

/* Does the position stand on an entry, which then begins what is read from it? */
bool cut_is_firm(const struct partition *partition);
/* Do these entries, read from the position on, follow it without a gap? */
bool cut_is_whole(const struct partition *partition, const struct reply *entries);
/* A partition that was just opened and has applied nothing: was its stream cut? Then
 * takes it. */
enum err cut_look(struct scoring *scoring, struct arena *arena,
                  struct partition *partition);
/* Notes the gap in the store and raises the alarm. ERR_MOVED_ON, and no alarm, when the
 * position was no longer ours. */
enum err cut_take(struct scoring *scoring, struct arena *arena,
                  struct partition *partition);

#endif
