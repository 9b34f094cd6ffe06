/* base/task.h - code that waits, written from top to bottom.
 *
 * A task is a coroutine with a small stack of its own, on the thread of its loop
 * (DESIGN.md, Tasks). Callbacks of libraries start a task or wake one, and return; only
 * tasks wait. A wait ends exactly once: by its event or by its deadline.
 *
 *     struct wait over = WAIT_INIT;
 *     some_library_ask(..., callback_that_calls_wait_end(&over));
 *     wait_for(&over);
 *
 * Stacks are TASK_STACK_BYTES with a guard page: no array over 4 KiB, no recursion over
 * input. AddressSanitizer and valgrind are told of the switches.
 *
 * Threads     A loop, its tasks and its waits belong to one thread. task_offload()
 * alone runs something elsewhere (libuv's thread pool).
 */
#ifndef BASE_TASK_H
#define BASE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct loop;
struct task;
typedef void task_fn(void *arg);

/* A libuv loop that runs at most tasks_max tasks at a time. */
struct loop *loop_new(size_t tasks_max);
/* All handles must be closed and all tasks ended; runs the loop once more for the close
 * callbacks. */
void loop_free(struct loop **loop);
uv_loop_t *loop_uv(struct loop *loop);
/* Runs until no handle and no task is left, or loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* For the command line and tests: starts the task and runs the loop until it has ended.
 */
void loop_run_task(struct loop *loop, task_fn *fn, void *arg);
size_t loop_tasks(const struct loop *loop); /* alive now */

/* Starts fn in a new task, which runs at once until its first wait. False when
 * tasks_max are alive: answer 503, do not queue. Callable from callbacks and from
 * tasks. */
bool task_start(struct loop *loop, task_fn *fn, void *arg);
bool task_running(void);      /* is this code inside a task? */
struct loop *task_loop(void); /* of the running task */
/* A pointer of the running task's own, NULL at its start: for what a layer notes about
 * the work at hand (storage/redis/cache.h). */
void **task_slot(void);

/* One event that one task waits for. */
struct wait {
    struct task *task; /* who waits; NULL before and after */
    bool over;
};
#define WAIT_INIT ((struct wait){ NULL, false })

/* It is over. Callable once, from callbacks and tasks of the same loop; the waiting
 * task goes on from the loop, not inside this call. */
void wait_end(struct wait *wait);
/* Waits until wait_end() was called, also before. */
void wait_for(struct wait *wait);
/* Waits; false when deadline_ms (of clock_mono_ms()) passed first. After false nobody
 * waits any more, and the wait must still stay in memory until its owner forgets it. */
bool wait_until(struct wait *wait, int64_t deadline_ms);

/* Several tasks that wait for the same thing to change; each looks again when woken. */
struct waits {
    struct waiter *first;
};
#define WAITS_INIT ((struct waits){ NULL })

/* Waits for the next waits_end(); false when the deadline passed first. */
bool waits_join(struct waits *waits, int64_t deadline_ms);
/* All that wait now go on, from the loop. */
void waits_end(struct waits *waits);

/* Waits. */
void task_sleep(int64_t ms);
/* Waits until all others that are ready to run had their turn. */
void task_yield(void);

/* Waits while work(arg) runs on the thread pool: for what computes long (passwords,
 * pictures) or blocks (DNS, files). False, and nothing ran, when OFFLOAD_MAX wait there
 * already: answer 503. */
bool task_offload(void (*work)(void *arg), void *arg);

enum { OFFLOAD_MAX = 64 };

#endif
