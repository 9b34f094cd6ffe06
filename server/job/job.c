/* server/job/job.c - the list of jobs, and how they sleep. */
#include "server/job/job.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xmalloc.h"

static job_fn *const jobs[] = {
    job_beat, job_clock, job_relay, job_skew, job_store,
};

struct job_wait {
    struct wait wait;
    struct job_wait *next;
    struct job_wait **link;
};

struct job_start {
    job_fn *fn;
    struct server_loop *at;
};

static void
run_job(void *arg)
{
    const struct job_start *start = arg;

    start->at->jobs++;
    start->fn(start->at); /* waits */
    start->at->jobs--;
    free(arg);
}

void
job_start_all(struct server_loop *at)
{
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        struct job_start *start = xmalloc(sizeof *start);
        bool started;

        *start = (struct job_start){ jobs[i], at };
        started = task_start(at->loop, run_job, start);
        assert(started);
    }
}

bool
job_sleep(struct server_loop *at, int64_t ms)
{
    struct job_wait mine = { WAIT_INIT, at->job_waits, &at->job_waits };

    if (at->stopping) {
        return false;
    }
    if (mine.next != NULL) {
        mine.next->link = &mine.next;
    }
    at->job_waits = &mine;
    wait_until(&mine.wait, clock_mono_ms() + ms); /* waits */
    *mine.link = mine.next;
    if (mine.next != NULL) {
        mine.next->link = mine.link;
    }
    return !at->stopping;
}

void
job_wake_all(struct server_loop *at)
{
    for (struct job_wait *wait = at->job_waits; wait != NULL; wait = wait->next) {
        wait_end(&wait->wait);
    }
}
