/* server/admin/metrics.c - /metrics: what the loops counted, what their stores did, and
 * what live workers last said in their heartbeat. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "proto/version.h"
#include "server/admin/admin.h"
#include "server/loop/server.h"
#include "storage/process.h"
#include "storage/store.h"

enum { METRICS_BYTES_MAX = 1 << 20 };

static void
put(struct buf *out, const char *name, const char *type, const char *help,
    int64_t value)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n", name, help, name,
               type, name, value);
}

static void
put_build(struct buf *out)
{
    buf_put_str(out, STR("# HELP xiaopu_build_info which version answers here\n"
                         "# TYPE xiaopu_build_info gauge\n"
                         "xiaopu_build_info{version=\"" XIAOPU_VERSION "\"} 1\n"));
}

/* All workers together; each has its own partitions. */
struct workers {
    int64_t count;
    int64_t servers;
    struct process_state sum;
    int64_t skew_ms; /* of all processes, servers too: the largest */
};

static void
add_worker(struct workers *workers, const struct process_state *state)
{
    struct process_state *sum = &workers->sum;

    workers->count++;
    sum->events_total += state->events_total;
    sum->batches_total += state->batches_total;
    sum->dead_total += state->dead_total;
    sum->late_total += state->late_total;
    sum->alarms_total += state->alarms_total;
    sum->lag_events += state->lag_events;
    if (state->lag_ms > sum->lag_ms) {
        sum->lag_ms = state->lag_ms;
    }
    if (state->release > sum->release) {
        sum->release = state->release;
        sum->released_at_ms = state->released_at_ms;
    }
}

static void
write_workers(struct buf *out, const struct workers *workers, int64_t now_ms)
{
    const struct process_state *sum = &workers->sum;

    put(out, "xiaopu_servers", "gauge", "live servers", workers->servers);
    put(out, "xiaopu_workers", "gauge", "live scoring workers", workers->count);
    metrics_write_seconds(out, "xiaopu_clock_skew_seconds",
                          "how far the worst clock of them is from the store's",
                          workers->skew_ms * 1000);
    put(out, "xiaopu_events_applied_total", "counter",
        "events the live workers applied", sum->events_total);
    put(out, "xiaopu_event_batches_total", "counter", "calls they applied them in",
        sum->batches_total);
    put(out, "xiaopu_events_dead_total", "counter", "bad events put aside",
        sum->dead_total);
    put(out, "xiaopu_events_late_total", "counter",
        "visits that came after their period", sum->late_total);
    put(out, "xiaopu_stream_alarms_total", "counter", "streams cut behind our back",
        sum->alarms_total);
    put(out, "xiaopu_score_lag_events", "gauge", "events read and not yet applied",
        sum->lag_events);
    metrics_write_seconds(out, "xiaopu_score_lag_seconds",
                          "age of the oldest event not yet applied",
                          sum->lag_ms * 1000);
    put(out, "xiaopu_release", "gauge", "the last release; 0: none", sum->release);
    put(out, "xiaopu_release_age_seconds", "gauge", "since the last release",
        sum->release > 0 ? (now_ms - sum->released_at_ms) / 1000 : 0);
}

/* Without the store there is nothing to be said of them. */
static void
put_workers(struct request *req, struct buf *out)
{
    struct process_state *states =
        arena_alloc(req->arena, PROCESSES_MAX * sizeof *states);
    struct workers workers = { 0 };
    size_t count = 0;

    if (!store_ready(req->store) ||
        process_list(req->store, req->arena, states, &count) != ERR_NONE) { /* waits */
        return;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t skew_ms = llabs(states[i].skew_ms);

        workers.skew_ms = skew_ms > workers.skew_ms ? skew_ms : workers.skew_ms;
        if (states[i].role == PROCESS_SCORING) {
            add_worker(&workers, &states[i]);
        } else {
            workers.servers++;
        }
    }
    write_workers(out, &workers, req->now_ms);
}

enum err
admin_metrics(struct request *req)
{
    const struct server *server = req->at->server;
    struct metrics sum = { 0 };
    struct buf text;
    struct str body;

    for (int i = 0; i <= server->loop_count; i++) {
        metrics_sum(&sum, &server->loop[i].metrics);
    }
    buf_init(&text, METRICS_BYTES_MAX);
    put_build(&text);
    metrics_write(&text, &sum);
    put(&text, "xiaopu_log_dropped_total", "counter", "log lines lost", log_dropped());
    put_workers(req, &text); /* waits */
    body = arena_dup(req->arena, buf_str(&text));
    buf_free(&text);
    return reply_bytes(req, 200, "text/plain; version=0.0.4; charset=utf-8", body);
}
