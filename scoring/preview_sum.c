/* scoring/preview_sum.c - what a preview counts, and how it tells it. */
#include "scoring/preview_sum.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

/* --- counting --------------------------------------------------------------------------- */

static int
bin_of(int64_t points)
{
    int bin = 0;

    for (int64_t from = 1; bin < PREVIEW_BINS - 1 && points >= from; from *= 10) {
        bin++;
    }
    return bin;
}

/* By change, then by number, so that the same shops give the same sample. */
static bool
changes_more(const struct previewed *a, const struct previewed *b)
{
    int64_t x = llabs(a->then_points - a->now_points);
    int64_t y = llabs(b->then_points - b->now_points);

    return x > y || (x == y && a->standing.shop.value < b->standing.shop.value);
}

static void
add_sample(struct preview_sum *sum, const struct previewed *shop)
{
    size_t at = sum->sample_count;

    if (at == PREVIEW_SAMPLE && !changes_more(shop, &sum->sample[at - 1])) {
        return;
    }
    at = at < PREVIEW_SAMPLE ? sum->sample_count++ : at - 1;
    for (; at > 0 && changes_more(shop, &sum->sample[at - 1]); at--) {
        sum->sample[at] = sum->sample[at - 1];
    }
    sum->sample[at] = *shop;
}

void
preview_sum_add(struct preview_sum *sum, const struct previewed *shop)
{
    assert(shop->now_slots >= 0 && shop->now_slots <= SLOTS_MAX &&
           shop->then_slots >= 0 && shop->then_slots <= SLOTS_MAX);
    sum->slots[shop->now_slots].now++;
    sum->slots[shop->then_slots].then++;
    sum->slots[shop->now_slots].gain += shop->then_slots > shop->now_slots;
    sum->slots[shop->now_slots].lose += shop->then_slots < shop->now_slots;
    sum->over_limit += shop->filled > shop->then_slots;
    sum->bins_now[bin_of(shop->now_points)]++;
    sum->bins_then[bin_of(shop->then_points)]++;
    add_sample(sum, shop);
    turnover_add(&sum->turnover, &shop->standing);
}

/* --- telling ---------------------------------------------------------------------------- */

static json_t *
tiers_doc(const struct preview_sum *sum)
{
    json_t *list = json_array();

    for (int i = 0; i <= SLOTS_MAX; i++) {
        const struct slot_count *count = &sum->slots[i];

        if (count->now > 0 || count->then > 0) {
            json_array_append_new(list, json_pack("{s:i, s:I, s:I, s:I, s:I}", "slots",
                                                  i, "now", (json_int_t)count->now,
                                                  "then", (json_int_t)count->then,
                                                  "gain", (json_int_t)count->gain,
                                                  "lose", (json_int_t)count->lose));
        }
    }
    return list;
}

static json_t *
bins_doc(const int64_t bins[PREVIEW_BINS])
{
    json_t *list = json_array();
    int64_t from = 0;

    for (int i = 0; i < PREVIEW_BINS; i++) {
        json_array_append_new(list, json_pack("{s:I, s:I}", "from", (json_int_t)from,
                                              "shops", (json_int_t)bins[i]));
        from = from == 0 ? 1 : from * 10;
    }
    return list;
}

static json_t *
top_doc(struct preview_sum *sum)
{
    struct turnover_sum top = turnover_sum(&sum->turnover);

    return json_pack("{s:I, s:I, s:f}", "in", (json_int_t)top.in, "out",
                     (json_int_t)top.out, "kendall_tau", top.tau);
}

static json_t *
sample_doc(const struct preview_sum *sum)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sum->sample_count; i++) {
        const struct previewed *shop = &sum->sample[i];

        json_array_append_new(
            list, json_pack("{s:o, s:I, s:I}", "number",
                            json_sprintf("%" PRId64, shop->standing.shop.value), "from",
                            (json_int_t)shop->now_points, "to",
                            (json_int_t)shop->then_points));
    }
    return list;
}

json_t *
preview_sum_doc(struct preview_sum *sum)
{
    json_t *doc = json_object();
    int64_t gain = 0, lose = 0;

    for (int i = 0; i <= SLOTS_MAX; i++) {
        gain += sum->slots[i].gain;
        lose += sum->slots[i].lose;
    }
    json_object_set_new(doc, "tiers", tiers_doc(sum));
    json_object_set_new(doc, "gain", json_integer(gain));
    json_object_set_new(doc, "lose", json_integer(lose));
    json_object_set_new(doc, "over_limit", json_integer(sum->over_limit));
    json_object_set_new(doc, "histogram",
                        json_pack("{s:o, s:o}", "now", bins_doc(sum->bins_now), "then",
                                  bins_doc(sum->bins_then)));
    json_object_set_new(doc, "top300", top_doc(sum));
    json_object_set_new(doc, "sample", sample_doc(sum));
    return doc;
}
