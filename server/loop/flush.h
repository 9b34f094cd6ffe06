/* server/loop/flush.h - from views to events without persons. */
#ifndef SERVER_LOOP_FLUSH_H
#define SERVER_LOOP_FLUSH_H

#include "server/loop/visit.h"

/* A view as the buffer holds it. */
struct visit_seen {
    struct shop_number shop;
    struct product_id product; /* value 0: no view of a product to count */
    int64_t at_ms;
    struct address address;
    bool is_visit; /* of the shop: no repeat */
    char token[VISIT_TOKEN_BYTES];
    char agent[VISIT_AGENT_BYTES];
};

struct visit_batch {
    size_t count;
    struct visit_seen item[VISITS_MAX];
};

/* Appends what counts; wipes and frees the batch. Waits. */
void visits_flush(struct server_loop *at, struct visit_batch *batch);

#endif
