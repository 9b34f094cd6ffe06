/* scoring/due.h - what time and policy make due in a partition, beside events.
 *
 * Each function looks whether its work is due, does it, and notes in applied:{sNNN} that
 * it is done; one that stops half-way is done again from the beginning and changes
 * nothing twice. After an error the partition is forgotten.
 *
 * Waits       Every function here.
 */
#ifndef SCORING_DUE_H
#define SCORING_DUE_H

#include "scoring/partition.h"

/* Other brackets or buyers' weights: all credits anew from the sale rows, before the
 * next event. Half-life and the weights in F need nothing: rows name the version they
 * were made by. */
enum err due_credits(struct scoring *scoring, struct partition *partition);

/* At each day's end every shop's tier is evaluated; at once, and anew, when an operator
 * has changed the tiers. Days that were missed are evaluated once, for the newest. With
 * it goes what nobody may count or refund any more. */
enum err due_day(struct scoring *scoring, struct partition *partition);
/* Would it do anything? Does not wait. */
bool due_day_is_due(const struct scoring *scoring, const struct partition *partition);

/* Once a day: drops visitors of periods that are over, sales that nobody can refund any
 * more, and what was applied of the stream. Does not wait. */
void sweep_write(struct score_writes *writes, struct arena *arena,
                 const struct partition *partition, int32_t today);

/* Which brackets and weights credits are made by. */
int64_t credits_fingerprint(const struct score_params *params);

/* A number that changes with the values that it is made of; never 0. */
int64_t due_fingerprint(struct str bytes);

#endif
