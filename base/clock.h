/* base/clock.h - the time of day and the time that only passes.
 *
 * Wall time is Unix time in ms; a test may move it by an offset that all processes
 * share (API.md, /test/clock). What rules read comes from here; deadlines of the
 * network use the monotonic clock and never move.
 *
 * Threads     A struct clock may be read by all and set by any thread.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>

struct clock {
    _Atomic int64_t offset_ms;
};

int64_t clock_now_ms(const struct clock *clock); /* wall clock plus offset */
int64_t clock_real_ms(void);                     /* wall clock as it is */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);

#endif
