/* server/api/overview.c - how the machine is doing, for operators: sums over all, never
 * a shop, a member or a product. */
#include "proto/policy.h"
#include "server/api/api.h"
#include "server/api/doc.h"
#include "storage/checked.h"
#include "storage/health.h"
#include "storage/process.h"

static void
put_int(json_t *doc, const char *name, int64_t value)
{
    json_object_set_new(doc, name, json_integer(value));
}

static int64_t
larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Of all workers: rates and counts are summed, of lags the worst counts. */
static struct process_state
sum_workers(const struct process_state *states, size_t count, int64_t *workers)
{
    struct process_state sum = { .role = PROCESS_SCORING };

    *workers = 0;
    for (size_t i = 0; i < count; i++) {
        if (states[i].role != PROCESS_SCORING) {
            continue;
        }
        (*workers)++;
        sum.events_total += states[i].events_total;
        sum.events_per_s += states[i].events_per_s;
        sum.dead_total += states[i].dead_total;
        sum.lag_events += states[i].lag_events;
        sum.lag_ms = larger(sum.lag_ms, states[i].lag_ms);
        sum.release = larger(sum.release, states[i].release);
        sum.released_at_ms = larger(sum.released_at_ms, states[i].released_at_ms);
        sum.alarms_total += states[i].alarms_total;
    }
    return sum;
}

static json_t *
release_doc(const struct process_state *sum)
{
    json_t *doc;

    if (sum->release == 0) {
        return json_null();
    }
    doc = json_object();
    put_int(doc, "release", sum->release);
    json_object_set_new(doc, "as_of", doc_time(sum->released_at_ms));
    return doc;
}

static void
put_processes(json_t *doc, const struct process_state *states, size_t count)
{
    int64_t workers;
    struct process_state sum = sum_workers(states, count, &workers);

    put_int(doc, "servers", (int64_t)count - workers);
    put_int(doc, "workers", workers);
    put_int(doc, "events_per_s", sum.events_per_s);
    put_int(doc, "events_total", sum.events_total);
    put_int(doc, "lag_events", sum.lag_events);
    put_int(doc, "lag_s", (sum.lag_ms + 999) / 1000);
    put_int(doc, "dead_events_total", sum.dead_total);
    put_int(doc, "stream_alarms_total", sum.alarms_total);
    json_object_set_new(doc, "release", release_doc(&sum));
}

static json_t *
checked_doc(const struct checked *checked)
{
    json_t *doc, *figures;

    if (checked->at_ms == 0) {
        return json_null();
    }
    doc = json_object();
    figures = json_loadb(checked->figures.len > 0 ? checked->figures.data : "",
                         checked->figures.len, JSON_REJECT_DUPLICATES, NULL);
    json_object_set_new(doc, "at", doc_time(checked->at_ms));
    json_object_set_new(doc, "passed", json_boolean(checked->passed));
    json_object_set_new(doc, "figures", figures != NULL ? figures : json_null());
    return doc;
}

static json_t *
health_doc(const struct store_health *health)
{
    json_t *doc = json_object();

    put_int(doc, "used_bytes", health->used_bytes);
    json_object_set_new(doc, "used_bytes_max",
                        health->used_bytes_max > 0
                            ? json_integer(health->used_bytes_max)
                            : json_null());
    put_int(doc, "up_s", health->up_s);
    json_object_set_new(doc, "durable", json_boolean(health->durable));
    json_object_set_new(doc, "last_write_ok", json_boolean(health->last_write_ok));
    json_object_set_new(doc, "rewriting", json_boolean(health->rewriting));
    return doc;
}

enum err
api_overview(struct request *req)
{
    struct process_state *states =
        arena_alloc(req->arena, PROCESSES_MAX * sizeof(*states));
    struct store_health health;
    struct checked checked;
    size_t count;
    json_t *doc;
    enum err err;

    if ((err = process_list(req->store, req->arena, states, &count)) != ERR_NONE ||
        (err = store_health(req->store, req->arena, &health)) != ERR_NONE ||
        (err = checked_read(req->store, req->arena, &checked)) != ERR_NONE) {
        return err;
    }
    doc = json_object();
    put_processes(doc, states, count);
    json_object_set_new(doc, "verify", checked_doc(&checked));
    json_object_set_new(doc, "store", health_doc(&health));
    put_int(doc, "policy_version", req->policy->version);
    json_object_set_new(doc, "gate",
                        json_string(policy_gate_name(policy_gate(req->policy))));
    return reply_json(req, 200, doc);
}
