/* cli/ask_worker.c - see the header. */
#include "cli/ask_worker.h"

#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/task.h"
#include "scoring/worker.h"
#include "storage/job/ask.h"
#include "storage/process.h"

enum {
    LOOK_MS = 50,
    TAKEN_MS = 60000, /* a live worker looks every second */
    LOOK_ARENA_BYTES = 1 << 20
};

struct own_worker {
    struct worker *worker; /* NULL: somebody else's beats */
    pthread_t thread;
};

static void *
run_worker(void *arg)
{
    worker_run(arg);
    return NULL;
}

static bool
start_own(struct own_worker *own, const struct reach *reach)
{
    const struct worker_config config = {
        .store_url = reach->config.url,
        .store_user = reach->config.user,
        .store_password = reach->config.password,
        .clock = reach->config.clock,
        .keys = reach->keys,
        .test_clock = reach->clock.offset_ms != 0,
    };

    own->worker = worker_new(&config);
    if (own->worker == NULL) {
        return false;
    }
    if (pthread_create(&own->thread, NULL, run_worker, own->worker) != 0) {
        worker_free(&own->worker);
        return false;
    }
    return true;
}

static void
stop_own(struct own_worker *own)
{
    if (own->worker != NULL) {
        worker_stop(own->worker);
        pthread_join(own->thread, NULL);
        worker_free(&own->worker);
    }
}

static enum err
find_worker(struct store *store, struct arena *arena, bool *found)
{
    struct process_state *states = arena_alloc(arena, PROCESSES_MAX * sizeof(*states));
    size_t count;
    enum err err = process_list(store, arena, states, &count);

    *found = err == ERR_NONE &&
             process_for(states, count, PROCESS_SCORING, PROCESS_FOR_RELEASES) != NULL;
    return err;
}

static int
print_outcome(const struct job *job)
{
    if (job->state == JOB_FAILED) {
        return say_failed("%s", err_text(job->reason));
    }
    printf("%.*s\n", STR_ARGS(job->result));
    return EXIT_DONE;
}

/* Looks until the job has ended. */
static int
wait_for_job(struct store *store, struct job_id id)
{
    int64_t taken_by_ms = clock_mono_ms() + TAKEN_MS;

    for (;; task_sleep(LOOK_MS)) {
        struct arena *arena = arena_new(LOOK_ARENA_BYTES);
        struct job job;
        enum err err = job_read(store, arena, id, &job);
        bool ended =
            err == ERR_NONE && (job.state == JOB_DONE || job.state == JOB_FAILED);
        bool waiting = err != ERR_NONE || job.state == JOB_QUEUED;
        int code = ended ? print_outcome(&job) : EXIT_DONE;

        arena_free(&arena);
        if (ended) {
            return code;
        }
        if (waiting && clock_mono_ms() >= taken_by_ms) {
            return say_failed("no worker took it up");
        }
    }
}

int
ask_worker_and_print(struct store *store, const struct reach *reach,
                     struct arena *arena, struct str kind, struct str args)
{
    const struct member_id nobody = { 0 };
    const struct job job = { .id = job_id_make(nobody),
                             .kind = kind,
                             .state = JOB_QUEUED,
                             .created_at_ms = store_now_ms(store) };
    struct own_worker own = { .worker = NULL };
    bool found;
    enum err err = find_worker(store, arena, &found);
    int code;

    if (err == ERR_NONE) {
        err = ask_worker(store, arena, &job, args);
    }
    if (err != ERR_NONE) {
        return say_failed("%s", err_text(err));
    }
    if (!found && !start_own(&own, reach)) {
        return say_failed("the worker cannot be started");
    }
    code = wait_for_job(store, job.id);
    stop_own(&own);
    return code;
}
