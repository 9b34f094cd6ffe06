/* scoring/scoring.h - what all of a worker's work shares.
 *
 * The worker has one, and so has a command that does the worker's work itself when no
 * worker beats (xiaopu board release). One loop's.
 */
#ifndef SCORING_SCORING_H
#define SCORING_SCORING_H

#include "scoring/rows.h"
#include "storage/job/job.h"
#include "storage/score/figures.h"
#include "storage/store.h"

struct policy;

enum { VISIT_RULES_KEPT = 4, STEP_ARENA_BYTES = 64 << 20 };

/* The rules that held when a period began (SCORING.md 6): weights of visitors follow
 * the policy from the next period on only, for pseudonyms of old ones are gone. */
struct visit_rules {
    int32_t period;
    struct score_params params;
};

struct scoring_counts {
    int64_t events;
    int64_t batches;
    int64_t dead;
    int64_t late;
    int64_t alarms; /* streams found cut behind our back */
    int64_t moved;  /* calls refused because somebody else was first */
};

/* The last ask that we know of; under way while its release is the one being made
 * (scoring/ask.c). */
struct asked {
    int64_t release; /* 0: none, or we have not looked yet */
    struct job_id job;
    int64_t told_ms; /* when the job heard of us last, monotonic */
    int64_t parts;   /* that were made by then */
};

struct scoring {
    struct store *store;
    struct rows *rows;
    struct score_policy policy; /* in force; version 0: not yet known */
    struct release release;     /* as last seen */
    bool release_known;
    struct asked asked;
    struct visit_rules rules[VISIT_RULES_KEPT];
    size_t rules_next;
    int long_walks; /* of large partitions, under way (scoring/turn.c) */
    uint64_t cuts;  /* to tell one cut from the next (scoring/rebuild.h) */
    struct scoring_counts counts;
};

void scoring_init(struct scoring *scoring, struct store *store, size_t cache_bytes);
void scoring_free(struct scoring *scoring);
void scoring_set_policy(struct scoring *scoring, const struct policy *policy);

/* Reads, or fixes for all workers, the rules of a period. Waits. */
enum err scoring_visit_rules(struct scoring *scoring, struct arena *arena,
                             int32_t period, struct score_params *params);
/* A batch under the policy in force, with its visit rules. Waits. */
enum err scoring_batch(struct scoring *scoring, struct arena *arena,
                       const struct score_policy *policy, struct score_batch *batch);

#endif
