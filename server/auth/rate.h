/* server/auth/rate.h - the policy's limits on how often somebody may ask. */
#ifndef SERVER_AUTH_RATE_H
#define SERVER_AUTH_RATE_H

#include "server/exchange.h"

/* A limit that somebody is at, as RateLimit-Policy and RateLimit name it. */
struct limit_reached {
    const char *name; /* what is counted: "gets" */
    int64_t calls;    /* of one window */
    int64_t window_s;
    int64_t wait_ms; /* until there is room again */
};
/* ERR_RATE_LIMITED, with all that its problem says beside; counted. */
enum err limit_refuse(struct request *req, const struct limit_reached *limit);

/* Public GETs by address; no exemption for loopback, where everybody behind a proxy
 * seems to be. ERR_NONE or limit_refuse()'s. */
enum err limit_address(struct exchange *x);
/* The same for an answer from the page cache: false when it must not be given. */
bool limit_kept(struct server_loop *at, const struct policy *policy,
                const struct address *client);
/* A merchant's calls. */
enum err limit_merchant(struct exchange *x);

#endif
