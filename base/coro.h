/* base/coro.h - a stack of its own for a function, and the way there and back.
 *
 * The one file that knows ucontext, AddressSanitizer's, ThreadSanitizer's and
 * valgrind's words for changing stacks. Knows nothing of loops or of waiting:
 * base/task.c does.
 *
 * A coro is used again after its function has returned, without a system call.
 *
 * Threads     A coro is entered and left on one thread only.
 */
#ifndef BASE_CORO_H
#define BASE_CORO_H

#include <stdbool.h>

struct coro;

/* A stack with a guard page below it; NULL when the system gives no memory. */
struct coro *coro_new(void);
void coro_free(struct coro **coro); /* its function must have returned */

/* Names the function that the next coro_enter() begins. */
void coro_set(struct coro *coro, void (*fn)(void *arg), void *arg);
/* Runs until coro_leave() or the function's end. Coros may enter others; true when the
 * function has ended. */
bool coro_enter(struct coro *coro);
/* Inside: back to whoever entered, until entered again. */
void coro_leave(struct coro *coro);

#endif
