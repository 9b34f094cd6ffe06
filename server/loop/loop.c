/* server/loop/loop.c - one thread: from opening its store and listener to closing them.
 *
 * Stopping is a task: it stops the listener, waits until answers and jobs are done,
 * cuts what is left after LOOP_STOP_MS, closes the store, and then the handles; the
 * loop ends by itself when nothing is left in it. */
#include "server/loop/loop.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/admin/admin.h"
#include "server/job/job.h"
#include "server/loop/limit.h"
#include "server/loop/page_cache.h"
#include "server/loop/server.h"
#include "server/loop/visit.h"
#include "storage/policy/holder.h"
#include "storage/store.h"

enum { STOP_LOOK_MS = 20 };

static void
take_tls(struct server_loop *at)
{
    struct server *server = at->server;

    uv_mutex_lock(&server->tls_lock);
    if (!is_jobs_loop(at) && server->tls != at->tls) {
        at->tls = server->tls;
        front_set_tls(at->front, at->tls);
    }
    uv_mutex_unlock(&server->tls_lock);
}

static bool
is_busy(const struct server_loop *at)
{
    return at->jobs > 0 || front_turns(at->front) > 0;
}

static void
stop_all(void *arg)
{
    struct server_loop *at = arg;
    int64_t until_ms = clock_mono_ms() + LOOP_STOP_MS;

    front_stop(at->front);
    job_wake_all(at);
    while ((front_connections(at->front) > 0 || is_busy(at)) &&
           clock_mono_ms() < until_ms) {
        task_sleep(STOP_LOOK_MS); /* waits */
    }
    front_cut(at->front);
    while (is_busy(at)) {         /* every wait ends: these too */
        task_sleep(STOP_LOOK_MS); /* waits */
    }
    uv_timer_stop(&at->pulse);
    visits_close(&at->visits); /* waits */
    page_cache_free(&at->pages);
    policy_holder_close(&at->policies); /* waits */
    store_close(&at->store);            /* waits */
    uv_close((uv_handle_t *)&at->wake, NULL);
    uv_close((uv_handle_t *)&at->pulse, NULL);
    wheel_close(&at->wheel);
}

static void
on_wake(uv_async_t *wake)
{
    struct server_loop *at = wake->data;

    take_tls(at);
    if (at->server->stopping && !at->stopping) {
        at->stopping = true;
        task_start(at->loop, stop_all, at);
    }
}

/* What the store keeps count of is shown beside our own. */
static void
copy_counts(struct server_loop *at)
{
    const struct store_counts *store = store_counts(at->store);
    const struct cache_counts *cache = cache_counts(at->store);

    metric_set(&at->metrics, METRIC_STORE_CALLS, store->calls);
    metric_set(&at->metrics, METRIC_STORE_REFUSED, store->refused);
    metric_set(&at->metrics, METRIC_STORE_LATE, store->late);
    metric_set(&at->metrics, METRIC_STORE_AWAY, (int64_t)store_nodes_away(at->store));
    metric_set(&at->metrics, METRIC_STORE_UNREPLICATED, store->unreplicated);
    metric_set(&at->metrics, METRIC_STORE_CONNECTS, store->connects);
    metric_set(&at->metrics, METRIC_OBJECT_HITS, cache->hits);
    metric_set(&at->metrics, METRIC_OBJECT_MISSES, cache->misses);
    metric_set(&at->metrics, METRIC_OBJECT_BYTES, (int64_t)cache->bytes);
}

/* Lag is how late this timer comes. One late pulse may be a neighbour on the machine;
 * several in a row are ours. */
static void
on_pulse(uv_timer_t *pulse)
{
    struct server_loop *at = pulse->data;
    int64_t now_us = clock_mono_us();
    int64_t lag_us = now_us - at->pulsed_at_us - LOOP_PULSE_MS * 1000;

    at->pulsed_at_us = now_us;
    at->late_pulses = lag_us > LOOP_LAG_MAX_US ? at->late_pulses + 1 : 0;
    at->ready = store_ready(at->store) && policy_holder_knows(at->policies);
    metric_set(&at->metrics, METRIC_LOOP_LAG_US, lag_us > 0 ? lag_us : 0);
    metric_set(&at->metrics, METRIC_CONNECTIONS,
               is_jobs_loop(at) ? 0 : (int64_t)front_connections(at->front));
    metric_set(&at->metrics, METRIC_QUEUED_BYTES, (int64_t)at->front->net.queued_bytes);
    metric_set(&at->metrics, METRIC_TASKS, (int64_t)loop_tasks(at->loop));
    copy_counts(at);
}

static bool
open_front(struct server_loop *at)
{
    struct server *server = at->server;
    bool jobs = is_jobs_loop(at);
    struct front_config config = {
        .at = at,
        .loop = at->loop,
        .wheel = at->wheel,
        .fd = at->fd,
        .routes = jobs ? admin_routes : routes,
        .route_count = jobs ? admin_routes_count(server) : routes_count,
        .is_admin = jobs,
        .connections_max = jobs ? ADMIN_CONNECTIONS_MAX : server->connections_max,
        .tls = jobs ? NULL : server->tls,
    };

    at->front = front_open(&config);
    at->tls = config.tls;
    return at->front != NULL;
}

static bool
open_all(struct server_loop *at)
{
    const struct server_config *config = &at->server->config;
    struct store_config store = { .url = config->store_url,
                                  .user = config->store_user,
                                  .password = config->store_password,
                                  .clock = config->clock,
                                  .keys = config->keys };
    uv_loop_t *uv;

    at->loop = loop_new(LOOP_TASKS_MAX + LOOP_TASKS_SPARE);
    uv = loop_uv(at->loop);
    at->wheel = wheel_new(uv);
    uv_async_init(uv, &at->wake, on_wake);
    at->wake.data = at;
    uv_timer_init(uv, &at->pulse);
    at->pulse.data = at;
    at->pulsed_at_us = clock_mono_us();
    uv_timer_start(&at->pulse, on_pulse, 0, LOOP_PULSE_MS);
    at->store = store_open(at->loop, &store);
    if (at->store == NULL) {
        return false;
    }
    at->policies = policy_holder_open(at->store, NULL, NULL);
    at->limits = limits_new();
    at->visits = visits_new(at);
    at->pages = page_cache_new(at);
    return open_front(at);
}

void
loop_main(void *arg)
{
    struct server_loop *at = arg;

    if (!open_all(at)) {
        at->failed = true; /* the process ends; nothing is worth closing */
        uv_sem_post(&at->server->started);
        return;
    }
    if (is_jobs_loop(at)) {
        job_start_all(at);
    }
    uv_sem_post(&at->server->started);
    loop_run(at->loop);
    front_free(&at->front);
    limits_free(&at->limits);
    loop_free(&at->loop);
}
