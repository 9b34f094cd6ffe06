/* storage/score/place.h - where a shop's packed values lie. */
#ifndef STORAGE_SCORE_PLACE_H
#define STORAGE_SCORE_PLACE_H

#include "base/arena.h"
#include "proto/ids.h"

/* Keys, in the arena. */
struct str score_row_key(struct arena *arena, struct shop_number shop);
struct str score_days_key(struct arena *arena, struct shop_number shop);
struct str score_visits_key(struct arena *arena, unsigned partition, int32_t period);
struct str score_sales_key(struct arena *arena, unsigned partition, int32_t period);

/* Fields: n, and n with the number of a chunk. */
struct str score_field(struct arena *arena, struct shop_number shop);
struct str score_chunk_field(struct arena *arena, struct shop_number shop,
                             uint16_t chunk);

/* The shop that a field names; value 0 when it is none. */
struct shop_number score_field_shop(struct str field, unsigned partition);

/* A field of pending:{s}:N: a buyer's credits that become eligible on one day. After a
 * release what is left lies under day 0. The class is the buyer's best. */
struct pending_field {
    int32_t period;
    uint64_t buyer;
    uint8_t buyer_class;
    int32_t eligible_day;
};
struct str pending_field_write(struct arena *arena, const struct pending_field *field);
bool pending_field_read(struct str bytes, struct pending_field *field);

#endif
