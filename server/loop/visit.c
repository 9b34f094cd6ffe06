/* server/loop/visit.c - the buffer; what becomes of it is server/loop/flush.c. */
#include "server/loop/visit.h"

#include <stdlib.h>

#include "base/rand.h"
#include "base/xmalloc.h"
#include "server/loop/flush.h"
#include "server/loop/loop.h"
#include "storage/store.h"

struct seen {
    uint64_t key;
    int64_t at_ms;
};

struct visits {
    struct server_loop *at;
    struct seen *seen;
    uint64_t seed;
    uv_timer_t timer;
    struct visit_batch *batch; /* being filled */
    unsigned of_partition[PARTITIONS];
    bool flushing;
    bool again; /* a partition is full again already */
};

/* Eight bytes at a time; the length makes up for the zeros behind the last. */
static uint64_t
mix(uint64_t hash, const void *data, size_t len)
{
    const unsigned char *bytes = data;

    hash ^= len;
    for (size_t i = 0; i < len; i += sizeof hash) {
        size_t left = len - i < sizeof hash ? len - i : sizeof hash;
        uint64_t word = 0;

        memcpy(&word, bytes + i, left);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return hash;
}

/* Was it seen within a minute? Notes it otherwise. A slot holds one; another that falls
 * into it makes us forget, and a repeat is counted once too often at worst. */
static bool
is_repeat(struct visits *visits, uint64_t visitor, int64_t place, int64_t at_ms)
{
    uint64_t key = mix(visitor, &place, sizeof place);
    struct seen *seen = &visits->seen[key % VISIT_SEEN_SLOTS];

    if (seen->key == key && at_ms >= seen->at_ms &&
        at_ms - seen->at_ms < VISIT_REPEAT_MS) {
        return true;
    }
    *seen = (struct seen){ key, at_ms };
    return false;
}

static uint64_t
visitor_hash(const struct visits *visits, const struct visit_note *note)
{
    uint64_t hash = visits->seed;

    if (note->token.len > 0) {
        return mix(hash, note->token.data, note->token.len);
    }
    hash = mix(hash, note->address.bytes, sizeof note->address.bytes);
    return mix(hash, note->agent.data, note->agent.len);
}

static void on_timer(uv_timer_t *timer);

static void
start_timer(struct visits *visits)
{
    uv_timer_start(&visits->timer, on_timer, VISIT_FLUSH_MS, 0);
}

static void
run_flush(void *arg)
{
    struct visits *visits = arg;

    do {
        struct visit_batch *batch = visits->batch;

        visits->batch = NULL;
        visits->again = false;
        memset(visits->of_partition, 0, sizeof visits->of_partition);
        if (batch != NULL) {
            visits_flush(visits->at, batch); /* waits */
        }
    } while (visits->again);
    visits->flushing = false;
    if (visits->batch != NULL) {
        start_timer(visits);
    }
}

static void
flush(struct visits *visits)
{
    if (visits->flushing) {
        visits->again = true;
        return;
    }
    visits->flushing = true;
    uv_timer_stop(&visits->timer);
    if (!task_start(visits->at->loop, run_flush, visits)) {
        visits->flushing = false;
        start_timer(visits);
    }
}

static void
on_timer(uv_timer_t *timer)
{
    flush(timer->data);
}

struct visits *
visits_new(struct server_loop *at)
{
    struct visits *visits = xcalloc(1, sizeof *visits);

    visits->at = at;
    visits->seen = xcalloc(VISIT_SEEN_SLOTS, sizeof *visits->seen);
    visits->seed = rand_u64();
    uv_timer_init(loop_uv(at->loop), &visits->timer);
    visits->timer.data = visits;
    return visits;
}

static void
on_closed(uv_handle_t *handle)
{
    struct visits *visits = handle->data;

    free(visits->seen);
    free(visits);
}

void
visits_close(struct visits **visits)
{
    struct visits *gone = *visits;

    *visits = NULL;
    while (gone->flushing) {
        task_sleep(1); /* waits */
    }
    gone->flushing = true;
    run_flush(gone); /* waits */
    uv_close((uv_handle_t *)&gone->timer, on_closed);
}

static void
fill(struct visit_seen *item, const struct visit_note *note)
{
    size_t agent =
        note->agent.len < VISIT_AGENT_BYTES ? note->agent.len : VISIT_AGENT_BYTES - 1;

    item->shop = note->shop;
    item->address = note->address;
    if (agent > 0) {
        memcpy(item->agent, note->agent.data, agent);
    }
    item->agent[agent] = '\0';
    if (note->token.len > 0 && note->token.len < VISIT_TOKEN_BYTES) {
        memcpy(item->token, note->token.data, note->token.len);
    }
    item->token[note->token.len < VISIT_TOKEN_BYTES ? note->token.len : 0] = '\0';
}

static void
add(struct visits *visits, const struct visit_note *note, bool is_visit, bool is_view,
    int64_t at_ms)
{
    struct visit_seen *item;
    unsigned partition = id_partition(note->shop.value);

    if (visits->batch == NULL) {
        visits->batch = xmalloc(sizeof *visits->batch); /* a megabyte, mostly unused */
        visits->batch->count = 0;
        if (!visits->flushing) {
            start_timer(visits);
        }
    }
    if (visits->batch->count == VISITS_MAX) {
        metric_add(&visits->at->metrics, METRIC_VISITS_DROPPED, 1);
        return;
    }
    item = &visits->batch->item[visits->batch->count++];
    fill(item, note);
    item->is_visit = is_visit;
    item->product = is_view ? note->product : (struct product_id){ 0 };
    item->at_ms = at_ms;
    if (++visits->of_partition[partition] == VISIT_PARTITION_MAX) {
        flush(visits);
    }
}

void
visit_put(struct visits *visits, const struct visit_note *note)
{
    int64_t at_ms = store_now_ms(visits->at->store);
    uint64_t visitor;
    bool is_visit, is_view;

    if (!store_is_told(visits->at->store)) {
        metric_add(&visits->at->metrics, METRIC_VISITS_DROPPED, 1);
        return;
    }
    visitor = visitor_hash(visits, note);
    is_visit = !is_repeat(visits, visitor, note->shop.value, at_ms);
    is_view = note->product.value != 0 &&
              !is_repeat(visits, visitor, ~note->product.value ^ note->shop.value << 20,
                         at_ms);
    if (is_visit || is_view) {
        add(visits, note, is_visit, is_view, at_ms);
    }
}
