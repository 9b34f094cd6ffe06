/* scoring/worker.c - the scoring process: its tasks, and whose turn it is. */
#include "scoring/worker.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "scoring/inside.h"

enum {
    TASKS_MAX = 1024,
    TURNS = 8, /* partitions at a time: one computes while Redis writes for others */
    LOOK_MS = 1000,     /* anyway */
    RETRY_MS = 200,     /* after an error */
    POSTPONED_MS = 500, /* at the latest; the end of another walk wakes it */
    START_WAIT_MS = 500
};

/* --- waiting and waking ------------------------------------------------------------- */

bool
worker_sleep(struct worker *worker, struct waits *waits, int64_t until_ms)
{
    if (!worker->stopping) {
        waits_join(waits, until_ms);
    }
    return !worker->stopping;
}

void
worker_look_at_all(struct worker *worker)
{
    for (unsigned i = 0; i < PARTITIONS; i++) {
        worker->place[i].look_at_ms = 0;
    }
    waits_end(&worker->news);
}

static void
policy_changed(void *arg)
{
    struct worker *worker = arg;
    const struct policy *policy = policy_take(worker->policy);

    scoring_set_policy(&worker->scoring, policy);
    policy_give(worker->policy, policy);
    worker_look_at_all(worker);
}

static void
on_stop(uv_async_t *handle)
{
    struct worker *worker = handle->data;

    worker->stopping = true;
    worker->previews = false;
    waits_end(&worker->news);
    waits_end(&worker->beaten);
    waits_end(&worker->told);
    waits_end(&worker->cut);
}

/* --- turns --------------------------------------------------------------------------- */

/* Ours, idle, and longest due; NULL, and when to look again, when none is due. */
static struct place *
next_place(struct worker *worker, int64_t now_ms, int64_t *next_ms)
{
    struct place *best = NULL;

    *next_ms = now_ms + LOOK_MS;
    for (unsigned i = 0; i < PARTITIONS; i++) {
        struct place *place = &worker->place[i];

        if (!place->mine || place->busy) {
            continue;
        }
        if (place->look_at_ms > now_ms) {
            *next_ms = place->look_at_ms < *next_ms ? place->look_at_ms : *next_ms;
        } else if (best == NULL || place->look_at_ms < best->look_at_ms) {
            best = place;
        }
    }
    return best;
}

/* When there is room for one more long walk, for whoever comes first. */
static void
wake_postponed(struct worker *worker)
{
    if (!turn_may_walk(&worker->scoring)) {
        return;
    }
    for (unsigned i = 0; i < PARTITIONS; i++) {
        struct place *place = &worker->place[i];

        if (place->mine && !place->busy && place->partition.postponed) {
            place->partition.postponed = false;
            place->look_at_ms = 0;
            return;
        }
    }
}

static void
take_turn(struct worker *worker, struct place *place)
{
    int64_t offset_ms = worker->clock->offset_ms;
    bool more = false;
    enum err err;

    place->busy = true;
    place->look_at_ms = INT64_MAX; /* what changes meanwhile makes it earlier */
    err = turn_partition(&worker->scoring, &place->partition, &more);
    place->busy = false;
    if (place->partition.cut != 0) {
        waits_end(&worker->cut);
    }
    wake_postponed(worker);
    if (err == ERR_NONE && !more && place->partition.postponed) {
        int64_t look_at_ms = clock_mono_ms() + POSTPONED_MS;

        place->look_at_ms =
            look_at_ms < place->look_at_ms ? look_at_ms : place->look_at_ms;
    } else if (err == ERR_NONE && !more) {
        int64_t look_at_ms = clock_mono_ms() + LOOK_MS;

        place->done_offset_ms = offset_ms;
        if (look_at_ms < place->look_at_ms) {
            place->look_at_ms = look_at_ms;
        }
        worker_note_done(worker);
    } else {
        place->look_at_ms = clock_mono_ms() + (err == ERR_NONE ? 0 : RETRY_MS);
    }
    if (!place->mine) { /* another's since */
        partition_forget(&worker->scoring, &place->partition);
    }
}

bool
worker_may_work(const struct worker *worker)
{
    return worker->scoring.policy.version > 0 && skew_judge(&worker->skew) == ERR_NONE;
}

static void
run_turns(struct worker *worker)
{
    int64_t next_ms = 0;

    while (worker_sleep(worker, &worker->news, next_ms)) {
        struct place *place = next_place(worker, clock_mono_ms(), &next_ms);

        while (place != NULL && !worker->stopping && worker_may_work(worker)) {
            take_turn(worker, place);
            place = next_place(worker, clock_mono_ms(), &next_ms);
        }
    }
}

/* --- the process ------------------------------------------------------------------------ */

struct work {
    struct worker *worker;
    void (*run)(struct worker *worker);
};

static void
run_work(void *arg)
{
    struct work *work = arg;
    struct worker *worker = work->worker;

    work->run(worker);
    free(work);
    worker->tasks--;
    waits_end(&worker->news);
}

static void
start_work(struct worker *worker, void (*run)(struct worker *worker))
{
    struct work *work = xmalloc(sizeof(*work));
    bool started;

    *work = (struct work){ worker, run };
    worker->tasks++;
    started = task_start(worker->loop, run_work, work);
    assert(started); /* a handful of TASKS_MAX; three for each node of a cluster */
}

/* The store may be away for long; then nothing is to be done. */
static bool
wait_for_store(struct worker *worker)
{
    while (!worker->stopping) {
        enum err err = store_wait_ready(worker->store, START_WAIT_MS);

        if (err == ERR_NONE) {
            return true;
        }
        if (err != ERR_STORE_DOWN) {
            log_error("this store is not for us", LOG_S("why", err_text(err)));
            return false;
        }
    }
    return false;
}

static void
run_worker(void *arg)
{
    struct worker *worker = arg;

    if (wait_for_store(worker)) {
        worker->policy = policy_holder_open(worker->store, policy_changed, worker);
        start_work(worker, worker_beat);
        start_work(worker, worker_follow_clock);
        start_work(worker, worker_follow_skew);
        start_work(worker, worker_follow_release);
        start_work(worker, worker_hold);
        start_work(worker, worker_preview);
        start_work(worker, worker_mend);
        for (int i = 0; i < TURNS; i++) {
            start_work(worker, run_turns);
        }
    }
    while (worker->tasks > 0) {
        waits_join(&worker->news, clock_mono_ms() + LOOK_MS);
    }
    for (unsigned i = 0; i < PARTITIONS; i++) {
        store_unwatch(&worker->place[i].watch);
    }
    if (worker->policy != NULL) {
        policy_holder_close(&worker->policy);
    }
    store_close(&worker->store);
    uv_close((uv_handle_t *)&worker->stop, NULL);
}

struct worker *
worker_new(const struct worker_config *config)
{
    struct worker *worker = xcalloc(1, sizeof(*worker));
    struct store_config store = { .url = config->store_url,
                                  .user = config->store_user,
                                  .password = config->store_password,
                                  .clock = config->clock,
                                  .keys = config->keys };
    size_t cache_mb = config->cache_mb > 0 ? config->cache_mb : WORKER_CACHE_MB;

    worker->loop = loop_new(TASKS_MAX);
    worker->clock = config->clock;
    worker->test_clock = config->test_clock;
    worker->due_offset_ms = NOTHING_DONE_MS;
    process_id_make(worker->id);
    worker->store = store_open(worker->loop, &store);
    if (worker->store == NULL) {
        loop_free(&worker->loop);
        free(worker);
        return NULL;
    }
    scoring_init(&worker->scoring, worker->store, cache_mb << 20);
    for (unsigned i = 0; i < PARTITIONS; i++) {
        worker->place[i] = (struct place){ .worker = worker,
                                           .partition = { .number = i },
                                           .done_offset_ms = NOTHING_DONE_MS };
    }
    worker->stop.data = worker;
    uv_async_init(loop_uv(worker->loop), &worker->stop, on_stop);
    return worker;
}

void
worker_run(struct worker *worker)
{
    loop_run_task(worker->loop, run_worker, worker);
    loop_run(worker->loop);
}

void
worker_stop(struct worker *worker)
{
    uv_async_send(&worker->stop);
}

void
worker_free(struct worker **worker)
{
    if (*worker == NULL) {
        return;
    }
    scoring_free(&(*worker)->scoring);
    loop_free(&(*worker)->loop);
    free(*worker);
    *worker = NULL;
}
