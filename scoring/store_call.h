/* scoring/store_call.h - calls that may take longer than a visitor would wait. */
#ifndef SCORING_STORE_CALL_H
#define SCORING_STORE_CALL_H

#include "storage/redis/call.h"

enum { WORKER_TIMEOUT_MS = 5000 };

static inline struct call *
worker_read(struct arena *arena, const char *name)
{
    struct call *call = call_command(arena, name);

    call->timeout_ms = WORKER_TIMEOUT_MS;
    return call;
}

#endif
