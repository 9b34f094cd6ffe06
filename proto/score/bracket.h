/* proto/score/bracket.h - amounts that count less and less the more there is. */
#ifndef PROTO_SCORE_BRACKET_H
#define PROTO_SCORE_BRACKET_H

#include "proto/score/params.h"

/* B(x) of SCORING.md 3.1: what counts of `fen`; rounded down once, at the end, so that
 * no split of an amount counts more than the whole. Negative amounts count nothing. */
int64_t bracket_fen(const struct brackets *brackets, int64_t fen);

/* A day's visits in fen (SCORING.md 3.2), `milli` in thousandths of a visitor; rounded
 * down once. */
int64_t bracket_visits_fen(const struct score_params *params, int64_t milli);

/* What a sale counts before brackets: net * weight / 1000, rounded down. */
int64_t bracket_effective_fen(int64_t net_fen, int32_t weight);

/* The weight of a buyer of this class, per mille. */
int32_t bracket_buyer_weight(const struct score_params *params, int buyer_class);

#endif
