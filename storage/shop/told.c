/* storage/shop/told.c - entries of one event. */
#include "storage/shop/told.h"

#include <assert.h>

#include "proto/time.h"

enum { ONE_EVENT_BYTES_MAX = 128 };

struct str
told_event(struct arena *arena, const struct event *event)
{
    struct buf out;
    struct str entry;

    buf_init(&out, ONE_EVENT_BYTES_MAX);
    event_write(&out, event, 1);
    assert(!out.full);
    entry = arena_dup(arena, buf_str(&out));
    buf_free(&out);
    return entry;
}

struct str
told_activity(struct arena *arena, struct shop_number shop, int64_t now_ms)
{
    struct event event = { .kind = EVENT_ACTIVITY,
                           .shop = shop,
                           .activity_day = time_day(now_ms / 1000) };

    return told_event(arena, &event);
}

struct str
told_status(struct arena *arena, struct shop_number shop, bool open, bool on_boards)
{
    struct event event = { .kind = EVENT_SHOP_STATUS, .shop = shop };

    event.status.open = open;
    event.status.on_boards = on_boards;
    return told_event(arena, &event);
}
