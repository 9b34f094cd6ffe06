/* server/loop/visit.h - who looked at which shop, for a tenth of a second.
 *
 * A loop notes views here without waiting; what it saw of the same visitor at the same
 * place within a minute is left out. The flush, a task, leaves out owners and crawlers,
 * makes pseudonyms and appends events. Addresses, agents and tokens live in the buffer
 * only, and end there.
 *
 * The buffer holds VISITS_MAX; what finds it full, or the store away, is dropped and
 * counted.
 */
#ifndef SERVER_LOOP_VISIT_H
#define SERVER_LOOP_VISIT_H

#include "proto/ids.h"
#include "server/net/address.h"

struct server_loop;
struct visits;

enum {
    VISITS_MAX = 4096,
    VISIT_FLUSH_MS = 100,
    VISIT_PARTITION_MAX = 64, /* of one partition: the flush does not wait */
    VISIT_REPEAT_MS = 60000,
    VISIT_SEEN_SLOTS = 1 << 16,
    VISIT_AGENT_BYTES = 160,
    VISIT_TOKEN_BYTES = 46
};

struct visit_note {
    struct shop_number shop;
    struct product_id product; /* value 0: the shop's page */
    struct address address;
    struct str agent;
    struct str token; /* { NULL, 0 }: nobody is signed in */
};

struct visits *visits_new(struct server_loop *at);
/* Appends what is there, then frees. Waits. */
void visits_close(struct visits **visits);
void visit_put(struct visits *visits, const struct visit_note *note);

#endif
