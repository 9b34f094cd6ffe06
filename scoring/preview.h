/* scoring/preview.h - what another policy would do to the shops there are.
 *
 * Reads everything and writes nothing: each shop's influence today under the policy in
 * force and under the proposed one, the credits from the sale rows where brackets or
 * weights differ. For operators, who may see shops' scores.
 *
 * Others go first: a preview asks for a few hundred shops at a time, and rests after
 * each so that the store works for it at most a quarter of the time. Memory does not grow
 * with the shops.
 */
#ifndef SCORING_PREVIEW_H
#define SCORING_PREVIEW_H

#include <jansson.h>

#include "scoring/scoring.h"

/* Called at the beginning and then every few hundred shops, with how many are done of
 * about how many, at the end of exactly as many; an error ends the preview. May wait. */
typedef enum err preview_told_fn(void *arg, int64_t done, int64_t total);

/* The caller json_decref()s the result (API.md, POST /operator/policy/preview). A store
 * that is away for a moment is waited for. Waits. */
enum err preview_run(const struct scoring *scoring, const struct score_policy *proposed,
                     preview_told_fn *told, void *arg, json_t **result);

#endif
