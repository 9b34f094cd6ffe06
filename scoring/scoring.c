/* scoring/scoring.c - what all of a worker's work shares. */
#include "scoring/scoring.h"

#include <inttypes.h>

#include "storage/key.h"
#include "storage/privacy/keys.h"
#include "storage/redis/call.h"

void
scoring_init(struct scoring *scoring, struct store *store, size_t cache_bytes)
{
    *scoring = (struct scoring){ .store = store, .rows = rows_new(cache_bytes) };
}

void
scoring_free(struct scoring *scoring)
{
    rows_free(&scoring->rows);
}

void
scoring_set_policy(struct scoring *scoring, const struct policy *policy)
{
    score_policy_of(policy, &scoring->policy);
}

/* --- rules of visits ------------------------------------------------------------------ */

static struct str
rules_text(struct arena *arena, const struct score_params *params)
{
    return arena_printf(
        arena, "%d %d %d %d %d", (int)params->visitor_weight[VISITOR_ANONYMOUS],
        (int)params->visitor_weight[VISITOR_MEMBER],
        (int)params->visitor_weight[VISITOR_VERIFIED], (int)params->visitor_days_max,
        (int)params->anonymous_per_net_max);
}

static bool
rules_parse(struct str text, struct score_params *params)
{
    int32_t *const into[] = { &params->visitor_weight[VISITOR_ANONYMOUS],
                              &params->visitor_weight[VISITOR_MEMBER],
                              &params->visitor_weight[VISITOR_VERIFIED],
                              &params->visitor_days_max,
                              &params->anonymous_per_net_max };
    struct str word;
    int64_t value;

    for (size_t i = 0; i < sizeof(into) / sizeof(into[0]); i++) {
        if (!str_split(&text, ' ', &word) || !str_to_i64(word, &value) || value < 0 ||
            value > 1000) {
            return false;
        }
        *into[i] = (int32_t)value;
    }
    return text.data == NULL;
}

/* HSETNX then HGET: whoever comes first in the period decides for all. */
static enum err
fix_rules(struct scoring *scoring, struct arena *arena, int32_t period,
          struct score_params *params)
{
    struct str field = arena_printf(arena, "w%" PRId32, period);
    struct call *calls[] = { call_command(arena, "HSETNX"),
                             call_command(arena, "HGET") };
    enum err err;

    call_keyf(calls[0], KEY_PERIOD);
    call_arg(calls[0], field);
    call_arg(calls[0], rules_text(arena, params));
    call_keyf(calls[1], KEY_PERIOD);
    call_arg(calls[1], field);
    if ((err = call_wait_all(scoring->store, calls, 2)) != ERR_NONE) {
        return err;
    }
    return rules_parse(reply_str(calls[1]->reply), params) ? ERR_NONE : ERR_BAD_DATA;
}

enum err
scoring_visit_rules(struct scoring *scoring, struct arena *arena, int32_t period,
                    struct score_params *params)
{
    struct visit_rules *kept;
    enum err err;

    for (size_t i = 0; i < VISIT_RULES_KEPT; i++) {
        if (scoring->rules[i].period == period && period != 0) {
            *params = scoring->rules[i].params;
            return ERR_NONE;
        }
    }
    if ((err = fix_rules(scoring, arena, period, params)) == ERR_NONE) {
        kept = &scoring->rules[scoring->rules_next++ % VISIT_RULES_KEPT];
        *kept = (struct visit_rules){ period, *params };
    }
    return err;
}

/* The period after today's takes today's rules: it has not begun. */
enum err
scoring_batch(struct scoring *scoring, struct arena *arena,
              const struct score_policy *policy, struct score_batch *batch)
{
    const uint8_t *key = keys_release(store_keys(scoring->store));
    int32_t period;
    enum err err;

    score_batch_init(batch, policy, store_now_ms(scoring->store) / 1000,
                     str_of(key, KEY_BYTES));
    period = period_of_day(batch->today);
    err = scoring_visit_rules(scoring, arena, period, &batch->visit_rules[0]);
    if (err == ERR_NONE) {
        err = scoring_visit_rules(scoring, arena, period - 1, &batch->visit_rules[1]);
    }
    batch->visit_rules[2] = batch->visit_rules[0];
    return err;
}
