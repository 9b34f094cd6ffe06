/* test/bench/order.c - the exact order of very many shops from S, V and A in memory.
 *
 *     order COUNT RUNS
 *
 * One line of JSON a run: how long F and the order took, and for how long the loop could do
 * nothing else meanwhile. Beside it qsort() of as many entries. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/task.h"
#include "base/xmalloc.h"
#include "proto/policy.h"
#include "scoring/order.h"

enum { TICK_MS = 1, SLICES = 8 };

struct world {
    size_t count;
    int runs;
    struct score_policy policy;
    struct sums *sums;
    struct part_entry *entry;
    uint64_t seed;
    bool ended;
    double stall_ms; /* the longest time between two ticks, less what a tick takes */
};

struct slice {
    struct world *world;
    size_t from, end;
};

static uint64_t
next(struct world *world)
{
    uint64_t z = world->seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Few have much: over six powers of ten. */
static void
draw(struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        double share = (double)((next(world) >> 11) + 1) * 0x1p-53;

        world->sums[i] = (struct sums){ 1000.0 / share, 300.0 / share, 500.0 };
        world->sums[i].visits *= (double)(next(world) % 1000) / 1000.0;
    }
}

static void
compose(void *arg)
{
    struct slice *slice = arg;
    struct world *world = slice->world;

    for (size_t i = slice->from; i < slice->end; i++) {
        world->entry[i] = (struct part_entry){
            .place = { influence_compose(&world->sums[i], &world->policy.score).total,
                       { SHOP_NUMBER_MIN + (int64_t)i } },
        };
    }
}

struct piece {
    struct slice slice;
    struct waits *ended;
    size_t *running;
};

static void
run_piece(void *arg)
{
    struct piece *piece = arg;

    (void)task_offload(compose, &piece->slice);
    --*piece->running;
    waits_end(piece->ended);
}

static void
compose_all(struct world *world)
{
    struct waits ended = WAITS_INIT;
    struct piece pieces[SLICES];
    size_t running = 0, each = world->count / SLICES + 1;

    for (size_t i = 0; i < SLICES; i++) {
        size_t from = i * each, end = from + each;

        end = end < world->count ? end : world->count;
        pieces[i] =
            (struct piece){ { world, from < end ? from : end, end }, &ended, &running };
        running++;
        (void)task_start(task_loop(), run_piece, &pieces[i]);
    }
    while (running > 0) {
        waits_join(&ended, INT64_MAX);
    }
}

static void
tick(void *arg)
{
    struct world *world = arg;
    uint64_t at_ns = uv_hrtime();

    while (!world->ended) {
        uint64_t now_ns;
        double ms;

        task_sleep(TICK_MS);
        now_ns = uv_hrtime();
        ms = (double)(now_ns - at_ns) / 1e6 - TICK_MS;
        world->stall_ms = ms > world->stall_ms ? ms : world->stall_ms;
        at_ns = now_ns;
    }
}

static int
by_place(const void *left, const void *right)
{
    const struct part_entry *a = left, *b = right;

    return place_compare(&a->place, &b->place);
}

static double
qsort_ms(struct world *world)
{
    struct slice all = { world, 0, world->count };
    uint64_t began_ns;

    compose(&all);
    began_ns = uv_hrtime();
    qsort(world->entry, world->count, sizeof(world->entry[0]), by_place);
    return (double)(uv_hrtime() - began_ns) / 1e6;
}

/* By all threads. */
static double
spent_ms(void)
{
    struct timespec spent;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec * 1e3 + (double)spent.tv_nsec / 1e6;
}

static void
run(void *arg)
{
    struct world *world = arg;

    for (int i = 0; i < world->runs; i++) {
        uint64_t began_ns;
        double f_ms, ms, cpu_ms = spent_ms();

        world->stall_ms = 0;
        world->ended = false;
        task_start(task_loop(), tick, world);
        began_ns = uv_hrtime();
        compose_all(world);
        f_ms = (double)(uv_hrtime() - began_ns) / 1e6;
        order_entries(world->entry, world->count);
        ms = (double)(uv_hrtime() - began_ns) / 1e6;
        cpu_ms = spent_ms() - cpu_ms;
        world->ended = true;
        task_sleep(2 * TICK_MS);
        printf("{\"shops\": %zu, \"f_ms\": %.1f, \"ms\": %.1f, \"cpu_ms\": %.1f, "
               "\"stall_ms\": %.2f, "
               "\"qsort_ms\": %.1f}\n",
               world->count, f_ms, ms, cpu_ms, world->stall_ms, qsort_ms(world));
        fflush(stdout);
    }
}

int
main(int argc, char **argv)
{
    struct world world = { .count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0,
                           .runs = argc > 2 ? atoi(argv[2]) : 1 };
    struct loop *loop = loop_new(100);
    struct policy *policy = policy_default();

    score_policy_of(policy, &world.policy);
    policy_free(&policy);
    world.sums = xcalloc(world.count + 1, sizeof(world.sums[0]));
    world.entry = xcalloc(world.count + 1, sizeof(world.entry[0]));
    draw(&world);
    loop_run_task(loop, run, &world);
    loop_run(loop);
    loop_free(&loop);
    free(world.sums);
    free(world.entry);
    return EXIT_SUCCESS;
}
