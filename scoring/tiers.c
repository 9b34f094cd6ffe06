/* scoring/tiers.c - shops' tiers at each day's end, and when the tiers change.
 *
 * The worker decides, storage/shop/tier.h writes. On the live influence that the owner
 * sees: noise must neither give nor take a slot. Fewer slots hold only hold_s later, and
 * until then the shop keeps what it had. */
#include <inttypes.h>

#include "proto/score/tier.h"
#include "proto/time.h"
#include "scoring/due.h"
#include "scoring/walk.h"
#include "storage/shop/tier.h"

enum { PARKED_DAYS = 90 }; /* how long a parked product's link works */

struct evaluation {
    struct walk walk;
    struct half_life half;
    int32_t today;
    bool anew;
    int slots_before; /* of a shop whose tier was never evaluated */
};

static int64_t
fingerprint(const struct tier_params *tiers)
{
    struct buf text;
    int64_t value;

    buf_init(&text, 4096);
    for (size_t i = 0; i < tiers->count; i++) {
        buf_printf(&text, "%" PRId64 " %d ", tiers->at[i].influence,
                   (int)tiers->at[i].slots);
    }
    value = due_fingerprint(buf_str(&text));
    buf_free(&text);
    return value;
}

static int64_t
influence_of(const struct evaluation *evaluation, const struct scored_shop *shop)
{
    const struct score_policy *policy = &evaluation->walk.policy;
    struct sums sums;

    if (shop->damaged) {
        return -1;
    }
    sums = shop_sums(shop, policy);
    return influence_points(influence_compose(&sums, &policy->score).total,
                            evaluation->today, &evaluation->half);
}

/* More slots hold at once, fewer when their time has come. What a change of the tiers
 * takes is held in full from now on, whatever was held before. */
static void
set_slots(const struct evaluation *evaluation, struct shop_tier *tier)
{
    int earned = tier_slots(tier->tier, &evaluation->walk.policy.tiers);
    int had = tier->slots > 0 ? tier->slots : evaluation->slots_before;
    int earned_before = tier->earned > 0 ? tier->earned : had;
    bool taken = evaluation->anew && earned < earned_before;
    int64_t now_ms = evaluation->walk.batch.now_s * 1000;

    if (tier->hold_until_ms != 0 && tier->hold_until_ms <= now_ms) {
        had = taken ? earned_before : earned;
        tier->hold_until_ms = 0;
    }
    if (earned >= had) {
        had = earned;
        tier->hold_until_ms = 0;
    } else if (tier->hold_until_ms == 0 || taken) {
        tier->hold_until_ms = now_ms + evaluation->walk.policy.hold_s * 1000;
    }
    tier->slots = had;
    tier->earned = earned;
}

static bool
same_tier(const struct shop_tier *a, const struct shop_tier *b)
{
    return a->tier == b->tier && a->slots == b->slots && a->up == b->up &&
           a->down == b->down && a->hold_until_ms == b->hold_until_ms &&
           a->earned == b->earned;
}

/* False when nothing changes. */
static bool
evaluate(const struct evaluation *evaluation, struct shop_tier_row *row,
         int64_t influence)
{
    const struct tier_params *tiers = &evaluation->walk.policy.tiers;
    struct shop_tier before = row->tier;
    struct tier_state state = { (uint8_t)before.tier, (uint8_t)before.up,
                                (uint8_t)before.down };

    if (!row->found || influence < 0 ||
        (!evaluation->anew && before.tier_day >= evaluation->today)) {
        return false;
    }
    if (evaluation->anew) {
        state = tier_anew(influence, tiers);
    } else {
        tier_evaluate(&state, influence, tiers);
    }
    row->tier.tier = state.tier;
    row->tier.up = state.up;
    row->tier.down = state.down;
    row->tier.tier_day = evaluation->today;
    set_slots(evaluation, &row->tier);
    /* A shop of the first tier of which there is nothing to say has what the policy in
     * force gives, without a word of ours. */
    if (before.slots == 0) {
        before.slots = before.earned = tier_slots(0, tiers);
    }
    return !same_tier(&before, &row->tier);
}

/* Records of visitors whose period is over have no place in a row any more. */
static void
drop_old_visitors(struct walk *walk, struct scored_shop *shop)
{
    struct visitor_list *list = &shop->row.visits;

    if (!shop->damaged && list->count > 0 &&
        score_period_is_over(&walk->batch, list->period)) {
        visitor_list_free(list);
        visitor_list_init(list, period_of_day(walk->batch.today));
        shop->row.flags &= ~(unsigned)ROW_VISIT_CHUNKS;
        shop->changed = true;
    }
}

/* Under the fence, as all that the worker writes. */
static enum err
write_tiers(struct walk *walk, const struct shop_tier_row *rows, size_t count)
{
    const struct shop_tiers tiers = {
        .row = rows,
        .count = count,
        .parked_until_ms = (walk->batch.now_s + PARKED_DAYS * DAY_S) * 1000,
    };
    enum err err = shop_tiers_write(walk->scoring->store, walk->arena, &tiers,
                                    &walk->partition->applied.at);

    walk->scoring->counts.batches += err == ERR_NONE;
    walk->scoring->counts.moved += err == ERR_MOVED_ON;
    return err;
}

static enum err
evaluate_shops(struct evaluation *evaluation)
{
    struct walk *walk = &evaluation->walk;
    struct shop_tier_row *rows = arena_alloc(walk->arena, WALK_SHOPS * sizeof(*rows));
    size_t changed = 0;
    enum err err;

    for (size_t i = 0; i < walk->count; i++) {
        rows[i].shop = walk->number[i];
        drop_old_visitors(walk, walk->shop[i]);
    }
    err = shop_tiers_read(walk->scoring->store, walk->arena, rows, walk->count);
    for (size_t i = 0; i < walk->count && err == ERR_NONE; i++) {
        if (evaluate(evaluation, &rows[i], influence_of(evaluation, walk->shop[i]))) {
            rows[changed++] = rows[i];
        }
    }
    if (err == ERR_NONE && changed > 0) {
        err = write_tiers(walk, rows, changed);
    }
    return err == ERR_NONE ? walk_write(walk, walk_writes(walk)) : err;
}

static enum err
evaluate_partition(struct scoring *scoring, struct partition *partition, bool anew)
{
    struct evaluation evaluation = {
        .half = half_life(scoring->policy.score.half_life_days, LANDMARK),
        .today = time_day(store_now_ms(scoring->store) / 1000),
        .anew = anew,
        .slots_before = (int)partition->applied.slots_first,
    };
    enum err err;

    walk_begin(&evaluation.walk, scoring, partition);
    while ((err = walk_next(&evaluation.walk)) == ERR_NONE &&
           evaluation.walk.count > 0 &&
           (err = evaluate_shops(&evaluation)) == ERR_NONE) {
    }
    walk_end(&evaluation.walk);
    return err;
}

/* One call notes all that is done; a partition's very first also which brackets its
 * credits will follow. */
static enum err
note(struct scoring *scoring, struct partition *partition,
     const struct score_applied *done)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct score_writes *writes =
        score_writes_new(arena, partition->number, &partition->applied.at);
    struct score_applied *held = &partition->applied;
    enum err err;

    score_write_applied(writes, "tiers", done->tiers);
    score_write_applied(writes, "slots_first", done->slots_first);
    score_write_applied(writes, "tier_day", done->tier_day);
    if (held->credits == 0) {
        score_write_applied(writes, "credits", done->credits);
    }
    sweep_write(writes, arena, partition, (int32_t)done->swept_day);
    err = partition_apply(scoring, partition, writes, NULL);
    if (err == ERR_NONE) {
        if (held->swept_day < done->swept_day) {
            rows_forget(scoring->rows, partition->number); /* some hold what went */
        }
        *held = (struct score_applied){
            .at = held->at,
            .release = held->release,
            .tier_day = done->tier_day,
            .swept_day = done->swept_day,
            .credits = held->credits == 0 ? done->credits : held->credits,
            .tiers = done->tiers,
            .slots_first = done->slots_first,
        };
    }
    arena_free(&arena);
    return err;
}

bool
due_day_is_due(const struct scoring *scoring, const struct partition *partition)
{
    const struct score_applied *held = &partition->applied;

    return held->tiers != fingerprint(&scoring->policy.tiers) ||
           held->tier_day < time_day(store_now_ms(scoring->store) / 1000);
}

enum err
due_day(struct scoring *scoring, struct partition *partition)
{
    const struct score_applied *held = &partition->applied;
    int32_t today = time_day(store_now_ms(scoring->store) / 1000);
    struct score_applied done = {
        .tier_day = today,
        .swept_day = today > held->swept_day ? today : held->swept_day,
        .credits = credits_fingerprint(&scoring->policy.score),
        .tiers = fingerprint(&scoring->policy.tiers),
        .slots_first = scoring->policy.tiers.at[0].slots,
    };
    bool changed = held->tiers != 0 && held->tiers != done.tiers;
    bool day_over = held->tier_day != 0 && held->tier_day < today;
    enum err err = ERR_NONE;

    if (!due_day_is_due(scoring, partition)) {
        return ERR_NONE;
    }
    if (changed) { /* a day's end that is due as well waits for the next look */
        done.tier_day = held->tier_day;
        err = evaluate_partition(scoring, partition, true);
    } else if (day_over) {
        err = evaluate_partition(scoring, partition, false);
    }
    if (err == ERR_NONE) {
        return note(scoring, partition, &done);
    }
    partition_forget(scoring, partition);
    return err;
}
