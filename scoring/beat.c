/* scoring/beat.c - telling that we live and how we are, hearing who else does, and
 * following clocks: the test's and the store's. */
#include "base/clock.h"
#include "base/log.h"
#include "scoring/inside.h"
#include "scoring/release.h"
#include "storage/key.h"
#include "storage/test_clock.h"

enum {
    BEAT_ARENA_BYTES = 1 << 20,
    CLOCK_LOOK_MS = 50,
    GATHER_MS = 150 /* after a change: so that a batch holds more than one event */
};

/* --- whose partitions ------------------------------------------------------------------ */

static void
stream_changed(void *arg)
{
    struct place *place = arg;
    int64_t at_ms = clock_mono_ms() + GATHER_MS;

    if (at_ms < place->look_at_ms) {
        place->look_at_ms = at_ms;
        waits_end(&place->worker->news);
    }
}

static void
gain(struct worker *worker, struct arena *arena, struct place *place)
{
    struct str key = arena_printf(arena, KEY_EVENTS, place->partition.number);

    place->mine = true;
    place->look_at_ms = 0;
    place->done_offset_ms = NOTHING_DONE_MS;
    place->watch = store_watch(worker->store, key, stream_changed, place);
    waits_end(&worker->news);
}

/* One that is under way is forgotten at the end of its turn. */
static void
lose(struct worker *worker, struct place *place)
{
    place->mine = false;
    store_unwatch(&place->watch);
    if (!place->busy) {
        partition_forget(&worker->scoring, &place->partition);
    }
}

static bool
is_me(const struct worker *worker, const struct process_state *state)
{
    return state != NULL && strcmp(state->id, worker->id) == 0;
}

static void
share_out(struct worker *worker, struct arena *arena)
{
    struct process_state *states = arena_alloc(arena, PROCESSES_MAX * sizeof(*states));
    size_t count;

    if (process_list(worker->store, arena, states, &count) != ERR_NONE) {
        return; /* as before: what may be written the positions decide */
    }
    for (unsigned i = 0; i < PARTITIONS; i++) {
        struct place *place = &worker->place[i];
        bool mine = is_me(worker, process_for(states, count, PROCESS_SCORING, i));

        if (mine && !place->mine) {
            gain(worker, arena, place);
        } else if (!mine && place->mine) {
            lose(worker, place);
        }
    }
    worker->holds_releases = is_me(
        worker, process_for(states, count, PROCESS_SCORING, PROCESS_FOR_RELEASES));
    worker->previews = worker->holds_releases && !worker->stopping;
}

/* --- how we are --------------------------------------------------------------------------- */

static void
add_lags(const struct worker *worker, struct process_state *state)
{
    int64_t now_ms = clock_real_ms();

    for (unsigned i = 0; i < PARTITIONS; i++) {
        const struct partition *partition = &worker->place[i].partition;
        int64_t age_ms = now_ms - partition->oldest_ms;

        state->partitions += worker->place[i].mine;
        state->lag_events += partition->lag_events;
        if (partition->oldest_ms > 0 && age_ms > state->lag_ms) {
            state->lag_ms = age_ms;
        }
    }
}

static void
add_rate(struct worker *worker, struct process_state *state)
{
    int64_t now_ms = clock_mono_ms();
    int64_t took_ms = now_ms - worker->rate_from_ms;

    if (worker->rate_from_ms > 0 && took_ms > 0) {
        state->events_per_s =
            (state->events_total - worker->rate_from_events) * 1000 / took_ms;
    }
    worker->rate_from_ms = now_ms;
    worker->rate_from_events = state->events_total;
}

static enum err
beat(struct worker *worker)
{
    struct arena *arena = arena_new(BEAT_ARENA_BYTES);
    const struct scoring_counts *counts = &worker->scoring.counts;
    struct process_state state = {
        .role = PROCESS_SCORING,
        .clock_offset_ms = worker->clock->offset_ms,
        .skew_ms = skew_ms(&worker->skew),
        .due_offset_ms = worker->due_offset_ms,
        .due_at_ms = worker->due_at_ms,
        .policy_version = worker->scoring.policy.version,
        .events_total = counts->events,
        .batches_total = counts->batches,
        .dead_total = counts->dead,
        .late_total = counts->late,
        .alarms_total = counts->alarms,
        .release = worker->scoring.release.number,
        .released_at_ms = worker->scoring.release.as_of_ms,
    };
    enum err err;

    memcpy(state.id, worker->id, sizeof(state.id));
    add_lags(worker, &state);
    add_rate(worker, &state);
    err = process_beat(worker->store, arena, &state);
    if (err == ERR_NONE) {
        share_out(worker, arena);
    }
    arena_free(&arena);
    return err;
}

void
worker_beat(struct worker *worker)
{
    struct arena *arena;

    while (!worker->stopping && !worker->clock_known) {
        worker_sleep(worker, &worker->beaten, clock_mono_ms() + CLOCK_LOOK_MS);
    }
    do {
        beat(worker);
    } while (worker_sleep(worker, &worker->beaten, clock_mono_ms() + PROCESS_BEAT_MS));
    arena = arena_new(BEAT_ARENA_BYTES);
    process_leave(worker->store, arena, worker->id);
    arena_free(&arena);
}

void
worker_note_done(struct worker *worker)
{
    int64_t offset_ms = worker->clock->offset_ms;
    bool any = false;

    if (worker->due_offset_ms == offset_ms) {
        worker->due_at_ms = clock_now_ms(worker->clock);
        return;
    }
    if (worker->scoring.policy.version == 0 || worker->scoring.release.epoch_s == 0 ||
        worker->scoring.release.making != 0 || release_is_due(&worker->scoring)) {
        return;
    }
    for (unsigned i = 0; i < PARTITIONS; i++) {
        const struct place *place = &worker->place[i];

        if (place->mine && place->done_offset_ms != offset_ms) {
            return;
        }
        any = any || place->mine;
    }
    if (any) {
        worker->due_offset_ms = offset_ms;
        worker->due_at_ms = clock_now_ms(worker->clock);
        waits_end(&worker->beaten); /* whoever moved the clock waits for us to say so */
    }
}

/* --- clocks ----------------------------------------------------------------------- */

static void
take_offset(struct worker *worker)
{
    struct arena *arena = arena_new(BEAT_ARENA_BYTES);
    int64_t offset_ms;

    if (test_clock_read(worker->store, arena, &offset_ms) == ERR_NONE) {
        worker->clock_known = true;
        if (worker->clock->offset_ms != offset_ms) {
            worker->clock->offset_ms = offset_ms;
            worker_look_at_all(worker);
        }
    }
    arena_free(&arena);
}

void
worker_follow_clock(struct worker *worker)
{
    worker->clock_known = !worker->test_clock;
    while (worker->test_clock &&
           worker_sleep(worker, &worker->beaten, clock_mono_ms() + CLOCK_LOOK_MS)) {
        take_offset(worker);
    }
}

/* Whoever takes our partitions, or gives them back, hears of it at once. */
void
worker_follow_skew(struct worker *worker)
{
    enum err before = ERR_NONE, now;
    int64_t again_ms;

    do {
        again_ms = skew_follow(worker->store, &worker->skew);
        now = skew_judge(&worker->skew);
        if (now != before) {
            waits_end(&worker->beaten);
            waits_end(&worker->news);
        }
        before = now;
    } while (worker_sleep(worker, &worker->beaten, clock_mono_ms() + again_ms));
}
