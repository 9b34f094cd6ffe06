/* scoring/worker.h - the scoring process: one loop that works on its partitions.
 *
 * Beats once a second, takes the partitions that are its own among the live workers,
 * looks at each when Redis says that its stream has changed and once a second anyway,
 * and does what time makes due. Several workers share the work; who writes what the
 * positions decide (scoring/partition.h).
 *
 *     worker = worker_new(&config);      NULL: said already
 *     worker_run(worker);                until worker_stop()
 *     worker_free(&worker);
 *
 * Threads     worker_stop() from any; the rest from one.
 */
#ifndef SCORING_WORKER_H
#define SCORING_WORKER_H

#include <stdbool.h>
#include <stddef.h>

struct clock;
struct keys;
struct worker;

enum { WORKER_CACHE_MB = 512 };

/* Everything is borrowed for as long as the worker lives. */
struct worker_config {
    const char *store_url; /* storage/store.h */
    const char *store_user;
    const char *store_password;
    struct clock *clock;
    struct keys *keys;
    size_t cache_mb; /* 0: WORKER_CACHE_MB */
    bool test_clock; /* follow clock:{g} */
};

/* NULL, after one log line, when the URL cannot be understood. */
struct worker *worker_new(const struct worker_config *config);
void worker_run(struct worker *worker);
/* Finishes what is under way, tells the others, ends worker_run(). */
void worker_stop(struct worker *worker);
void worker_free(struct worker **worker);

#endif
