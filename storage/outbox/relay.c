/* storage/outbox/relay.c - which partitions want a look, and the tasks that look.
 *
 * Every partition of ours is watched. News, or a second without any, make it want a
 * look; the next free task takes it. No partition is with two tasks at once, so its
 * messages stay in order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "proto/ids.h"
#include "storage/key.h"
#include "storage/outbox/outbox.h"
#include "storage/process.h"
#include "storage/store.h"

enum { SHARE_EVERY_MS = 1000, FAMILIES_MAX = 4, ARENA_BYTES_MAX = 1 << 20 };

struct lane {
    struct relay *relay;
    char family;
    unsigned partition;
    struct watch *watch; /* NULL while it is another server's */
    bool wanted;
    bool busy;
};

struct relay {
    struct store *store;
    struct relay_config config;
    struct lane lane[FAMILIES_MAX * PARTITIONS];
    size_t lanes;
    size_t next; /* where the search for a wanted lane goes on, so that all have turns
                  */
    int tasks;   /* alive */
    bool stopping;
    bool left_one; /* a kind that we do not know was met, and said so */
    struct waits changed;
    struct outbox_counts counts;
};

/* --- lanes --------------------------------------------------------------------------
 */
static void
on_news(void *arg)
{
    struct lane *lane = arg;

    lane->wanted = true;
    waits_end(&lane->relay->changed);
}

static void
lane_set_ours(struct lane *lane, bool ours)
{
    char key[32];

    if (ours && lane->watch == NULL) {
        snprintf(key, sizeof key, KEY_OUTBOX, lane->family, lane->partition);
        lane->watch = store_watch(lane->relay->store, str_from(key), on_news, lane);
    } else if (!ours) {
        store_unwatch(&lane->watch);
        lane->wanted = false;
    }
}

static void
add_family(struct relay *relay, char family)
{
    for (size_t i = 0; i < relay->lanes; i += PARTITIONS) {
        if (relay->lane[i].family == family) {
            return;
        }
    }
    for (unsigned p = 0; p < PARTITIONS; p++) {
        relay->lane[relay->lanes++] =
            (struct lane){ .relay = relay, .family = family, .partition = p };
    }
}

/* --- looking ------------------------------------------------------------------------
 */
static struct lane *
take_wanted(struct relay *relay)
{
    for (size_t i = 0; i < relay->lanes; i++) {
        struct lane *lane = &relay->lane[(relay->next + i) % relay->lanes];

        if (lane->wanted && !lane->busy) {
            relay->next = (relay->next + i + 1) % relay->lanes;
            lane->wanted = false;
            lane->busy = true;
            return lane;
        }
    }
    return NULL;
}

/* After an error the lane's watch looks again within a second. */
static void
look(struct relay *relay, struct lane *lane)
{
    enum err err = outbox_relay_partition(relay->store, lane->family, lane->partition,
                                          relay->config.kinds, relay->config.count,
                                          &relay->stopping, &relay->counts);

    if (err == ERR_NOT_IMPLEMENTED && !relay->left_one) {
        relay->left_one = true;
        log_warn("an outbox holds messages for a newer server");
    }
    lane->busy = false;
}

static void
task_ended(struct relay *relay)
{
    relay->tasks--;
    waits_end(&relay->changed);
}

static void
run_lanes(void *arg)
{
    struct relay *relay = arg;

    while (!relay->stopping) {
        struct lane *lane = take_wanted(relay);

        if (lane != NULL) {
            look(relay, lane);
        } else {
            waits_join(&relay->changed, INT64_MAX);
        }
    }
    task_ended(relay);
}

/* --- sharing ------------------------------------------------------------------------
 */
/* When the list cannot be read everything stays as it is. */
static void
share(struct relay *relay, struct arena *arena)
{
    struct process_state *states = arena_alloc(arena, PROCESSES_MAX * sizeof *states);
    size_t count;

    if (process_list(relay->store, arena, states, &count) != ERR_NONE) {
        return;
    }
    for (size_t i = 0; i < relay->lanes; i++) {
        struct lane *lane = &relay->lane[i];
        const struct process_state *whose = process_for(
            states, count, PROCESS_SERVER, PROCESS_FOR_RELAY + lane->partition);

        lane_set_ours(lane, whose != NULL &&
                                strcmp(whose->id, relay->config.process_id) == 0);
    }
}

static void
run_sharing(void *arg)
{
    struct relay *relay = arg;

    while (!relay->stopping) {
        struct arena *arena = arena_new(ARENA_BYTES_MAX);
        int64_t next_ms = clock_mono_ms() + SHARE_EVERY_MS;

        share(relay, arena);
        arena_free(&arena);
        while (!relay->stopping && waits_join(&relay->changed, next_ms)) {
        }
    }
    task_ended(relay);
}

/* --- start and stop -----------------------------------------------------------------
 */
static bool
start_tasks(struct relay *relay)
{
    struct loop *loop = store_loop(relay->store);

    for (int i = 0; i < RELAY_TASKS; i++) {
        if (!task_start(loop, run_lanes, relay)) {
            return false;
        }
        relay->tasks++;
    }
    if (relay->config.process_id == NULL) {
        for (size_t i = 0; i < relay->lanes; i++) {
            lane_set_ours(&relay->lane[i], true);
        }
        return true;
    }
    relay->tasks++;
    if (!task_start(loop, run_sharing, relay)) {
        relay->tasks--;
        return false;
    }
    return true;
}

struct relay *
relay_start(struct store *store, const struct relay_config *config)
{
    struct relay *relay = xcalloc(1, sizeof *relay);

    relay->store = store;
    relay->config = *config;
    for (size_t i = 0; i < config->count; i++) {
        add_family(relay, config->kinds[i]->family);
    }
    if (!start_tasks(relay)) {
        relay_stop(&relay);
    }
    return relay;
}

void
relay_stop(struct relay **relay_at)
{
    struct relay *relay = *relay_at;

    if (relay == NULL) {
        return;
    }
    relay->stopping = true;
    waits_end(&relay->changed);
    while (relay->tasks > 0) {
        waits_join(&relay->changed, INT64_MAX);
    }
    for (size_t i = 0; i < relay->lanes; i++) {
        lane_set_ours(&relay->lane[i], false);
    }
    free(relay);
    *relay_at = NULL;
}

const struct outbox_counts *
relay_counts(const struct relay *relay)
{
    return &relay->counts;
}
