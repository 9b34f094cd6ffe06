/* server/api/attempt.c - who is counted, and how much is too much. */
#include "server/api/attempt.h"

#include <arpa/inet.h>

#include "proto/policy.h"
#include "server/auth/rate.h"

#define HOUR_MS    (INT64_C(3600) * 1000)
#define QUARTER_MS (INT64_C(900) * 1000)

/* An address's owner has all of its IPv6 /64. */
static struct str
counted_address(struct request *req)
{
    struct str text = request_address(req);
    struct in6_addr address;
    char net[INET6_ADDRSTRLEN];

    if (inet_pton(AF_INET6, arena_cstr(req->arena, text), &address) != 1) {
        return text;
    }
    memset(address.s6_addr + 8, 0, 8);
    if (inet_ntop(AF_INET6, &address, net, sizeof(net)) == NULL) {
        return text;
    }
    return arena_dup(req->arena, str_from(net));
}

struct attempt
attempt_sign_up(struct request *req)
{
    return (struct attempt){ STR("sign-up by address"), counted_address(req), HOUR_MS,
                             req->policy->limits.sign_ups_per_hour };
}

struct attempt
attempt_sign_in_by_address(struct request *req)
{
    return (struct attempt){ STR("sign-in by address"), counted_address(req),
                             QUARTER_MS,
                             req->policy->limits.failed_sign_ins_per_quarter };
}

struct attempt
attempt_sign_in_by_account(struct request *req, struct str account)
{
    return (struct attempt){ STR("sign-in by account"), account, QUARTER_MS,
                             req->policy->limits.failed_sign_ins_per_quarter };
}

enum err
attempts_begin(struct request *req, const char *name, const struct attempt *attempts,
               size_t count)
{
    struct limit_reached limit = { .name = name,
                                   .calls = attempts[0].max,
                                   .window_s = attempts[0].window_ms / 1000 };
    enum err err = attempt_take(req->store, req->arena, attempts, count, req->now_ms,
                                &limit.wait_ms);

    return err == ERR_RATE_LIMITED ? limit_refuse(req, &limit) : err;
}

void
attempts_forgive(struct request *req, const struct attempt *attempts, size_t count)
{
    attempt_give_back(req->store, req->arena, attempts, count);
}
