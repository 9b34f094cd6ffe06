/* server/net/wheel.c - a hashed wheel: a timer hangs in the slot of its deadline; one
 * that was moved later is hung anew when its old slot comes round. */
#include "server/net/wheel.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xmalloc.h"

struct wheel {
    uv_timer_t timer;
    size_t count;
    int64_t tick; /* the last one that was looked at */
    struct wheel_timer *slot[WHEEL_SLOTS];
};

static void
hang(struct wheel *wheel, struct wheel_timer *timer)
{
    int64_t tick = (timer->at_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
    struct wheel_timer **link;

    if (tick <= wheel->tick) {
        tick = wheel->tick + 1;
    }
    if (tick > wheel->tick + WHEEL_SLOTS - 1) { /* far away: looked at on the way */
        tick = wheel->tick + WHEEL_SLOTS - 1;
    }
    link = &wheel->slot[tick % WHEEL_SLOTS];
    timer->next = *link;
    timer->link = link;
    if (*link != NULL) {
        (*link)->link = &timer->next;
    }
    *link = timer;
}

static void
unhang(struct wheel_timer *timer)
{
    *timer->link = timer->next;
    if (timer->next != NULL) {
        timer->next->link = timer->link;
    }
    timer->link = NULL;
    timer->next = NULL;
}

/* Everything in the slot is taken off first: what fires may set and clear others. */
static void
look(struct wheel *wheel, int64_t now_ms)
{
    struct wheel_timer **slot = &wheel->slot[wheel->tick % WHEEL_SLOTS];
    struct wheel_timer *list = *slot;

    if (list == NULL) {
        return;
    }
    *slot = NULL;
    list->link = &list;
    while (list != NULL) {
        struct wheel_timer *timer = list;

        unhang(timer);
        if (timer->at_ms > now_ms) {
            hang(wheel, timer);
            continue;
        }
        wheel->count--;
        timer->fn(timer);
    }
}

static void
on_tick(uv_timer_t *handle)
{
    struct wheel *wheel = handle->data;
    int64_t now_ms = clock_mono_ms();
    int64_t tick = now_ms / WHEEL_TICK_MS;

    if (tick - wheel->tick > WHEEL_SLOTS) { /* we slept: one round shows everything */
        wheel->tick = tick - WHEEL_SLOTS;
    }
    while (wheel->tick < tick) {
        wheel->tick++;
        look(wheel, now_ms);
    }
    if (wheel->count == 0) {
        uv_timer_stop(&wheel->timer);
    }
}

struct wheel *
wheel_new(uv_loop_t *loop)
{
    struct wheel *wheel = xcalloc(1, sizeof *wheel);

    uv_timer_init(loop, &wheel->timer);
    wheel->timer.data = wheel;
    return wheel;
}

static void
on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void
wheel_close(struct wheel **wheel)
{
    if (*wheel != NULL) {
        assert((*wheel)->count == 0);
        uv_close((uv_handle_t *)&(*wheel)->timer, on_closed);
        *wheel = NULL;
    }
}

void
wheel_set(struct wheel *wheel, struct wheel_timer *timer, int64_t at_ms)
{
    bool later = timer->link != NULL && at_ms >= timer->at_ms;

    timer->at_ms = at_ms;
    if (later) {
        return; /* its old slot comes first and hangs it anew */
    }
    if (timer->link != NULL) {
        unhang(timer);
    } else if (wheel->count++ == 0) {
        wheel->tick = clock_mono_ms() / WHEEL_TICK_MS;
        uv_timer_start(&wheel->timer, on_tick, WHEEL_TICK_MS, WHEEL_TICK_MS);
    }
    hang(wheel, timer);
}

void
wheel_clear(struct wheel *wheel, struct wheel_timer *timer)
{
    if (timer->link != NULL) {
        unhang(timer);
        wheel->count--;
    }
}
