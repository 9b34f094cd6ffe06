/* server/loop/limit.h - how often somebody may ask, counted in each loop.
 *
 * A limit of the policy is for the whole server; each loop grants its share. Counts are
 * kept for LIMIT_SLOTS askers; when more ask at once, whoever has waited longest is
 * forgotten first. What must not be guessed or flooded is counted in the store instead
 * (storage/member/attempt.h).
 */
#ifndef SERVER_LOOP_LIMIT_H
#define SERVER_LOOP_LIMIT_H

#include "base/str.h"

enum { LIMIT_SLOTS = 8192, LIMIT_PROBES = 8 };

struct limits;

struct limit_want {
    const char *name; /* a literal: "merchant" */
    struct str who;
    int64_t calls; /* in each window; at least 1 */
    int64_t window_s;
};

struct limits *limits_new(void);
void limits_free(struct limits **limits);
/* 0: granted. Otherwise in how many ms the next call will be; nothing was counted. */
int64_t limits_take(struct limits *limits, const struct limit_want *want,
                    int64_t mono_us);

#endif
