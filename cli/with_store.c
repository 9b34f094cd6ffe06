/* cli/with_store.c - see with_store.h. */
#include "cli/with_store.h"

#include "base/log.h"
#include "storage/test_clock.h"

enum {
    TASKS_MAX = 512,
    READY_MS = 10000,    /* for a store that somebody else runs */
    PATIENCE_MS = 20000, /* a node's replica has taken over by then */
    LOOK_MS = 500,
    ARENA_BYTES_MAX = 64 << 10
};

struct work {
    const struct options *options;
    enum reach_as as;
    with_store_fn *fn;
    with_reach_fn *reach_fn;
    int status;
};

/* Starts the embedded store when nobody runs it. False after a complaint. */
static bool
start_if_free(struct reach *reach)
{
    char why[512];

    if (!reach->embedded || embedded_store_alive(reach->embedded) ||
        !embedded_store_lock(reach->embedded, 0)) {
        return true;
    }
    if (!embedded_store_start(reach->embedded, EMBEDDED_SYNC_ALWAYS, why,
                              sizeof(why))) {
        say_failed("%s", why);
        return false;
    }
    return true;
}

static bool
gave_up(const struct reach *reach)
{
    return reach->give_up && *reach->give_up;
}

/* For a store that is elsewhere, who can be told to give up waits until he is, and says so
 * once. */
static bool
may_wait(const struct reach *reach, int64_t *deadline_ms)
{
    if (clock_mono_ms() < *deadline_ms) {
        return true;
    }
    if (reach->embedded || !reach->give_up) {
        return false;
    }
    say_failed("the store does not answer; waiting for it");
    *deadline_ms = INT64_MAX;
    return true;
}

/* One that was started here is waited for as long as it lives: it may have much to
 * read. One of somebody else may be just ending: then it is started here after all. */
static enum err
wait_ready(struct reach *reach, struct store *store)
{
    int64_t deadline_ms = clock_mono_ms() + READY_MS;
    enum err err = ERR_STORE_DOWN;
    bool ours;

    do {
        ours = reach->embedded && embedded_store_alive(reach->embedded);
        err = store_wait_ready(store, LOOK_MS);
        if (err != ERR_STORE_DOWN || gave_up(reach) || !start_if_free(reach)) {
            return err;
        }
    } while (ours ? embedded_store_alive(reach->embedded)
                  : may_wait(reach, &deadline_ms));
    return err;
}

int
say_not_ready(enum err err, const struct reach *reach)
{
    if (err == ERR_OTHER_KEYS) {
        return say_failed("%s is not this store's key file", reach->keys_path);
    }
    return say_failed("%s", err == ERR_STORE_DOWN ? "the store does not answer"
                                                  : err_text(err));
}

enum err
store_try_open(struct reach *reach, struct store **store_at)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct store *store = store_open(task_loop(), &reach->config);
    int64_t offset_ms = 0;
    enum err err = ERR_STORE_DOWN;

    if (store) {
        store_be_patient(store, PATIENCE_MS);
        err = wait_ready(reach, store);
    }
    if (err == ERR_NONE) {
        err = test_clock_read(store, arena, &offset_ms);
    }
    if (err != ERR_NONE) {
        store_close(&store);
    }
    reach->clock.offset_ms = offset_ms;
    arena_free(&arena);
    *store_at = store;
    return err;
}

struct store *
store_open_ready(struct reach *reach)
{
    struct store *store;
    enum err err = store_try_open(reach, &store);

    if (err != ERR_NONE && !gave_up(reach)) {
        say_not_ready(err, reach);
    }
    return store;
}

static void
work_task(void *arg)
{
    struct work *work = arg;
    struct store *store;
    struct reach reach;

    work->status = reach_open(&reach, work->options, work->as);
    if (work->status != EXIT_DONE) {
        return;
    }
    work->status = EXIT_FAILED;
    if (start_if_free(&reach) && (store = store_open_ready(&reach))) {
        work->status = work->fn ? work->fn(store, work->options)
                                : work->reach_fn(store, &reach, work->options);
        store_close(&store);
    }
    reach_close(&reach);
}

static int
work_in_loop(struct work *work)
{
    struct loop *loop = loop_new(TASKS_MAX);

    log_start("command", LOG_SILENT); /* commands say what is wrong by themselves */
    loop_run_task(loop, work_task, work);
    loop_run(loop);
    loop_free(&loop);
    log_stop();
    return work->status;
}

int
with_store(const struct options *options, with_store_fn *fn)
{
    struct work work = { .options = options, .as = REACH_SERVICE, .fn = fn };

    return work_in_loop(&work);
}

int
with_admin(const struct options *options, with_reach_fn *fn)
{
    struct work work = { .options = options, .as = REACH_ADMIN, .reach_fn = fn };

    return work_in_loop(&work);
}

int
with_reach(const struct options *options, with_reach_fn *fn)
{
    struct work work = { .options = options, .as = REACH_SERVICE, .reach_fn = fn };

    return work_in_loop(&work);
}
