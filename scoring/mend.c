/* scoring/mend.c - partitions whose stream was cut are told again what was recorded.
 *
 * One pass for all that are ours and known to be cut when it begins. A partition that
 * changed hands or was cut again meanwhile waits for the next. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "scoring/inside.h"
#include "scoring/rebuild.h"

enum { MEND_LOOK_MS = 1000 };

struct mending {
    struct rebuild rebuild;
    uint64_t cut[PARTITIONS]; /* which cut is being mended; 0: none */
};

static bool
wants_mending(const struct place *place)
{
    const struct partition *partition = &place->partition;

    return place->mine && partition->open && partition->cut != 0 && !partition->rebuilt;
}

static bool
choose(const struct worker *worker, struct mending *mending)
{
    bool any = false;

    for (unsigned i = 0; i < PARTITIONS; i++) {
        const struct place *place = &worker->place[i];

        mending->rebuild.wanted[i] = wants_mending(place);
        mending->cut[i] = wants_mending(place) ? place->partition.cut : 0;
        any = any || wants_mending(place);
    }
    return any;
}

/* Their next turn writes it down. */
static void
note(struct worker *worker, const struct mending *mending)
{
    int64_t partitions = 0;

    for (unsigned i = 0; i < PARTITIONS; i++) {
        struct place *place = &worker->place[i];

        if (mending->cut[i] != 0 && wants_mending(place) &&
            place->partition.cut == mending->cut[i]) {
            place->partition.rebuilt = true;
            place->look_at_ms = 0;
            partitions++;
        }
    }
    waits_end(&worker->news);
    log_info("what was recorded has been told again", LOG_I("partitions", partitions),
             LOG_I("shops", mending->rebuild.shops),
             LOG_I("sales", mending->rebuild.sales));
}

void
worker_mend(struct worker *worker)
{
    struct mending *mending = xcalloc(1, sizeof(*mending));

    while (worker_sleep(worker, &worker->cut, clock_mono_ms() + MEND_LOOK_MS)) {
        if (choose(worker, mending) &&
            rebuild_tell(&worker->scoring, &mending->rebuild, &worker->stopping) ==
                ERR_NONE &&
            !worker->stopping) {
            note(worker, mending);
        }
    }
    free(mending);
}
