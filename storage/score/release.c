/* storage/score/release.c - the pointer to the release, and what a release goes by. */
#include "storage/score/release.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "proto/policy.h"
#include "storage/key.h"
#include "storage/redis/cache.h"

#define MAKING "making_"

/* Each of both goes into one field, as numbers with a space between two. */
enum { NUMBERS = 4 };
#define MEASURE "measure"
#define LISTING "listing"

/* For a store without a release: the policy's as it is at first (proto/policy/fields.c). */
static const struct release_measure measure_at_first = { 30, 25, 10, 10 };
static const struct listing_params listing_at_first = { 50, 300, 3, 84 };

/* --- what a release goes by ---------------------------------------------------------- */
struct release_measure
release_measure_of(const struct score_params *params)
{
    return (struct release_measure){
        .half_life_days = params->half_life_days,
        .visits_of_sales_pct = params->visits_of_sales_pct,
        .visits_beyond_pct = params->visits_beyond_pct,
        .activity_of_rest_pct = params->activity_of_rest_pct,
    };
}

bool
release_measure_equal(const struct release_measure *a, const struct release_measure *b)
{
    return a->half_life_days == b->half_life_days &&
           a->visits_of_sales_pct == b->visits_of_sales_pct &&
           a->visits_beyond_pct == b->visits_beyond_pct &&
           a->activity_of_rest_pct == b->activity_of_rest_pct;
}

double
release_compose(const struct release_measure *measure, const struct sums *sum)
{
    const struct sums shown = { fmax(sum->sales, 0.0), fmax(sum->visits, 0.0),
                                sum->activity };
    const struct score_params shares = {
        .visits_of_sales_pct = measure->visits_of_sales_pct,
        .visits_beyond_pct = measure->visits_beyond_pct,
        .activity_of_rest_pct = measure->activity_of_rest_pct,
    };

    return influence_compose(&shown, &shares).total;
}

static void
put_numbers(struct call *call, const char *name, const int64_t number[NUMBERS])
{
    call_text(call, name);
    call_arg(call,
             arena_printf(call->arena, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
                          number[0], number[1], number[2], number[3]));
}

void
release_measure_put(struct call *call, bool making,
                    const struct release_measure *measure)
{
    put_numbers(call, making ? MAKING MEASURE : MEASURE,
                (const int64_t[NUMBERS]){
                    measure->half_life_days, measure->visits_of_sales_pct,
                    measure->visits_beyond_pct, measure->activity_of_rest_pct });
}

void
release_listing_put(struct call *call, bool making,
                    const struct listing_params *listing)
{
    put_numbers(call, making ? MAKING LISTING : LISTING,
                (const int64_t[NUMBERS]){ listing->top, listing->min_shops,
                                          listing->min_releases,
                                          listing->window_days });
}

/* Exactly so many, each from 0 to what an int32_t holds. */
static bool
read_numbers(struct str text, int32_t number[NUMBERS])
{
    for (size_t i = 0; i < NUMBERS; i++) {
        struct str part;
        int64_t value;

        if (!str_split(&text, ' ', &part) || !str_to_i64(part, &value) || value < 0 ||
            value > INT32_MAX) {
            return false;
        }
        number[i] = (int32_t)value;
    }
    return text.data == NULL;
}

static bool
read_measure(struct str text, struct release_measure *measure)
{
    int32_t number[NUMBERS];

    *measure = measure_at_first;
    if (text.data == NULL) {
        return true;
    }
    if (!read_numbers(text, number)) {
        return false;
    }
    *measure = (struct release_measure){ number[0], number[1], number[2], number[3] };
    return half_life_allowed(number[0]) && number[1] <= 100 && number[2] <= 100 &&
           number[3] <= 100;
}

static bool
read_listing(struct str text, struct listing_params *listing)
{
    int32_t number[NUMBERS];

    *listing = listing_at_first;
    if (text.data == NULL) {
        return true;
    }
    if (!read_numbers(text, number)) {
        return false;
    }
    *listing = (struct listing_params){ number[0], number[1], number[2], number[3] };
    return listing->top <= BOARD_SIZE_MAX &&
           listing->min_releases <= BOARD_LISTING_RELEASES_MAX;
}

/* --- the pointer ---------------------------------------------------------------------- */
static int64_t
int_of(const struct reply *fields, const char *name)
{
    int64_t value = 0;

    reply_int(reply_of(fields, name), &value);
    return value;
}

/* What does not fit is none of ours. */
static void
read_ask(struct str value, char text[RELEASE_ASK_BYTES])
{
    if (value.len > 0 && value.len < RELEASE_ASK_BYTES) {
        memcpy(text, value.data, value.len);
    }
}

static enum err
release_decode(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    struct release release = {
        .number = int_of(reply, "release"),
        .as_of_ms = int_of(reply, "as_of_ms"),
        .places = int_of(reply, "places"),
        .making = int_of(reply, "making"),
        .making_as_of_ms = int_of(reply, MAKING "as_of_ms"),
        .epoch_s = int_of(reply, "epoch_s"),
    };

    (void)arg;
    if (!read_measure(reply_field(reply, MEASURE), &release.measure) ||
        !read_measure(reply_field(reply, MAKING MEASURE), &release.making_measure) ||
        !read_listing(reply_field(reply, LISTING), &release.listing) ||
        !read_listing(reply_field(reply, MAKING LISTING), &release.making_listing)) {
        return ERR_BAD_DATA;
    }
    read_ask(reply_field(reply, "asked"), release.asked);
    read_ask(reply_field(reply, MAKING "asked"), release.making_asked);
    *bytes = sizeof(release);
    *object = xmemdup(&release, sizeof(release));
    return ERR_NONE;
}

enum err
release_read(struct store *store, struct arena *arena, bool cached,
             struct release *release)
{
    static const struct cache_kind kind = { .decode = release_decode, .free = free };
    struct cache_want want = { .kind = &kind, .call = call_command(arena, "HGETALL") };
    enum err err;
    void *object = NULL;
    size_t bytes;

    call_key(want.call, STR(KEY_RELEASE));
    if (cached) {
        err = cache_read(store, &want);
        if (err == ERR_NONE) {
            *release = *(const struct release *)want.object;
        }
        return err;
    }
    call_track(want.call);
    err = call_wait(store, want.call);
    if (err == ERR_NONE) {
        err = release_decode(want.call->reply, NULL, &object, &bytes);
    }
    if (err == ERR_NONE) {
        *release = *(struct release *)object;
        free(object);
    }
    return err;
}
