/* server/loop/loop.h - what one thread of the server has: its loop, its way to the
 * store, its listener, its caches and counters. Nothing here is shared with others but
 * the counters and `ready`, which the admin listener reads.
 */
#ifndef SERVER_LOOP_LOOP_H
#define SERVER_LOOP_LOOP_H

#include "base/task.h"
#include "server/http/front.h"
#include "server/metrics/metrics.h"
#include "server/server.h"

enum {
    LOOP_TASKS_MAX = 1024,   /* requests under way; above: 503 */
    LOOP_TASKS_SPARE = 16,   /* for the loop's own work */
    LOOP_PULSE_MS = 100,     /* how often lag and readiness are looked at */
    LOOP_LAG_MAX_US = 50000, /* above it, LOOP_LATE_MAX times: new work is refused */
    LOOP_LATE_MAX = 3,
    LOOP_STOP_MS = FRONT_STOP_MS
};

struct pages;
struct limits;
struct page_cache;
struct policy_holder;
struct store;
struct visits;
struct job_wait;

struct server_loop {
    struct server *server;
    int number; /* 0 ...; the jobs loop is the last */
    int fd;     /* bound, until the front has it */
    uv_thread_t thread;
    uv_async_t wake;
    uv_timer_t pulse;
    int64_t pulsed_at_us;
    struct loop *loop;
    struct store *store;
    struct policy_holder *policies;
    struct limits *limits;
    struct visits *visits;
    struct page_cache *pages;
    struct wheel *wheel;
    struct front *front;
    SSL_CTX *tls; /* what the front uses */
    struct metrics metrics;
    _Atomic bool ready; /* the store can be asked, the policy is known */
    _Atomic bool failed;
    bool stopping;
    int late_pulses; /* in a row */
    struct job_wait *job_waits;
    size_t jobs; /* tasks that have not ended */
};

/* The thread's work: opens everything, posts server_started(), runs until stopped. */
void loop_main(void *at);

/* --- what handlers may ask of the server they run in ---------------------------------
 */
/* "https://shop.example", without a slash at the end. */
struct str server_public_url(const struct server_loop *at);
const struct pages *server_pages(const struct server_loop *at);
const struct proxy_ranges *server_proxies(const struct server_loop *at);

#endif
