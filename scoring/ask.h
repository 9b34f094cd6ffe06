/* scoring/ask.h - work that operators ask of the worker (storage/job/ask.h).
 *
 * Kinds: "release" makes the next one now; "preview" says what a policy would do. */
#ifndef SCORING_ASK_H
#define SCORING_ASK_H

#include "scoring/scoring.h"

/* Looks at the oldest that waits, but for previews, and does a step of it: a release is
 * begun, and answered when it is in force. Waits. */
enum err ask_answer(struct scoring *scoring);

/* May there be one that we do not know of yet? */
bool ask_is_new(const struct scoring *scoring);

/* Tells the job of the release under way, if somebody asked for it, that it is worked on,
 * and how many of PARTITIONS parts are made. Whoever works on it calls this now and then.
 * Waits. */
void ask_beat(struct scoring *scoring, int64_t parts);

/* Makes the preview that waits, if there is one; minutes for very many shops. Ends soon,
 * and leaves it to the next, when *ours is no longer true. Waits. */
enum err ask_preview(struct scoring *scoring, const bool *ours);

#endif
