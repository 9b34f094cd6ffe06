/* server/job/skew.c - is the store for us, and is our clock the store's? A server whose
 * clock is wrong is not ready (storage/skew.h). */
#include "server/job/job.h"
#include "server/loop/server.h"
#include "storage/store.h"

enum { STORE_FIRST_MS = 50, STORE_LOOK_MS = 200 };

void
job_skew(struct server_loop *at)
{
    while (job_sleep(at, skew_follow(at->store, &at->server->skew))) { /* waits */
    }
}

/* Data of a newer version, or of another key file, is left alone. */
void
job_store(struct server_loop *at)
{
    enum err err = ERR_STORE_DOWN;

    while (err == ERR_STORE_DOWN && job_sleep(at, STORE_FIRST_MS)) {
        err = store_wait_ready(at->store, STORE_LOOK_MS); /* waits */
    }
    if (err != ERR_NONE && err != ERR_STORE_DOWN) {
        server_refuse(at->server, err);
    }
}
