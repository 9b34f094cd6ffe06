/* scoring/merge.c - the whole of a release: begun, merged from its parts, switched to. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/task.h"
#include "base/xmalloc.h"
#include "proto/score/release.h"
#include "proto/time.h"
#include "scoring/ask.h"
#include "scoring/order.h"
#include "scoring/release.h"
#include "scoring/store_call.h"
#include "storage/key.h"

/* --- looking and beginning ---------------------------------------------------------------- */

enum err
release_look(struct scoring *scoring)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct release release;
    enum err err = release_read(scoring->store, arena, false, &release);

    if (err == ERR_NONE) {
        scoring->release = release;
        scoring->release_known = true;
    }
    arena_free(&arena);
    return err;
}

enum err
release_begin_schedule(struct scoring *scoring, int64_t epoch_s)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct call *call = call_command(arena, "HSETNX");
    enum err err;

    call_keyf(call, KEY_RELEASE);
    call_text(call, "epoch_s");
    call_int(call, epoch_s);
    err = call_wait(scoring->store, call);
    arena_free(&arena);
    return err == ERR_NONE ? release_look(scoring) : err;
}

bool
release_is_due(const struct scoring *scoring)
{
    int64_t now_s = store_now_ms(scoring->store) / 1000;

    return scoring->policy.version != 0 && scoring->release.making == 0 &&
           scoring->release.epoch_s != 0 &&
           release_epoch_s(now_s, &scoring->policy.release) > scoring->release.epoch_s;
}

enum err
release_begin(struct scoring *scoring, int64_t as_of_ms, int64_t epoch_s,
              struct str asked)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct call *call = call_function(arena, "score_begin");
    struct release_measure measure;
    struct release release;
    enum err err = release_read(scoring->store, arena, false, &release);

    if (err == ERR_NONE && release.making == 0 &&
        (asked.len == 0 || !str_equal(asked, str_from(release.asked)))) {
        call_keyf(call, KEY_RELEASE);
        call_int(call, release.number + 1);
        call_int(call, as_of_ms);
        measure = release_measure_of(&scoring->policy.score);
        release_measure_put(call, true, &measure);
        release_listing_put(call, true, &scoring->policy.listing);
        call_text(call, "making_asked");
        call_arg(call, asked);
        if (epoch_s > 0) {
            call_text(call, "epoch_s");
            call_int(call, epoch_s);
        }
        err = call_wait(scoring->store, call);
    }
    arena_free(&arena);
    return err == ERR_NONE || err == ERR_MOVED_ON ? release_look(scoring) : err;
}

/* --- are all parts there? --------------------------------------------------------- */

/* How many of them are made. */
static enum err
count_parts(struct scoring *scoring, int64_t *parts)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct call **calls = arena_alloc(arena, PARTITIONS * sizeof(calls[0]));
    enum err err;

    for (unsigned i = 0; i < PARTITIONS; i++) {
        calls[i] = worker_read(arena, "HGET");
        call_keyf(calls[i], KEY_APPLIED, i);
        call_text(calls[i], "release");
    }
    err = call_wait_all(scoring->store, calls, PARTITIONS);
    *parts = 0;
    for (unsigned i = 0; i < PARTITIONS && err == ERR_NONE; i++) {
        int64_t made;

        *parts += reply_int(calls[i]->reply, &made) && made >= scoring->release.making;
    }
    arena_free(&arena);
    return err;
}

/* --- merging ---------------------------------------------------------------------- */

enum {
    PAGES_AT_ONCE = 16,
    LOOKS_AT_ONCE = 1 << 14 /* at entries; then others of the loop have their turn */
};

struct merge {
    struct scoring *scoring;
    struct release release;   /* as it was when we began */
    struct part all;          /* of all partitions, in order */
    int32_t listing_releases; /* that SCORING.md 9 asks for; 0: everybody is listed */
    int32_t listing_from;     /* the first day on which they count */
    size_t *listed;           /* those who come first, by their index, ascending */
    size_t listed_count;
    size_t next_listed;  /* of `listed`: neither placed nor passed by */
    size_t next;         /* of all */
    struct place *some;  /* PAGES_AT_ONCE pages */
    struct place *first; /* of each page */
    int64_t pages;
    int64_t places;
};

static enum err
read_parts(struct merge *merge)
{
    enum err err = ERR_NONE;

    for (unsigned i = 0; i < PARTITIONS && err == ERR_NONE; i++) {
        err = part_read(merge->scoring, i, merge->release.making, &merge->all);
        ask_beat(merge->scoring, PARTITIONS);
    }
    if (err == ERR_NONE) {
        order_entries(merge->all.entry, merge->all.count);
    }
    return err;
}

static bool
may_be_listed(const struct merge *merge, const struct part_entry *entry)
{
    int32_t wanted = merge->listing_releases;

    return wanted == 0 || entry->published[wanted - 1] >= merge->listing_from;
}

/* Nobody comes among the first without releases enough: those who would stand behind
 * them. */
static void
choose_listed(struct merge *merge)
{
    size_t top = (size_t)merge->release.making_listing.top;

    merge->listed = xcalloc(top + 1, sizeof(merge->listed[0]));
    for (size_t i = 0; i < merge->all.count && merge->listed_count < top; i++) {
        if (may_be_listed(merge, &merge->all.entry[i])) {
            merge->listed[merge->listed_count++] = i;
        }
        if (i % LOOKS_AT_ONCE == LOOKS_AT_ONCE - 1) {
            task_yield();
        }
    }
}

/* First all that are listed, then the others, both in order. */
static const struct part_entry *
next_entry(struct merge *merge)
{
    if (merge->places < (int64_t)merge->listed_count) {
        return &merge->all.entry[merge->listed[merge->places]];
    }
    while (merge->next_listed < merge->listed_count &&
           merge->listed[merge->next_listed] == merge->next) {
        merge->next_listed++;
        merge->next++;
    }
    return &merge->all.entry[merge->next++];
}

static enum err
write_some(struct merge *merge)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    size_t left = merge->all.count - (size_t)merge->places, count = 0;
    int64_t page = merge->pages;
    enum err err;

    left = left < PAGES_AT_ONCE * RANKING_PAGE ? left : PAGES_AT_ONCE * RANKING_PAGE;
    for (; count < left; count++, merge->places++) {
        merge->some[count] = next_entry(merge)->place;
        if (count % RANKING_PAGE == 0) {
            merge->first[merge->pages++] = merge->some[count];
        }
    }
    err = ranking_write_pages(merge->scoring->store, arena, merge->release.making, page,
                              merge->some, count);
    arena_free(&arena);
    return err;
}

static enum err
write_pages(struct merge *merge)
{
    size_t pages = merge->all.count / RANKING_PAGE + 1;
    enum err err = ERR_NONE;

    choose_listed(merge);
    merge->first = xcalloc(pages, sizeof(merge->first[0]));
    while (err == ERR_NONE && merge->places < (int64_t)merge->all.count) {
        err = write_some(merge);
        ask_beat(merge->scoring, PARTITIONS);
    }
    return err;
}

/* The index; and pages of the release before the last, which nobody reads any more. */
static enum err
write_index(struct merge *merge)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct store *store = merge->scoring->store;
    enum err err = ranking_write_index(store, arena, merge->release.making,
                                       merge->first, (size_t)merge->pages);

    if (err == ERR_NONE) {
        err = ranking_remove(store, arena, merge->release.making - 2);
    }
    arena_free(&arena);
    return err;
}

/* --- switching -------------------------------------------------------------------- */

static enum err
switch_over(struct merge *merge)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct call *call = call_function(arena, "score_release");
    enum err err;

    call_keyf(call, KEY_RELEASE);
    call_int(call, merge->release.making);
    call_text(call, "as_of_ms");
    call_int(call, merge->release.making_as_of_ms);
    release_measure_put(call, false, &merge->release.making_measure);
    release_listing_put(call, false, &merge->release.making_listing);
    call_text(call, "asked");
    call_text(call, merge->release.making_asked);
    call_text(call, "places");
    call_int(call, merge->places);
    err = call_wait(merge->scoring->store, call);
    if (err == ERR_NONE) {
        log_info("released", LOG_I("release", merge->release.making),
                 LOG_I("places", merge->places));
    }
    arena_free(&arena);
    return err;
}

/* On a thread of the pool: the kernel takes a while for so much memory. */
static void
free_merge(void *arg)
{
    struct merge *merge = arg;

    free(merge->all.entry);
    free(merge->listed);
    free(merge->some);
    free(merge->first);
    free(merge);
}

static void
merge_free(struct merge **merge)
{
    if (!task_offload(free_merge, *merge)) {
        free_merge(*merge);
    }
    *merge = NULL;
}

static struct merge *
merge_new(struct scoring *scoring)
{
    struct merge *merge = xcalloc(1, sizeof(*merge));

    merge->scoring = scoring;
    merge->release = scoring->release;
    merge->some = xcalloc(PAGES_AT_ONCE * RANKING_PAGE, sizeof(merge->some[0]));
    return merge;
}

static enum err
merge_all(struct scoring *scoring)
{
    struct merge *merge = merge_new(scoring);
    const struct listing_params *listing = &merge->release.making_listing;
    int32_t day = time_day(merge->release.making_as_of_ms / 1000);
    enum err err = read_parts(merge);

    if ((int64_t)merge->all.count >= listing->min_shops) {
        assert(listing->min_releases <= FIGURES_RECENT);
        merge->listing_releases = listing->min_releases;
        merge->listing_from = day - listing->window_days;
    }
    if (err == ERR_NONE && (err = write_pages(merge)) == ERR_NONE &&
        (err = write_index(merge)) == ERR_NONE) {
        err = switch_over(merge);
    }
    merge_free(&merge);
    return err;
}

enum err
release_finish(struct scoring *scoring, bool *done)
{
    int64_t parts = 0;
    enum err err = ERR_NONE;

    *done = scoring->release.making == 0;
    if (!*done) {
        err = count_parts(scoring, &parts);
        ask_beat(scoring, parts);
    }
    if (err == ERR_NONE && parts == PARTITIONS) {
        err = merge_all(scoring);
        *done = err == ERR_NONE;
        if (err == ERR_NONE || err == ERR_MOVED_ON) {
            err = release_look(scoring);
        }
    }
    return err;
}
