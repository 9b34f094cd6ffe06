/* server/auth/rate.c - see the header. */
#include "server/auth/rate.h"

#include <inttypes.h>

#include "base/clock.h"
#include "proto/policy.h"
#include "server/loop/limit.h"
#include "server/loop/server.h"

/* Each loop grants its share of what the server may. */
static int64_t
share(const struct server_loop *at, int64_t calls)
{
    return (calls + at->server->loop_count - 1) / at->server->loop_count;
}

static struct limit_want
want_gets(const struct address *client, int64_t calls)
{
    return (struct limit_want){ "gets", str_of(client->bytes, sizeof client->bytes),
                                calls, 60 };
}

enum err
limit_refuse(struct request *req, const struct limit_reached *limit)
{
    int64_t wait_s = limit->wait_ms > 1000 ? (limit->wait_ms + 999) / 1000 : 1;

    metric_add(&req->at->metrics, METRIC_LIMITED, 1);
    problem_retry_after(req, wait_s);
    reply_header(req, "RateLimit-Policy",
                 arena_printf(req->arena, "\"%s\";q=%" PRId64 ";w=%" PRId64,
                              limit->name, limit->calls, limit->window_s));
    reply_header(
        req, "RateLimit",
        arena_printf(req->arena, "\"%s\";r=0;t=%" PRId64, limit->name, wait_s));
    return ERR_RATE_LIMITED;
}

static enum err
take(struct exchange *x, struct limit_want want)
{
    struct limit_reached limit = { .name = want.name,
                                   .calls = want.calls,
                                   .window_s = want.window_s };

    want.calls = share(x->req.at, want.calls);
    limit.wait_ms = limits_take(x->req.at->limits, &want, clock_mono_us());
    return limit.wait_ms == 0 ? ERR_NONE : limit_refuse(&x->req, &limit);
}

enum err
limit_address(struct exchange *x)
{
    int64_t calls = x->req.policy->limits.public_gets_per_minute;

    if (calls == 0 || x->match.route->role != ROLE_ANYONE ||
        x->req.method != METHOD_GET) {
        return ERR_NONE;
    }
    return take(x, want_gets(&x->client, calls));
}

bool
limit_kept(struct server_loop *at, const struct policy *policy,
           const struct address *client)
{
    int64_t calls = policy->limits.public_gets_per_minute;
    struct limit_want want;

    if (calls == 0) {
        return true;
    }
    want = want_gets(client, share(at, calls));
    return limits_take(at->limits, &want, clock_mono_us()) == 0;
}

enum err
limit_merchant(struct exchange *x)
{
    int64_t calls = x->req.policy->limits.merchant_calls_per_s;
    const int64_t *member = &x->req.caller.member.value;

    if (calls == 0 || !(x->req.caller.roles & 1U << ROLE_MERCHANT)) {
        return ERR_NONE;
    }
    return take(
        x, (struct limit_want){ "merchant", str_of(member, sizeof *member), calls, 1 });
}
