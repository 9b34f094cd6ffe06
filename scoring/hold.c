/* scoring/hold.c - releases and asks, by the one worker that holds them. */
#include "base/clock.h"
#include "base/log.h"
#include "proto/score/release.h"
#include "scoring/ask.h"
#include "scoring/inside.h"
#include "scoring/release.h"
#include "storage/key.h"

enum { LOOK_MS = 1000, HOLD_MS = 200, MAKING_MS = 25 };

/* --- which release there is ------------------------------------------------------------- */

static void
release_changed(void *arg)
{
    struct worker *worker = arg;

    waits_end(&worker->told);
}

/* Each partition's part is made at its next turn: now. */
static void
look(struct worker *worker)
{
    int64_t making = worker->scoring.release.making;

    if (release_look(&worker->scoring) != ERR_NONE) {
        return;
    }
    if (worker->scoring.release.making != making) {
        worker_look_at_all(worker);
    }
    worker_note_done(worker);
}

void
worker_follow_release(struct worker *worker)
{
    struct watch *watch =
        store_watch(worker->store, STR(KEY_RELEASE), release_changed, worker);

    do {
        look(worker);
    } while (worker_sleep(worker, &worker->told, clock_mono_ms() + LOOK_MS));
    store_unwatch(&watch);
}

/* --- making it -------------------------------------------------------------------- */

static enum err
begin_if_due(struct worker *worker)
{
    struct scoring *scoring = &worker->scoring;
    int64_t now_s = store_now_ms(worker->store) / 1000;
    int64_t epoch_s = release_epoch_s(now_s, &scoring->policy.release);

    if (scoring->release.epoch_s == 0) {
        return release_begin_schedule(scoring, epoch_s);
    }
    if (!release_is_due(scoring)) {
        return ERR_NONE;
    }
    return release_begin(scoring, epoch_s * 1000, epoch_s, STR(""));
}

/* One step; says whether another is to follow soon. */
static bool
hold(struct worker *worker)
{
    struct scoring *scoring = &worker->scoring;
    bool finished = false;
    enum err err;

    if (!worker->holds_releases || !scoring->release_known ||
        !worker_may_work(worker)) {
        return false;
    }
    if (ask_is_new(scoring)) {
        (void)ask_answer(scoring); /* what is wrong with it stops no release */
    }
    err = begin_if_due(worker);
    if (err == ERR_NONE && scoring->release.making != 0) {
        err = release_finish(scoring, &finished);
    }
    if (err == ERR_NONE && finished) {
        err = ask_answer(scoring);
    }
    worker_note_done(worker);
    return err == ERR_NONE && scoring->release.making != 0;
}

void
worker_hold(struct worker *worker)
{
    bool soon = false;

    while (worker_sleep(worker, soon ? &worker->beaten : &worker->told,
                        clock_mono_ms() + (soon ? MAKING_MS : HOLD_MS))) {
        soon = hold(worker);
    }
}

void
worker_preview(struct worker *worker)
{
    while (worker_sleep(worker, &worker->told, clock_mono_ms() + HOLD_MS)) {
        if (worker->previews && worker_may_work(worker)) {
            (void)ask_preview(&worker->scoring, &worker->previews);
        }
    }
}
