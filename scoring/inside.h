/* scoring/inside.h - what the files of the worker's process know of it. */
#ifndef SCORING_INSIDE_H
#define SCORING_INSIDE_H

#include "base/task.h"
#include "scoring/partition.h"
#include "scoring/turn.h"
#include "scoring/worker.h"
#include "storage/policy/holder.h"
#include "storage/process.h"
#include "storage/skew.h"

/* A partition as this worker has it. */
struct place {
    struct worker *worker;
    struct partition partition;
    struct watch *watch; /* while it is ours */
    bool mine;
    bool busy;
    int64_t look_at_ms; /* monotonic */
    int64_t
        done_offset_ms; /* the clock's offset under which all that was due is done */
};

struct worker {
    struct loop *loop;
    struct store *store;
    struct clock *clock;
    struct policy_holder *policy;
    struct scoring scoring;
    struct place place[PARTITIONS];
    char id[PROCESS_ID_BYTES];
    bool test_clock;
    bool clock_known;
    struct skew skew;    /* while our clock is not the store's we do nothing by it */
    bool holds_releases; /* of the live workers it is us who merges and answers asks */
    bool previews;       /* the same, and we are not about to stop */
    int64_t due_offset_ms;
    int64_t due_at_ms;
    bool stopping;
    int tasks;           /* that worker_run() waits for */
    struct waits news;   /* something became due, or ends */
    struct waits beaten; /* the next beat shall not wait */
    struct waits told;   /* release:{g} has changed */
    struct waits cut;    /* a partition wants to be rebuilt */
    uv_async_t stop;
    int64_t rate_from_ms; /* monotonic: since then `rate_from_events` were all */
    int64_t rate_from_events;
};

enum { NOTHING_DONE_MS = -1 };

/* --- beat.c: tasks ------------------------------------------------------------------ */
void worker_beat(struct worker *worker);
void worker_follow_clock(struct worker *worker);
void worker_follow_skew(struct worker *worker);
/* All of our partitions did what was due under the clock's offset: says so at once. */
void worker_note_done(struct worker *worker);

/* --- hold.c: tasks -------------------------------------------------------------------- */
/* Knows which release there is and which is being made. */
void worker_follow_release(struct worker *worker);
/* While it is us who holds releases: makes them when they are due, and answers asks. */
void worker_hold(struct worker *worker);
/* The same for previews, which others' work must not wait for. */
void worker_preview(struct worker *worker);

/* --- mend.c: a task ---------------------------------------------------------------------- */
/* Tells partitions again what was recorded, when their stream was cut. */
void worker_mend(struct worker *worker);

/* --- worker.c ------------------------------------------------------------------------ */
/* The policy is known, and our clock is the store's. */
bool worker_may_work(const struct worker *worker);
/* Sleeps; false when the worker stops. */
bool worker_sleep(struct worker *worker, struct waits *waits, int64_t until_ms);
void worker_look_at_all(struct worker *worker);

#endif
