/* base/task.c - loops, and the tasks that run and wait on them.
 *
 * A task that may go on stands in its loop's ready line. The line is served once in
 * each turn of the loop, after the sockets (uv_check); an idle handle keeps the loop
 * from sleeping while somebody stands there. */
#include "base/task.h"

#include <assert.h>
#include <stdlib.h>

#include "base/coro.h"
#include "base/xmalloc.h"

enum { SPARE_STACKS_MAX = 256 };

struct task {
    struct loop *loop;
    struct coro *coro;
    struct wait *waits_for; /* under a deadline */
    struct task *next;      /* in the ready line or among the spare */
    uv_timer_t timer;
    void *slot; /* task_slot() */
    bool ready;
};

struct loop {
    uv_loop_t uv;
    uv_check_t serve;     /* after the sockets */
    uv_idle_t awake;      /* active while the ready line is not empty */
    uv_async_t has_tasks; /* referenced while tasks live: they keep the loop running */
    struct task *ready_first;
    struct task *ready_last;
    struct task *spare;
    size_t spares;
    size_t tasks;
    size_t tasks_max;
    size_t offloaded;
};

static _Thread_local struct task *running;

/* --- the ready line -----------------------------------------------------------------
 */
static void
no_op(uv_idle_t *handle)
{
    (void)handle;
}

static void
ready_add(struct task *task)
{
    struct loop *loop = task->loop;

    assert(!task->ready);
    task->ready = true;
    task->next = NULL;
    if (loop->ready_last != NULL) {
        loop->ready_last->next = task;
    } else {
        loop->ready_first = task;
        uv_idle_start(&loop->awake, no_op);
    }
    loop->ready_last = task;
}

static struct task *
ready_take(struct loop *loop)
{
    struct task *task = loop->ready_first;

    loop->ready_first = task->next;
    if (loop->ready_first == NULL) {
        loop->ready_last = NULL;
        uv_idle_stop(&loop->awake);
    }
    task->ready = false;
    return task;
}

/* --- tasks --------------------------------------------------------------------------
 */
static void
task_free_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void
task_discard(struct task *task)
{
    coro_free(&task->coro);
    uv_close((uv_handle_t *)&task->timer, task_free_closed);
}

static struct task *
task_new(struct loop *loop)
{
    struct coro *coro = coro_new();
    struct task *task;

    if (coro == NULL) {
        return NULL;
    }
    task = xcalloc(1, sizeof *task);
    task->loop = loop;
    task->coro = coro;
    uv_timer_init(&loop->uv, &task->timer);
    task->timer.data = task;
    return task;
}

static struct task *
task_take(struct loop *loop)
{
    struct task *task = loop->spare;

    if (task == NULL) {
        return task_new(loop);
    }
    loop->spare = task->next;
    loop->spares--;
    return task;
}

static void
task_ended(struct task *task)
{
    struct loop *loop = task->loop;

    if (--loop->tasks == 0) {
        uv_unref((uv_handle_t *)&loop->has_tasks);
    }
    if (loop->spares >= SPARE_STACKS_MAX) {
        task_discard(task);
        return;
    }
    task->next = loop->spare;
    loop->spare = task;
    loop->spares++;
}

static void
task_go_on(struct task *task)
{
    struct task *before = running;
    bool ended;

    running = task;
    ended = coro_enter(task->coro);
    running = before;
    if (ended) {
        task_ended(task);
    }
}

/* Who becomes ready meanwhile has its turn in the next one, so that tasks which yield
 * to each other leave the sockets their time. */
static void
serve_ready(uv_check_t *handle)
{
    struct loop *loop = handle->data;
    struct task *last = loop->ready_last;
    struct task *task;

    if (last == NULL) {
        return;
    }
    do {
        task = ready_take(loop);
        task_go_on(task);
    } while (task != last);
}

static void
suspend(void)
{
    coro_leave(running->coro);
}

bool
task_start(struct loop *loop, task_fn *fn, void *arg)
{
    struct task *task;

    if (loop->tasks >= loop->tasks_max) {
        return false;
    }
    task = task_take(loop);
    if (task == NULL) {
        return false;
    }
    if (loop->tasks++ == 0) {
        uv_ref((uv_handle_t *)&loop->has_tasks);
    }
    task->slot = NULL;
    coro_set(task->coro, fn, arg);
    task_go_on(task);
    return true;
}

bool
task_running(void)
{
    return running != NULL;
}

struct loop *
task_loop(void)
{
    assert(task_running());
    return running->loop;
}

void **
task_slot(void)
{
    assert(task_running());
    return &running->slot;
}

/* --- waiting ------------------------------------------------------------------------
 */
void
wait_end(struct wait *wait)
{
    struct task *task = wait->task;

    assert(!wait->over);
    wait->over = true;
    wait->task = NULL;
    if (task != NULL) {
        ready_add(task);
    }
}

void
wait_for(struct wait *wait)
{
    assert(task_running() && wait->task == NULL);
    if (!wait->over) {
        wait->task = running;
        suspend();
    }
    assert(wait->over);
}

static void
deadline_passed(uv_timer_t *timer)
{
    struct task *task = timer->data;

    if (task->waits_for->task == task) { /* else it ended in this very turn */
        task->waits_for->task = NULL;
        ready_add(task);
    }
}

bool
wait_until(struct wait *wait, int64_t deadline_ms)
{
    struct task *task = running;
    int64_t left_ms;

    assert(task_running() && wait->task == NULL);
    if (wait->over) {
        return true;
    }
    left_ms = deadline_ms - (int64_t)uv_now(&task->loop->uv);
    wait->task = task;
    task->waits_for = wait;
    uv_timer_start(&task->timer, deadline_passed, left_ms > 0 ? (uint64_t)left_ms : 0,
                   0);
    suspend();
    uv_timer_stop(&task->timer);
    task->waits_for = NULL;
    return wait->over;
}

struct waiter {
    struct wait wait;
    struct waiter *next;
};

static void
waits_leave(struct waits *waits, struct waiter *waiter)
{
    struct waiter **at = &waits->first;

    while (*at != waiter) {
        at = &(*at)->next;
    }
    *at = waiter->next;
}

bool
waits_join(struct waits *waits, int64_t deadline_ms)
{
    struct waiter waiter = { WAIT_INIT, waits->first };

    waits->first = &waiter;
    if (wait_until(&waiter.wait, deadline_ms)) {
        return true; /* waits_end() has emptied the list */
    }
    waits_leave(waits, &waiter);
    return false;
}

void
waits_end(struct waits *waits)
{
    struct waiter *waiter = waits->first;

    waits->first = NULL;
    for (; waiter != NULL; waiter = waiter->next) {
        wait_end(&waiter->wait);
    }
}

void
task_sleep(int64_t ms)
{
    struct wait never = WAIT_INIT;

    assert(task_running());
    uv_update_time(&running->loop->uv);
    wait_until(&never, (int64_t)uv_now(&running->loop->uv) + ms);
}

void
task_yield(void)
{
    assert(task_running());
    ready_add(running);
    suspend();
}

/* --- work on the thread pool --------------------------------------------------------
 */
struct offload {
    uv_work_t request;
    void (*work)(void *arg);
    void *arg;
    struct wait done;
};

static void
offload_run(uv_work_t *request)
{
    struct offload *offload = request->data;

    offload->work(offload->arg);
}

static void
offload_done(uv_work_t *request, int status)
{
    struct offload *offload = request->data;

    (void)status; /* nobody cancels */
    wait_end(&offload->done);
}

bool
task_offload(void (*work)(void *arg), void *arg)
{
    struct offload offload = { .work = work, .arg = arg, .done = WAIT_INIT };
    struct loop *loop = task_loop();

    if (loop->offloaded >= OFFLOAD_MAX) {
        return false;
    }
    offload.request.data = &offload;
    if (uv_queue_work(&loop->uv, &offload.request, offload_run, offload_done) != 0) {
        return false;
    }
    loop->offloaded++;
    wait_for(&offload.done);
    loop->offloaded--;
    return true;
}

/* --- loops --------------------------------------------------------------------------
 */
static void
must(int status)
{
    if (status != 0) {
        abort(); /* no descriptors for an event loop: nothing can be done */
    }
}

struct loop *
loop_new(size_t tasks_max)
{
    struct loop *loop = xcalloc(1, sizeof *loop);

    loop->tasks_max = tasks_max;
    must(uv_loop_init(&loop->uv));
    must(uv_check_init(&loop->uv, &loop->serve));
    must(uv_idle_init(&loop->uv, &loop->awake));
    must(uv_async_init(&loop->uv, &loop->has_tasks, NULL));
    loop->serve.data = loop;
    uv_check_start(&loop->serve, serve_ready);
    uv_unref((uv_handle_t *)&loop->serve);
    uv_unref((uv_handle_t *)&loop->has_tasks);
    return loop;
}

void
loop_free(struct loop **loop_at)
{
    struct loop *loop = *loop_at;

    if (loop == NULL) {
        return;
    }
    assert(loop->tasks == 0);
    while (loop->spare != NULL) {
        task_discard(task_take(loop));
    }
    uv_close((uv_handle_t *)&loop->serve, NULL);
    uv_close((uv_handle_t *)&loop->awake, NULL);
    uv_close((uv_handle_t *)&loop->has_tasks, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    must(uv_loop_close(&loop->uv));
    free(loop);
    *loop_at = NULL;
}

uv_loop_t *
loop_uv(struct loop *loop)
{
    return &loop->uv;
}

void
loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void
loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

struct one_task {
    task_fn *fn;
    void *arg;
    bool ended;
};

static void
run_one(void *arg)
{
    struct one_task *one = arg;

    one->fn(one->arg);
    one->ended = true;
}

void
loop_run_task(struct loop *loop, task_fn *fn, void *arg)
{
    struct one_task one = { fn, arg, false };
    bool started = task_start(loop, run_one, &one);

    assert(started);
    while (!one.ended) {
        uv_run(&loop->uv, UV_RUN_ONCE);
    }
}

size_t
loop_tasks(const struct loop *loop)
{
    return loop->tasks;
}
