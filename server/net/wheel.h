/* server/net/wheel.h - many deadlines, one timer.
 *
 * A loop has thousands of connections, each with a deadline that nearly always moves on
 * before it is reached. Deadlines are of clock_mono_ms() and fire up to WHEEL_TICK_MS
 * late, never early.
 *
 * Threads     One wheel belongs to one loop.
 */
#ifndef SERVER_NET_WHEEL_H
#define SERVER_NET_WHEEL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum { WHEEL_TICK_MS = 100, WHEEL_SLOTS = 512 };

struct wheel_timer;
typedef void wheel_fn(struct wheel_timer *timer);

/* Zeroed: not set. Must be cleared before its memory goes. */
struct wheel_timer {
    struct wheel_timer *next;
    struct wheel_timer **link; /* NULL: not set */
    int64_t at_ms;
    wheel_fn *fn;
};

struct wheel;

struct wheel *wheel_new(uv_loop_t *loop);
/* No timer may be set; the memory goes when the loop has closed the handle. */
void wheel_close(struct wheel **wheel);

/* Sets or moves it. Moving it later costs next to nothing. */
void wheel_set(struct wheel *wheel, struct wheel_timer *timer, int64_t at_ms);
void wheel_clear(struct wheel *wheel, struct wheel_timer *timer);

#endif
