/* storage/score/figures.c - released figures, packed, and the pointer to the release. */
#include "storage/score/figures.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "proto/policy.h"
#include "proto/time.h"
#include "storage/key.h"
#include "storage/redis/cache.h"
#include "storage/wire.h"

enum { FORMAT = 1, KEPT = 2 };
#define COUNT_MAX (INT64_C(1) << 53)
static_assert((int)FIGURES_RECENT == (int)BOARD_LISTING_RELEASES_MAX,
              "who may be asked for so many releases must have them");

void
figures_encode(const struct figures *figures, struct buf *out)
{
    wire_put_uint(out, FORMAT, 1);
    wire_put_varint(out, (uint64_t)figures->batch);
    wire_put_uint(out, figures->on_boards, 1);
    wire_put_varint(out, (uint64_t)figures->half_life_days);
    wire_put_double(out, figures->sum.sales);
    wire_put_double(out, figures->sum.visits);
    wire_put_double(out, figures->sum.activity);
    wire_put_double(out, figures->z);
    wire_put_signed(out, figures->sales_points);
    wire_put_signed(out, figures->visits_points);
    wire_put_signed(out, figures->visits_taken_fen);
    wire_put_varint(out, (uint64_t)figures->active_days_taken);
    wire_put_varint(out, (uint64_t)figures->sales_shown_fen);
    wire_put_varint(out, (uint64_t)figures->visits_shown);
    for (int i = 0; i < FIGURES_RECENT; i++) {
        wire_put_varint(out, (uint64_t)figures->published[i]);
    }
}

enum err
figures_decode(struct str bytes, struct figures *figures)
{
    struct wire wire = { .left = bytes };
    bool known = wire_uint(&wire, 1) == FORMAT;

    figures->batch = (int64_t)wire_varint(&wire, COUNT_MAX);
    figures->on_boards = wire_uint(&wire, 1) != 0;
    figures->half_life_days = (int32_t)wire_varint(&wire, INT16_MAX);
    figures->sum.sales = wire_double(&wire);
    figures->sum.visits = wire_double(&wire);
    figures->sum.activity = wire_double(&wire);
    figures->z = wire_double(&wire);
    figures->sales_points = wire_signed(&wire);
    figures->visits_points = wire_signed(&wire);
    figures->visits_taken_fen = wire_signed(&wire);
    figures->active_days_taken = (int64_t)wire_varint(&wire, COUNT_MAX);
    figures->sales_shown_fen = (int64_t)wire_varint(&wire, COUNT_MAX);
    figures->visits_shown = (int64_t)wire_varint(&wire, COUNT_MAX);
    for (int i = 0; i < FIGURES_RECENT; i++) {
        figures->published[i] = (int32_t)wire_varint(&wire, INT32_MAX);
    }
    return known && !wire.bad && wire.left.len == 0 &&
                   half_life_allowed(figures->half_life_days)
               ? ERR_NONE
               : ERR_BAD_DATA;
}

/* --- what a release goes by ---------------------------------------------------------- */
static const struct {
    const char *name;
    size_t offset;
    int32_t unless_told;
} measure_field[] = {
    { "half_life_days", offsetof(struct release_measure, half_life_days), 30 },
    { "visits_of_sales_pct", offsetof(struct release_measure, visits_of_sales_pct),
      25 },
    { "visits_beyond_pct", offsetof(struct release_measure, visits_beyond_pct), 10 },
    { "activity_of_rest_pct", offsetof(struct release_measure, activity_of_rest_pct),
      10 },
};
enum {
    MEASURE_FIELDS = sizeof(measure_field) / sizeof(measure_field[0]),
    FIELD_BYTES_MAX = 64
};
#define MAKING  "making_"
#define LISTING "listing"

static int32_t *
field_of(struct release_measure *measure, size_t i)
{
    return (int32_t *)((char *)measure + measure_field[i].offset);
}

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

void
release_measure_put(struct call *call, bool making,
                    const struct release_measure *measure)
{
    struct release_measure copy = *measure;

    for (size_t i = 0; i < MEASURE_FIELDS; i++) {
        call_arg(call, arena_printf(call->arena, "%s%s", making ? MAKING : "",
                                    measure_field[i].name));
        call_int(call, *field_of(&copy, i));
    }
}

/* "TOP MIN_SHOPS MIN_RELEASES WINDOW_DAYS" */
void
release_listing_put(struct call *call, bool making,
                    const struct listing_params *listing)
{
    call_text(call, making ? MAKING LISTING : LISTING);
    call_arg(call, arena_printf(call->arena, "%d %" PRId64 " %d %d", (int)listing->top,
                                listing->min_shops, (int)listing->min_releases,
                                (int)listing->window_days));
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

/* --- the pointer --------------------------------------------------------------------
 */
static int64_t
int_of(const struct reply *fields, const char *name, int64_t unless_told)
{
    int64_t value = unless_told;

    reply_int(reply_of(fields, name), &value);
    return value;
}

/* What does not fit is none of ours. */
static void
text_of(const struct reply *fields, const char *name, char text[RELEASE_ASK_MAX])
{
    struct str value = reply_field(fields, name);

    if (value.len > 0 && value.len < RELEASE_ASK_MAX) {
        memcpy(text, value.data, value.len);
    }
}

static struct release_measure
measure_decode(const struct reply *fields, const char *prefix)
{
    struct release_measure measure;
    char name[FIELD_BYTES_MAX];

    for (size_t i = 0; i < MEASURE_FIELDS; i++) {
        snprintf(name, sizeof(name), "%s%s", prefix, measure_field[i].name);
        *field_of(&measure, i) =
            (int32_t)int_of(fields, name, measure_field[i].unless_told);
    }
    return measure;
}

/* As it is unless a release says something else. */
static const struct listing_params listing_default = { 50, 300, 3, 84 };

static bool
listing_decode(const struct reply *fields, const char *name,
               struct listing_params *listing)
{
    struct str text = reply_field(fields, name), part;
    int64_t value[4];

    *listing = listing_default;
    if (text.data == NULL) {
        return true;
    }
    for (size_t i = 0; i < 4; i++) {
        if (!str_split(&text, ' ', &part) || !str_to_i64(part, &value[i]) ||
            value[i] < 0 || value[i] > INT32_MAX) {
            return false;
        }
    }
    *listing = (struct listing_params){ (int32_t)value[0], value[1], (int32_t)value[2],
                                        (int32_t)value[3] };
    return text.data == NULL && listing->top <= BOARD_SIZE_MAX &&
           listing->min_releases <= FIGURES_RECENT;
}

static bool
measure_allowed(const struct release_measure *measure)
{
    const int32_t share[] = { measure->visits_of_sales_pct, measure->visits_beyond_pct,
                              measure->activity_of_rest_pct };

    for (size_t i = 0; i < sizeof(share) / sizeof(share[0]); i++) {
        if (share[i] < 0 || share[i] > 100) {
            return false;
        }
    }
    return half_life_allowed(measure->half_life_days);
}

static enum err
release_decode(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    struct release release = {
        .number = int_of(reply, "release", 0),
        .as_of_ms = int_of(reply, "as_of_ms", 0),
        .measure = measure_decode(reply, ""),
        .places = int_of(reply, "places", 0),
        .making = int_of(reply, "making", 0),
        .making_as_of_ms = int_of(reply, "making_as_of_ms", 0),
        .making_measure = measure_decode(reply, MAKING),
        .epoch_s = int_of(reply, "epoch_s", 0),
    };

    (void)arg;
    if (!measure_allowed(&release.measure) ||
        !measure_allowed(&release.making_measure) ||
        !listing_decode(reply, LISTING, &release.listing) ||
        !listing_decode(reply, MAKING LISTING, &release.making_listing)) {
        return ERR_BAD_DATA;
    }
    text_of(reply, "asked", release.asked);
    text_of(reply, MAKING "asked", release.making_asked);
    *bytes = sizeof(release);
    *object = xmalloc(*bytes);
    memcpy(*object, &release, *bytes);
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

/* --- the figures of shops -----------------------------------------------------------
 */
struct kept {
    size_t count;
    struct figures at[KEPT];
};

static enum err
kept_decode(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    struct kept *kept = xcalloc(1, sizeof(*kept));

    (void)arg;
    *object = kept;
    *bytes = sizeof(*kept);
    for (size_t i = 0; i + 1 < reply->count; i += 2) {
        struct figures *figures = &kept->at[kept->count];

        if (kept->count == KEPT || !reply_int(reply_at(reply, i), &figures->release) ||
            figures_decode(reply_str(reply_at(reply, i + 1)), figures) != ERR_NONE) {
            free(kept);
            *object = NULL;
            return ERR_BAD_DATA;
        }
        kept->count++;
    }
    return ERR_NONE;
}

static void
take_newest(const struct kept *kept, int64_t release, struct figures *figures)
{
    memset(figures, 0, sizeof(*figures));
    for (size_t i = 0; i < kept->count; i++) {
        if (kept->at[i].release <= release && kept->at[i].release > figures->release) {
            *figures = kept->at[i];
        }
    }
}

static struct call *
ask(struct arena *arena, int64_t shop)
{
    struct call *call = call_command(arena, "HGETALL");

    call_keyf(call, KEY_FIGURES, id_partition(shop), shop);
    return call;
}

enum err
figures_read_many(struct store *store, struct arena *arena, int64_t release,
                  const struct shop_number *shops, size_t count,
                  struct figures *figures)
{
    static const struct cache_kind kind = { kept_decode, free, ask };
    struct cache_want *wants = arena_alloc(arena, count * sizeof(*wants));
    enum err err;

    for (size_t i = 0; i < count; i++) {
        wants[i] =
            (struct cache_want){ .kind = &kind, .arena = arena, .id = shops[i].value };
    }
    err = cache_read_all(store, wants, count);
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        take_newest(wants[i].object, release, &figures[i]);
    }
    return err;
}

enum err
figures_read(struct store *store, struct arena *arena, int64_t release,
             struct shop_number shop, struct figures *figures)
{
    return figures_read_many(store, arena, release, &shop, 1, figures);
}

int64_t
figures_influence(const struct figures *figures, const struct release *release)
{
    struct half_life half;

    if (figures->release == 0 || figures->z <= 0.0) {
        return 0;
    }
    half = half_life(figures->half_life_days, LANDMARK);
    return influence_points(figures->z, time_day(release->as_of_ms / 1000), &half);
}
