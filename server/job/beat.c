/* server/job/beat.c - this process tells once a second that it lives, and takes over the
 * test clock's offset. */
#include "base/clock.h"
#include "base/log.h"
#include "server/job/job.h"
#include "server/loop/server.h"
#include "storage/process.h"
#include "storage/store.h"
#include "storage/test_clock.h"

enum { CLOCK_LOOK_MS = 50 };

static void
beat(struct server_loop *at)
{
    struct arena *arena = arena_new(1 << 16);
    struct process_state state = { .role = PROCESS_SERVER };

    memcpy(state.id, at->server->process_id, sizeof state.id);
    state.clock_offset_ms = at->server->config.clock->offset_ms;
    state.skew_ms = skew_ms(&at->server->skew);
    if (process_beat(at->store, arena, &state) == ERR_NONE) { /* waits */
        at->server->beats = true;
    }
    arena_free(&arena);
}

static void
leave(struct server_loop *at)
{
    struct arena *arena = arena_new(1 << 16);

    process_leave(at->store, arena, at->server->process_id); /* waits */
    arena_free(&arena);
}

void
job_beat(struct server_loop *at)
{
    while (job_sleep(at, at->server->beats ? PROCESS_BEAT_MS : CLOCK_LOOK_MS)) {
        beat(at); /* waits */
    }
    leave(at); /* waits */
}

/* Has the offset changed? */
static bool
take_offset(struct server_loop *at)
{
    struct clock *clock = at->server->config.clock;
    struct arena *arena = arena_new(1 << 16);
    int64_t offset_ms = 0;
    bool read = test_clock_read(at->store, arena, &offset_ms) == ERR_NONE; /* waits */
    bool changed = read && clock->offset_ms != offset_ms;

    if (read) {
        clock->offset_ms = offset_ms;
        at->server->clock_known = true;
    }
    arena_free(&arena);
    return changed;
}

void
job_clock(struct server_loop *at)
{
    if (!at->server->config.test_clock) {
        at->server->clock_known = true;
        return;
    }
    while (job_sleep(at, CLOCK_LOOK_MS)) {
        if (take_offset(at)) { /* waits */
            beat(at);          /* waits; whoever moved it waits for us to say so */
        }
    }
}
