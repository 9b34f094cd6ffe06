/* server/metrics/metrics.h - what the server counts, in one table.
 *
 * Each loop counts for itself; /metrics shows the sums. No label names a person, a
 * shop, a product or an address (DESIGN.md, Privacy).
 *
 * Threads     Counted by the loop that owns them, read by any.
 */
#ifndef SERVER_METRICS_METRICS_H
#define SERVER_METRICS_METRICS_H

#include <stdatomic.h>

#include "base/buf.h"

/* Those in _US count microseconds; Prometheus is told seconds. */
enum metric_type { METRIC_COUNTER, METRIC_COUNTER_US, METRIC_GAUGE, METRIC_GAUGE_US };

/* X(NAME, type, "name", "labels or empty", "help"); rows of one name stand together. */
// clang-format off
#define METRIC_MAP(X)                                                                   \
    X(RESPONSES_2XX, COUNTER, "xiaopu_http_responses_total", "class=\"2xx\"",           \
      "answers by class of status")                                                     \
    X(RESPONSES_3XX, COUNTER, "xiaopu_http_responses_total", "class=\"3xx\"", "")       \
    X(RESPONSES_4XX, COUNTER, "xiaopu_http_responses_total", "class=\"4xx\"", "")       \
    X(RESPONSES_5XX, COUNTER, "xiaopu_http_responses_total", "class=\"5xx\"", "")       \
    X(RESPONSE_BYTES, COUNTER, "xiaopu_http_response_bytes_total", "",                  \
      "bytes of public answers, heads included")                                        \
    X(DURATION_US, COUNTER_US, "xiaopu_http_duration_seconds_total", "",                \
      "time from a request's head to its answer, summed")                               \
    X(LIMITED, COUNTER, "xiaopu_http_limited_total", "", "requests over a rate limit")  \
    X(TURNED_AWAY, COUNTER, "xiaopu_http_turned_away_total", "",                        \
      "connections over the limit")                                                     \
    X(CONNECTIONS, GAUGE, "xiaopu_http_connections", "", "open connections of the public listener")            \
    X(QUEUED_BYTES, GAUGE, "xiaopu_http_queued_bytes", "",                              \
      "bytes that clients have not taken yet")                                          \
    X(TASKS, GAUGE, "xiaopu_tasks", "", "requests and jobs under way")                  \
    X(CACHE_HITS, COUNTER, "xiaopu_page_cache_hits_total", "",                          \
      "answers from the page cache")                                                    \
    X(CACHE_MISSES, COUNTER, "xiaopu_page_cache_misses_total", "",                      \
      "answers that could have come from the page cache")                               \
    X(CACHE_BYTES, GAUGE, "xiaopu_page_cache_bytes", "", "bytes of kept answers")       \
    X(VISITS, COUNTER, "xiaopu_visits_total", "", "visits appended to events")          \
    X(VISITS_DROPPED, COUNTER, "xiaopu_visits_dropped_total", "",                       \
      "visits lost because the store was away or the buffer full")                      \
    X(STORE_CALLS, COUNTER, "xiaopu_store_calls_total", "", "calls sent to the store")  \
    X(STORE_REFUSED, COUNTER, "xiaopu_store_refused_total", "",                         \
      "calls not sent: no connection, or too many under way")                           \
    X(STORE_LATE, COUNTER, "xiaopu_store_late_total", "",                               \
      "calls whose deadline passed first")                                              \
    X(STORE_AWAY, GAUGE, "xiaopu_store_nodes_away", "",                                 \
      "nodes that loops should be connected to and are not, over all loops")            \
    X(STORE_UNREPLICATED, COUNTER, "xiaopu_store_unreplicated_total", "",               \
      "writes that no replica had in time")                                             \
    X(STORE_CONNECTS, COUNTER, "xiaopu_store_connects_total", "",                       \
      "connections made to the store")                                                  \
    X(OBJECT_HITS, COUNTER, "xiaopu_object_cache_hits_total", "",                       \
      "objects from the cache")                                                         \
    X(OBJECT_MISSES, COUNTER, "xiaopu_object_cache_misses_total", "",                   \
      "objects read from the store")                                                    \
    X(OBJECT_BYTES, GAUGE, "xiaopu_object_cache_bytes", "", "bytes of cached objects")  \
    X(LOOP_LAG_US, GAUGE_US, "xiaopu_loop_lag_seconds", "",                             \
      "how late the loop's timer last was")
// clang-format on

#define METRIC_ENUM(id, type, name, labels, help) METRIC_##id,
enum metric { METRIC_MAP(METRIC_ENUM) METRIC_COUNT };
#undef METRIC_ENUM

struct metrics {
    _Atomic int64_t value[METRIC_COUNT];
};

static inline void
metric_add(struct metrics *metrics, enum metric metric, int64_t n)
{
    atomic_fetch_add_explicit(&metrics->value[metric], n, memory_order_relaxed);
}

static inline void
metric_set(struct metrics *metrics, enum metric metric, int64_t n)
{
    atomic_store_explicit(&metrics->value[metric], n, memory_order_relaxed);
}

/* Adds what one loop counted to a sum. */
void metrics_sum(struct metrics *sum, const struct metrics *metrics);
/* The Prometheus text format. */
void metrics_write(struct buf *out, const struct metrics *sum);
/* One gauge that is measured elsewhere, in seconds. */
void metrics_write_seconds(struct buf *out, const char *name, const char *help,
                           int64_t us);

#endif
