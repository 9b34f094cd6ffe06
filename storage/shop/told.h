/* storage/shop/told.h - what a shop's changes tell the scoring worker, ready to append.
 */
#ifndef STORAGE_SHOP_TOLD_H
#define STORAGE_SHOP_TOLD_H

#include "base/arena.h"
#include "proto/event.h"

/* The entry of one event, in the arena. */
struct str told_event(struct arena *arena, const struct event *event);
/* The owner did something on that day. */
struct str told_activity(struct arena *arena, struct shop_number shop, int64_t now_ms);
struct str told_status(struct arena *arena, struct shop_number shop, bool open,
                       bool on_boards);

#endif
