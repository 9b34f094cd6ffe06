/* test/bench/series.c - the exact order of very many shops when their day series must be
 * read: by another half-life, at the pace of a preview.
 *
 *     series HALF_LIFE_DAYS (--redis URL --keys FILE | --data DIR)
 *
 * One line of JSON: shops, how long reading and ordering took, and what we spent. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/xmalloc.h"
#include "cli/with_store.h"
#include "proto/time.h"
#include "scoring/order.h"
#include "scoring/pace.h"
#include "scoring/series.h"
#include "scoring/shop.h"
#include "storage/policy/policy.h"

enum { ARENA_BYTES = 16 << 20 };

struct reading {
    struct store *store;
    struct score_policy policy;
    struct half_life half;
    int32_t oldest;
    struct pace pace;
    struct part all;
};

static void
add(struct reading *reading, const struct series *series)
{
    for (size_t i = 0; i < series->count; i++) {
        const struct score_row *row = &series->row[i];
        size_t first = row_days_before(row, reading->oldest);
        struct part_entry entry = { .place.shop = series->number[i] };
        struct sums sums = { 0 };

        influence_add_days(&sums, row->days + first, row->count - first,
                           &reading->policy.score, &reading->half);
        entry.place.z = influence_compose(&sums, &reading->policy.score).total;
        if (entry.place.z > 0.0) {
            part_add(&reading->all, &entry);
        }
    }
}

static enum err
read_all(struct reading *reading, int64_t *shops)
{
    struct series *series = xcalloc(1, sizeof(*series));
    enum err err = ERR_NONE;

    for (unsigned i = 0; i < PARTITIONS && err == ERR_NONE; i++) {
        series_begin(series, reading->store, i, &reading->pace);
        do {
            err = series_next(series);
            add(reading, series);
            *shops += (int64_t)series->count;
            pace_rest(&reading->pace);
        } while (err == ERR_NONE && series->count > 0);
        series_end(series);
    }
    free(series);
    return err;
}

static double
spent_s(void)
{
    struct timespec spent;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

static enum err
read_policy(struct reading *reading, const char *half_life_days)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct policy *policy = NULL;
    enum err err = policy_load(reading->store, arena, &policy);

    if (err == ERR_NONE) {
        score_policy_of(policy, &reading->policy);
        reading->policy.score.half_life_days =
            (int32_t)strtol(half_life_days, NULL, 10);
        reading->half = half_life(reading->policy.score.half_life_days, LANDMARK);
    }
    policy_free(&policy);
    arena_free(&arena);
    return err;
}

static int
series(struct store *store, const struct options *options)
{
    struct reading reading = {
        .store = store,
        .oldest = score_oldest_day(time_day(store_now_ms(store) / 1000)),
    };
    uint64_t began_ns, read_ns, end_ns;
    double cpu_s;
    int64_t shops = 0;
    enum err err;

    if (options->args_count != 1 || !half_life_allowed(atoi(options->args[0]))) {
        return say_usage("series HALF_LIFE_DAYS");
    }
    err = read_policy(&reading, options->args[0]);
    cpu_s = spent_s();
    began_ns = uv_hrtime();
    if (err == ERR_NONE) {
        err = read_all(&reading, &shops);
    }
    read_ns = uv_hrtime();
    order_entries(reading.all.entry, reading.all.count);
    end_ns = uv_hrtime();
    free(reading.all.entry);
    if (err != ERR_NONE) {
        return say_failed("%s", err_text(err));
    }
    printf("{\"shops\": %" PRId64
           ", \"s\": %.3f, \"order_s\": %.3f, \"cpu_s\": %.3f}\n",
           shops, (double)(end_ns - began_ns) / 1e9, (double)(end_ns - read_ns) / 1e9,
           spent_s() - cpu_s);
    return EXIT_DONE;
}

int
main(int argc, char **argv)
{
    struct options options;

    if (!options_read(&options, argc - 1, (const char *const *)argv + 1, TAKES_STORE)) {
        return EXIT_USAGE;
    }
    return with_store(&options, series);
}
