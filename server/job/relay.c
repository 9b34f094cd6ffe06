/* server/job/relay.c - this server's share of the outboxes: what each kind of message
 * leads to. */
#include "server/job/job.h"
#include "server/loop/server.h"
#include "storage/catalogue/index.h"
#include "storage/outbox/outbox.h"
#include "storage/shop/following.h"

enum { RELAY_LOOK_MS = 60000 };

static const struct outbox_kind product_kind = { "product", 'p', catalogue_deliver };
static const struct outbox_kind *const kinds[] = { &product_kind, &following_outbox };

void
job_relay(struct server_loop *at)
{
    struct relay_config config = { .kinds = kinds,
                                   .count = sizeof kinds / sizeof kinds[0],
                                   .process_id = at->server->process_id };
    struct relay *relay = relay_start(at->store, &config);

    while (job_sleep(at, RELAY_LOOK_MS)) {
        /* the relay's own tasks do the work until the server stops */
    }
    relay_stop(&relay); /* waits */
}
