/* base/clock.c - clock_gettime in the units we use. */
#include "base/clock.h"

#include <time.h>

static int64_t
read_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_real_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

int64_t
clock_now_ms(const struct clock *clock)
{
    return clock_real_ms() + atomic_load(&clock->offset_ms);
}

int64_t
clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}
